"""Faults of peers and of the network: counted by kind, and logged; `gossip/logs.py` sums up what comes again."""

import logging
import threading
from collections import Counter
from collections.abc import Iterable

log = logging.getLogger("gossipcar.faults")


class Faults:
    """Counts faults by kind.

    A kind is a short phrase out of a fixed set, so that nothing outside can make the counts grow without bound.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()

    def note(self, kind: str, detail: str, count: int = 1) -> None:
        """Count a fault, or as many of one kind as are noted at once, and log it."""
        with self._lock:
            self._counts[kind] += count
        log.warning(kind, extra={"error": detail} if count == 1 else {"error": detail, "count": count})

    def note_all(self, faults: Iterable[tuple[str, str, int]]) -> None:
        for kind, detail, count in faults:
            self.note(kind, detail, count)

    def note_withheld(self, count: int) -> None:
        """Count entries that a peer would not accept; an own line, as the two nodes will differ until it is mended."""
        if count:
            self.note("entry withheld", "a peer accepts only smaller values; give all nodes one MAX_VALUE_BYTES", count)

    @property
    def counts(self) -> dict[str, int]:
        """How many faults there were, by kind."""
        with self._lock:
            return dict(self._counts)
