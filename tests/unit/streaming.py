"""A server whose answers are streams, of what the test says when it says so."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from gossip.serving.answer import Answer
from gossip.serving.request import Request
from gossip.serving.server import Server
from gossip.serving.streams import Streams
from tests.unit.serving import serving

NEVER = float("inf")


class Script:
    """A feed that gives what the test says, when it says so."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces = [*pieces]
        self.due = NEVER
        self.ended = False
        self.ends = False
        """Whether it ends with its last piece."""
        self.taken: Callable[[], object] = lambda: None
        """Called when a piece is taken."""

    def take(self, now: float) -> bytes:
        piece = self.pieces.pop(0) if self.pieces else b""
        if piece:
            self.taken()
        self.ended = self.ends and not self.pieces
        return piece


class Broken(Script):
    def take(self, now: float) -> bytes:
        raise RuntimeError("unthought of")


class Late(Script):
    def __init__(self, due: float) -> None:
        super().__init__()
        self.made = time.monotonic()
        self.due = due

    def take(self, now: float) -> bytes:
        if now < self.due:
            return b""
        self.due = NEVER
        return b"late"


class Streaming:
    """A server each of whose answers is a stream of the next feed."""

    def __init__(self, most: int, patience: float) -> None:
        self.feeds: list[Script] = []
        self.gathered = 0
        self.streams = Streams(self._gather, most, patience)

    def _gather(self) -> None:
        self.gathered += 1

    def get(self, request: Request) -> Answer:
        request.may_take_long()
        raise self.streams.open(request.head, Answer(200, (), "text/plain", (("X-A", "b"),)), self.feeds.pop(0))

    def say(self, feed: Script, *pieces: bytes, ends: bool = False) -> None:
        feed.ends = ends
        feed.pieces += pieces
        self.streams.wake()


@contextmanager
def streaming(*feeds: Script, most: int = 10, patience: float = 10.0) -> Iterator[tuple[Streaming, Server, list[int]]]:
    made = Streaming(most, patience)
    made.feeds += feeds
    with serving(made.get) as (server, counted):
        try:
            yield made, server, counted
        finally:
            made.streams.stop()
