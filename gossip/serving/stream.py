"""One client that is sent what comes, and what clients have not taken yet."""

import socket
from collections import Counter
from collections.abc import Iterator

from gossip.serving.feed import Streamed
from gossip.serving.handler import Handler

UNSENT_BYTES = 32 * 2**20
"""So much may clients have been given together that they have not taken."""

LAST_CHUNK = b"0\r\n\r\n"


class Stream:
    """The streaming thread's."""

    def __init__(self, handler: Handler, streamed: Streamed, now: float) -> None:
        self.handler = handler
        self.connection = handler.request
        self.feed = streamed.feed
        self.chunked = streamed.chunked
        self.piece = streamed.head
        """What it is being sent; kept as a whole until it is."""
        self.unsent: list[bytes | memoryview] = [self.piece]
        """What is left of that and of what delimits it, which stands beside the piece, as others are sent the same."""
        self.took = now
        """When it last took anything, or was given what it has not taken yet."""
        self.has_place = True
        """Whether it counts among the streams that there may be."""
        self.talks = False
        """Whether it has sent more than its request: that stays where it is until the answer has ended."""
        self.awaits = 0
        """For which events its connection is registered."""

    def give(self, piece: bytes, now: float) -> None:
        """What is to be sent next, now that all before is."""
        self.piece = piece
        self.unsent = [b"%x\r\n" % len(piece), piece, b"\r\n"] if self.chunked else [piece]
        if self.chunked and self.feed.ended:
            self.unsent.append(LAST_CHUNK)
        self.took = now

    def send(self, now: float) -> bool:
        """Whether everything is sent."""
        while self.unsent:
            try:
                sent = _send(self.connection, self.unsent)
            except BlockingIOError:
                return False
            self.unsent = _behind(self.unsent, sent)
            self.took = now
        self.piece = b""
        return True

    def forget(self) -> None:
        """Nothing more is to be sent."""
        self.piece, self.unsent = b"", []


def _send(connection: socket.socket, parts: list[bytes | memoryview]) -> int:
    """How many bytes of these were taken. Windows has no `sendmsg`."""
    return connection.sendmsg(parts) if hasattr(connection, "sendmsg") else connection.send(parts[0])


def _behind(parts: list[bytes | memoryview], sent: int) -> list[bytes | memoryview]:
    """What is left of these once so many bytes are sent."""
    for at, part in enumerate(parts):
        if sent < len(part):
            return [memoryview(part)[sent:], *parts[at + 1 :]]
        sent -= len(part)
    return []


class Unsent:
    """What clients have been given and have not taken. What several are given takes its memory once."""

    def __init__(self, most: int = UNSENT_BYTES) -> None:
        self._most = most
        self._bytes = 0
        self._pieces: dict[Stream, bytes] = {}
        """In the order in which they were given."""
        self._holders: Counter[int] = Counter()

    def add(self, stream: Stream) -> None:
        """It has not taken all of its piece."""
        if stream in self._pieces:
            return
        piece = self._pieces[stream] = stream.piece
        self._holders[id(piece)] += 1
        if self._holders[id(piece)] == 1:
            self._bytes += len(piece)

    def remove(self, stream: Stream) -> None:
        """It has taken it, or is not to have it any more."""
        piece = self._pieces.pop(stream, None)
        if piece is None:
            return
        self._holders[id(piece)] -= 1
        if not self._holders[id(piece)]:
            del self._holders[id(piece)]
            self._bytes -= len(piece)

    def slowest(self) -> Iterator[Stream]:
        """Those to be removed so that what is left takes no more memory than it may, each once that before is.

        Whoever was given the latest is none of them: that may be larger than all the rest may be.
        """
        while self._bytes > self._most:
            stream, piece = next(iter(self._pieces.items()))
            if piece is next(reversed(self._pieces.values())):
                break
            yield stream
