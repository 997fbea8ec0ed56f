"""A node's push thread in virtual time: what it tells is decided by the real code, and carried by the world.

Rule 1: as the thread, it tells one peer at a time, and waits for the answer, or TELL_SECONDS for none.
Rule 2: a message takes as long as the network says, and nothing else takes any time.
Rule 3: unlike the thread it never rests.
"""

from collections import deque
from typing import TYPE_CHECKING

from gossip.sync import wire
from gossip.sync.address import Address
from gossip.sync.message import Message
from gossip.sync.push import GATHER_SECONDS, TELL_SECONDS
from gossip.sync.telling import Teller, Telling

if TYPE_CHECKING:
    from tests.simulation.world import Node, World


class Pushing:
    """One process's telling of news; it ends with the process."""

    def __init__(self, world: "World", node: "Node") -> None:
        self._world = world
        self._node = node
        self._teller = Teller(node.exchange, node.roster, world.fanout, world.rng)
        self._tellings: deque[Telling] = deque()
        """The first is being run through, the others wait."""
        self._turn = 0
        """Counts the messages sent, so that an answer that comes too late is not taken for that to the next."""
        if world.fanout:
            node.store.news.tell(lambda: world.after(GATHER_SECONDS, self._tell_own))

    def pass_on(self, message: Message) -> None:
        telling = self._teller.passed_on(message)
        if telling is not None:
            self._begin(telling)

    def _tell_own(self) -> None:
        self._begin(self._teller.tell(self._node.store.take_news()))

    def _begin(self, telling: Telling) -> None:
        self._tellings.append(telling)
        if len(self._tellings) == 1:
            self._go_on()

    def _go_on(self, taken: bool | None = None) -> None:
        """Tell the next peer, if this process still is."""
        self._turn += 1
        while self._tellings and self._node.up and self._node.push is self:
            try:
                self._tell(*self._tellings[0].send(taken))
            except StopIteration:
                self._tellings.popleft()
                taken = None
            else:
                return

    def _tell(self, address: Address, message: Message) -> None:
        world, node, peer, turn = self._world, self._node, self._world.node_at(address), self._turn
        request = wire.encode(message)

        def arrived() -> None:
            world.told.append((world.now, node.number, peer.number))
            answer = peer.answer(request)
            world.post(peer, node, answer, lambda: answered(answer))

        def answered(answer: bytes) -> None:
            if turn == self._turn:
                node.roster.succeeded(address, wire.decode(answer).sender.origin)
                self._go_on(True)

        def gave_up() -> None:
            if turn == self._turn:
                node.roster.failed(address)
                self._go_on(False)

        world.after(TELL_SECONDS, gave_up)
        world.post(node, peer, request, arrived)
