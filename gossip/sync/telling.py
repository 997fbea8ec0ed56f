"""What one node tells of news, and to whom, one peer after the other: decisions only, no threads and no time.

Whoever runs a `Telling` sends each message as it can, and sends back whether the peer took it.
"""

import random
from collections import deque
from collections.abc import Generator, Iterable

from gossip.sync.address import Address
from gossip.sync.exchange import Exchange
from gossip.sync.message import Message, Spread
from gossip.sync.roster import Roster
from gossip.sync.spread import shares, whole_ring

REMEMBERED = 10_000
"""Pieces of news that were passed on; when there are so many, remembering starts anew."""

Telling = Generator[tuple[Address, Message], bool | None, None]
"""The next peer to be told, and what. It is sent whether that one took it; None begins it."""


class Teller:
    """One node's part in telling news."""

    def __init__(self, exchange: Exchange, roster: Roster, fanout: int, rng: random.Random) -> None:
        """With a `fanout` of 0 nothing is told to anybody."""
        self._exchange = exchange
        self._roster = roster
        self._fanout = fanout
        self._rng = rng
        self._passed_on: dict[int, None] = {}
        """The salts of news that was passed on. Who got no answer tells others in one's place, and so on down the tree:
        if each passed on what it is told twice, a network that loses answers would carry ever more."""

    def passed_on(self, message: Message) -> Telling | None:
        """Others are told what a peer told, as far as it asks for that. None when there is nothing to pass on."""
        if not (self._fanout and message.spread and message.entries) or message.spread.salt in self._passed_on:
            return None
        if len(self._passed_on) >= REMEMBERED:
            self._passed_on.clear()
        self._passed_on[message.spread.salt] = None
        return self.tell([key for key, _ in message.entries], message.spread)

    def tell(self, keys: Iterable[bytes], spread: Spread | None = None) -> Telling:
        """The entries of these keys are told to the peers in a range of the ring, or to all.

        The first peer of a share that takes them is left the rest of the share.
        """
        waiting = deque(keys)
        while waiting:
            message = self._exchange.news(waiting)
            within = spread or whole_ring(self._rng.getrandbits(64))
            peers = self._roster.in_good_standing(but=_writer_of(message)) if message.entries else []
            for share in shares(peers, within, self._fanout):
                for place, address in share.peers:
                    message.spread = Spread(within.salt, place, share.until)
                    if (yield address, message):
                        break


def _writer_of(message: Message) -> int | None:
    """The origin of all these entries, who need not be told; None when they are of several."""
    origins = {entry.origin for _, entry in message.entries}
    return origins.pop() if len(origins) == 1 else None
