"""Whom the attackers call."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from gossip.commands.demo.nodes import free_ports
from tests.nodes import RunningNode, wait_until


@pytest.fixture(scope="module")
def cluster() -> Iterator[tuple[RunningNode, RunningNode]]:
    """A node, and its honest peer."""
    ports = free_ports(2)
    peers = ",".join(f"127.0.0.1:{port}" for port in ports)
    with ExitStack() as stack:
        node, honest = (
            stack.enter_context(RunningNode(f"--peers={peers}", "--gossip-interval=0.2", peer_port=port))
            for port in ports
        )
        node.put("kept", b"1")
        wait_until(lambda: honest.get("kept"))
        yield node, honest
