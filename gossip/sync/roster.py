"""Which peer next: a random one, with less patience for those that failed of late."""

import logging
import random
import time
from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

from gossip.sync.address import Address

log = logging.getLogger("gossipcar.gossip")

FORGIVEN_SECONDS = 30.0
"""A failure counts for so long. After that the peer is as likely to be picked as any: nobody is given up."""

FEWEST = 1 / 16
"""The least weight of a peer that keeps failing."""


OWN_SECONDS = 60.0
"""An address that led back to this node is called again after so long: it may lead elsewhere by then."""


class Standing(NamedTuple):
    """How a peer did of late."""

    failures: int
    """Consecutive ones."""
    since: float
    """When the last one was, on the monotonic clock."""


def weight(failures: int, age: float) -> float:
    """How likely a peer is picked, relative to a peer that never failed.

    `failures` are its consecutive ones, the last `age` seconds ago. Each halves the weight, down to FEWEST.
    """
    return 1.0 if age >= FORGIVEN_SECONDS else max(FEWEST, 0.5**failures)


def pause(failures: int) -> float:
    """For how many seconds after the last of so many consecutive failures a peer is told nothing: 1, 2, 4, up to 30."""
    return min(FORGIVEN_SECONDS, 2.0 ** min(failures - 1, 10))


class Roster:
    """The peers that discovery gives, less this node itself. Safe to use from any thread: each change is one step."""

    def __init__(
        self,
        discover: Callable[[], Sequence[Address]],
        own: Collection[Address],
        rng: random.Random,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._discover = discover
        self._own = set(own)
        self._rng = rng
        self._now = now
        self._standings: dict[Address, Standing] = {}
        self._found_out: dict[Address, float] = {}
        """Addresses that turned out to be this node's own, and until when they are believed to be."""
        self._origins: dict[Address, int] = {}
        """Whose address it was when it last answered."""
        self._found: Sequence[Address] = ()
        """What discovery gave when a peer was last picked."""

    def known(self) -> list[Address]:
        """All peers that may be out there now."""
        itself = self._itself()
        return [address for address in self._discover() if address not in itself]

    def pick(self) -> Address | None:
        """A random peer, or None when there is none."""
        found = self._discover()
        if found is not self._found:
            self._found = found
            self._forget_all_but(found)
        itself = self._itself()
        while any(address not in itself for address in found):
            address = self._rng.choice(found)
            if address not in itself and self._rng.random() < self._weight(address):
                return address
        return None

    def in_good_standing(self, but: int | None = None) -> list[Address]:
        """The peers worth telling something: those that did not fail within their `pause`, and not of this origin."""
        now = self._now()
        standings, origins = self._standings, self._origins
        return [
            address
            for address in self.known()
            if (but is None or origins.get(address) != but)
            and (address not in standings or now >= standings[address].since + pause(standings[address].failures))
        ]

    def best_first(self) -> list[Address]:
        """All peers, those in good standing first, in random order otherwise."""
        known = self.known()
        self._rng.shuffle(known)
        return sorted(known, key=self._weight, reverse=True)

    def is_doubtful(self, address: Address) -> bool:
        """Whether the peer failed of late."""
        return self._weight(address) < 1.0

    def succeeded(self, address: Address, origin: int) -> None:
        """The peer answered, and said that this is its origin."""
        self._standings.pop(address, None)
        self._origins[address] = origin

    def failed(self, address: Address) -> None:
        before = self._standings.get(address, Standing(0, 0.0))
        self._standings[address] = Standing(before.failures + 1, self._now())

    def failures(self) -> dict[Address, float]:
        """All peers that may be out there now, and when a call last failed, if no later one did not; else 0."""
        standings = self._standings
        return {address: standings[address].since if address in standings else 0.0 for address in self.known()}

    def is_self(self, address: Address) -> None:
        """This address turned out to be this node's own."""
        if address not in self._found_out:
            log.info("an address is this node itself", extra={"address": address})
        self._found_out[address] = self._now() + OWN_SECONDS

    def _itself(self) -> set[Address]:
        """The addresses that lead back to this node, as far as it knows."""
        now = self._now()
        return {*self._own, *(address for address, until in self._found_out.copy().items() if until > now)}

    def _forget_all_but(self, found: Sequence[Address]) -> None:
        self._standings = {address: self._standings[address] for address in found if address in self._standings}
        self._origins = {address: self._origins[address] for address in found if address in self._origins}

    def _weight(self, address: Address) -> float:
        standing = self._standings.get(address)
        return weight(standing.failures, self._now() - standing.since) if standing else 1.0
