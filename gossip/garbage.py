"""Keeps Python's cycle collector away from what has come to stay.

Entries are in no cycles, and end when nobody refers to them. Yet the collector walks over all of them whenever their
number has grown by a quarter: some 80 ms at half a million, during which nothing is served. So what has come to stay is
put aside where it does not look, every so often, right after it has looked: no garbage is put aside with it.
"""

import gc

PUT_ASIDE_EVERY = 10_000
"""Objects that have come since the last time: walking over so many takes about a millisecond."""


def put_aside() -> None:
    """Collect what is garbage now, and never look at the rest again."""
    gc.collect()
    gc.freeze()


class Grown:
    """Puts aside whenever so many objects have come. Has no lock: once too often does no harm."""

    def __init__(self) -> None:
        self._at = PUT_ASIDE_EVERY

    def to(self, count: int) -> None:
        """There are so many objects now."""
        if count >= self._at:
            self._at = count + PUT_ASIDE_EVERY
            put_aside()
