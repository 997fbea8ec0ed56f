"""How long entries stand: values until their expiry, tombstones until all nodes may forget them.

Rule 1: from its expiry on, an entry is a tombstone with the stamp of its write. No node has to say so: each finds out
        by its own clock, at the next whole second.
Rule 2: a tombstone is dropped so many seconds after it came about, by all nodes alike. Before, it keeps older values
        away; after, it is neither sent nor taken.
"""

from gossip.data.attributes import expiry_of
from gossip.data.clock import MICROS
from gossip.data.entry import Entry

LONGEST_TTL = 10**9
"""Seconds, thirty years: no value that is to expire at all is held longer than so after its write."""
LONGEST_MICROS = LONGEST_TTL * MICROS


def is_present(entry: Entry | None, now: int) -> bool:
    """Whether there is a value at this moment, in microseconds since the Unix epoch."""
    return entry is not None and entry.value is not None and not (entry.extra and _has_expired(entry, now))


def as_of(entry: Entry, now: int) -> Entry:
    """The entry as it stands at this moment: itself, or the tombstone that it has become."""
    return entry._replace(value=None) if entry.extra and entry.value is not None and _has_expired(entry, now) else entry


def due_at(entry: Entry, tombstone_micros: int) -> int:
    """When something is to be done about an entry: it is to expire, or to be dropped. 0 where it stands for ever."""
    expiry = _expiry(entry) if entry.extra else 0
    if entry.value is None:
        return max(entry.time, expiry) + tombstone_micros
    return expiry


def _has_expired(entry: Entry, now: int) -> bool:
    return 0 < _expiry(entry) <= now


def _expiry(entry: Entry) -> int:
    return min(expiry_of(entry.extra), entry.time + LONGEST_MICROS)
