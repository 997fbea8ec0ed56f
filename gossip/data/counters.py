"""Counters: each process adds to a share of its own, and the total is the sum of all shares.

A share is an entry of its own, under a key that tells the counter and whose it is, and only that process writes it. So
the one merge law serves, and nothing that was added anywhere is lost: a PN-counter (Shapiro et al. 2011, section 3.1.3)
whose additions and subtractions are kept as one number.

Rule 1: a share says on what it builds: the stamp of the counter's plain entry, as its process held it; its *base*.
Rule 2: only shares with the greatest base count. So a plain write or a delete, which has a greater stamp than what its
        node had seen, begins the counter anew, and shares that had not heard of it count no more.
Rule 3: whoever holds a plain entry above a share's base ends the share: a tombstone takes its place, the same one on
        all nodes, above the share and below whatever its process adds once it has seen the plain entry. So it cannot
        count again when the plain entry is long forgotten.
"""

import re
from typing import NamedTuple

from gossip.data.attributes import expiry_of
from gossip.data.entry import MAX_KEY_BYTES, Entry

MARK = 0
"""The first byte of a share's key; no key of a client's begins so."""

NEVER = (0, 0)
"""The base of a counter that never had a plain entry."""

_HEAD = re.compile(rb"\0\+[0-9a-f]{16}:(?=.)", re.DOTALL)
_HEAD_BYTES = 19
MAX_COUNTER_BYTES = MAX_KEY_BYTES - _HEAD_BYTES
"""The longest key of a counter."""

_SHARE = re.compile(rb"(-?[0-9]{1,100}) ([0-9]{1,20})-([0-9a-f]{16})")
_NUMBER = re.compile(rb"[+-]?[0-9]{1,100}")
_LAST_ORIGIN = 2**64 - 1
_GOLDEN = 0x9E37_79B9_7F4A_7C15


class Share(NamedTuple):
    """What one process has added."""

    amount: int
    base: tuple[int, int]
    expiry: int = 0
    """When it counts no more, in microseconds since the Unix epoch; 0 for never."""
    stamp: tuple[int, int] = NEVER


def share_key(key: bytes, whose: int) -> bytes:
    """Under what key such a share in a counter is held."""
    return b"\0+%016x:%b" % (whose, key)


def counter_of(key: bytes) -> bytes:
    """The counter of which this key is a share; the key itself where it is none."""
    return key[_HEAD_BYTES:] if key[0] == MARK and _HEAD.match(key) else key


def share_value(amount: int, base: tuple[int, int]) -> bytes:
    """A share as its entry holds it."""
    return b"%d %d-%016x" % (amount, *base)


def share_of(entry: Entry) -> Share | None:
    """The share that an entry holds; None where it holds none. A base cannot be later than what builds on it."""
    match = _SHARE.fullmatch(entry.value or b"")
    if not match or int(match[2]) > entry.time:
        return None
    return Share(int(match[1]), (int(match[2]), int(match[3], 16)), expiry_of(entry.extra), entry[:2])


def number_of(value: bytes) -> int | None:
    """The whole number that a plain value is; None where it is none."""
    return int(value) if _NUMBER.fullmatch(value) else None


def ended(share: Entry, plain: Entry) -> Entry:
    """The tombstone that takes the place of a share whose base is below this plain entry (Rule 3)."""
    return Entry(max(share.time, plain.time), _LAST_ORIGIN, None)


class Counters:
    """Which shares there are. Changes are made under the store's lock; reading needs none."""

    def __init__(self) -> None:
        self.by_counter: dict[bytes, dict[bytes, Share]] = {}
        """Shares by their keys, by the key of their counter. Looked at as it is, as each read and write does so."""

    def came(self, key: bytes, entry: Entry) -> None:
        """This entry is held now for a key that begins with the mark."""
        share = share_of(entry)
        counter = counter_of(key)
        if share is None or counter == key:
            self.went(key)
        else:
            self.by_counter.setdefault(counter, {})[key] = share

    def went(self, key: bytes) -> None:
        """No share is held any more for a key that begins with the mark."""
        counter = counter_of(key)
        shares = self.by_counter.get(counter)
        if shares:
            shares.pop(key, None)
            if not shares:
                del self.by_counter[counter]

    def base(self, key: bytes, plain: Entry | None) -> tuple[int, int]:
        """On what the shares of a counter build that count, if this is the plain entry held for its key."""
        return _base(self._shares(key), plain)

    def total(self, key: bytes, plain: Entry | None, has_value: bool, now: int) -> Entry | None:
        """The total as a reader sees it at this time; None where no share counts.

        `has_value` says whether the plain entry held for the key has a value now. The total's time is that of the
        latest share, and its origin stands for all shares that count: other shares, another stamp.
        """
        shares = self._shares(key)
        base = _base(shares, plain)
        counted = [share for share in shares if share.base == base and not 0 < share.expiry <= now]
        if not counted:
            return None
        value = plain.value if plain and has_value and plain[:2] == base else None
        total = sum(share.amount for share in counted) + (number_of(value or b"") or 0)
        mixed = 0
        for time, origin in (share.stamp for share in counted):
            mixed ^= (time * _GOLDEN ^ origin) & _LAST_ORIGIN
        return Entry(max(share.stamp[0] for share in counted), mixed, b"%d" % total)

    def outdated(self, key: bytes, plain: Entry, most: int) -> list[bytes]:
        """The keys of shares of a counter, `most` at most, that are to be ended if this is its plain entry."""
        shares = self.by_counter.get(key, {})
        return [share for share, held in shares.items() if held.base < plain[:2]][:most]

    def _shares(self, key: bytes) -> list[Share]:
        return [*self.by_counter.get(key, {}).values()]


def _base(shares: list[Share], plain: Entry | None) -> tuple[int, int]:
    return max((plain[:2] if plain else NEVER, *(share.base for share in shares)))
