"""One client that is sent what comes, and what it has not taken yet."""

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
        self.unsent = memoryview(streamed.head)
        self.took = now
        """When it last took anything."""
        self.has_place = True
        """Whether it counts among the streams that there may be."""
        self.talks = False
        """Whether it has sent more than its request: that stays where it is until the answer has ended."""
        self.awaits = 0
        """For which events its connection is registered."""

    def give(self, piece: bytes, now: float) -> None:
        """What is to be sent next, now that all before is."""
        self.unsent = memoryview(piece)
        self.took = now

    def send(self, now: float) -> bool:
        """Whether everything is sent."""
        while self.unsent:
            try:
                self.unsent = self.unsent[self.connection.send(self.unsent) :]
                self.took = now
            except BlockingIOError:
                return False
        self.unsent = _NOTHING
        return True
