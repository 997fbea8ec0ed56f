"""The keys in order, from the moment on that somebody asks for that: whoever never does pays nothing for it."""

import threading
import time
from collections.abc import Callable, Iterable
from itertools import islice

from gossip.data.counters import counter_of
from gossip.data.entry import Entry
from gossip.data.held import Held
from gossip.data.intake import SLICE
from gossip.data.ordered import Ordered


class Listing:
    """Lists a store's keys. Safe to use from any thread."""

    def __init__(self, held: Held, items: Callable[[], Iterable[tuple[bytes, Entry]]]) -> None:
        self._held = held
        self._items = items
        self._ordering = threading.Lock()

    def keys_since(self, first: bytes, most: int, excluded: bool = False) -> list[bytes]:
        """So many keys in order, from this one on or behind it; those of tombstones are among them.

        The first call puts all keys in order, in slices; from then on they are kept so.
        """
        with self._ordering:
            ordered = self._held.leaves.ordered or self._order()
        with self._held.lock:
            return ordered.since(first, most, excluded)

    def _order(self) -> Ordered:
        ordered = self._held.leaves.ordered = Ordered()  # keys that come from now on are added as they come
        try:
            keys = (counter_of(key) for key, _ in self._items())
            while batch := list(islice(keys, SLICE)):
                with self._held.lock:
                    for key in batch:
                        ordered.add(key)
                time.sleep(0)
        except BaseException:
            self._held.leaves.ordered = None  # or it would be taken for whole
            raise
        return ordered
