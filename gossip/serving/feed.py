"""Answers that come bit by bit, when there is something to say, for as long as both sides like."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from gossip.serving.answer import Answer

if TYPE_CHECKING:
    from gossip.serving.handler import Handler


class Feed(Protocol):
    """What one client is sent. One thread asks it."""

    due: float
    """When it has something to say though nothing has come, on the monotonic clock."""
    ended: bool
    """Whether nothing follows what it gave last."""

    def take(self, now: float) -> bytes:
        """What is to be sent next; empty when there is nothing yet. It is asked again once that is sent."""


class Streamed(Exception):
    """What an operation raises when its answer comes bit by bit: the connection goes to whoever sends it."""

    def __init__(self, answer: Answer, feed: Feed, take: Callable[["Handler", "Streamed"], None]) -> None:
        """`answer` has the status and the fields; `take` is given the connection, off the thread that it was on."""
        super().__init__()
        self.answer = answer
        self.feed = feed
        self.take = take
        self.head = b""
        self.chunked = True
        """Whether chunks delimit it; the old version has the end of the connection only."""
