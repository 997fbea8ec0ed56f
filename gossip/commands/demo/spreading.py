"""One write of the demo's own, and when it was seen at each node."""

import time
from collections.abc import Callable, Sequence

from gossip.client import GossipcarError
from gossip.commands.demo.nodes import UP, DemoNode
from gossip.commands.demo.table import milliseconds

CLOSELY_SECONDS = 0.3
"""For so long after it was made, the nodes are asked for it over and over: news takes some hundredths of a second."""

GIVEN_UP_SECONDS = 10.0
"""After so long nobody waits for it any more."""


class Write:
    """A key that was written at one node, and the others that should have it."""

    def __init__(self, number: int, node: DemoNode, nodes: Sequence[DemoNode], now: Callable[[], float]) -> None:
        """Writes it. Raises GossipcarError when that fails."""
        self._now = now
        self.number = number
        self.node = node
        self.seen: dict[int, float] = {}
        """Seconds from writing it to seeing it, by the node's number."""
        self._others = [other for other in nodes if other is not node and other.state == UP]
        self._key = f"demo/{number}"
        self.at = now()
        node.client.put(self._key, f"written at node {node.number}")

    @property
    def awaited(self) -> list[DemoNode]:
        """Those that should have it, and that it was not seen at. Who is killed is not waited for."""
        return [node for node in self._others if node.state == UP and node.number not in self.seen]

    @property
    def is_over(self) -> bool:
        return not self.awaited or self._now() - self.at >= GIVEN_UP_SECONDS

    def look(self) -> None:
        """See who has it; closely, while it is new."""
        while True:
            for node in self.awaited:
                if node.holds(self._key):
                    self.seen[node.number] = self._now() - self.at
            if not self.awaited or self._now() - self.at >= CLOSELY_SECONDS:
                return
            time.sleep(0.001)  # the nodes need the processor more

    def at_node(self, number: int) -> str:
        """What the table says of it in the row of this node."""
        if number == self.node.number:
            return "wrote it"
        if number in self.seen:
            return milliseconds(self.seen[number])
        return "not yet" if any(node.number == number for node in self.awaited) else "-"

    def __str__(self) -> str:
        written = f"write {self.number} at node {self.node.number}"
        if self.awaited:
            missing = ", ".join(str(node.number) for node in self.awaited)
            return f"{written} is still missing at node {missing} after {milliseconds(self._now() - self.at)}"
        if not self.seen:
            return f"{written} has nowhere else to go"
        return f"{written} was at all {len(self.seen) + 1} nodes after {milliseconds(max(self.seen.values()))}"


def written(
    number: int, node: DemoNode, nodes: Sequence[DemoNode], now: Callable[[], float] = time.monotonic
) -> Write | None:
    """A new write; None when the node does not take it."""
    try:
        return Write(number, node, nodes, now)
    except GossipcarError:
        return None
