"""Counters: each process adds to a share of its own, and the total is the sum of all shares.

A share is an entry of its own, under a key that tells the counter and the process, and only that process writes it. So
the one merge law serves, and nothing that was added anywhere is lost: a PN-counter (Shapiro et al. 2011, section 3.1.3)
whose additions and subtractions are kept as one number.

Rule 1: a share says on what it builds: the stamp of the counter's plain entry, as its process held it; its *base*.
Rule 2: only shares with the greatest base count. So a plain write or a delete, which has a greater stamp than what its
        node had seen, begins the counter anew, and shares that had not heard of it count no more.
Rule 3: whoever writes a plain entry over a counter ends the shares it knows of, with stamps below that of the entry. So
        what a process adds after it has seen the entry has a stamp above them.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

from gossip.data.entry import MAX_KEY_BYTES, Entry

MARK = 0
"""The first byte of a share's key; no other key begins so."""

NEVER = (0, 0)
"""The base of a counter that never had a plain entry."""

_HEAD = re.compile(rb"\0\+[0-9a-f]{16}:")
_HEAD_BYTES = 19
MAX_COUNTER_BYTES = MAX_KEY_BYTES - _HEAD_BYTES
"""The longest key of a counter."""

_SHARE = re.compile(rb"(-?[0-9]{1,100}) ([0-9]{1,20})-([0-9a-f]{16})")
_NUMBER = re.compile(rb"[+-]?[0-9]{1,100}")


class Share(NamedTuple):
    """What one process has added."""

    amount: int
    base: tuple[int, int]


def share_key(key: bytes, origin: int) -> bytes:
    """Under what key the share of this process in a counter is held."""
    return b"\0+%016x:%b" % (origin, key)


def counter_of(key: bytes) -> bytes:
    """The counter of which this key is a share; the key itself where it is none."""
    return key[_HEAD_BYTES:] if _HEAD.match(key) else key


def share_value(share: Share) -> bytes:
    """A share as its entry holds it."""
    return b"%d %d-%016x" % (share.amount, *share.base)


def share_of(value: bytes | None) -> Share | None:
    """The share that an entry holds; None where it holds none."""
    match = _SHARE.fullmatch(value or b"")
    return Share(int(match[1]), (int(match[2]), int(match[3], 16))) if match else None


def number_of(value: bytes) -> int | None:
    """The whole number that a plain value is; None where it is none."""
    return int(value) if _NUMBER.fullmatch(value) else None


class Counters:
    """Which shares there are. Has no lock: changes are made under the store's."""

    def __init__(self, present: Callable[[bytes], Entry | None]) -> None:
        """`present` gives the entry of a key, if it has a value now."""
        self._present = present
        self.by_counter: dict[bytes, dict[bytes, None]] = {}
        """The keys of shares, by the key of their counter. Looked at as it is, as each read and write does so."""

    def came(self, key: bytes) -> None:
        """An entry is held now for this key, which is a share's."""
        self.by_counter.setdefault(counter_of(key), {})[key] = None

    def went(self, key: bytes) -> None:
        """No entry is held any more for this key, which is a share's."""
        counter = counter_of(key)
        shares = {share: None for share in self.by_counter.get(counter, ()) if share != key}
        if shares:
            self.by_counter[counter] = shares
        else:
            self.by_counter.pop(counter, None)

    def shares(self, key: bytes) -> list[bytes]:
        """The keys under which shares of a counter are held."""
        return [*self.by_counter.get(key, ())]

    def base(self, key: bytes, plain: Entry | None) -> tuple[int, int]:
        """On what the shares of a counter build that count, if this is the plain entry held for its key."""
        bases = [share.base for _, share in self._held(key)]
        return max(bases if plain is None else [plain[:2], *bases], default=NEVER)

    def total(self, key: bytes, plain: Entry | None) -> Entry | None:
        """The total as a reader sees it, under the greatest stamp of its shares; None where no share counts."""
        base = self.base(key, plain)
        counted = [(entry, share.amount) for entry, share in self._held(key) if share.base == base]
        if not counted:
            return None
        value = plain.value if plain and plain[:2] == base and self._present(key) else None
        total = sum(amount for _, amount in counted) + (number_of(value or b"") or 0)
        return Entry(*max(entry[:2] for entry, _ in counted), b"%d" % total)

    def _held(self, key: bytes) -> list[tuple[Entry, Share]]:
        entries = [self._present(share) for share in self.shares(key)]
        return [(entry, share) for entry in entries if entry and (share := share_of(entry.value))]
