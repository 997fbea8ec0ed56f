"""A syncer among fake peers."""

import random
from collections.abc import Callable

from gossip.data.store import Store
from gossip.faults import Faults
from gossip.metrics import Metrics
from gossip.sync import wire
from gossip.sync.address import Address
from gossip.sync.calls import Calls, Post
from gossip.sync.exchange import Exchange
from gossip.sync.roster import Roster
from gossip.sync.sightings import Sightings
from gossip.sync.syncer import Syncer
from tests.nodes import wait_until
from tests.unit.fakes import make_exchange, make_store

NEVER = 3600.0
"""An interval after which no test comes to see a second round."""

PEER, OTHER = Address("peer", 1), Address("other", 1)

Act = Callable[[bytes, float], bytes]
"""What a fake peer does with a message, which may take so many seconds."""


class Bench:
    """A syncer among fake peers, with everything that it counts."""

    def __init__(self, peers: dict[Address, Act], interval: float = NEVER, seed: int = 1) -> None:
        self.store = make_store(1)
        self.exchange = make_exchange(self.store)
        self.roster = Roster(lambda: list(peers), set(), random.Random(seed))
        self.faults = Faults()
        self.metrics = Metrics()
        self.sightings = Sightings()
        post: Post = lambda address, message, timeout: peers[address](message, timeout)  # noqa: E731
        calls = Calls(self.roster, post, self.faults, self.metrics, wall=self.store.clock.wall)
        self.syncer = Syncer(self.store, self.exchange, calls, self.sightings, interval, random.Random(seed))

    def first_round(self) -> None:
        self.syncer.start()
        wait_until(lambda: self.syncer.last_exchange is not None, what="the first exchange")


def peer_of(store: Store, cluster: str = "test") -> Act:
    return answers_of(make_exchange(store, cluster))


def answers_of(exchange: Exchange) -> Act:
    return lambda message, _: wire.encode(exchange.answer(wire.decode(message))[0])


def failing(error: Exception) -> Act:
    def act(message: bytes, timeout: float) -> bytes:
        raise error

    return act
