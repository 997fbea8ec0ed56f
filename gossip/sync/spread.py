"""Who tells whom: one piece of news reaches every peer once, over a tree that is drawn anew for each.

All peers have a place on a ring, given by a hash of their address and a salt that is drawn for each piece of news. Each
node looks at all peers for each piece, so an address is hashed once, and the salt is multiplied in. Who
tells it first is responsible for the whole ring. Whoever is responsible for a range cuts the peers within it into a
few shares of equal size, tells the first peer of each share, and makes that one responsible for the rest of the share.
So N peers are told by N messages, in about log N steps, and nobody needs to hear from others who is out there: a range
is two numbers, and each node finds the peers within it by what its own discovery says.

Where discoveries differ, or a peer fails after it was told, some peers are told by nobody, or twice. The rounds of
gossip find that; nothing is lost by it.

Broadcast by ranges of a ring is from El-Ansary et al. 2003, "Efficient Broadcast in Structured P2P Networks".
"""

from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b
from itertools import pairwise
from typing import NamedTuple

from gossip.sync.address import Address
from gossip.sync.message import Spread

RING = 2**64
"""Places on the ring are below this."""


class Share(NamedTuple):
    """Some neighbours on the ring, and how far the range goes that they stand for."""

    peers: list[tuple[int, Address]]
    """Each with its place, in order; at least one."""
    until: int
    """The last place of the range."""


@lru_cache(maxsize=2**16)
def _hash(address: Address) -> int:
    return int.from_bytes(blake2b(str(address).encode(), digest_size=8).digest(), "big")


def place(salt: int, address: Address) -> int:
    """Where on the ring a peer is, for news with this salt. An odd factor gives each hash a place of its own."""
    return _hash(address) * (2 * salt + 1) & (RING - 1)


def whole_ring(salt: int) -> Spread:
    """What the first to tell something is responsible for."""
    return Spread(salt, 0, RING - 1)


def shares(peers: Sequence[Address], spread: Spread, fanout: int) -> list[Share]:
    """The peers within a range, in at most `fanout` shares whose sizes differ by one at most."""
    places = ((place(spread.salt, address), address) for address in peers)
    within = sorted((at, address) for at, address in places if spread.after < at <= spread.until)
    count = min(fanout, len(within))
    cuts = [len(within) * number // count for number in range(count + 1)] if count else [0]
    return [
        Share(within[start:end], within[end][0] - 1 if end < len(within) else spread.until)
        for start, end in pairwise(cuts)
    ]
