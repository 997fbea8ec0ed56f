"""The metrics of this node, for Prometheus. No label grows with keys or peers, and nothing walks through the store."""

import time
from collections.abc import Callable, Iterator, Mapping

from gossip import __version__, process
from gossip.api.exposition import CONTENT_TYPE, Metric, Sample, counter, gauge, histogram, labelled, text_of
from gossip.data import travel
from gossip.data.clock import MICROS
from gossip.data.merged import REASONS, fault_of
from gossip.data.store import Store
from gossip.metrics import BOUNDS
from gossip.serving.answer import Answer
from gossip.serving.request import Request
from gossip.serving.streams import Streams
from gossip.sync.calls import Calls
from gossip.sync.sightings import Sightings
from gossip.sync.syncer import Syncer


class MetricsApi:
    """What a node tells of itself in numbers. `docs/metrics.md` has them all."""

    def __init__(
        self,
        store: Store,
        calls: Calls,
        syncer: Syncer,
        sightings: Sightings,
        streams: Streams,
        connections: Callable[[], Mapping[str, int]],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """`connections` says how many there are now, by port."""
        self._store = store
        self._roster, self._metrics, self._faults = calls.roster, calls.metrics, calls.faults
        self._syncer = syncer
        self._sightings = sightings
        self._streams = streams
        self._connections = connections
        self._now = now
        self._began = store.clock.wall() / MICROS

    def get(self, request: Request) -> Answer:
        """All of them, in the text format."""
        return Answer(200, [text_of(self.all())], CONTENT_TYPE)

    def all(self) -> Iterator[Metric]:
        yield from self._requests()
        yield from self._held()
        yield from self._exchanges()
        yield from self._entries()
        yield from self._peers()
        yield from self._node()

    def _requests(self) -> Iterator[Metric]:
        counts = sorted(self._metrics.requests.counts.items())
        yield Metric(
            "gossipcar_http_requests_total",
            "counter",
            "Requests of clients that were answered; those whose method could not be read are of the method other.",
            [Sample("", (("method", method), ("status", str(status))), count) for (method, status), count in counts],
        )
        yield histogram(
            "gossipcar_http_request_duration_seconds",
            "From a request's first bytes being read to its answer, and those of the requests that arrived together "
            "with it, being handed to the kernel. Of a stream of events: to its beginning.",
            BOUNDS,
            *self._metrics.requests.took,
        )
        by_port = self._connections()
        yield labelled("gauge", "gossipcar_connections", "Connections open now, by whose port.", "port", by_port)
        yield gauge("gossipcar_watchers", "Clients that watch now.", self._streams.clients)

    def _held(self) -> Iterator[Metric]:
        store, limits = self._store, self._store.limits
        yield gauge("gossipcar_store_entries", "Keys held, tombstones included.", store.entries)
        yield gauge(
            "gossipcar_store_tombstones",
            "Keys held that were deleted or have expired; each is remembered for TOMBSTONE_TTL.",
            store.tombstones,
        )
        yield gauge("gossipcar_store_bytes", "Bytes of keys, values and attributes held.", store.total_bytes)
        yield gauge(
            "gossipcar_store_limit_entries", "As many keys may be held before writes here are refused.", limits.entries
        )
        yield gauge(
            "gossipcar_store_limit_bytes",
            "MAX_STORE_BYTES: so much may be held before writes here are refused.",
            limits.store_bytes,
        )

    def _exchanges(self) -> Iterator[Metric]:
        metrics, last = self._metrics, self._syncer.last_exchange
        yield labelled(
            "counter",
            "gossipcar_exchanges_begun_total",
            "Exchanges that this node began. agreed: both held the same at the end; complete: all that either lacked "
            "has crossed, but there were writes meanwhile; partial: something was left out or refused; failed: by a "
            "fault of the peer or of the network.",
            "result",
            {**metrics.exchanges_out.totals, "failed": metrics.exchanges_failed.total},
        )
        yield counter(
            "gossipcar_exchanges_answered_total",
            "Conversations that peers began with this node; a long exchange has several.",
            metrics.exchanges_in.total,
        )
        yield gauge(
            "gossipcar_last_exchange_age_seconds",
            "Since the last exchange that this node began and completed; +Inf before the first.",
            float("inf") if last is None else self._now() - last,
        )
        about = "Bytes of messages {} peers, compressed as they were, without the heads of HTTP."
        yield counter("gossipcar_peer_sent_bytes_total", about.format("sent to"), metrics.bytes_out.total)
        yield counter("gossipcar_peer_received_bytes_total", about.format("received from"), metrics.bytes_in.total)

    def _entries(self) -> Iterator[Metric]:
        metrics, faults, way = self._metrics, self._faults.counts, self._store.travel
        refused = {fault_of(reason): reason for reason in REASONS}
        yield counter("gossipcar_entries_sent_total", "Entries sent to peers.", metrics.entries_out.total)
        yield counter("gossipcar_entries_received_total", "Entries that peers sent.", metrics.entries_in.total)
        yield labelled(
            "counter",
            "gossipcar_entries_refused_total",
            "Entries of peers that were not taken. future: stamped too far ahead of the clock here; large: over "
            "MAX_VALUE_BYTES; full: no room left.",
            "reason",
            {reason: faults.get(fault, 0) for fault, reason in refused.items()},
        )
        others = {fault: count for fault, count in sorted(faults.items()) if fault not in refused}
        yield labelled("counter", "gossipcar_faults_total", "Other faults of peers and the network.", "kind", others)
        yield histogram(
            "gossipcar_entry_travel_seconds",
            "From an entry's stamp, by its writer's clock, to its arrival here.",
            travel.BOUNDS,
            way.counts.copy(),
            way.micros / MICROS,
        )
        dropped = {"own": self._store.news.dropped, "passed_on": metrics.news_dropped.total}
        yield counter("gossipcar_news_sent_total", "Messages with news that peers took.", metrics.news_out.total)
        yield labelled(
            "counter",
            "gossipcar_news_dropped_total",
            "News left to the rounds, as too much waited. own: writes made here; passed_on: messages of peers.",
            "queue",
            dropped,
        )

    def _peers(self) -> Iterator[Metric]:
        heard = [sighting for sighting in self._sightings.all() if not sighting.said.leaving]
        offsets = [abs(sighting.offset) for sighting in heard if sighting.offset is not None]
        yield gauge("gossipcar_peers_known", "Addresses of peers that discovery gives.", len(self._roster.known()))
        yield gauge(
            "gossipcar_peers_heard", "Peers heard of late that answer when called, and are not leaving.", len(heard)
        )
        agreeing = sum(sighting.agrees for sighting in heard)
        yield gauge("gossipcar_peers_agreeing", "Of these, those that held the same when last heard.", agreeing)
        yield gauge(
            "gossipcar_clock_offset_seconds",
            "By how much the clock of the peer that differs most, of these, is off from the clock here, either way.",
            max(offsets, default=0) / MICROS,
        )
        limit = self._store.limits.skew_micros / MICROS
        yield gauge("gossipcar_clock_offset_limit_seconds", "MAX_CLOCK_SKEW: entries ahead by more are refused.", limit)

    def _node(self) -> Iterator[Metric]:
        build = (("version", __version__), ("python", process.python_version()))
        yield gauge("gossipcar_build_info", "Always 1; what runs is in the labels.", 1, build)
        yield gauge("gossipcar_threads", "Threads now.", process.threads())
        yield counter("process_cpu_seconds_total", "Processor time used, user and system.", process.cpu_seconds())
        yield gauge("process_resident_memory_bytes", "Resident memory.", process.resident_bytes())
        yield gauge("process_open_fds", "Open file descriptors.", process.open_descriptors())
        yield gauge("process_start_time_seconds", "Start time of the process, since the Unix epoch.", self._began)
