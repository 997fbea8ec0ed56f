"""Attackers that a node calls: servers among its peers that answer as no node would."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from gossip.commands.demo.nodes import free_ports
from tests.hostile import messages
from tests.hostile.siege import Siege
from tests.nodes import RunningNode, wait_until
from tests.unit.fakes import TinyServer, receive_request

Act = Callable[[socket.socket], None]
TYPE = b"Content-Type: application/vnd.gossipcar.exchange\r\n"


def answers(body: Callable[[], bytes], fields: bytes = b"", status: bytes = b"200 OK") -> Act:
    """One whole answer."""

    def act(connection: socket.socket) -> None:
        receive_request(connection)
        content = body()
        head = b"HTTP/1.1 %b\r\n%b%bContent-Length: %d\r\n\r\n" % (status, TYPE, fields, len(content))
        connection.sendall(head + content)

    return act


def repeats(head: bytes, piece: bytes, pause: float = 0.0) -> Act:
    """An answer that never ends."""

    def act(connection: socket.socket) -> None:
        receive_request(connection)
        connection.sendall(head)
        while True:
            connection.sendall(piece)
            time.sleep(pause)

    return act


OK = b"HTTP/1.1 200 OK\r\n" + TYPE
UNPACKED = b"Content-Encoding: deflate\r\n"
BOMB = messages.packed(bytes(100 * 2**20))
WANTS = messages.packed(messages.BOMBS["a million wants"])
GHOSTS = messages.listing_of_nothing()

ATTACKERS: dict[str, Act] = {
    "an endless body": repeats(OK + b"\r\n", bytes(65536)),
    "an endless chunked body": repeats(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1000\r\n" + bytes(4096) + b"\r\n"),
    "a huge length": repeats(OK + b"Content-Length: 999999999999\r\n\r\n", bytes(65536)),
    "a trickle": repeats(OK + b"Content-Length: 1000000\r\n\r\n", b"x", 0.05),
    "endless fields": repeats(OK, b"X: y\r\n"),
    "an endless field": repeats(OK + b"X: ", b"y" * 65536),
    "for ever going on": repeats(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "a bomb": answers(lambda: BOMB, UNPACKED),
    "a million wants": answers(lambda: WANTS, UNPACKED),
    "another kind": answers(lambda: b"<html>" * 1000),
    "elsewhere": answers(bytes, b"Location: http://127.0.0.1:1/\r\n", b"302 Found"),
    "an endless complaint": repeats(b"HTTP/1.1 500 Oops\r\nContent-Length: 99999999\r\n\r\n", b"no\n" * 30_000),
    "for ever different": answers(messages.lie),
    "entries that are not there": answers(lambda: GHOSTS),
    "all, without an end": answers(messages.give_endlessly),
}  # fmt: skip


FEW = 3
"""So many attackers at once: a node picks peers by lot, and among many the last would have to wait for long."""


@pytest.fixture(params=range(0, len(ATTACKERS), FEW), ids=lambda first: ", ".join([*ATTACKERS][first : first + FEW]))
def attackers(request: pytest.FixtureRequest) -> Iterator[dict[str, TinyServer]]:
    names = [*ATTACKERS][request.param : request.param + FEW]
    with ExitStack() as stack:
        yield {name: stack.enter_context(TinyServer(ATTACKERS[name])) for name in names}


def test_a_node_among_them(attackers: dict[str, TinyServer]) -> None:
    """Some that mean ill, and one that does not."""
    ports = free_ports(2)
    others = [f"127.0.0.1:{port}" for port in ports]
    peers = ",".join([*others, *(str(attacker.address) for attacker in attackers.values())])
    with (
        RunningNode(f"--peers={','.join(others)}", "--gossip-interval=0.2", peer_port=ports[1]) as honest,
        RunningNode(f"--peers={peers}", "--gossip-interval=0.01", peer_port=ports[0]) as node,
    ):
        node.put("kept", b"1")
        with Siege(node, honest):
            for name, attacker in attackers.items():
                wait_until(lambda a=attacker: a.connections, seconds=180, what=f"a call to {name}")  # type: ignore[misc]
