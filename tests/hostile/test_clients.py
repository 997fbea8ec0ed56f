"""Attackers at the client port that ask for much, and read none of it."""

import socket
import time
from contextlib import ExitStack

from tests.hostile.siege import Siege
from tests.nodes import RunningNode

CLIENTS = 400


def ask(stack: ExitStack, node: RunningNode, raw: bytes) -> socket.socket:
    """One that sends this, and reads nothing."""
    client = stack.enter_context(socket.socket())
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    client.connect(("127.0.0.1", node.client_port))
    client.sendall(raw)
    return client


def test_four_hundred_that_ask_two_hundred_times_at_once(cluster: tuple[RunningNode, RunningNode]) -> None:
    node, honest = cluster
    node.put("large", bytes(64_000))
    one = b"GET /map?k=large HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with Siege(node, honest), ExitStack() as stack:
        for _ in range(CLIENTS):
            ask(stack, node, one * (8192 // len(one)))
        time.sleep(2)  # that long they go on
