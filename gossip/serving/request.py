"""A request as the API sees it: its head, and its body once somebody asks for it."""

import re
from collections.abc import Callable

from gossip.serving.answer import Answer, HttpError
from gossip.serving.head import Head
from gossip.serving.reader import MustWait, Reader

_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]+)[ \t]*(?:;[\t\x20-\x7e\x80-\xff]*)?")


Operation = Callable[["Request"], Answer]
"""Answers requests; raises HttpError where it will not."""

Route = Callable[[Head], Operation]
"""Finds the operation that answers such a head; where there is none, one that raises HttpError."""


class Request:
    """One request. Its body stays with the client until `body` is called, unless it came along with the head."""

    __slots__ = ("_came_along", "_invite", "_reader", "_taken", "head")

    def __init__(
        self,
        head: Head,
        reader: Reader | None = None,
        invite: Callable[[], None] = lambda: None,
        came_along: bytes | None = None,
    ) -> None:
        """`reader` gives a body that did not come along; `invite` tells a client that waits for it to send it."""
        self.head = head
        self._reader = reader
        self._invite = invite
        self._came_along = came_along
        self._taken = False

    @property
    def client(self) -> str:
        """Who asks, for a log: an IP address, or empty where it is not known any more."""
        return self._reader.client if self._reader else ""

    @property
    def has_unread_body(self) -> bool:
        """Whether the client sends a body that nobody asked for."""
        framing = self.head.framing
        return not self._taken and (framing.chunked or bool(framing.length))

    def may_take_long(self) -> None:
        """For an operation to call before it does what may take a millisecond or wait for something: on the thread that
        watches all connections this raises MustWait, and the request is begun anew on a thread of its own."""
        if self._reader is None:
            raise MustWait
        if not self._reader.may_wait:
            self._reader.begin_anew()

    def make_room(self, count: int) -> None:
        """For an operation to call before it makes an answer of so many bytes, behind `may_take_long` and the body."""
        if self._reader:
            self._reader.make_room(count)

    def body(self, most: int, too_large: str) -> bytes:
        """The body. Raises HttpError: 411 when its length is unknown, 413 with `too_large` when it is over `most`."""
        if self._came_along is not None and len(self._came_along) <= most:
            return self._came_along
        framing, reader = self.head.framing, self._reader
        if framing.length is not None and framing.length > most:
            raise HttpError(413, too_large)
        if reader is None or (framing.length is None and not framing.chunked):
            raise HttpError(411, "send a Content-Length with the body, or send it chunked", close=True)
        reader.begin_body(most if framing.length is None else framing.length)
        if framing.expects_continue and framing.length != 0 and not reader.has_bytes:
            self._invite()
        if framing.length is None:
            body = _chunks(reader, most, too_large)
            reader.leave_room(but=len(body))
        else:
            body = reader.take(framing.length)
        self._taken = True
        return body


def _chunks(reader: Reader, most: int, too_large: str) -> bytes:
    """A chunked body (RFC 9112, section 7.1); extensions and trailers are read over."""
    body = bytearray()  # a list of small chunks would take many times as much
    while size := _chunk_size(reader):
        if len(body) + size > most:
            raise HttpError(413, too_large, close=True)
        body += reader.take(size)
        if reader.take(2) != b"\r\n":
            raise HttpError(400, "a chunk is longer than its size says", close=True)
    trailers = 0
    while line := reader.line():
        trailers += len(line)
        if trailers > 8192:
            raise HttpError(400, "the trailers of the chunked body are too long", close=True)
    return bytes(body)


def _chunk_size(reader: Reader) -> int:
    match = _CHUNK_SIZE.fullmatch(reader.line())
    if not match:
        raise HttpError(400, "a chunk's size is not a hexadecimal number", close=True)
    return int(match[1], 16)
