"""Nodes that know each other's ports, and writes that go on while something is done to them."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager

import requests

from gossip.commands.demo.nodes import free_ports
from tests.nodes import RunningNode, wait_until


@contextmanager
def cluster(flags: Sequence[Sequence[str]]) -> Iterator[list[RunningNode]]:
    """A node for each list of flags, up once all of them agree."""
    ports = free_ports(len(flags))
    peers = f"--peers={','.join(f'127.0.0.1:{port}' for port in ports)}"
    with ExitStack() as stack:
        started = [
            stack.enter_context(RunningNode(peers, "--gossip-interval=0.1", *own, peer_port=port))
            for own, port in zip(flags, ports, strict=True)
        ]
        wait_until(lambda: agreeing(started), 20, "agreement")
        yield started


def agreeing(nodes: Sequence[RunningNode]) -> bool:
    """Whether each node has heard of each other that it holds the same."""
    seen = [requests.get(f"{node.url}/peers", timeout=5).json()["agreeing"] for node in nodes]
    return seen == [len(nodes) - 1] * len(nodes)


class Load:
    """Writes at all nodes in turn, each confirmed by a peer or not, until the end of the `with` block."""

    def __init__(self, nodes: Sequence[RunningNode]) -> None:
        self._nodes = nodes
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._write, daemon=True)
        self.written = 0

    def _write(self) -> None:
        while not self._over.is_set():
            node = self._nodes[self.written % len(self._nodes)]
            assert node.put(f"key-{self.written}", b"value") == 201
            self.written += 1

    def __enter__(self) -> "Load":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(20)

    def more(self, count: int = 20) -> None:
        """Wait for so many more writes."""
        until = self.written + count
        wait_until(lambda: self.written >= until, what="more writes")


def hold_all(nodes: Sequence[RunningNode], count: int) -> Callable[[], bool]:
    """Whether all nodes hold so many keys, and the same."""

    def true() -> bool:
        stats = [node.stats() for node in nodes]
        return {stat["entries"] for stat in stats} == {str(count)} and len({stat["fingerprint"] for stat in stats}) == 1

    return true


def refusals(nodes: Sequence[RunningNode]) -> list[str]:
    """The lines in which nodes say that one has not believed another; the first of each kind is always logged."""
    kinds = (
        'msg="no proof"',
        'msg="wrong proof"',
        'msg="clock off"',
        'msg="message replayed"',
        'msg="too many messages"',
        'msg="peer refused"',
        "get on by TLS:",
        "cannot be used",
    )
    return [line for node in nodes for line in node.log.splitlines() if any(kind in line for kind in kinds)]
