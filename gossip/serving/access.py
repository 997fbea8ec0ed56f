"""Connections whose requests are logged, one line each.

A line is written when an answer is there, before it is sent; of one that comes bit by bit, when it begins.
"""

import logging
import socket
import time
from typing import TYPE_CHECKING, Any

from gossip.serving.answer import Answer
from gossip.serving.feed import Streamed
from gossip.serving.handler import Handler
from gossip.serving.head import Head
from gossip.serving.recognised import Asked

if TYPE_CHECKING:
    from gossip.serving.server import Server

_MOST_CHARACTERS = 200
"""Of the path, and of the query: most keys, and few that are anybody's secret in full."""

log = logging.getLogger("gossipcar.access")


class AccessHandler(Handler):
    """A handler that logs what it answers. Where this is not wanted, `Handler` does nothing for it."""

    def __init__(self, request: socket.socket, client_address: object, server: "Server") -> None:
        super().__init__(request, client_address, server)
        self._known = self._recognise
        self._recognise = self._recognise_noted  # type: ignore[assignment]
        self._asked: dict[str, str] = {}
        """What the request at hand asks for; empty while none was understood."""
        self._begun = time.monotonic()
        """When the request at hand began to arrive."""

    def serve_ready(self) -> None:
        self._begun = time.monotonic()
        super().serve_ready()

    def _recognise_noted(self, raw: bytes) -> Asked | None:
        asked = self._known(raw)
        if asked:
            self._asked = _target_of(asked.head)
        return asked

    def _read(self, raw: bytes) -> Asked:
        asked = super()._read(raw)
        self._asked = _target_of(asked.head)
        return asked

    def _send(self, answer: Answer, connection: str = "", bodiless: bool = False) -> None:
        self._log(answer.status, bytes=0 if bodiless else sum(map(len, answer.body)))
        super()._send(answer, connection, bodiless)

    def _begin_stream(self, streamed: Streamed, *rest: Any) -> None:
        self._log(streamed.answer.status)
        super()._begin_stream(streamed, *rest)

    def _log(self, status: int, **more: int) -> None:
        now = time.monotonic()
        took = round((now - self._begun) * 1000, 3)
        fields = {**self._asked, "status": status, **more, "ms": took, "client": _client(self.client_address)}
        log.info("request", extra=fields)
        self._begun, self._asked = now, {}


def _target_of(head: Head) -> dict[str, str]:
    shown = {"method": head.method, "path": _shown(head.path)}
    return {**shown, "query": _shown(head.query)} if head.query else shown


def _shown(target: bytes) -> str:
    return target[:_MOST_CHARACTERS].decode(errors="replace")


def _client(address: Any) -> str:
    """As addresses are written with their port; what has none, as it is."""
    if not isinstance(address, tuple):
        return str(address)
    host, port = address[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
