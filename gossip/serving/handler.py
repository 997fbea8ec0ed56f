"""One connection, from the first request to the last.

What is here whole is answered at once, on the thread that watches all connections: one receive, one send. A head that
was served before is not even read again. What must be waited for (the rest of a request, a slow reader of a large
answer) goes on a thread of its own, by `MustWait`.
"""

import logging
import socket
import socketserver
import time
from typing import TYPE_CHECKING

from gossip.metrics import OTHER
from gossip.serving.answer import Answer, HttpError, endless_head_of, head_of, plain
from gossip.serving.feed import Streamed
from gossip.serving.head import parse_head
from gossip.serving.reader import FIRST_BYTES, Gone, MustWait, Reader
from gossip.serving.recognised import Asked
from gossip.serving.request import Request
from gossip.serving.writer import JOINED_BYTES, Writer

if TYPE_CHECKING:
    from gossip.serving.server import Server

log = logging.getLogger("gossipcar.serving")


class Handler(socketserver.BaseRequestHandler):
    """Reads requests off one connection and answers them in order. One thread at a time is at it."""

    server: "Server"
    request: socket.socket

    def __init__(self, request: socket.socket, client_address: object, server: "Server") -> None:
        """Unlike its parent, it does not handle anything yet. The thread that watches makes it."""
        request.setblocking(False)
        request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.request = request
        self.client_address = client_address
        self.server = server
        self.since: float | None = time.monotonic()
        """Since when it was seen to rest, or since when it parts, on the monotonic clock; None when just served."""
        self.began = self.since
        """Since when a request is dealt with on a thread that may wait, on the monotonic clock."""
        self.parts = False
        """Whether the last answer was given, and what still comes is thrown away."""
        self._recognise = server.recognised.get
        self._count = server.requests.mine.count
        self._drained = 0
        self._reader = Reader(request, server.limits, server.rooms.of(client_address))
        self._reader.may_wait = False
        self._writer = Writer(request, server.limits)

    def serve_ready(self) -> None:
        """Find the answers to what has arrived; `flush` sends them. Raises MustWait, Gone or OSError."""
        try:
            received = self.request.recv(FIRST_BYTES)
        except BlockingIOError:
            return
        if not received:
            raise Gone
        self.since = None
        if not self.server.at_once:
            self.take(received)
            raise MustWait
        if not self._serve_again(received):
            self._reader.give(received)
            self._serve_all()

    @property
    def client(self) -> str:
        """The client's IP address, for a log."""
        return self._reader.client

    def take(self, received: bytes) -> None:
        """Bytes that were received, for `handle` to go on with."""
        self._reader.give(received)

    def flush(self) -> bool:
        """Send the answers found. Whether the connection is good for more; raises MustWait or OSError."""
        self._writer.flush()
        return not self.parts

    def handle(self) -> bool:  # type: ignore[override]
        """Go on where the watching thread had to wait, on a thread that may. Returns and raises as `flush`."""
        self._reader.may_wait = self._writer.may_wait = True
        try:
            self._writer.finish()
            self._serve_all()
            return not self.parts
        finally:
            self._reader.may_wait = self._writer.may_wait = False
            self.request.setblocking(False)

    def part(self) -> None:
        """Close our half, and hear the client out: closing on unread bytes would reset the connection, and the client
        might never see the answer (RFC 9112, section 9.6)."""
        self.parts = True
        self.since = time.monotonic()
        self.request.shutdown(socket.SHUT_WR)

    def drain(self) -> bool:
        """Throw away what has arrived. Whether there may be more to throw away."""
        try:
            received = self.request.recv(JOINED_BYTES)
        except BlockingIOError:
            return True
        self._drained += len(received)
        return bool(received) and self._drained < self.server.limits.drain_bytes

    def refuse(self, answer: Answer) -> None:
        """Answer before anything is asked, and part."""
        self.parts = True
        self._send(answer, "close")
        self.flush()
        self.part()

    def _serve_again(self, received: bytes) -> bool:
        """Answer a request whose head was served before. False when it needs more care than that."""
        asked, body = self._recognise(received), None
        if asked is None or asked.length != 0:
            end = received.find(b"\r\n\r\n") + 4
            asked, body = self._recognise(received[:end]), received[end:]
            if asked is None or asked.length != len(body):
                return False
        try:
            answer = asked.answer() if body is None else asked.operation(Request(asked.head, came_along=body))
        except (HttpError, MustWait):
            return False  # both come before anything is done
        except Exception:
            answer, self.parts = _failure(), True
        self._count(asked.counted_as, answer.status)
        self._send(answer, "close" if self.parts else "")
        return True

    def _serve_all(self) -> None:
        """Read and answer requests until none is begun."""
        while not self.parts and self._reader.has_begun():
            self._writer.make_way()
            try:
                self._serve_one()
            finally:
                self._reader.leave_room()
                if self._reader.may_wait:
                    self.began = self.server.requests.mine.time(self.began)

    def _serve_one(self) -> None:
        raw, request, counted_as = b"", None, OTHER
        try:
            raw = self._reader.head()
            asked = self._recognise(raw) or self._read(raw)
            counted_as = asked.counted_as
            request = Request(asked.head, self._reader, self._invite)
            answer = asked.operation(request)
            keep = request.head.framing.keep_alive
        except HttpError as error:
            answer = error.answer
            keep = not error.close and request is not None and request.head.framing.keep_alive
        except (Gone, MustWait):
            raise
        except Streamed as streamed:
            assert request
            self._begin_stream(streamed, request, counted_as)
            return
        except Exception:
            answer, keep = _failure(), False
        keep = keep and not self.server.stopping and not (request and request.has_unread_body)
        self.server.requests.mine.count(counted_as, answer.status)
        self.parts = not keep
        self._reader.leave_room(but=sum(map(len, answer.body)))  # who takes it slowly keeps others from no more than it
        old = b" HTTP/1.0\r\n" in raw
        self._send(answer, "keep-alive" if keep and old else "" if keep else "close", raw.startswith(b"HEAD "))

    def _begin_stream(self, streamed: Streamed, request: Request, counted_as: str) -> None:
        """Raises what is given, with all that it takes to send the answer elsewhere, unless only its head is wanted."""
        head = request.head
        streamed.chunked = head.minor >= 1
        keep = streamed.chunked and head.framing.keep_alive and not request.has_unread_body
        self.parts = not keep
        self.server.requests.mine.count(counted_as, streamed.answer.status)
        streamed.head = endless_head_of(streamed.answer, streamed.chunked, "" if keep else "close")
        if head.method != "HEAD":
            raise streamed
        self._writer.send(streamed.head)

    def _read(self, raw: bytes) -> Asked:
        as_of = self.server.recognised.as_of
        head = parse_head(raw, self.server.limits)
        return self.server.recognised.remember(raw, head, self.server.route(head), as_of)

    def _send(self, answer: Answer, connection: str = "", bodiless: bool = False) -> None:
        """One write for the whole answer, unless it is so large that copying it together would cost more.

        `connection` fills the field of that name: an old client, of HTTP/1.0, is told when its connection is kept, a
        newer one when it is not.
        """
        body = answer.body
        length = len(body[0]) if len(body) == 1 else sum(map(len, body))
        head = head_of(answer, length, connection)
        if bodiless or not length:
            self._writer.send(head)
        elif length <= JOINED_BYTES:
            self._writer.send(head + body[0] if len(body) == 1 else b"".join((head, *body)))
        else:
            self._writer.send_large(head, body)

    def _invite(self) -> None:
        if not self._reader.may_wait:
            self._reader.begin_anew()
        try:
            self.request.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        except OSError:
            raise Gone from None


def _failure() -> Answer:
    """What is answered where the mistake that is being handled is ours."""
    log.exception("answering a request failed")
    return plain(500, "this node failed to answer; its log says why")
