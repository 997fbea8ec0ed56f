"""Heads seen before, by their very bytes, so that they need not be read again."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

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
    answer: Callable[[], Answer] | None
    """Answers at once, where the head is the whole request and the connection stays as it is; else None."""


class Recognised(dict[bytes, Asked]):
    """What was asked, by head. Bounded: when full, it starts anew.

    Needs no lock: each look-up and each change is atomic, and two threads that add at once may add one too many.
    """

    def remember(self, raw: bytes, head: Head, operation: Operation) -> Asked:
        """These bytes are this head, which this operation answers, on whatever connection they come."""
        framing = head.framing
        whole = head.method == "GET" and head.minor >= 1 and framing.keep_alive
        whole = whole and framing.length is None and not framing.chunked
        asked = Asked(head, operation, partial(operation, Request(head)) if whole else None)
        if len(raw) <= _LONGEST:
            if len(self) >= _MOST:
                self.clear()
            self[raw] = asked
        return asked
