"""Writes that are made here: stamped and put in place under the store's lock, or refused."""

import secrets
from collections import deque
from collections.abc import Callable, Iterable, Mapping

from gossip.data.counters import number_of, share_key, share_of, share_value
from gossip.data.entry import Entry, size
from gossip.data.held import Held
from gossip.data.news import News
from gossip.data.refused import ConditionFailed, NotANumber, StoreFrozen, StoreFull

RECENT_WRITES = 10_000
"""So many of the latest writes made here are remembered by key, to go first when the node stops."""

_made = tuple.__new__
"""Makes an entry in half the time that calling `Entry` takes: each PUT comes here."""

Condition = Callable[[Entry | None], bool]
"""Whether a write may be made, by the entry that a reader sees; None where there is no value."""


class Local:
    """The store's door for this node's own writes. Safe to use from any thread."""

    def __init__(self, held: Held, origin: int, news: News) -> None:
        self.recent: deque[bytes] = deque(maxlen=RECENT_WRITES)
        """The keys last written here, the latest at the end."""
        self.frozen = False
        """Whether nothing is written any more."""
        self._held, self._leaves, self._counters = held, held.leaves, held.counters
        self._by_counter = held.counters.by_counter
        self._lock, self._clock, self._changes = held.lock, held.clock, held.changes
        self._origin = origin
        self._share = origin
        """Whose shares this process adds to."""
        self._news = news

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
            if old is None or old.extra or key in self._by_counter:
                seen, growth = self._held.seen(key, old), _growth(key, value, extra, old)
            else:  # the common case, without a call
                before = old.value
                seen, growth = (None, len(value)) if before is None else (old, len(value) - len(before))
                growth += len(extra)
            if condition and not condition(seen):
                raise ConditionFailed
            if growth > 0 or old is None or self.frozen:
                self._check_room(growth, old is None)
            entry = _made(Entry, (self._clock.issue(), self._origin, value, extra))  # `_write`, spelled out
            self._leaves.place(key, entry, old, growth)
            self.recent.append(key)
            self._news.add(key)
        if old is None:
            self._held.grown.to(self._leaves.entries)
        if self._changes.kept:
            self._changes.tell()
        return entry, seen is None

    def put_all(self, items: Mapping[bytes, tuple[bytes, bytes]]) -> int:
        """Write several values, each with its extra, or none of them. How many keys had none. Raises as `write`."""
        with self._lock:
            olds = {key: self._leaves.get(key) for key in items}
            growths = {key: _growth(key, *item, olds[key]) for key, item in items.items()}
            self._check_room(sum(growths.values()), [*olds.values()].count(None))
            created = sum(self._held.seen(key, old) is None for key, old in olds.items())
            for key, (value, extra) in items.items():
                self._write(key, value, extra, olds[key], growths[key])
        self._held.grown.to(self._leaves.entries)
        self._changes.tell()
        return created

    def add(self, key: bytes, amount: int, extra: bytes = b"") -> int:
        """Add to a counter, on the share of this process, which gets these attributes. The new total.

        Raises as `write`, and NotANumber when the key has a value that is none.
        """
        with self._lock:
            plain = self._leaves.get(key)
            base = self._counters.base(key, plain)
            if plain and plain[:2] == base and self._held.is_present(plain) and number_of(plain.value or b"") is None:
                raise NotANumber
            mine = self.own_share(key)
            old = self._leaves.get(mine)
            before = share_of(old) if old and self._held.is_present(old) else None
            value = share_value(amount + (before.amount if before and before.base == base else 0), base)
            growth = _growth(mine, value, extra, old)
            self._check_room(growth, old is None)
            self._write(mine, value, extra, old, growth)
            total = self._held.seen(key, plain)
        self._changes.tell()
        return int(total.value or b"0") if total else 0  # the share may have expired meanwhile

    def own_share(self, key: bytes) -> bytes:
        """Under which key this process's share in a counter is held."""
        return share_key(key, self._share)

    def begin_share(self) -> None:
        """Add to a new share of each counter from now on."""
        self._share = secrets.randbits(64)

    def delete(self, keys: Iterable[bytes], condition: Condition | None = None) -> int:
        """Write a tombstone for each of these keys that has a value. How many had. Raises as `write`."""
        with self._lock:
            if self.frozen:
                raise StoreFrozen
            seen = {key: self._held.seen(key, self._leaves.get(key)) for key in keys}
            if condition and not all(map(condition, seen.values())):
                raise ConditionFailed
            present = [key for key, entry in seen.items() if entry]
            for key in present:
                old = self._leaves.get(key)
                self._write(key, None, b"", old, _growth(key, None, b"", old))
        self._changes.tell()
        return len(present)

    def freeze(self) -> None:
        """Refuse writes from now on. Every write acknowledged before is in its place when this returns."""
        with self._lock:
            self.frozen = True

    def _check_room(self, growth: int, new: int) -> None:
        """Raises what keeps a write from being made."""
        if self.frozen:
            raise StoreFrozen
        if not self._leaves.has_room(growth, new):
            raise StoreFull

    def _write(self, key: bytes, value: bytes | None, extra: bytes, old: Entry | None, growth: int) -> Entry:
        entry = Entry(self._clock.issue(), self._origin, value, extra)
        self._leaves.place(key, entry, old, growth)
        self.recent.append(key)
        self._news.add(key)
        return entry


def _growth(key: bytes, value: bytes | None, extra: bytes, old: Entry | None) -> int:
    """By how many bytes the store grows when this takes the old entry's place."""
    return len(key) + len(value or b"") + len(extra) - (size(key, old) if old else 0)
