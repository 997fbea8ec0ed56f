"""Answers on their way to one client, and what it has not taken yet."""

import socket
import time
from collections.abc import Sequence

from gossip.serving.limits import Limits
from gossip.serving.reader import MustWait

JOINED_BYTES = 64 * 1024
"""Pieces are joined into writes up to this size; larger ones go out as they are, and are not copied."""

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
            self._send_all((piece,))
        else:
            self._unsent.append(piece)
            self._kept += len(piece)

    def send_large(self, head: bytes, body: Sequence[bytes]) -> None:
        """The same for an answer that is not joined as long as it is kept: most of it is in the map anyway."""
        if self.may_wait:
            self._send_all((head, *body))
        else:
            self._unsent += (head, *body)
            self._kept += sum(map(len, body))

    def make_way(self) -> None:
        """To be called before the next answer is made. Raises as `flush`, where there is much to send."""
        if self._kept > _KEPT_BYTES:
            self.flush()

    def flush(self) -> None:
        """Send what was kept, as far as the client takes it at once. Raises MustWait for the rest, or OSError."""
        pieces, self._unsent, self._kept = self._unsent, [], 0
        at, most = 0, len(pieces)
        while at < most:
            piece, at = _joined(pieces, at) if most > 1 else (pieces[0], 1)
            try:
                sent = self._socket.send(piece)
            except BlockingIOError:
                sent = 0
            if sent < len(piece):
                self._unsent = [memoryview(piece)[sent:], *pieces[at:]]
                raise MustWait

    def finish(self) -> None:
        """Send what was kept, on a thread that may wait. Raises OSError."""
        pieces, self._unsent, self._kept = self._unsent, [], 0
        self._send_all(pieces)

    def _send_all(self, pieces: Sequence[bytes | memoryview]) -> None:
        """Send it all within the time that there is for taking an answer. Raises OSError."""
        end = time.monotonic() + self._limits.request_seconds
        at = 0
        while at < len(pieces):
            piece, at = _joined(pieces, at)
            left = end - time.monotonic()
            if left <= 0:
                raise TimeoutError
            self._socket.settimeout(left)
            self._socket.sendall(piece)


def _joined(pieces: Sequence[bytes | memoryview], at: int) -> tuple[bytes | memoryview, int]:
    """What is to be sent next, of pieces from there on: a large one, or small ones joined; and where others begin."""
    size, end = len(pieces[at]), at + 1
    while end < len(pieces) and size + len(pieces[end]) <= JOINED_BYTES:
        size += len(pieces[end])
        end += 1
    return (pieces[at] if end == at + 1 else b"".join(pieces[at:end])), end
