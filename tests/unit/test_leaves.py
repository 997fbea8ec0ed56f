"""The leaves of a store, where keys come and go."""

import threading
import tracemalloc

from gossip.data.changes import Changes
from gossip.data.counters import Counters
from gossip.data.entry import Entry, size
from gossip.data.leaves import Leaves
from gossip.data.limits import StoreLimits

HELD = 45_000
ENTRY = Entry(1, 1, b"value", b"")


def test_keys_that_come_and_go_need_no_megabytes_for_a_moment() -> None:
    """What is large and made anew over and over, an allocator gives back at one time and keeps at another."""
    leaves = Leaves(StoreLimits(), Counters(), Changes(threading.Lock()))
    keys = [b"%d" % number for number in range(2 * HELD)]

    def come_and_go(first: int, last: int) -> None:
        for number in range(first, last):
            if number >= HELD:
                leaves.remove(keys[number - HELD], ENTRY)
            leaves.place(keys[number], ENTRY, None, size(keys[number], ENTRY))

    tracemalloc.start()
    try:
        come_and_go(0, HELD + HELD // 10)
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        come_and_go(HELD + HELD // 10, HELD + HELD // 2)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert leaves.entries == HELD
    assert most - before < 1.5 * 2**20
