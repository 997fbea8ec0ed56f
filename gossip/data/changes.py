"""What has changed of late, in order, for those who watch.

Rule 1: changes are numbered without a gap, and kept only since somebody first watched. Before, a write costs one look
        whether anybody does.
Rule 2: bounded: the oldest make room for new ones. Who asks for what is no longer here is told so.
Rule 3: added to and read under the store's lock.
"""

import threading
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from gossip.data.entry import Entry, size

MOST_CHANGES = 10_000
MOST_BYTES = 8 * 1024 * 1024
"""So many changes are kept, with keys and values of so many bytes; the last one in any case."""


class Change(NamedTuple):
    """A key has another entry than before: a write, a merged entry, or a value that has expired."""

    number: int
    key: bytes
    entry: Entry


class Changes:
    """The latest changes. Safe to use from any thread, but for `add`."""

    def __init__(self, lock: threading.Lock) -> None:
        """`lock` is the store's."""
        self.kept = False
        """Whether changes are kept."""
        self.latest = 0
        """The number of the last change; 0 before the first."""
        self._lock = lock
        self._changes: deque[Change] = deque()
        self._bytes = 0
        self._wake: Callable[[], None] = lambda: None
        self._awaited = False
        self._news = False
        """Whether there are changes that nobody was woken for."""

    def keep(self, wake: Callable[[], None]) -> None:
        """Keep changes from now on; `wake` is called when an awaited one has come, and must not wait for anything."""
        with self._lock:
            self.kept = True
            self._wake = wake

    def add(self, key: bytes, entry: Entry) -> None:
        """To be called under the lock, and only while changes are kept."""
        self.latest += 1
        self._changes.append(Change(self.latest, key, entry))
        self._bytes += size(key, entry)
        while len(self._changes) > MOST_CHANGES or (self._bytes > MOST_BYTES and len(self._changes) > 1):
            gone = self._changes.popleft()
            self._bytes -= size(gone.key, gone.entry)
        self._news = True

    def lose(self) -> None:
        """The store has changed in ways that are not told one by one: whoever watches must read anew."""
        with self._lock:
            self.latest += 1
            self._changes.clear()
            self._bytes = 0
            self._news = True
        self.tell()

    def awaited(self) -> int:
        """The number of the last change. Once there is another, `wake` is called."""
        with self._lock:
            self._awaited, self._news = self.kept, False
            return self.latest

    def since(self, number: int, until: int, most: int) -> list[Change] | None:
        """The changes behind this number, `most` at most, until another number; None when some are no longer here."""
        with self._lock:
            first = self.latest - len(self._changes)  # behind this number all are here
            if not first <= number <= self.latest:
                return None
            return [self._changes[at - first] for at in range(number, min(until, number + most, self.latest))]

    def tell(self) -> None:
        """Wake who waits, if there is anything new. To be called without the lock."""
        if self._news and self._awaited:
            self._news = self._awaited = False
            self._wake()
