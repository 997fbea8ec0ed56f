"""Statistics of this node, as plain lines."""

import time
from collections.abc import Callable
from datetime import datetime, timezone

from gossip.data.clock import MICROS
from gossip.data.store import Store
from gossip.faults import Faults
from gossip.metrics import Metrics
from gossip.serving.answer import TEXT, Answer
from gossip.serving.request import Request
from gossip.sync.roster import Roster
from gossip.sync.syncer import Syncer


class StatsApi:
    """What a node tells of itself."""

    def __init__(
        self,
        name: str,
        store: Store,
        roster: Roster,
        syncer: Syncer,
        metrics: Metrics,
        faults: Faults,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name = name
        self._store = store
        self._roster = roster
        self._syncer = syncer
        self._metrics = metrics
        self._faults = faults
        self._now = now
        self._started = now()
        self._since = datetime.fromtimestamp(store.clock.wall() // MICROS, timezone.utc)

    def get(self, request: Request) -> Answer:
        """One `name=value` line for each figure; the first six are those of the original Gossipcar."""
        last = self._syncer.last_exchange
        lines = {
            "upTimeSecs": int(self._now() - self._started),
            "upSince": self._since.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "nOutSyncs": self._metrics.exchanges_out.total,
            "nInSyncs": self._metrics.exchanges_in.total,
            "nBadHttpReqs": self._metrics.requests.bad,
            "nGoodHttpReqs": self._metrics.requests.good,
            "name": self._name,
            "origin": f"{self._store.origin:016x}",
            "entries": self._store.entries,
            "bytes": self._store.total_bytes,
            "fingerprint": f"{self._store.fingerprint():016x}",
            "peers": len(self._roster.known()),
            "lastExchangeSecsAgo": "never" if last is None else f"{self._now() - last:.1f}",
            "nPeerFaults": sum(self._faults.counts.values()),
            "nEntriesIn": self._metrics.entries_in.total,
            "nEntriesOut": self._metrics.entries_out.total,
            "nNewsOut": self._metrics.news_out.total,
            "nNewsDropped": self._metrics.news_dropped.total + self._store.news.dropped,
            "travelSecsP50": f"{self._store.travel.within(0.5):g}",
            "travelSecsP99": f"{self._store.travel.within(0.99):g}",
        }
        return Answer(200, ["".join(f"{name}={value}\n" for name, value in lines.items()).encode()], TEXT)
