"""Faults of peers and of the network: all counted, few logged. A broken peer must not fill a disk."""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable

QUIET_SECONDS = 60.0
"""After a line about one kind of fault, further ones of that kind are only counted for so long."""

log = logging.getLogger("gossipcar.faults")


class Faults:
    """Counts faults by kind, and logs one line a kind and minute, which says how many went unlogged before it.

    A kind is a short phrase out of a fixed set, so that nothing outside can make the counts grow without bound.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._logged_at: dict[str, float] = {}
        self._logged_count: dict[str, int] = {}

    def note(self, kind: str, detail: str, count: int = 1) -> None:
        """Count a fault; log it unless one of its kind was logged within the last minute."""
        now = self._now()
        with self._lock:
            unlogged = self._counts[kind] - self._logged_count.get(kind, 0)
            self._counts[kind] += count
            if kind in self._logged_at and now - self._logged_at[kind] < QUIET_SECONDS:
                return
            self._logged_at[kind] = now
            self._logged_count[kind] = self._counts[kind]
        one_line = "".join(c if c.isprintable() else "?" for c in detail)  # it may hold a peer's own words
        log.warning("%s: %s%s", kind, one_line, f" ({unlogged} more since the last such line)" if unlogged else "")

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
