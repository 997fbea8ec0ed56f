"""The ports of a node with these settings: does it run already, and if not, could it have them?"""

import errno
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from gossip.client import Client, GossipcarError, RequestRefused
from gossip.commands.doctor.finding import Finding, Level, ok, warning, wrong
from gossip.commands.doctor.peers import Doctor, unreachable
from gossip.config import Settings
from gossip.data.limits import StoreLimits
from gossip.serving.answer import plain
from gossip.serving.limits import PEER_LIMITS
from gossip.serving.listen import CannotListen, open_servers
from gossip.serving.server import EVERYWHERE, Server
from gossip.settings import FALLBACK_CLIENT_PORT
from gossip.sync.address import Address
from gossip.sync.message import NotBelieved, OtherCluster, PeerFault, TlsFailed, Unproven

_PATIENCE_SECONDS = 2.0
_DIFFERS_SECONDS = 10.0
"""While writes go on, peers differ for moments. This is longer."""

_NEARLY = 0.9
"""Of the room of a map, this part is worth a word."""

_LOOPBACKS = {EVERYWHERE: "127.0.0.1", "0.0.0.0": "127.0.0.1"}  # noqa: S104
_REFUSING = plain(503, "this is the doctor, who tries whether this port can be had")


class Ports:
    """Looks at the two ports."""

    def __init__(self, settings: Settings, doctor: Doctor) -> None:
        self._settings = settings
        self._doctor = doctor
        self.origin: int | None = None
        """That of the node which has the peer port, if one has."""
        self._serves_clients = False
        """Whether a node has the client port."""

    def look_at_peer_port(self) -> Iterator[Finding]:
        """Whether a node has it, or could have it."""
        about, port = f"PEER_PORT {self._settings.peer_port}", self._settings.peer_port
        for host in self._settings.peer_host if port else ():
            address = Address(_LOOPBACKS.get(host, host), port)
            try:
                self.origin = self._doctor.ask(address).message.sender.origin
            except OtherCluster as fault:
                yield wrong(about, f"a node of another cluster has it; give the doctor that node's settings ({fault})")
                return
            except PeerFault as fault:
                if not self._may_be_a_nodes(address, fault):
                    continue
                words = "what has it does not get on with these settings (is it a node with others?)"
                yield wrong(about, f"{words}: {self._doctor.why(address, fault)}")
                return
            yield ok(about, "a node of this cluster runs here")
            return
        finding = self._could_have(about, self._settings.peer_host, port, name="PEER_PORT")
        if self._serves_clients and finding.level is Level.OK:
            finding = warning(about, "no node has it, but one runs here: give the doctor the settings of that one")
        yield finding

    def _may_be_a_nodes(self, address: Address, fault: PeerFault) -> bool:
        """Whether this may be a healthy node's own address, though that node and the doctor do not get on."""
        trusts_nobody = isinstance(fault, (NotBelieved, Unproven, TlsFailed))
        return trusts_nobody or (self._serves_clients and not unreachable(address))

    def look_at_client_port(self) -> Iterator[Finding]:
        """Whether a node has it, or could have it; and what that one knows of its peers."""
        settings = self._settings
        lenient, fallback = "client_host" not in settings.chosen, None
        if "client_port" not in settings.chosen:
            fallback = FALLBACK_CLIENT_PORT
        for port in (settings.client_port, fallback):
            url = f"http://{_in_url(settings.client_host[0])}:{port}"
            try:
                told = _told(url, self._token()) if port else None
            except RequestRefused as refused:
                self._serves_clients = True
                yield warning(f"CLIENT_PORT {port}", f"a node runs here, but does not talk to the doctor: {refused}")
                return
            if told is not None:
                self._serves_clients = True
                yield ok(f"CLIENT_PORT {port}", f"a node runs here, at {url}")
                held, peers = told
                yield from fullness(held, settings.max_store_bytes)
                yield agreement(peers)
                return
        about, may_give_way = f"CLIENT_PORT {settings.client_port}", {"lenient": lenient, "fallback": fallback}
        yield self._could_have(about, settings.client_host, settings.client_port, name="CLIENT_PORT", **may_give_way)

    def look_at_health_port(self) -> Iterator[Finding]:
        """Whether a node could have it, where it would want it."""
        settings, port = self._settings, self._settings.health_port
        if settings.opens_health_port and self.origin is None and not self._serves_clients:
            yield self._could_have(f"HEALTH_PORT {port}", settings.peer_host, port, name="HEALTH_PORT")

    def _token(self) -> str | None:
        tokens = self._doctor.trusted.tokens()
        return tokens[0].decode("latin-1") if tokens else None

    def _could_have(self, about: str, hosts: Sequence[str], port: int, **options: Any) -> Finding:
        """Tries to open it as a node does, and gives it back at once."""
        make = partial(Server, route=lambda _: lambda _: _REFUSING, limits=PEER_LIMITS)
        try:
            servers = open_servers(hosts, port, make, **options)
        except CannotListen as error:
            why = str(error).removeprefix(f"{about} ")
            return wrong(about, f"{why}: {_advice(error.__cause__, options['name'])}")
        for server in servers:
            server.server_close()
        if not port:
            return ok(about, "any free port is taken")
        if servers[0].port != port:
            return ok(about, f"needs rights that this process lacks, and {servers[0].port} is free for it instead")
        return ok(about, f"is free at {' and '.join(hosts)}; no node runs here")


def _advice(error: BaseException | None, name: str) -> str:
    if isinstance(error, PermissionError):
        return f"choose a {name} above 1023, or allow it (root, or the sysctl net.ipv4.ip_unprivileged_port_start)"
    if isinstance(error, OSError) and error.errno == errno.EADDRNOTAVAIL:
        return f"give an address of this machine as {name.removesuffix('_PORT').replace('HEALTH', 'PEER')}_HOST"
    return f"end the program that has it, or choose another {name}"


def _in_url(host: str) -> str:
    bare = _LOOPBACKS.get(host, host)
    return f"[{bare}]" if ":" in bare else bare


def _told(url: str, token: str | None) -> tuple[dict[str, int], dict[str, Any]] | None:
    """What a node there holds, and what it says of its peers; None when none serves clients. Raises RequestRefused for
    want of a token."""
    try:
        with Client(url, _PATIENCE_SECONDS, token) as client:
            stats = client.stats()  # which the port for peers has not
            peers = client.peers()
        held = {what: int(stats[what]) for what in ("bytes", "entries")}
        return (held, peers) if "notHeard" in peers else None
    except RequestRefused as refused:
        if refused.status == 401:
            raise
        return None
    except (GossipcarError, KeyError, TypeError, ValueError):
        return None


def fullness(held: Mapping[str, int], most: int) -> Iterator[Finding]:
    """Whether the node that runs here soon has no room for new keys, if `most` is its MAX_STORE_BYTES."""
    for what, allowed in {"bytes": most, "entries": StoreLimits(most).entries}.items():
        part = held[what] / allowed
        if part >= _NEARLY:
            advice = f"delete, or raise MAX_STORE_BYTES ({most}) at all nodes"
            yield warning("room", f"the node that runs here has {part:.0%} of the {what} that it may have: {advice}")


def agreement(told: dict[str, Any]) -> Finding:
    """Whether those that the node here hears hold what it holds; those that are stopping do not count."""
    peers = [peer for peer in told["peers"] if not peer["leaving"]]
    differing = [peer for peer in peers if not peer["agrees"] and peer["agreesSinceSecs"] > _DIFFERS_SECONDS]
    if not peers and told["notHeard"]:
        unheard = f"hears none of the {len(told['notHeard'])} peers whose addresses it knows"
        return warning("agreement", f"the node that runs here {unheard}: the lines about them follow")
    if not peers:
        return ok("agreement", "the node that runs here hears no peer, so there is nobody to agree with")
    if not differing:
        agreeing = sum(peer["agrees"] for peer in peers)
        others = "; the rest differs for a moment, as while writes go on" if agreeing < len(peers) else ""
        return ok("agreement", f"the node that runs here agrees with {agreeing} of {len(peers)} peers it hears{others}")
    longest = max(peer["agreesSinceSecs"] for peer in differing)
    where = ", ".join(peer["address"] or peer["origin"] for peer in differing[:5])
    differs = f"the node that runs here differs from {len(differing)} of {len(peers)} peers"
    advice = "either writes go on without a break, or its log and theirs say why"
    return warning("agreement", f"{differs}, for up to {longest:,.0f} s ({where}): {advice}")
