"""One connection, from the first request to the last. Runs on a thread of its own."""

import logging
import socket
import socketserver
from collections.abc import Sequence
from typing import TYPE_CHECKING

from gossip.serving.answer import Answer, HttpError, head_of, plain
from gossip.serving.head import parse_head
from gossip.serving.reader import Gone, Reader
from gossip.serving.request import Request

if TYPE_CHECKING:
    from gossip.serving.server import Server

_JOINED_BYTES = 64 * 1024
"""Answers up to this size are joined into one write; larger ones go out in pieces that are not copied."""

log = logging.getLogger("gossipcar.serving")


class Handler(socketserver.BaseRequestHandler):
    """Reads requests off one connection and answers them in order, until either side has had enough."""

    server: "Server"
    request: socket.socket

    def handle(self) -> None:
        self._reader = Reader(self.request, self.server.limits)
        try:
            self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while self._serve_one():
                pass
        except (Gone, OSError):
            pass  # the client left; it owes us nothing

    def _serve_one(self) -> bool:
        """Read and answer one request. Whether the connection is good for another."""
        reader = self._reader
        raw, request = b"", None
        try:
            raw = reader.head()
            request = Request(parse_head(raw, self.server.limits.fields), reader, self._invite)
            answer = self.server.answer(request)
            keep = request.framing.keep_alive
        except HttpError as error:
            answer = error.answer
            keep = not error.close and request is not None and request.framing.keep_alive
        except Gone:
            raise
        except Exception:
            log.exception("answering a request failed")
            answer, keep = plain(500, "this node failed to answer; its log says why"), False
        keep = keep and not self.server.stopping and not (request and request.has_unread_body)
        self.server.count(answer.status)
        self._send(answer, keep, old=b" HTTP/1.0\r\n" in raw, bodiless=raw.startswith(b"HEAD "))
        if not keep:
            self._part()
        return keep

    def _send(self, answer: Answer, keep: bool, old: bool, bodiless: bool) -> None:
        """One write for the whole answer, unless it is so large that copying it together would cost more.

        An `old` client, of HTTP/1.0, is told when its connection is kept, a newer one when it is not.
        """
        head = head_of(answer, "keep-alive" if keep and old else "" if keep else "close")
        body = () if bodiless else answer.body
        self.request.settimeout(self.server.limits.request_seconds)
        if sum(map(len, body)) <= _JOINED_BYTES:
            self.request.sendall(b"".join((head, *body)))
        else:
            self._send_pieces(head, body)

    def _send_pieces(self, head: bytes, body: Sequence[bytes]) -> None:
        pending, waiting = [head], len(head)
        for piece in body:
            if len(piece) >= _JOINED_BYTES or waiting >= _JOINED_BYTES:
                self.request.sendall(b"".join(pending))
                pending, waiting = [], 0
            if len(piece) >= _JOINED_BYTES:
                self.request.sendall(piece)
            else:
                pending.append(piece)
                waiting += len(piece)
        self.request.sendall(b"".join(pending))

    def _invite(self) -> None:
        try:
            self.request.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        except OSError:
            raise Gone from None

    def _part(self) -> None:
        """Close our half, and hear the client out: closing on unread bytes would reset the connection, and the client
        might never see the answer (RFC 9112, section 9.6)."""
        self.request.shutdown(socket.SHUT_WR)
        self._reader.drain()
