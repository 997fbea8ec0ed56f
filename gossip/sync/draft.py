"""A message while it is being filled, up to a budget of bytes."""

from gossip.data.entry import Entry, size
from gossip.sync.message import Message, Sender, Touched

MESSAGE_BUDGET = 512 * 1024
"""Bytes that a message may fill before it is cut. One entry may exceed it, when it is the first.

To compare so much takes some 0.1 s, so that a slow node answers in time, too.
"""

SUMMARY_BYTES, LISTING_BYTES, LISTED_BYTES, WANT_BYTES, ENTRY_BYTES = 132, 9, 14, 2, 25
"""What each thing said takes in a message beside keys and values; `wire` writes them so."""

_NOBODY = Sender("", 0, 0, 0, 0, 0, False)
_NEVER = Touched(0, 0)


class Draft:
    """A message being filled, up to its budget."""

    def __init__(self, budget: int, largest: int, touched: Touched = _NEVER) -> None:
        self.message = Message(sender=_NOBODY._replace(touched=touched))
        self._budget = budget
        self._largest = largest
        self._used = 0

    @property
    def said(self) -> int:
        """How many bytes the message says so far."""
        return self._used

    def has_room_for(self, count: int) -> bool:
        """Take `count` bytes of the budget. False, and the message is cut, when they are not left."""
        if self._used and self._used + count > self._budget:
            self.message.cut = True
            return False
        self._used += count
        return True

    def give(self, key: bytes, entry: Entry) -> bool:
        """Add an entry, unless it is larger than the peer accepts. False when there is no room."""
        if len(entry.value or b"") > self._largest:
            self.message.withheld += 1
            return True
        if not self.has_room_for(ENTRY_BYTES + size(key, entry)):
            return False
        self.message.entries.append((key, entry))
        return True

    def ask(self, key: bytes) -> None:
        if self.has_room_for(WANT_BYTES + len(key)):
            self.message.wants.append(key)
