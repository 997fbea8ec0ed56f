"""What clients at the hosts of a network see, and how long it takes."""

import time

from tests.netns.network import Network
from tests.nodes import RunningNode, wait_until

QUICK_SECONDS = 1.5
"""A question of DNS that nobody answers takes 2 s."""
STOP_SECONDS = 5.0


def put(network: Network, host: int, node: RunningNode, key: str, value: bytes) -> None:
    """As a client on the host's loopback does, and without a wait for anything."""
    begun = time.monotonic()
    with network.at(host):
        assert node.put(key, value) in (201, 204)
    assert time.monotonic() - begun < QUICK_SECONDS


def get(network: Network, host: int, node: RunningNode, *keys: str) -> bytes | None:
    begun = time.monotonic()
    with network.at(host):
        found = node.get(*keys)
    assert time.monotonic() - begun < QUICK_SECONDS
    return found


def peers(network: Network, host: int, node: RunningNode) -> int:
    """How many peers the node knows."""
    with network.at(host):
        return int(node.stats()["peers"])


def wait_for(network: Network, nodes: list[RunningNode], entries: dict[str, bytes], seconds: float = 10.0) -> None:
    """Until all nodes, of which the first is at host 0 and so on, give these values."""
    lines = b"".join(b"%s=%s\n" % (key.encode(), value) for key, value in entries.items())
    for host, node in enumerate(nodes):
        wait_until(lambda: get(network, host, node, *entries) == lines, seconds, f"{entries} at host {host}")  # noqa: B023


def stop(node: RunningNode) -> None:
    """As SIGTERM does: the node ends by itself, and soon."""
    node.process.terminate()
    assert node.process.wait(STOP_SECONDS) == 0, node.log
