"""What a store accepts."""

from typing import NamedTuple

from gossip.data.clock import MICROS
from gossip.data.entry import Entry

PEER_ALLOWANCE = 2
"""Entries from peers are taken up to this multiple of the store's limit. Local writes stop at the limit itself; what
peers wrote meanwhile must still fit, or nodes that filled up apart from each other could not agree."""

LEAST_ENTRIES = 1_000
"""However small the store's limit is, so many entries may be kept: they take a third of a megabyte."""


class StoreLimits(NamedTuple):
    """What the store accepts."""

    store_bytes: int = 64 * 1024 * 1024
    """Keys and values together, in bytes."""
    value_bytes: int = 1024 * 1024
    """One value, in bytes."""
    skew_micros: int = 60 * MICROS
    """How far ahead of the wall clock a stamp may be, in microseconds."""

    tombstone_micros: int = 24 * 3600 * MICROS
    """How long a tombstone is kept, in microseconds."""

    def refusal(self, entry: Entry, now: int) -> tuple[str, str] | None:
        """Why an entry from a peer is not taken at this time, if so: the reason in a word, and in a sentence."""
        length = len(entry.value or b"")
        if entry.time > now + self.skew_micros:
            ahead = (entry.time - now) / MICROS
            return "future", f"origin {entry.origin:016x} stamped it {ahead:.0f} s ahead of the clock here"
        if length > self.value_bytes:
            return "large", f"a value of {length} bytes is over {self.value_bytes}"
        return None

    @property
    def entries(self) -> int:
        """How many entries there may be: one for each 64 bytes of the store, as each takes some 300 bytes besides."""
        return max(LEAST_ENTRIES, self.store_bytes // 64)
