"""The store: a lock-guarded dict of entries with timestamps.

Rule 1: every change happens under the one lock: stamp, entry and sizes move together; the digest is in step whenever
        it is asked for.
Rule 2: a plain read takes no lock.
Rule 3: no I/O and no logging under the lock; whatever is long takes it in short slices.
Rule 4: a key's stamp never goes backwards, as long as anything is held for it.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice

from gossip.data.clock import Clock
from gossip.data.digest import ROOT
from gossip.data.entry import Entry, size
from gossip.data.intake import SLICE, Intake
from gossip.data.leaves import Leaves
from gossip.data.lifetime import is_present
from gossip.data.limits import StoreLimits
from gossip.data.listing import Listing
from gossip.data.merged import Merged
from gossip.data.news import News
from gossip.data.refused import ConditionFailed, StoreFrozen, StoreFull
from gossip.data.travel import Travel
from gossip.garbage import Grown

RECENT_WRITES = 10_000
"""So many of the latest writes made here are remembered by key, to go first when the node stops."""

Condition = Callable[[Entry | None], bool]
"""Whether a write may be made, by the entry that is held, which has a value; None where there is no value."""


class Store:
    """All entries that this node holds. Safe to use from any thread."""

    def __init__(self, origin: int, clock: Clock | None = None, limits: StoreLimits | None = None) -> None:
        self.origin = origin
        """The origin of this node's own writes."""
        self.clock = clock or Clock()
        self.limits = limits or StoreLimits()
        self.recent: deque[bytes] = deque(maxlen=RECENT_WRITES)
        """The keys last written here, the latest at the end."""
        self.news = News()
        """The keys written here that peers have not been told of yet."""
        self.travel = Travel()
        """How long entries from peers were on their way."""
        self._lock = threading.Lock()
        self._leaves = Leaves(self.limits)
        self._grown = Grown()
        self._intake = Intake(self._lock, self._leaves, self.clock, self.limits, self.travel, self._grown)
        self._frozen = False
        self.get = self._leaves.get
        self.get_all = self._leaves.get_all
        self.keys_since = Listing(self._lock, self._leaves, self.items).keys_since

    @property
    def entries(self) -> int:
        """How many keys are held, tombstones included."""
        return self._leaves.entries

    @property
    def total_bytes(self) -> int:
        """Bytes of keys, values and attributes held."""
        return self._leaves.bytes

    def present(self, key: bytes) -> Entry | None:
        """The entry held for this key, if it has a value now."""
        entry = self._leaves.get(key)
        return entry if self._is_present(entry) else None

    def put(self, key: bytes, value: bytes) -> bool:
        """Write a value here and now. True when the key had none before. Raises as `write`."""
        return self.write(key, value)[1]

    def write(
        self, key: bytes, value: bytes, extra: bytes = b"", condition: Condition | None = None
    ) -> tuple[Entry, bool]:
        """Write a value with its attributes here and now. What was written, and whether the key had no value before.

        Raises StoreFull when there is no room, StoreFrozen when the node is stopping, ConditionFailed when the
        condition does not hold; the store is then unchanged.
        """
        with self._lock:
            old = self._leaves.get(key)
            had_value = self._is_present(old)
            if condition and not condition(old if had_value else None):
                raise ConditionFailed
            growth = len(key) + len(value) + len(extra) - (size(key, old) if old else 0)
            self._check_room(growth, old is None)
            entry = self._write(key, value, extra, old, growth)
        self._grown.to(self._leaves.entries)
        return entry, not had_value

    def put_all(self, items: Mapping[bytes, tuple[bytes, bytes]]) -> int:
        """Write several values, each with its extra, or none of them. How many keys had none. Raises as `write`."""
        with self._lock:
            olds = [self._leaves.get(key) for key in items]
            growths = [
                len(key) + len(value) + len(extra) - (size(key, old) if old else 0)
                for (key, (value, extra)), old in zip(items.items(), olds, strict=True)
            ]
            self._check_room(sum(growths), olds.count(None))
            created = sum(not self._is_present(old) for old in olds)
            for (key, (value, extra)), old, growth in zip(items.items(), olds, growths, strict=True):
                self._write(key, value, extra, old, growth)
        self._grown.to(self._leaves.entries)
        return created

    def delete(self, keys: Iterable[bytes], condition: Condition | None = None) -> int:
        """Write a tombstone for each of these keys that has a value. How many had. Raises as `write`."""
        with self._lock:
            if self._frozen:
                raise StoreFrozen
            found = {key: self.present(key) for key in keys}
            if condition and not all(map(condition, found.values())):
                raise ConditionFailed
            present = {key: old for key, old in found.items() if old}
            for key, old in present.items():
                self._write(key, None, b"", old, len(key) - size(key, old))
        return len(present)

    def take_news(self) -> list[bytes]:
        """The keys written here since this was last called (see `News`)."""
        with self._lock:
            return self.news.take()

    def apply(self, items: Iterable[tuple[bytes, Entry]]) -> Merged:
        """Merge entries that other nodes wrote, each by the merge law."""
        return self._intake.apply(items)

    def sweep(self) -> None:
        """Do what is due: values that have expired become tombstones, old tombstones are dropped."""
        now = self.clock.wall()
        while self._leaves.due.is_due(now):
            with self._lock:
                for key in self._leaves.due.take(now, SLICE):
                    self._leaves.bring_up_to(now, key)
            time.sleep(0)

    def forget(self, until: int) -> int:
        """Drop all entries of times up to this one, as if they had never come. How many there were."""
        dropped = 0
        for number in list(self._leaves.digest.leaves(ROOT)):
            with self._lock:
                for key, entry in self._leaves.leaf(number):
                    if entry.time <= until:
                        self._leaves.remove(key, entry)
                        dropped += 1
            time.sleep(0)
        return dropped

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
        return self._leaves.digest.fingerprint(part)

    def items(self, part: int = ROOT, first: int = 0) -> Iterator[tuple[bytes, Entry]]:
        """The entries within a part, leaf by leaf, in the order that `first` gives (see `Digest.leaves`).

        Each leaf is as it was at one moment; the whole is not a snapshot.
        """
        self._settle()
        for number in self._leaves.digest.leaves(part, first):
            yield from self.leaf(number)

    def leaf(self, number: int) -> list[tuple[bytes, Entry]]:
        """The entries of the leaf with this part number, as they are at one moment."""
        with self._lock:
            return self._leaves.leaf(number)

    def holds_at_most(self, part: int, count: int) -> bool:
        """Whether a part has no more than `count` entries. Costs no more than walking that many."""
        return sum(1 for _ in islice(self.items(part), count + 1)) <= count

    def _horizon(self) -> int:
        return self.clock.wall() + self.limits.skew_micros

    def _is_present(self, entry: Entry | None) -> bool:
        return (
            entry is not None and entry.value is not None and (not entry.extra or is_present(entry, self.clock.wall()))
        )

    def _write(self, key: bytes, value: bytes | None, extra: bytes, old: Entry | None, growth: int) -> Entry:
        entry = Entry(self.clock.issue(), self.origin, value, extra)
        self._leaves.place(key, entry, old, growth)
        self.recent.append(key)
        self.news.add(key)
        return entry

    def _check_room(self, growth: int, new: int) -> None:
        """Raises what keeps a local write from being made."""
        if self._frozen:
            raise StoreFrozen
        if not self._leaves.has_room(growth, new):
            raise StoreFull

    def _settle(self) -> None:
        """Bring the digest in step with the entries, and the entries with the time."""
        if self._leaves.due.is_due(self.clock.wall()):
            self.sweep()
        if not self._leaves.settled:
            with self._lock:
                self._leaves.settle()
