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
"""So many heads of up to so many bytes are kept: with what was read from them, a few MiB, 20 at the very most."""


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

    def __init__(self, as_of: Callable[[], object] = lambda: None, longest: int = _LONGEST) -> None:
        """`as_of` gives what the routes depend on beside heads. Heads of up to `longest` bytes are kept."""
        super().__init__()
        self._look = as_of
        self._longest = longest
        self.as_of: object = None
        """What that was when what is remembered was found."""

    def keep(self) -> None:
        """Forget everything, unless the routes still depend on the same. The watching thread's."""
        as_of = self._look()
        if as_of != self.as_of:
            self.as_of = as_of  # first, so that whoever remembers what it found before, sees it
            self.clear()

    def remember(self, raw: bytes, head: Head, operation: Operation, as_of: object = None) -> Asked:
        """These bytes are this head, which this operation answers, on whatever connection they come.

        `as_of` is what that was here before the operation was found.
        """
        framing = head.framing
        easy = head.method != "HEAD" and head.minor >= 1 and framing.keep_alive and not framing.chunked
        bodiless = Request(head, came_along=b"" if framing.length == 0 else None)
        length, answer = framing.length or 0 if easy else -1, partial(operation, bodiless)
        asked = Asked(head, operation, length, answer, label_of(head.method))
        if len(raw) <= self._longest:
            if len(self) >= _MOST:
                self.clear()
            self[raw] = asked
            if as_of is not self.as_of:
                self.pop(raw, None)
        return asked
