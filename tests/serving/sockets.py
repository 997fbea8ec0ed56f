"""Raw bytes to a port, and what comes back; and what a node's process has open."""

import os
import re
import socket

from tests.nodes import RunningNode, wait_until

Port = tuple[str, int]

ANSWER = re.compile(rb"HTTP/1\.1 (\d{3}) ")


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=10)


def read_all(connection: socket.socket) -> bytes:
    """Everything until the other side closes."""
    pieces = []
    while piece := connection.recv(65536):
        pieces.append(piece)
    return b"".join(pieces)


def talk(port: int, raw: bytes) -> bytes:
    """Everything that is answered to these bytes, until the node closes; the client keeps its half open."""
    with connect(port) as client:
        client.sendall(raw)
        return read_all(client)


def converse(port: int, *parts: bytes) -> bytes:
    """As `talk`, with the parts sent one after the other; then the client closes its half."""
    with connect(port) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for part in parts:
            client.sendall(part)
        client.shutdown(socket.SHUT_WR)
        return read_all(client)


def statuses(answers: bytes) -> list[int]:
    return [int(status) for status in ANSWER.findall(answers)]


class Belongings:
    """The threads and descriptors that a node has when it is at rest."""

    def __init__(self, node: RunningNode) -> None:
        wait_until(lambda: "is up" in node.log)
        self._pid = node.process.pid
        self._before = self._now()

    def _now(self) -> tuple[int, int]:
        return len(os.listdir(f"/proc/{self._pid}/task")), len(os.listdir(f"/proc/{self._pid}/fd"))

    def wait_until_as_before(self) -> None:
        """Threads without work stay for a few seconds."""
        wait_until(
            lambda: all(now <= before for now, before in zip(self._now(), self._before, strict=True)),
            seconds=30,
            what=f"{self._before} threads and descriptors",
        )
