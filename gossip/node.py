"""A node: wires the parts, starts them, stops them. No logic of its own."""

import random
import secrets
import time
from functools import partial

from gossip.api import openapi, page
from gossip.api.events import Events
from gossip.api.exchange import ExchangeApi, message_limit
from gossip.api.guard import Guard
from gossip.api.health import HealthApi, Situation
from gossip.api.keys import KeysApi
from gossip.api.map import MapApi
from gossip.api.metrics import MetricsApi
from gossip.api.peers import PeersApi
from gossip.api.routes import Routes
from gossip.api.stats import StatsApi
from gossip.api.value import ValueApi
from gossip.api.watch import WatchApi
from gossip.api.writes import Writes
from gossip.config import Settings
from gossip.data.clock import MICROS
from gossip.data.limits import StoreLimits
from gossip.data.store import Store
from gossip.faults import Faults
from gossip.metrics import Metrics
from gossip.serving.access import AccessHandler
from gossip.serving.handler import Handler
from gossip.serving.limits import PEER_LIMITS, Limits
from gossip.serving.listen import open_servers
from gossip.serving.server import Server
from gossip.serving.streams import Streams
from gossip.settings import FALLBACK_CLIENT_PORT
from gossip.sweeper import Sweeper
from gossip.sync import transport
from gossip.sync.address import Address
from gossip.sync.calls import Calls
from gossip.sync.confirm import Confirmer
from gossip.sync.dns_peers import DnsPeers
from gossip.sync.exchange import Exchange
from gossip.sync.peers import SOONEST_SECONDS, Discovery, HostPeers, known_peers, split_by_kind
from gossip.sync.push import Push
from gossip.sync.roster import Roster
from gossip.sync.sightings import Sightings
from gossip.sync.syncer import Syncer
from gossip.sync.transport import Transport
from gossip.trust import trust

STOP_SECONDS = 5.0
"""A stop takes so long at most: well within the 30 s that Kubernetes gives a pod."""

_CLOSING_SECONDS = 1.0
"""The part of it that is kept for closing the ports."""


class Node:
    """One running Gossipcar. Its ports are bound when it is made; it answers once it is started."""

    def __init__(self, settings: Settings) -> None:
        """Raises CannotListen when a port cannot be bound, DnsUnavailable when names cannot be looked up, SettingError
        when files cannot be used."""
        limits = StoreLimits(
            settings.max_store_bytes,
            settings.max_value_bytes,
            round(settings.max_clock_skew * MICROS),
            round(settings.tombstone_ttl * MICROS),
        )
        rng = random.Random()
        self.metrics = Metrics()
        self.faults = Faults()
        self.store = Store(secrets.randbits(64), limits=limits)
        fixed, named = split_by_kind(settings.peers)
        self._discoveries = self._discover(settings, named)
        self._roster = Roster(partial(known_peers, fixed, self._discoveries), self._own(settings), rng)
        exchange = Exchange(self.store, settings.cluster_name, rng)
        self.trust = trust(settings)
        carrier = Transport(message_limit(limits), self.metrics, self.trust.proofs, self.trust.client_tls)
        calls = Calls(self._roster, carrier.post, self.faults, self.metrics)
        sightings = Sightings(failures=self._roster.failures)
        self._syncer = Syncer(self.store, exchange, calls, sightings, settings.gossip_interval, rng)
        self._sweeper = Sweeper(self.store)
        self._confirm = Confirmer(exchange, calls).confirm
        self._push = Push(self.store, exchange, calls, settings.gossip_fanout)
        self._events = Events(self.store)
        self._streams = Streams(self._events.gather, settings.max_watchers, settings.request_seconds)
        self._peers = PeersApi(self.store, self._roster, sightings)
        self._figures = MetricsApi(self.store, calls, self._syncer, sightings, self._streams, self._connections)
        self._discovers = bool(fixed or self._discoveries)
        pass_on, proofs = self._push.pass_on, self.trust.proofs
        exchanges = ExchangeApi(exchange, limits, self.faults, self.metrics, sightings, pass_on, proofs)
        self.peer_servers, self.health_servers = self._open_for_peers(settings, exchanges)
        self.client_servers = self._open_for_clients(settings)

    @staticmethod
    def _discover(settings: Settings, named: list[Address]) -> list[Discovery]:
        found: list[Discovery] = [HostPeers(named)] if named else []
        if settings.service_dns_name:
            interval = max(SOONEST_SECONDS, settings.gossip_interval)
            found.append(DnsPeers(settings.service_dns_name, settings.default_peer_port, interval))
        return found

    @staticmethod
    def _own(settings: Settings) -> set[Address]:
        return {Address(settings.my_pod_ip, settings.default_peer_port)} if settings.my_pod_ip else set()

    def _open_for_peers(self, settings: Settings, exchange: ExchangeApi) -> tuple[list[Server], list[Server]]:
        """Those for peers; and those for kubelets and the like, where they have a port of their own."""
        health = HealthApi(self._dead_threads, self._situation)
        seen = {
            "/healthz": {"GET": health.alive},
            "/readyz": {"GET": health.ready},
            "/peers": {"GET": self._peers.get},
            "/metrics": {"GET": self._figures.get},
        }
        for_health = partial(Server, route=Routes(seen), limits=PEER_LIMITS, at_once=False)
        routes = Routes({**seen, transport.PATH: {"POST": exchange.post}})
        make = partial(Server, route=routes, limits=PEER_LIMITS, at_once=False, tls=self.trust.server_tls(self.faults))
        peers = open_servers(settings.peer_host, settings.peer_port, make, name="PEER_PORT")
        if not settings.opens_health_port:
            return peers, []
        return peers, open_servers(settings.peer_host, settings.health_port, for_health, name="HEALTH_PORT")

    def _open_for_clients(self, settings: Settings) -> list[Server]:
        stats = StatsApi(settings.my_pod_name, self.store, self._roster, self._syncer, self.metrics, self.faults)
        writes = Writes(self.store, self._confirm)
        all_keys, one_key = MapApi(self.store, writes), ValueApi(self.store, writes)
        routes = Routes({
            "/": {"GET": page.get},
            "/map": {"GET": all_keys.get, "PUT": all_keys.put, "DELETE": all_keys.delete, "POST": all_keys.post},
            "/map/": {"GET": one_key.get, "PUT": one_key.put, "DELETE": one_key.delete},
            "/keys": {"GET": KeysApi(self.store).get},
            "/watch": {"GET": WatchApi(self._events, self._streams).get},
            "/stats": {"GET": stats.get},
            "/peers": {"GET": self._peers.get},
            "/openapi.json": {"GET": openapi.get},
        })  # fmt: skip
        limits = Limits(
            connections=settings.max_connections,
            head_bytes=settings.max_head_bytes,
            target_bytes=settings.max_target_bytes,
            fields=settings.max_fields,
            idle_seconds=settings.idle_seconds,
            request_seconds=settings.request_seconds,
        )
        handler = AccessHandler if settings.access_log else Handler
        guard = Guard(routes, settings.client_hosts, settings.client_origins, self.trust.tokens)
        make = partial(
            Server,
            route=guard,
            as_of=guard.as_of,
            limits=limits,
            requests=self.metrics.requests,
            handler=handler,
        )
        return open_servers(
            settings.client_host,
            settings.client_port,
            make,
            lenient="client_host" not in settings.chosen,
            fallback=None if "client_port" in settings.chosen else FALLBACK_CLIENT_PORT,
            name="CLIENT_PORT",
        )

    def start(self) -> None:
        for discovery in self._discoveries:
            discovery.start()
        self._syncer.start()
        self._push.start()
        self._sweeper.start()
        for server in self._servers:
            server.start()

    def stop(self, timeout: float = STOP_SECONDS) -> None:
        """Take no more writes, leave what is held with a peer, close. Takes `timeout` seconds at most."""
        end = time.monotonic() + timeout
        self.store.freeze()
        self._push.stop()
        self._sweeper.stop()
        self._syncer.stop(max(0.0, end - time.monotonic() - _CLOSING_SECONDS))
        for discovery in self._discoveries:
            discovery.stop()
        self._streams.stop()
        for server in self._servers:
            server.stop()
        while any(server.connections for server in self._servers) and time.monotonic() < end:
            time.sleep(0.01)  # answers that are on their way may end

    def _connections(self) -> dict[str, int]:
        ports = {"clients": self.client_servers, "peers": self.peer_servers, "health": self.health_servers}
        return {port: sum(server.connections for server in servers) for port, servers in ports.items()}

    @property
    def _servers(self) -> list[Server]:
        """Those that serve health last: it looks at the rest."""
        return self.client_servers + self.peer_servers + self.health_servers

    def _dead_threads(self) -> list[str]:
        threads = {
            "gossip": self._syncer.alive,
            "push": self._push.alive,
            "sweep": self._sweeper.alive,
            "streams": self._streams.alive,
            "discovery": all(found.alive for found in self._discoveries),
        }
        threads["clients"] = all(server.alive for server in self.client_servers)
        threads["peers"] = all(server.alive for server in self.peer_servers + self.health_servers)
        return [name for name, alive in threads.items() if not alive]

    def _situation(self, up_seconds: float) -> Situation:
        return Situation(
            stopping=self.store.frozen,
            caught_up=self._syncer.has_caught_up,
            catching_up=self._syncer.catching_up,
            discovers=self._discovers,
            peers=len(self._roster.known()),
            up_seconds=up_seconds,
        )
