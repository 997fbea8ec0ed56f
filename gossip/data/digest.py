"""Fingerprints of the key space, kept in step with the store and comparable piece by piece.

The key space is a tree: the root part holds every key, each part has 16 children, and 65,536 leaves lie four levels
down; a key's leaf is given by the upper half of its CRC-32. Parts are numbered as in a heap: the root is 0 and the
children of part p are 16p+1 to 16p+16.

Rule 1: an entry's fingerprint covers every byte of it: key, stamp, value, attributes.
Rule 2: a part's fingerprint is the exclusive-or of its entries' fingerprints; 0 says that it is empty.
Rule 3: hence a write updates five numbers, whatever the store holds, and equal parts are found by one comparison.

A summary of this kind is a hash tree (Merkle 1987) as anti-entropy uses it (DeCandia et al. 2007, section 4.7), with
exclusive-or in place of hashing hashes so that updates need no siblings.
"""

import struct
from collections.abc import Iterator
from hashlib import blake2b
from mmap import mmap
from zlib import crc32

from gossip.data.entry import Entry

ROOT = 0
FANOUT = 16
LEAVES = 65_536
FIRST_LEAF = 4_369
PARTS = FIRST_LEAF + LEAVES
"""How many parts there are; part numbers are below this."""

_TOMBSTONE = 0xFFFF_FFFF
_ENTRY_HEAD = struct.Struct(">QQII")
_NOTHING_HASHED = blake2b(digest_size=8)


def leaf_of(key: bytes) -> int:
    """The number of the leaf part that holds this key."""
    return FIRST_LEAF + (crc32(key) >> 16)


def is_leaf(part: int) -> bool:
    return part >= FIRST_LEAF


def children(part: int) -> range:
    """The numbers of the 16 parts that this part, which is no leaf, consists of."""
    return range(FANOUT * part + 1, FANOUT * part + FANOUT + 1)


def fingerprint(key: bytes, entry: Entry) -> int:
    """64 bits that stand for this key and entry: BLAKE2b over stamp, lengths, key, value and attributes."""
    time, origin, value, extra = entry
    head = _ENTRY_HEAD.pack(time, origin, len(key), _TOMBSTONE if value is None else len(value))
    hashed = _NOTHING_HASHED.copy()  # beginning anew takes a quarter of the whole longer
    hashed.update(b"".join((head, key, value or b"", extra)))
    return int.from_bytes(hashed.digest(), "big")


class Digest:
    """The fingerprints of all parts, half a megabyte when full. Pages of it that hold nothing yet take no memory.

    Has no lock: changes are made under the store's; reading one fingerprint is atomic and needs none.
    """

    def __init__(self) -> None:
        self._fingerprints = memoryview(mmap(-1, 8 * PARTS)).cast("Q")  # a dict of them would take ten times as much

    def fingerprint(self, part: int) -> int:
        """The part's fingerprint; 0 when it is empty."""
        return self._fingerprints[part]

    def toggle(self, leaf: int, change: int) -> None:
        """Add an entry's fingerprint to its leaf and all parts above, or take it out: the two are one operation."""
        fingerprints = self._fingerprints
        part = leaf
        while part:
            fingerprints[part] ^= change
            part = (part - 1) // FANOUT
        fingerprints[ROOT] ^= change

    def leaves(self, part: int, first: int = 0) -> Iterator[int]:
        """The leaves within a part that are not empty. `first` (0 to 65,535) turns the order at every level."""
        if not self.fingerprint(part):
            return
        if is_leaf(part):
            yield part
            return
        below = children(part)
        turn = first * FANOUT // LEAVES
        rest = first * FANOUT % LEAVES
        for child in (*below[turn:], *below[:turn]):
            if self._fingerprints[child]:
                yield from self.leaves(child, rest)
