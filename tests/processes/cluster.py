"""Five nodes on loopback, for tests."""

from contextlib import ExitStack

from gossip.commands.demo.nodes import free_ports
from tests.nodes import RunningNode

SIZE = 5
KEYS = [f"key-{number}" for number in range(SIZE)]
ALL_LINES = b"".join(f"key-{number}=value {number}\n".encode() for number in range(SIZE))


class Cluster:
    """Five nodes that know each other's ports."""

    def __init__(self, stack: ExitStack, *flags: str) -> None:
        self._stack = stack
        self.ports = free_ports(SIZE)
        self._peers = ",".join(f"127.0.0.1:{port}" for port in self.ports)
        self.nodes = [self.start(port, *flags) for port in self.ports]

    def start(self, port: int, *flags: str) -> RunningNode:
        node = RunningNode(f"--peers={self._peers}", "--gossip-interval=0.1", *flags, peer_port=port)
        return self._stack.enter_context(node)


def write_one_each(cluster: Cluster) -> None:
    for number, node in enumerate(cluster.nodes):
        assert node.put(KEYS[number], f"value {number}".encode()) in (201, 204)
