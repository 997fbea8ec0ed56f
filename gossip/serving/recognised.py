"""Heads seen before, by their very bytes, so that they need not be read again."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from gossip.metrics import label_of
from gossip.serving.answer import Answer
from gossip.serving.head import Head
from gossip.serving.request import Operation, Request

_MOST = 1024
_LONGEST = 1024
"""So many heads of up to so many bytes are kept: with what was read from them, 2 or 3 MiB at the very most."""


class Asked(NamedTuple):
    """What was read from a head."""

    head: Head
    operation: Operation
    length: int
    """The length of the body where such a request can be answered out of hand; -1 where it needs care."""
    answer: Callable[[], Answer]
    """Answers the request where it has no body."""
    counted_as: str
    """Its method, as requests are counted by it."""


class Recognised(dict[bytes, Asked]):
    """What was asked, by head. Bounded: when full, it starts anew.

    Needs no lock: each look-up and each change is atomic, and two threads that add at once may add one too many.
    """

    def __init__(self, longest: int = _LONGEST) -> None:
        """Heads of up to so many bytes are kept; none with 0."""
        super().__init__()
        self._longest = longest

    def remember(self, raw: bytes, head: Head, operation: Operation) -> Asked:
        """These bytes are this head, which this operation answers, on whatever connection they come."""
        framing = head.framing
        easy = head.method != "HEAD" and head.minor >= 1 and framing.keep_alive and not framing.chunked
        bodiless = Request(head, came_along=b"" if framing.length == 0 else None)
        length, answer = framing.length or 0 if easy else -1, partial(operation, bodiless)
        asked = Asked(head, operation, length, answer, label_of(head.method))
        if len(raw) <= self._longest:
            if len(self) >= _MOST:
                self.clear()
            self[raw] = asked
        return asked
