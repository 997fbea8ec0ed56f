"""One client that is sent what comes, and what it has not taken yet."""

from collections import Counter
from collections.abc import Iterable

from gossip.serving.feed import Streamed
from gossip.serving.handler import Handler

_NOTHING = memoryview(b"")


class Stream:
    """The streaming thread's."""

    def __init__(self, handler: Handler, streamed: Streamed, now: float) -> None:
        self.handler = handler
        self.connection = handler.request
        self.feed = streamed.feed
        self.chunked = streamed.chunked
        self.piece = streamed.head
        """What it is being sent; kept as a whole until it is."""
        self.unsent = memoryview(self.piece)
        self.took = now
        """When it last took anything."""
        self.given = now
        """When it was given what it has not taken yet."""
        self.has_place = True
        """Whether it counts among the streams that there may be."""
        self.talks = False
        """Whether it has sent more than its request: that stays where it is until the answer has ended."""
        self.awaits = 0
        """For which events its connection is registered."""

    def give(self, piece: bytes, now: float) -> None:
        """What is to be sent next, now that all before is."""
        self.piece = piece
        self.unsent = memoryview(piece)
        self.took = self.given = now

    def send(self, now: float) -> bool:
        """Whether everything is sent."""
        while self.unsent:
            try:
                self.unsent = self.unsent[self.connection.send(self.unsent) :]
                self.took = now
            except BlockingIOError:
                return False
        self.piece, self.unsent = b"", _NOTHING
        return True


def slowest(streams: Iterable[Stream], most: int) -> list[Stream]:
    """Those to be cut so that what is unsent takes no more memory than this. What several are sent takes it once.

    Whoever is sent the latest is not cut: that may be larger than all the rest may be.
    """
    behind = sorted((stream for stream in streams if stream.unsent), key=lambda stream: stream.given)
    holders = Counter(id(stream.piece) for stream in behind)
    left = sum({id(stream.piece): len(stream.piece) for stream in behind}.values())
    cut = []
    for stream in behind:
        if left <= most or stream.piece is behind[-1].piece:
            break
        cut.append(stream)
        holders[id(stream.piece)] -= 1
        if not holders[id(stream.piece)]:
            left -= len(stream.piece)
    return cut
