"""Taking in what peers wrote: merged in short slices under the store's lock, or refused."""

import time
from collections.abc import Iterable
from itertools import islice

from gossip.data.entry import Entry, newest, size
from gossip.data.held import Held
from gossip.data.lifetime import as_of, due_at
from gossip.data.limits import PEER_ALLOWANCE
from gossip.data.merged import Merged
from gossip.data.travel import Travel

SLICE = 100
"""Entries dealt with per hold of the lock: some 0.5 ms, so that a writer hardly notices a merge of a million."""


class Intake:
    """The store's door for entries from peers. Safe to use from any thread."""

    def __init__(self, held: Held, travel: Travel) -> None:
        self._held, self._leaves, self._clock, self._limits = held, held.leaves, held.clock, held.limits
        self._travel = travel

    def apply(self, items: Iterable[tuple[bytes, Entry]]) -> Merged:
        """Merge entries, each by the merge law."""
        merged = Merged()
        source = iter(items)
        while batch := list(islice(source, SLICE)):
            with self._held.lock:
                now = self._clock.wall()
                for key, entry in batch:
                    self._merge(key, entry, now, merged)
            self._held.grown.to(self._leaves.entries)
            self._held.changes.tell()
            time.sleep(0)  # hands the interpreter to whoever waits for it; releasing the lock alone does not
        return merged

    def _merge(self, key: bytes, entry: Entry, now: int, merged: Merged) -> None:
        old = self._leaves.get(key)
        if entry.extra or entry.value is None:
            entry = as_of(entry, now)
            if 0 < due_at(entry, self._limits.tombstone_micros) <= now:
                merged.stale += 1
                return
        if old is not None and newest(entry, old) == old:
            merged.stale += 1
            return
        growth = size(key, entry) - (size(key, old) if old else 0)
        if refusal := self._limits.refusal(entry, now):
            merged.refuse(*refusal)
        elif not self._leaves.has_room(growth, old is None, PEER_ALLOWANCE):
            held = f"{self._leaves.entries} entries of {self._leaves.bytes} bytes"
            merged.refuse("full", f"{held} leave no room for more from peers; raise MAX_STORE_BYTES")
        else:
            self._clock.observe(entry.time)
            self._leaves.place(key, entry, old, growth)
            self._travel.add(now - entry.time)
            merged.news += 1
