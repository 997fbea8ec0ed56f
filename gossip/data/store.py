"""The store: a lock-guarded dict of entries with timestamps.

Rule 1: every change happens under the one lock: stamp, entry and sizes move together; the digest is in step whenever
        it is asked for.
Rule 2: a plain read takes no lock: it is two dict look-ups, each atomic, of immutable entries.
Rule 3: no I/O and no logging under the lock; a long merge takes it in short slices.
Rule 4: a key's stamp never goes backwards.

The dict is kept as one small dict for each leaf of the digest, so that "list this part" is a walk of that part alone.
"""

import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice
from zlib import crc32

from gossip.data.clock import MICROS, Clock
from gossip.data.digest import FIRST_LEAF, ROOT, Digest, fingerprint, leaf_of
from gossip.data.entry import Entry, newest, size
from gossip.data.limits import PEER_ALLOWANCE, StoreLimits
from gossip.data.merged import Merged
from gossip.data.news import News
from gossip.data.travel import Travel
from gossip.garbage import PUT_ASIDE_EVERY, put_aside

MERGE_SLICE = 100
"""Entries merged per hold of the lock: some 0.5 ms, so that a writer hardly notices a merge of a million."""

RECENT_WRITES = 10_000
"""So many of the latest writes made here are remembered by key, to go first when the node stops."""

UNSETTLED_WRITES = 100
"""So many changed keys may wait to be put into the digest: 0.3 ms of work for whoever asks for it next. A key that is
written again and again meanwhile, such as a counter, costs its two fingerprints once."""


LARGE = 4096
"""Entries from so many bytes on do not wait: fingerprints of a hundred large ones would take long."""


class StoreFull(Exception):
    """A local write found no room; nothing was changed."""


class StoreFrozen(Exception):
    """A local write came after the node began to stop; nothing was changed."""


class Store:
    """All entries that this node holds. Safe to use from any thread."""

    def __init__(self, origin: int, clock: Clock | None = None, limits: StoreLimits | None = None) -> None:
        self.origin = origin
        """The origin of this node's own writes."""
        self.clock = clock or Clock()
        self.limits = limits or StoreLimits()
        self._most_entries = self.limits.entries
        self.entries = 0
        """How many keys are held, tombstones included."""
        self.bytes = 0
        """Bytes of keys, values and attributes held."""
        self.recent: deque[bytes] = deque(maxlen=RECENT_WRITES)
        """The keys last written here, the latest at the end."""
        self.news = News()
        """The keys written here that peers have not been told of yet."""
        self.travel = Travel()
        """How long entries from peers were on their way."""
        self._lock = threading.Lock()
        self._leaves: dict[int, dict[bytes, Entry]] = {}
        self._digest = Digest()
        self._unsettled: dict[bytes, Entry | None] = {}
        """For each key changed since the digest was last in step, the entry that the digest still counts."""
        self._frozen = False
        self._put_aside_at = PUT_ASIDE_EVERY

    def get(self, key: bytes) -> Entry | None:
        """The entry held for this key, be it a tombstone, or None."""
        leaf = self._leaves.get(leaf_of(key))
        return leaf.get(key) if leaf else None

    def get_all(self, keys: Iterable[bytes]) -> list[tuple[bytes, Entry]]:
        """Those of these keys for which an entry is held, with it, in the order asked; for many, at half the price."""
        leaves = self._leaves
        found = []
        for key in keys:
            leaf = leaves.get(FIRST_LEAF + (crc32(key) >> 16))  # `leaf_of`, spelled out
            entry = leaf.get(key) if leaf else None
            if entry is not None:
                found.append((key, entry))
        return found

    def put(self, key: bytes, value: bytes) -> bool:
        """Write a value here and now. True when the key had none before.

        Raises StoreFull when there is no room, StoreFrozen when the node is stopping; the store is then unchanged.
        """
        with self._lock:
            if self._frozen:
                raise StoreFrozen
            old = self.get(key)
            growth = len(key) + len(value) - (size(key, old) if old else 0)
            if not self._has_room(growth, old is None):
                raise StoreFull
            self._place(key, Entry(self.clock.issue(), self.origin, value), old, growth)
            self.recent.append(key)
            self.news.add(key)
        if self.entries >= self._put_aside_at:
            self._put_aside()
        return old is None or old.value is None

    def take_news(self) -> list[bytes]:
        """The keys written here since this was last called (see `News`)."""
        with self._lock:
            return self.news.take()

    def apply(self, items: Iterable[tuple[bytes, Entry]]) -> Merged:
        """Merge entries that other nodes wrote, each by the merge law."""
        merged = Merged()
        source = iter(items)
        while batch := list(islice(source, MERGE_SLICE)):
            with self._lock:
                now = self.clock.wall()
                for key, entry in batch:
                    self._merge(key, entry, now, merged)
            if self.entries >= self._put_aside_at:
                self._put_aside()
            time.sleep(0)  # hands the interpreter to whoever waits for it; releasing the lock alone does not
        return merged

    def learn(self, latest: int) -> None:
        """Stamp above a time that a peer has seen from now on, unless it is too far in the future.

        So a node that was restarted with a slower clock writes above its own former stamps from its first contact on.
        """
        with self._lock:
            if latest <= self._horizon():
                self.clock.observe(latest)

    @property
    def ahead(self) -> int:
        """By how many microseconds the stamps issued here run ahead of the wall clock, beyond what peers accept."""
        return max(0, self.clock.latest - self._horizon())

    def freeze(self) -> None:
        """Refuse local writes from now on. Every write acknowledged before is in the store when this returns."""
        with self._lock:
            self._frozen = True

    @property
    def frozen(self) -> bool:
        return self._frozen

    def fingerprint(self, part: int = ROOT) -> int:
        """The fingerprint of a part of the store; of the whole, unless told."""
        self._settle()
        return self._digest.fingerprint(part)

    def items(self, part: int = ROOT, first: int = 0) -> Iterator[tuple[bytes, Entry]]:
        """The entries within a part, leaf by leaf, in the order that `first` gives (see `Digest.leaves`).

        Each leaf is as it was at one moment; the whole is not a snapshot.
        """
        self._settle()
        for number in self._digest.leaves(part, first):
            yield from self.leaf(number)

    def leaf(self, number: int) -> list[tuple[bytes, Entry]]:
        """The entries of the leaf with this part number, as they are at one moment."""
        held = self._leaves.get(number)
        if not held:
            return []
        with self._lock:
            return list(held.items())

    def holds_at_most(self, part: int, count: int) -> bool:
        """Whether a part has no more than `count` entries. Costs no more than walking that many."""
        return sum(1 for _ in islice(self.items(part), count + 1)) <= count

    def _horizon(self) -> int:
        return self.clock.wall() + self.limits.skew_micros

    def _merge(self, key: bytes, entry: Entry, now: int, merged: Merged) -> None:
        old = self.get(key)
        if old is not None and newest(entry, old) == old:
            merged.stale += 1
            return
        growth = size(key, entry) - (size(key, old) if old else 0)
        if entry.time > now + self.limits.skew_micros:
            ahead = (entry.time - now) / MICROS
            merged.refuse("future", f"origin {entry.origin:016x} stamped it {ahead:.0f} s ahead of the clock here")
        elif len(entry.value or b"") > self.limits.value_bytes:
            merged.refuse("large", f"a value of {len(entry.value or b'')} bytes is over {self.limits.value_bytes}")
        elif not self._has_room(growth, old is None, PEER_ALLOWANCE):
            merged.refuse("full", f"{self.entries} entries of {self.bytes} bytes leave no room for more from peers")
        else:
            self.clock.observe(entry.time)
            self._place(key, entry, old, growth)
            self.travel.add(now - entry.time)
            merged.news += 1

    def _has_room(self, growth: int, is_new: bool, allowance: int = 1) -> bool:
        """Whether the store may grow by so many bytes, and by an entry. What does not grow needs no room."""
        if is_new and self.entries >= self._most_entries * allowance:
            return False
        return growth <= 0 or self.bytes + growth <= self.limits.store_bytes * allowance

    def _place(self, key: bytes, entry: Entry, old: Entry | None, growth: int) -> None:
        number = leaf_of(key)
        leaf = self._leaves.get(number)
        if leaf is None:
            leaf = self._leaves[number] = {}
        self.entries += old is None
        self.bytes += growth
        leaf[key] = entry
        self._unsettled.setdefault(key, old)
        if len(self._unsettled) >= UNSETTLED_WRITES or len(entry.value or b"") + len(entry.extra) >= LARGE:
            self._put_into_digest()

    def _put_aside(self) -> None:
        self._put_aside_at = self.entries + PUT_ASIDE_EVERY
        put_aside()

    def _settle(self) -> None:
        """Bring the digest in step with the entries."""
        if self._unsettled:
            with self._lock:
                self._put_into_digest()

    def _put_into_digest(self) -> None:
        changes: dict[int, int] = {}
        for key, counted in self._unsettled.items():
            number = leaf_of(key)
            change = fingerprint(key, self._leaves[number][key])
            if counted is not None:
                change ^= fingerprint(key, counted)
            changes[number] = changes.get(number, 0) ^ change
        for number, change in changes.items():
            self._digest.toggle(number, change)
        self._unsettled.clear()
