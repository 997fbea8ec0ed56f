"""The entries by key: one small dict for each leaf of the digest, with the digest and what falls due in step.

Rule 1: reading is two look-ups, each atomic, of immutable entries; it needs no lock. Changes are made under the
        store's.
Rule 2: the digest counts changed keys when it is asked, or when many wait: a key that is written again and again
        meanwhile, such as a counter, costs its two fingerprints once.

Small dicts make "list this part" a walk of that part alone, without a second index of the keys.
"""

from collections.abc import Iterable
from zlib import crc32

from gossip.data.changes import Changes
from gossip.data.counters import MARK, Counters, counter_of, ended
from gossip.data.digest import FIRST_LEAF, LEAVES, Digest, fingerprint
from gossip.data.due import Due
from gossip.data.entry import Entry, size
from gossip.data.lifetime import as_of, due_at
from gossip.data.limits import StoreLimits
from gossip.data.ordered import Ordered

UNSETTLED = 100
"""So many changed keys may wait to be put into the digest: 0.3 ms of work for whoever asks for it next."""

ENDED_AT_ONCE = 500
"""So many shares of a counter are ended in one go: some 3 ms. Those that are left count as little as ended ones."""

LARGE = 4096
"""Entries from so many bytes on do not wait: fingerprints of a hundred large ones would take long."""


class Leaves:
    """All entries. Has no lock."""

    def __init__(self, limits: StoreLimits, counters: Counters, changes: Changes) -> None:
        self.entries = 0
        """How many keys are held, tombstones included."""
        self.tombstones = 0
        """How many of these are tombstones; what has expired counts as one once it is swept."""
        self.bytes = 0
        """Bytes of keys, values and attributes held."""
        self.digest = Digest()
        """In step once `settle` was called."""
        self.ordered: Ordered | None = None
        """The keys in order, once somebody has asked for that."""
        self.due = Due()
        """When which entries expire or are to be dropped."""
        self.to_end: set[bytes] = set()
        """Counters with more shares to be ended than were ended at once."""
        self._counters = counters
        self._changes = changes
        self._limits = limits
        self._most_entries = limits.entries
        self._leaves: list[dict[bytes, Entry] | None] = [None] * LEAVES
        """In the order of their numbers. A list, as keys that come and go would have a dict of them made anew over and
        over, of megabytes each time, which an allocator rarely gives back all of."""
        self._unsettled: dict[bytes, Entry | None] = {}
        """For each key changed since the digest was last in step, the entry that the digest still counts."""

    def get(self, key: bytes) -> Entry | None:
        """The entry held for this key, or None."""
        leaf = self._leaves[crc32(key) >> 16]  # `leaf_of`, spelled out: each write comes here
        return leaf.get(key) if leaf else None

    def get_all(self, keys: Iterable[bytes]) -> list[tuple[bytes, Entry]]:
        """Those of these keys for which an entry is held, with it, in the order asked; for many, at half the price."""
        leaves = self._leaves
        found = []
        for key in keys:
            leaf = leaves[crc32(key) >> 16]  # `leaf_of`, spelled out
            entry = leaf.get(key) if leaf else None
            if entry is not None:
                found.append((key, entry))
        return found

    def leaf(self, number: int) -> list[tuple[bytes, Entry]]:
        """The entries of the leaf with this part number. To be called under the lock."""
        held = self._leaves[number - FIRST_LEAF]
        return list(held.items()) if held else []

    def has_room(self, growth: int, new: int, allowance: int = 1) -> bool:
        """Whether so many bytes and entries more may be held. What does not grow needs no room."""
        if new and self.entries + new > self._most_entries * allowance:
            return False
        return growth <= 0 or self.bytes + growth <= self._limits.store_bytes * allowance

    def place(self, key: bytes, entry: Entry, old: Entry | None, growth: int) -> None:
        """Hold this entry in the place of the old one, by which so many bytes more are held."""
        _, _, value, extra = entry
        number = crc32(key) >> 16
        leaf = self._leaves[number]
        if leaf is None:
            leaf = self._leaves[number] = {}
        self.bytes += growth
        leaf[key] = entry
        is_share = key[0] == MARK
        if is_share:
            self._counters.came(key, entry)
        if old is None:
            self.entries += 1
            if self.ordered:
                self.ordered.add(counter_of(key))
        elif old.extra or old.value is None:
            self.tombstones -= old.value is None
            self.due.remove(key, due_at(old, self._limits.tombstone_micros))
        if self._changes.kept:
            self._changes.add(key, entry)
        if extra or value is None:
            self.tombstones += value is None
            self.due.add(key, due_at(entry, self._limits.tombstone_micros))
        unsettled = self._unsettled
        unsettled.setdefault(key, old)
        if len(unsettled) >= UNSETTLED or len(value or b"") + len(extra) >= LARGE:
            self.settle()
        if self._counters.by_counter and not (is_share and value is None):
            self.end_shares(counter_of(key))

    def end_shares(self, counter: bytes) -> None:
        """End shares of a counter that its plain entry has outdated; more than `ENDED_AT_ONCE` are left for later."""
        plain = self.get(counter) if counter in self._counters.by_counter else None
        if plain is None:
            return
        outdated = self._counters.outdated(counter, plain, ENDED_AT_ONCE)
        for key in outdated:
            share = self.get(key)
            assert share is not None, "it is one of the counter's"
            end = ended(share, plain)
            self.place(key, end, share, size(key, end) - size(key, share))
        if len(outdated) == ENDED_AT_ONCE:
            self.to_end.add(counter)
        else:
            self.to_end.discard(counter)

    def remove(self, key: bytes, old: Entry) -> None:
        """Hold nothing for this key any more."""
        self.entries -= 1
        self.tombstones -= old.value is None
        self.bytes -= size(key, old)
        number = crc32(key) >> 16
        leaf = self._leaves[number]
        assert leaf is not None, "it holds the key"
        del leaf[key]
        if not leaf:
            self._leaves[number] = None  # else keys that come and go would leave a dict in each leaf
        if key[0] == MARK:
            self._counters.went(key)
        name = counter_of(key)
        if self.ordered and name not in self._counters.by_counter and self.get(name) is None:
            self.ordered.remove(name)
        self.due.remove(key, due_at(old, self._limits.tombstone_micros))
        self._unsettled.setdefault(key, old)
        if len(self._unsettled) >= UNSETTLED:
            self.settle()

    def bring_up_to(self, now: int, key: bytes) -> None:
        """Do what is due for one key at this time: let its value expire, drop its tombstone, or both."""
        old = self.get(key)
        if old is None:
            return
        entry = as_of(old, now)
        if entry is not old:
            self.place(key, entry, old, size(key, entry) - size(key, old))
        if entry.value is None and due_at(entry, self._limits.tombstone_micros) <= now:
            self.remove(key, entry)

    @property
    def settled(self) -> bool:
        return not self._unsettled

    def settle(self) -> None:
        """Bring the digest in step with the entries."""
        leaves = self._leaves
        changes: dict[int, int] = {}
        for key, counted in self._unsettled.items():
            number = crc32(key) >> 16
            leaf = leaves[number]
            held = leaf.get(key) if leaf else None
            change = 0 if held is None else fingerprint(key, held)
            if counted is not None:
                change ^= fingerprint(key, counted)
            changes[number] = changes.get(number, 0) ^ change
        for number, change in changes.items():
            self.digest.toggle(FIRST_LEAF + number, change)
        self._unsettled.clear()
