"""Some nodes with one clock, that meet when a test says so."""

import random

from gossip.data.clock import MICROS
from gossip.data.limits import StoreLimits
from gossip.data.store import Store
from gossip.sync.exchange import Exchange
from gossip.sync.touch import ALONE_SECONDS
from tests.unit.fakes import Wall, items_of, over_the_wire

TTL = 100 * MICROS


LIMITS = StoreLimits(tombstone_micros=TTL)


class Cluster:
    """Some nodes with one clock."""

    def __init__(self, count: int) -> None:
        self.wall = Wall()
        self.stores: list[Store] = []
        self.exchanges: list[Exchange] = []
        for _ in range(count):
            self.add()

    def add(self) -> int:
        store = Store(len(self.stores) + 1, limits=LIMITS)
        store.clock.wall = self.wall
        self.stores.append(store)
        self.exchanges.append(_exchange(store, self.wall))
        return len(self.stores) - 1

    def pass_seconds(self, seconds: float) -> None:
        self.wall.now += round(seconds * MICROS)
        for store in self.stores:
            store.sweep()

    def meet(self, here: int, there: int) -> None:
        self.exchanges[here].converse(over_the_wire(self.exchanges[there]), more=lambda: True)

    def held(self, *numbers: int) -> list[dict[bytes, bytes | None]]:
        return [items_of(self.stores[number]) for number in numbers]


def _exchange(store: Store, wall: Wall) -> Exchange:
    return Exchange(store, "test", random.Random(1), now=lambda: wall.now / MICROS)


def grow_together(cluster: Cluster, *numbers: int) -> None:
    """These meet until they count as in touch, as nodes do that are new."""
    for _ in range(int(ALONE_SECONDS) + 2):
        cluster.pass_seconds(1)
        for here, there in zip(numbers, (*numbers[1:], numbers[0]), strict=True):
            cluster.meet(here, there)
