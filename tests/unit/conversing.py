"""A node of a few answers, that remembers what it was asked."""

import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tests.unit.fakes import TinyServer

Request = tuple[str, bytes]
"""Its head, and its body."""


class Asked(list[Request]):
    """The requests so far, and where they go."""

    url = ""
    connections = 0
    ended = 0
    """So many of them were closed here."""

    @property
    def lines(self) -> list[str]:
        """The first line of each, without the version."""
        return [head.partition(" HTTP/")[0] for head, _ in self]

    def fields(self, number: int = -1) -> dict[str, str]:
        """Those of the head of a request, by their names in lower case."""
        lines = self[number][0].split("\r\n")[1:]
        return {name.lower(): value for name, _, value in (line.partition(": ") for line in lines if line)}


def answer(status: int, body: bytes = b"", *fields: str) -> bytes:
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}", *fields]
    return "".join(f"{line}\r\n" for line in lines).encode() + b"\r\n" + body


@contextmanager
def conversing(*connections: Sequence[bytes]) -> Iterator[Asked]:
    """Gives these answers on the first connection, those on the next; when they are used up, closes it."""
    asked, coming = Asked(), iter(connections)

    def act(connection: socket.socket) -> None:
        asked.connections += 1
        for given in next(coming, ()):
            asked.append(_request(connection))
            connection.sendall(given)
        connection.shutdown(socket.SHUT_RDWR)
        asked.ended += 1

    with TinyServer(act) as server:
        asked.url = f"http://{server.address}"
        yield asked


def _request(connection: socket.socket) -> Request:
    with connection.makefile("rb") as lines:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            line = lines.readline()
            if not line:
                raise ConnectionError("the client has left")
            head += line
        length = head.lower().partition(b"content-length:")[2].split(b"\r\n")[0]
        return head.decode("latin-1"), lines.read(int(length or 0))
