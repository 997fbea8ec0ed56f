"""What is held, and what all doors to it share: the lock, the clock, the limits."""

import threading

from gossip.data.changes import Changes
from gossip.data.clock import Clock
from gossip.data.counters import Counters
from gossip.data.entry import Entry
from gossip.data.leaves import Leaves
from gossip.data.lifetime import is_present
from gossip.data.limits import StoreLimits
from gossip.garbage import Grown


class Held:
    """Entries, and the lock under which they change."""

    def __init__(self, clock: Clock, limits: StoreLimits) -> None:
        self.clock = clock
        self.limits = limits
        self.lock = threading.Lock()
        self.counters = Counters()
        self.changes = Changes(self.lock)
        self.leaves = Leaves(limits, self.counters, self.changes)
        self.grown = Grown()

    def is_present(self, entry: Entry | None) -> bool:
        """Whether an entry has a value now."""
        return (
            entry is not None and entry.value is not None and (not entry.extra or is_present(entry, self.clock.wall()))
        )

    def seen(self, key: bytes, held: Entry | None) -> Entry | None:
        """What a reader sees of a key for which this entry is held: its total, where it is a counter."""
        has_value = self.is_present(held)
        if key in self.counters.by_counter:
            total = self.counters.total(key, held, has_value, self.clock.wall())
            if total:
                return total
        return held if has_value else None
