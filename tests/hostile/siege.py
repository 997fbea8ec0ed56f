"""A node under attack: what its client, its honest peer, its memory and its log are like meanwhile."""

import re
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from types import TracebackType
from typing import TypeVar

import requests

from tests.nodes import RunningNode, wait_until
from tests.serving.sockets import statuses

T = TypeVar("T")

MOST_MIB = 128
"""So much memory may an attack cost a node besides what it stores (`docs/security.md`)."""

PATIENCE = 9.0
"""Seconds that a client may wait for a read meanwhile, on a machine that does much else: most of it is the node's work
for four hundred. Who takes nothing is cut after 10 s, and nobody may wait for that."""

MOST_LINES = 12
"""So many lines may an attack add to the log, whatever it repeats: one a kind of fault and minute."""


class Siege:
    """While it is entered, a client reads; when it is left, the node must be as it should. A context manager."""

    def __init__(self, node: RunningNode, honest: RunningNode, most_mib: int = MOST_MIB) -> None:
        self._node, self._honest = node, honest
        self._most = most_mib
        self._over = threading.Event()
        self._waits: list[float] = []
        self._failure: BaseException | None = None
        self._reader = threading.Thread(target=self._read, daemon=True)

    def __enter__(self) -> "Siege":
        wait_until(lambda: connections(self._node) < 100, seconds=60, what="an end of those who came before")
        with open(f"/proc/{self._node.process.pid}/clear_refs", "w") as peak:
            peak.write("5")  # the greatest size so far counts from here on
        self._before = memory_mib(self._node, "VmRSS")
        self._lines = len(self._node.log.splitlines())
        self._reader.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.gossip_goes_on()
        self._over.set()
        self._reader.join()
        if kind is None:
            self._check()

    def gossip_goes_on(self) -> None:
        """What is written at the honest peer arrives, and the other way round."""
        for at, to in ((self._honest, self._node), (self._node, self._honest)):
            key, value = f"amid {time.monotonic_ns()}", b"it all"
            assert at.put(key, value) == 201
            wait_until(partial(to.get, key), seconds=30, what=f"{key!r} at the other node")

    def _read(self) -> None:
        try:
            while not self._over.is_set():
                began = time.monotonic()
                text = requests.get(f"{self._node.url}/map?k=kept", timeout=60).text
                assert text == "kept=1\n", f"a client was answered {text!r}"
                self._waits.append(time.monotonic() - began)
                self._over.wait(0.01)
        except BaseException as failure:
            self._failure = failure

    def _check(self) -> None:
        if self._failure:
            raise self._failure
        assert max(self._waits) < PATIENCE, f"a read took {max(self._waits):.1f} s"
        grown = memory_mib(self._node, "VmHWM") - self._before
        assert grown < self._most, f"the node grew by {grown} MiB"
        lines = self._node.log.splitlines()[self._lines :]
        assert len(lines) <= MOST_LINES, lines
        assert "Traceback" not in self._node.log
        assert max(map(len, lines), default=0) < 1000
        assert requests.get(f"{self._node.peer_url}/healthz", timeout=10).text == "alive\n"


def connections(node: RunningNode) -> int:
    """How many are open, at all ports."""
    figures = requests.get(f"{node.peer_url}/metrics", timeout=60).text
    return sum(map(int, re.findall(r"^gossipcar_connections\{.*\} (\d+)$", figures, re.MULTILINE)))


def memory_mib(node: RunningNode, what: str) -> int:
    with open(f"/proc/{node.process.pid}/status") as status:
        return next(int(line.split()[1]) // 1024 for line in status if line.startswith(f"{what}:"))


def at_once(count: int, act: Callable[[], T], seconds: float = 60) -> list[T]:
    """What this gives when it is done so many times at once. Raises what one of them raised."""
    given: list[T] = []
    failures: list[BaseException] = []

    def attack() -> None:
        try:
            given.append(act())
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=attack, daemon=True) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(seconds)
        assert not thread.is_alive(), "the node neither answers nor closes"
    if failures:
        raise failures[0]
    return given


def send(port: int, raw: bytes) -> bytes:
    """What is answered to this, to its end."""
    answer = b""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        with suppress(OSError):
            connection.sendall(raw)
            connection.shutdown(socket.SHUT_WR)
        with suppress(ConnectionResetError):  # it is answered before it is heard out
            while piece := connection.recv(65536):
                answer += piece
    return answer


def answered(port: int, raw: bytes) -> int:
    """The status of the answer to this."""
    return statuses(send(port, raw))[-1]


def posted(body: bytes, *fields: str, path: str = "/exchange") -> bytes:
    """A request with this body."""
    lines = (f"POST {path} HTTP/1.1", "Host: localhost", f"Content-Length: {len(body)}", *fields, "", "")
    return "\r\n".join(lines).encode() + body
