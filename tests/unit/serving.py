"""A running server, and ways to talk to it."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import get_ident

from gossip.metrics import Requests, Tally
from gossip.serving.answer import Answer, HttpError, plain
from gossip.serving.limits import Limits
from gossip.serving.request import Operation, Request
from gossip.serving.server import Server
from tests.unit.fakes import receive_all

IMPATIENT = Limits(request_seconds=0.1, idle_seconds=0.1, drain_seconds=0.1)

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
LAST_GET = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
OLD_GET = b"GET / HTTP/1.0\r\n\r\n"
OLD_KEPT_GET = b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
PUT = b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nvalue"

LAST_PUT = PUT.replace(b"Host: x", b"Host: x\r\nConnection: close")


def echo(request: Request) -> Answer:
    return Answer(200, (request.body(1000, "too large") if request.head.method == "PUT" else request.head.path,))


def deaf(request: Request) -> Answer:
    return plain(200, "yes")


def complaining(request: Request) -> Answer:
    raise HttpError(404, "nothing is here")


def broken(request: Request) -> Answer:
    raise RuntimeError("unthought of")


class NotingTally(Tally):
    """One that notes the statuses, in order, as well."""

    def __init__(self, statuses: list[int]) -> None:
        super().__init__()
        self._statuses = statuses

    def count(self, method: str, status: int) -> None:
        super().count(method, status)
        self._statuses.append(status)


class NotingRequests(Requests):
    def __init__(self, statuses: list[int]) -> None:
        super().__init__()
        self._statuses = statuses

    @property
    def mine(self) -> Tally:
        return self._tallies.setdefault(get_ident(), NotingTally(self._statuses))


@contextmanager
def serving(
    answer: Operation = echo,
    limits: Limits = Limits(),  # noqa: B008
    at_once: bool = True,
) -> Iterator[tuple[Server, list[int]]]:
    """A running server, and the statuses that it counts."""
    counted: list[int] = []
    server = Server("127.0.0.1", 0, lambda _: answer, limits, NotingRequests(counted), at_once)
    server.start()
    try:
        yield server, counted
    finally:
        server.stop()


def connect(server: Server) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=10)


def talk(server: Server, raw: bytes) -> bytes:
    """Everything that is answered to these bytes, when the client sends nothing more but keeps its half open."""
    with connect(server) as client:
        client.sendall(raw)
        return receive_all(client)


def statuses(answers: bytes) -> list[int]:
    return [int(piece[:3]) for piece in answers.split(b"HTTP/1.1 ")[1:]]


def bodies(answers: bytes) -> list[bytes]:
    return [piece.partition(b"\r\n\r\n")[2] for piece in answers.split(b"HTTP/1.1 ")[1:]]
