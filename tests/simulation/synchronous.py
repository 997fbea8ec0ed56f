"""Synchronous rounds of the real conversations over the real wire.

To have such rounds, the nodes' stores put off what peers give them until the round ends, so that no conversation tells
of news from its own round.
"""

from collections.abc import Iterable, Iterator

from gossip.data.entry import Entry
from gossip.data.merged import Merged
from gossip.data.store import Store
from gossip.sync.message import PeerFault
from tests.simulation.world import World


class RoundStore(Store):
    """A store that takes in what peers give only when the round ends. All else is the real thing."""

    _put_off: tuple[tuple[bytes, Entry], ...] = ()

    def apply(self, items: Iterable[tuple[bytes, Entry]]) -> Merged:
        self._put_off += tuple(items)
        return Merged()

    def end_round(self) -> None:
        super().apply(self._put_off)
        self._put_off = ()


def rounds(nodes: int, seed: int, loss: float = 0.0, churn: float = 0.0) -> Iterator[int]:
    """How many nodes hold a write, as each synchronous round ends, without end.

    With `churn`, that part of the nodes is replaced by empty ones after each round; never the one that wrote.
    """
    world = World(nodes, seed, make_store=RoundStore)
    world.network.loss = loss
    written = world.nodes[0].put(b"key", b"value")
    while True:
        for node in world.nodes:
            peer = world.rng.randrange(nodes - 1)
            try:
                world.converse(node, world.nodes[peer + (peer >= node.number)])
            except PeerFault:
                pass
        for node in world.nodes:
            assert isinstance(node.store, RoundStore)
            node.store.end_round()
        for node in world.rng.sample(world.nodes[1:], round(churn * nodes)):
            node.start()
        yield sum(node.store.get(b"key") == written for node in world.nodes)


def rounds_to_all(nodes: int, seed: int, loss: float = 0.0) -> int:
    """In how many synchronous rounds a write at one node reaches all."""
    return next(number for number, holders in enumerate(rounds(nodes, seed, loss), 1) if holders == nodes)
