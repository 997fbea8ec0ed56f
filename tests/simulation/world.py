"""A cluster on one thread: virtual time, a seeded random network, and the real store, exchange, wire, roster, teller.

Rule 1: every message passes through `wire`, both ways.
Rule 2: time moves only in `World.run`, from one event to the next; nothing sleeps, and one seed gives one history.
Rule 3: a node's rounds follow each other at the interval, varied by a fifth either way, as the gossip thread's do.
Rule 4: while a message is on its way, other nodes go on: their rounds that fall due are run then. Those run at one
        moment each, or conversations would be nested without end.
"""

import heapq
import math
import random
from collections.abc import Callable, Iterable, Sequence
from itertools import count

from gossip.data.clock import MICROS, Clock
from gossip.data.entry import Entry, newest
from gossip.data.limits import StoreLimits
from gossip.data.merged import Merged
from gossip.data.store import Store
from gossip.sync import wire
from gossip.sync.address import Address
from gossip.sync.draft import MESSAGE_BUDGET
from gossip.sync.exchange import Exchange
from gossip.sync.message import Message, PeerFault
from gossip.sync.outcome import Outcome
from gossip.sync.roster import Roster
from gossip.sync.syncer import JITTER
from tests.simulation.network import LATE_SECONDS, Network
from tests.simulation.pushing import Pushing

EPOCH = 1_700_000_000 * MICROS
"""What a correct clock shows when a world begins."""

CONVERSATIONS = 10
"""Conversations within one round at most. It stands for the seconds after which the gossip thread ends a round."""


class Node:
    """One node: what a process holds, its clock's error, and what became of the entries that peers sent it."""

    def __init__(self, world: "World", number: int) -> None:
        self.number = number
        self.address = Address(f"node-{number}", 80)
        self.skew = 0.0
        """Seconds by which its wall clock is ahead."""
        self.sent = 0
        """Bytes of all messages that it sent, without what HTTP adds."""
        self._world = world
        self.start()

    def start(self) -> None:
        """Begin as a new process does: an empty store, an origin drawn afresh, nothing remembered."""
        world = self._world
        self.up = True
        self.merged = Merged()
        self.store = world.make_store(world.rng.getrandbits(64), Clock(self.wall), world.limits)
        self.exchange = Exchange(self.store, "simulated", world.rng, world.budget, lambda: world.now)
        self.roster = Roster(lambda: world.discover(self), {self.address}, world.rng, now=lambda: world.now)
        self.push = Pushing(world, self)

    def crash(self) -> None:
        self.up = False

    def wall(self) -> int:
        return EPOCH + round((self._world.now + self.skew) * MICROS)

    def put(self, key: bytes, value: bytes) -> Entry:
        """Write a value; give the entry that it became."""
        self.store.put(key, value)
        entry = self.store.get(key)
        assert entry is not None
        return entry

    def bury(self, key: bytes) -> Entry:
        """Write a tombstone, as a merge, which is the way in for one whether or not clients may delete."""
        entry = Entry(self.store.clock.issue(), self.store.origin, None)
        self.store.apply([(key, entry)])
        return entry

    def answer(self, request: bytes) -> bytes:
        """What it says to the bytes of a request."""
        message = wire.decode(request)
        answer, merged = self.exchange.answer(message)
        self.merged += merged
        self.push.pass_on(message)
        return wire.encode(answer)


class World:
    """So many nodes, their network, and the time."""

    def __init__(
        self,
        nodes: int,
        seed: int,
        *,
        interval: float = 1.0,
        fanout: int = 0,
        budget: int = MESSAGE_BUDGET,
        limits: StoreLimits = StoreLimits(),  # noqa: B008
        make_store: Callable[[int, Clock, StoreLimits], Store] = Store,
    ) -> None:
        self.rng = random.Random(seed)
        self.now = 0.0
        """Seconds since the world began."""
        self.interval = interval
        self.fanout = fanout
        """As GOSSIP_FANOUT: how many peers each node tells of news at once; without, the rounds alone bring it."""
        self.told: list[tuple[float, int, int]] = []
        """Each time that news came to a node at once: when, who told it, who was told, by number."""
        self.budget = budget
        self.limits = limits
        self.make_store = make_store
        self.network = Network()
        self.addresses: Sequence[Address] = [Address(f"node-{number}", 80) for number in range(nodes)]
        self.known_to: dict[int, Sequence[Address]] = {}
        """The addresses that discovery gives a node, by number; all, unless told."""
        self.nodes = [Node(self, number) for number in range(nodes)]
        self._of = {node.address: node for node in self.nodes}
        self._order = count()
        self._events: list[tuple[float, int, Callable[[], object]]] = []
        self._waiting = False
        for node in self.nodes:
            self.after(self.rng.uniform(0, interval), self._turns_of(node))

    def discover(self, node: Node) -> Sequence[Address]:
        """All addresses that this node knows, those of nodes that are down among them: discovery lags."""
        return self.known_to.get(node.number, self.addresses)

    def node_at(self, address: Address) -> Node:
        return self._of[address]

    def run(self, rounds: float) -> None:
        """Let so many intervals pass."""
        self._run_until(self.now + rounds * self.interval)

    def rounds_until(self, true: Callable[[], bool], most: int) -> int:
        """Let intervals pass until `true()` is; how many it took. Fails after `most`."""
        for rounds in range(most + 1):
            if true():
                return rounds
            self.run(1)
        raise AssertionError(f"not so after {most} rounds")

    def round(self, node: Node) -> None:
        """One turn of a node: an exchange with a random peer, as `Syncer` does it."""
        address = node.roster.pick()
        if not node.up or address is None:
            return
        try:
            self.converse(node, self._of[address])
        except PeerFault:
            node.roster.failed(address)
        else:
            node.roster.succeeded(address, self._of[address].store.origin)

    def converse(self, node: Node, peer: Node) -> Outcome:
        """One exchange, begun by `node`. Raises PeerFault when the network fails it."""
        process = node.store
        conversations = count(1)

        def send(message: Message) -> Message:
            request = wire.encode(message)
            self._carry(node, peer, request, late=lambda: peer.answer(request))
            answer = peer.answer(request)
            self._carry(peer, node, answer)
            if node.store is not process or not node.up:
                raise PeerFault("the node that asked is no more")
            return wire.decode(answer)

        outcome = node.exchange.converse(send, more=lambda: next(conversations) < CONVERSATIONS)
        node.merged += outcome.merged
        return outcome

    def agreed(self, nodes: Iterable[Node] | None = None) -> bool:
        """Whether these nodes, all unless told, hold the same."""
        return len({node.store.fingerprint() for node in nodes or self.nodes}) == 1

    def _turns_of(self, node: Node) -> Callable[[], None]:
        def turn() -> None:
            self.round(node)
            self.after(self.interval * self.rng.uniform(1 - JITTER, 1 + JITTER), turn)

        return turn

    def post(self, sender: Node, receiver: Node, body: bytes, arrived: Callable[[], object]) -> None:
        """Put a message on its way. `arrived` is called when it gets there, if it does."""
        sender.sent += len(body)
        seconds = self.network.seconds(self.rng)
        if seconds < math.inf and self.network.connects(sender.number, receiver.number):
            self.after(seconds, lambda: arrived() if receiver.up else None)

    def _carry(self, sender: Node, receiver: Node, body: bytes, late: Callable[[], object] | None = None) -> None:
        """Take a message over the network: pass the time, or raise PeerFault. `late` is its late arrival."""
        sender.sent += len(body)
        seconds = self.network.seconds(self.rng)
        if seconds >= LATE_SECONDS:
            if late is not None and seconds < math.inf:
                self.after(seconds, lambda: late() if receiver.up else None)
            raise PeerFault("timed out: lost, or late")
        self._pass(seconds)
        if not receiver.up or not self.network.connects(sender.number, receiver.number):
            raise PeerFault("not reached")

    def _pass(self, seconds: float) -> None:
        """Wait while a message is on its way; see rule 4."""
        if not seconds or self._waiting:
            return
        self._waiting = True
        self._run_until(self.now + seconds)
        self._waiting = False

    def after(self, seconds: float, act: Callable[[], object]) -> None:
        heapq.heappush(self._events, (self.now + seconds, next(self._order), act))

    def _run_until(self, end: float) -> None:
        while self._events and self._events[0][0] <= end:
            at, _, act = heapq.heappop(self._events)
            self.now = max(self.now, at)
            act()
        self.now = max(self.now, end)


def contents(node: Node) -> dict[bytes, Entry]:
    """All that a node holds."""
    return dict(node.store.items())


def merged_by_law(nodes: Iterable[Node]) -> dict[bytes, Entry]:
    """What all nodes should come to hold: of each key, the entry that stands by the merge law."""
    result: dict[bytes, Entry] = {}
    for node in nodes:
        for key, entry in node.store.items():
            result[key] = newest(result.get(key, entry), entry)
    return result
