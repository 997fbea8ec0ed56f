"""Messages as no node would say them."""

import random
import struct
import time
import zlib

from gossip.data.entry import Entry
from gossip.sync import wire
from gossip.sync.message import Listed, Listing, Message, Place, Sender, Spread, Summary

YEAR = 365 * 86_400 * 1_000_000
MOST = 3 * 2**20 - 1000
"""Bytes that a message may have at a node with default settings, less its head."""

SUMMARIES, LISTINGS, WANTS, ENTRIES = 1, 2, 3, 4


def now() -> int:
    return time.time_ns() // 1000


def sender(cluster: str = "gossipcar", **said: int) -> Sender:
    """One who is not here, and says to hold something else each time."""
    told = {"origin": random.getrandbits(64), "time": now(), "latest": now(), "fingerprint": random.getrandbits(64)}
    return Sender(cluster=cluster, largest=2**20, leaving=False, **{**told, **said})  # type: ignore[arg-type]


def message(**said: object) -> bytes:
    return wire.encode(Message(**{"sender": sender(), "opening": True, **said}))  # type: ignore[arg-type]


def section(tag: int, content: bytes) -> bytes:
    return message() + struct.pack(">BI", tag, len(content)) + content


def lie() -> bytes:
    """Says that all differs, in all parts, whatever is held."""
    parts: dict[int, Summary] = {part: tuple(random.getrandbits(64) for _ in range(16)) for part in range(4369)}
    return message(summaries=parts)


def listing_of_nothing() -> bytes:
    """A listing of a million entries that do not exist, as far as they fit."""
    keys = {b"ghost%d" % number: Listed(now(), number) for number in range(20_000)}
    return message(listings=[Listing(0, keys, False)])


def tombstones(first: int, count: int) -> bytes:
    records = struct.pack(">QQHIHB", now(), 1, 8, 0, 0, 1) * count
    keys = b"".join(b"%08x" % number for number in range(first, first + count))
    return section(ENTRIES, struct.pack(">I", count) + records + keys)


def news(salt: int) -> bytes:
    """The longest keys that fit, to be passed on to all; the same each time, but for the salt."""
    entries = [(b"%02d" % number + b"k" * 65_000, Entry(1, 1, b"", b"")) for number in range(45)]
    return message(entries=entries, spread=Spread(salt, 0, 2**64 - 1), opening=False)


BOMBS = {
    "a hundred megabytes of nothing": bytes(100 * 2**20),
    "a million wants": section(WANTS, b"\0\1a" * (MOST // 3)),
    "all wants that may be": section(WANTS, b"".join(b"\0\6%06x" % number for number in range(131_000))),
    "all listings that may be": section(
        LISTINGS, b"".join(struct.pack(">IBI", n % 69905, 0, 0) for n in range(130_000))
    ),
    "summaries": section(
        SUMMARIES, b"".join(struct.pack(">I16Q", n % 4369, *[n] * 16) for n in range(MOST // 132))
    ),
    "old entries": section(
        ENTRIES,
        struct.pack(">I", 110_000) + struct.pack(">QQHIHB", 1, 1, 1, 0, 0, 1) * 110_000 + b"a" * 110_000,
    ),
}  # fmt: skip

TOO_MUCH = ("a hundred megabytes of nothing", "a million wants")
"""Those that are no messages."""

HUGE_COUNTS = {
    "a section": message() + struct.pack(">BI", WANTS, 2**32 - 1),
    "a listing": section(LISTINGS, struct.pack(">IBI", 0, 0, 2**32 - 1)),
    "entries": section(ENTRIES, struct.pack(">I", 2**32 - 1)),
    "a value": section(ENTRIES, struct.pack(">IQQHIHB", 1, 1, 1, 1, 2**32 - 1, 0, 0)),
    "no message": random.Random(1).randbytes(100_000),
}


def packed(body: bytes) -> bytes:
    return zlib.compress(body, 1)


def give_endlessly() -> bytes:
    """An answer to one that asks for everything, which never comes to its end. It gives the same each time.

    Else a node would, as it should, store all of it, and one could not tell what the attack costs besides.
    """
    entries = [(b"%016x" % number, Entry(1, 1, b"old", b"")) for number in range(10)]
    return message(entries=entries, place=Place(2**64 - 1, 1, 1), opening=False)
