"""Answers on their way to one client, and what it has not taken yet."""

import socket
from collections.abc import Sequence

from gossip.serving.limits import Limits
from gossip.serving.reader import MustWait

JOINED_BYTES = 64 * 1024
"""Answers up to this size are joined into one write; larger ones go out in pieces that are not copied."""

_KEPT_BYTES = 16 * 1024
"""Once so much is kept, nothing more is answered that was asked at the same time: one receive may hold 200 requests."""


class Writer:
    """Sends to a socket. On the thread that watches all connections it keeps everything until `flush`."""

    def __init__(self, connection: socket.socket, limits: Limits) -> None:
        self._socket = connection
        self._limits = limits
        self._unsent: list[bytes | memoryview] = []
        self._kept = 0
        """How many bytes were kept since the last `flush`."""
        self.may_wait = False
        """Whether the thread at hand may wait for the client to take what it is sent."""

    def send(self, piece: bytes | memoryview) -> None:
        """Send it, on a thread that may wait; on the watching one, keep it until all that is ready has been served."""
        if self.may_wait:
            self._socket.settimeout(self._limits.request_seconds)
            self._socket.sendall(piece)
        else:
            self._unsent.append(piece)
            self._kept += len(piece)

    def send_large(self, head: bytes, body: Sequence[bytes]) -> None:
        """Send an answer in pieces: the small ones joined, the large ones as they are."""
        pending, waiting = [head], len(head)
        for piece in body:
            if len(piece) >= JOINED_BYTES or waiting >= JOINED_BYTES:
                self.send(b"".join(pending))
                pending, waiting = [], 0
            if len(piece) >= JOINED_BYTES:
                self.send(piece)
            else:
                pending.append(piece)
                waiting += len(piece)
        self.send(b"".join(pending))

    def make_way(self) -> None:
        """To be called before the next answer is made. Raises as `flush`, where there is much to send."""
        if self._kept > _KEPT_BYTES:
            self.flush()

    def flush(self) -> None:
        """Send what was kept, as far as the client takes it at once. Raises MustWait for the rest, or OSError."""
        pieces, self._unsent, self._kept = self._unsent, [], 0
        if len(pieces) != 1 and sum(map(len, pieces)) <= JOINED_BYTES:
            pieces = [b"".join(pieces)]
        for at, piece in enumerate(pieces):
            try:
                sent = self._socket.send(piece)
            except BlockingIOError:
                sent = 0
            if sent < len(piece):
                self._unsent = [memoryview(piece)[sent:], *pieces[at + 1 :]]
                raise MustWait

    def finish(self) -> None:
        """Send what was kept, on a thread that may wait. Raises OSError."""
        pieces, self._unsent, self._kept = self._unsent, [], 0
        for piece in pieces:
            self.send(piece)
