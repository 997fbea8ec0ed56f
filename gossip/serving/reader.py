"""Bytes from one client, a request at a time, bounded in size and time."""

import re
import socket
import time
from collections.abc import Callable
from functools import partial
from typing import NoReturn, TypeVar

from gossip.serving.answer import HttpError
from gossip.serving.head import check_begun, target_too_long
from gossip.serving.limits import Limits
from gossip.serving.room import SMALL_BYTES, Room

FIRST_BYTES = 8 * 1024
"""A receive that waits for a request takes so many bytes: most requests whole. A resting connection holds so much."""
_EMPTY_LINE = b"\r\n"
"""A client may send empty lines before a request; they mean nothing (RFC 9112, section 2.2)."""
_BARE_LF = re.compile(rb"(?<!\r)\n")

_Received = TypeVar("_Received", bytes, int)


class Gone(Exception):
    """The client closed the connection, or rested on it for too long. There is nobody to answer."""


class MustWait(Exception):
    """More bytes are needed than have arrived, and the thread at hand may not wait: another is to begin anew."""


class Reader:
    """Reads heads and bodies from a socket. Whatever was received past a request waits for the next one."""

    def __init__(self, connection: socket.socket, limits: Limits, room: Room | None = None) -> None:
        """`room` is shared with the other connections of a server."""
        self._socket = connection
        self._limits = limits
        self._room = room or Room(limits.large_bytes)
        self._taken = 0
        """How much of the room this request takes."""
        self._buffer = b""
        self._at = 0
        """Where in the buffer the bytes begin that nobody has taken yet."""
        self._begun_at = 0
        """Where in the buffer the request at hand begins."""
        self._deadline = 0.0
        self.may_wait = True
        """Whether the thread at hand may wait for more bytes; if not, MustWait is raised instead."""

    @property
    def client(self) -> str:
        """The client's IP address, for a log; empty once it has left."""
        try:
            host = str(self._socket.getpeername()[0])
        except (OSError, IndexError):
            return ""
        return host.removeprefix("::ffff:")  # IPv4, on a socket of both families

    def give(self, received: bytes) -> None:
        """Bytes that were received from the socket elsewhere, while none were held here."""
        self._buffer, self._at = received, 0

    @property
    def has_bytes(self) -> bool:
        """Whether bytes were received that nobody has taken yet."""
        return self._at < len(self._buffer)

    def has_begun(self) -> bool:
        """Whether bytes of another request were received, empty lines before it aside."""
        while self._buffer.startswith(_EMPTY_LINE, self._at):
            self._at += len(_EMPTY_LINE)
        return self.has_bytes

    def head(self) -> bytes:
        """The next request's head, up to and including its empty line. Raises Gone or HttpError."""
        self._deadline = 0.0
        most = self._limits.head_bytes
        while True:
            if self.has_begun():
                start = self._begun_at = self._at
                end = self._buffer.find(b"\r\n\r\n", start, start + most) + 4
                if end >= 4:
                    self._at = end
                    return self._buffer[start:end]
                if _BARE_LF.search(self._buffer, start, start + most):
                    raise HttpError(400, "a line ends with a bare LF; end lines with CRLF", close=True)
                if len(self._buffer) > start + most:
                    if b"\r\n" not in self._buffer[start : start + most]:
                        raise target_too_long(self._limits)
                    raise HttpError(431, f"the head is over {most} bytes; ask for less at once", close=True)
                check_begun(self._buffer[start:])
            self._refill("head")

    def take(self, count: int) -> bytes:
        """Exactly so many bytes of a body. Raises Gone when the client sends fewer, HttpError when it is too slow."""
        end = self._at + count
        if end <= len(self._buffer):
            taken = self._buffer[self._at : end]
            self._at = end
            return taken
        whole = bytearray(count)  # one for all: a list of small pieces would take many times as much
        at = len(self._buffer) - self._at
        whole[:at] = self._buffer[self._at :]
        view = memoryview(whole)
        while at < count:
            at += self._receive("body", partial(self._socket.recv_into, view[at:]))
        self._buffer, self._at = b"", 0
        return bytes(whole)

    def line(self) -> bytes:
        """One line of a chunked body, without its CRLF."""
        most = self._limits.chunk_line_bytes
        while (end := self._buffer.find(b"\r\n", self._at)) < 0 and len(self._buffer) - self._at <= most + 1:
            self._refill("body")
        if not 0 <= end - self._at <= most:
            raise HttpError(400, "a line of the chunked body is too long", close=True)
        line = self._buffer[self._at : end]
        self._at = end + 2
        if b"\r" in line or b"\n" in line:
            raise HttpError(400, "a line of the chunked body ends with a bare CR or LF", close=True)
        return line

    def begin_body(self, most: int) -> None:
        """Start the time that a body of so many bytes at most has, once there is room for it. Raises HttpError."""
        self.make_room(most)
        self._deadline = 0.0

    def make_room(self, count: int) -> None:
        """Take so much room, in the place of what was taken before. Raises HttpError when there is none in time."""
        self.leave_room()
        if count > SMALL_BYTES:
            if not self.may_wait:
                self.begin_anew()
            self._room.take(count, self._limits.request_seconds)
            self._taken = count

    def leave_room(self, but: int = 0) -> None:
        """Give back the room that was taken for the request at hand, but for so much."""
        if self._taken > but:
            self._room.give_back(self._taken - but)
            self._taken = but

    def begin_anew(self) -> NoReturn:
        """Have the request at hand read once more from its beginning, on a thread that may wait."""
        self._at = self._begun_at
        raise MustWait

    def _refill(self, what: str) -> None:
        """Receive more behind what is held."""
        received = self._receive(what, partial(self._socket.recv, FIRST_BYTES))
        self._buffer, self._at = self._buffer[self._at :] + received, 0

    def _receive(self, what: str, receive: Callable[[], _Received]) -> _Received:
        """What this receives, within the time that the head or body has; the first wait for it starts that."""
        if not self.may_wait:
            self.begin_anew()
        now = time.monotonic()
        if not self._deadline:
            self._deadline = now + self._limits.request_seconds
        try:
            self._socket.settimeout(max(0.001, self._deadline - now))
            received = receive()
        except TimeoutError:
            raise HttpError(408, f"the {what} did not arrive in time; send it faster", close=True) from None
        except OSError:
            raise Gone from None
        if not received:
            raise Gone
        return received
