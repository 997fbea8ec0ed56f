"""Entries, and the merge law that makes every node end with the same bytes."""

from typing import NamedTuple

MAX_KEY_BYTES = 65_535
"""The longest key: its length travels in two bytes."""


class Entry(NamedTuple):
    """What is held for one key: a value, or a tombstone, under the stamp of its write.

    The stamp is (time, origin). It orders all writes of all nodes: no node issues a time twice, and no two
    processes share an origin.
    """

    time: int
    """When it was written: microseconds since the Unix epoch, from the origin's hybrid logical clock."""
    origin: int
    """Which node wrote it: 64 random bits, drawn afresh at each process start."""
    value: bytes | None
    """The value; None marks a tombstone, which stands for the absence of a value since its time."""
    extra: bytes = b""
    """Attributes (see `gossip.data.attributes`). Those not known are kept and passed on, so that versions can mix."""


def size(key: bytes, entry: Entry) -> int:
    """The bytes that an entry counts for: its key, its value and its attributes."""
    return len(key) + len(entry.value or b"") + len(entry.extra)


def newest(a: Entry, b: Entry) -> Entry:
    """The merge law: of two entries for one key, the one that stands.

    The greater (time, origin) wins. Should two different entries ever carry one stamp, the greater value wins (a
    tombstone is below every value), then the greater attributes. That is a total order, so the law is commutative,
    associative and idempotent: the order of delivery never matters.
    """
    if a[:2] != b[:2]:
        return a if a[:2] > b[:2] else b
    return a if _content(a) >= _content(b) else b


def _content(entry: Entry) -> tuple[bool, bytes, bytes]:
    return (entry.value is not None, entry.value or b"", entry.extra)
