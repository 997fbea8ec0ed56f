"""Bytes from one client, a request at a time, bounded in size and time."""

import re
import socket
import time

from gossip.serving.answer import HttpError
from gossip.serving.limits import Limits

_RECEIVE = 64 * 1024
_EMPTY_LINES = re.compile(rb"(?:\r\n)*")
"""A client may send empty lines before a request; they mean nothing (RFC 9112, section 2.2)."""
_BARE_LF = re.compile(rb"(?<!\r)\n")


def _skip_empty_lines(buffer: bytes, start: int) -> int:
    match = _EMPTY_LINES.match(buffer, start)
    return match.end() if match else start


class Gone(Exception):
    """The client closed the connection, or rested on it for too long. There is nobody to answer."""


class Reader:
    """Reads heads and bodies from a socket. Whatever was received past a request waits for the next one."""

    def __init__(self, connection: socket.socket, limits: Limits) -> None:
        self._socket = connection
        self._limits = limits
        self._buffer = b""
        self._at = 0
        """Where in the buffer the bytes begin that nobody has taken yet."""
        self._deadline = 0.0

    @property
    def has_bytes(self) -> bool:
        """Whether bytes were received that nobody has taken yet."""
        return self._at < len(self._buffer)

    def head(self) -> bytes:
        """The next request's head, up to and including its empty line. Raises Gone or HttpError."""
        self._deadline = 0.0
        most = self._limits.head_bytes
        while True:
            start = self._at = _skip_empty_lines(self._buffer, self._at)
            if not self.has_bytes:
                self._buffer, self._at = self._first_bytes(), 0
                continue
            end = self._buffer.find(b"\r\n\r\n", start) + 4
            if 4 <= end <= start + most:
                self._at = end
                return self._buffer[start:end]
            if _BARE_LF.search(self._buffer, start, start + most):
                raise HttpError(400, "a line ends with a bare LF; end lines with CRLF", close=True)
            if len(self._buffer) > start + most:
                raise HttpError(431, f"the head is over {most} bytes; ask for less at once", close=True)
            self._refill("head")

    def take(self, count: int) -> bytes:
        """Exactly so many bytes of a body. Raises Gone when the client sends fewer, HttpError when it is too slow."""
        pieces = []
        while (held := len(self._buffer) - self._at) < count:
            pieces.append(self._buffer[self._at :])
            count -= held
            self._buffer, self._at = self._more("body"), 0
        end = self._at + count
        pieces.append(self._buffer[self._at : end])
        self._at = end
        return b"".join(pieces)

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

    def begin_body(self) -> None:
        """Start the time that the body has."""
        self._deadline = 0.0

    def drain(self) -> None:
        """Throw away what the client still sends, within bounds, so that it comes to read the answer."""
        self._deadline = time.monotonic() + self._limits.drain_seconds
        left = self._limits.drain_bytes
        try:
            while left > 0:
                left -= len(self._more("rest"))
        except (Gone, HttpError):
            pass

    def _refill(self, what: str) -> None:
        """Receive more behind what is held."""
        self._buffer, self._at = self._buffer[self._at :] + self._more(what), 0

    def _first_bytes(self) -> bytes:
        """Wait for a request to begin."""
        try:
            self._socket.settimeout(self._limits.idle_seconds)
            received = self._socket.recv(_RECEIVE)
        except OSError:
            raise Gone from None
        if not received:
            raise Gone
        return received

    def _more(self, what: str) -> bytes:
        """More bytes, within the time that the head or body has; the first wait for them starts it."""
        now = time.monotonic()
        if not self._deadline:
            self._deadline = now + self._limits.request_seconds
        try:
            self._socket.settimeout(max(0.001, self._deadline - now))
            received = self._socket.recv(_RECEIVE)
        except TimeoutError:
            raise HttpError(408, f"the {what} did not arrive in time; send it faster", close=True) from None
        except OSError:
            raise Gone from None
        if not received:
            raise Gone
        return received
