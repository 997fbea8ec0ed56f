"""What each peer was like when it was last heard: for people to see whether the cluster agrees. Decides nothing.

It is no list of members: a peer is in it while it is heard, by whatever way, and gone five minutes later.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from gossip.sync.address import Address
from gossip.sync.message import Sender

KEPT_SECONDS = 300.0
"""A peer that was not heard for so long is forgotten."""

MOST = 10_000
"""So many are kept, whoever says to be how many."""


@dataclass(frozen=True)
class Sighting:
    """One peer, by its origin: a process that is started again is another."""

    origin: int
    said: Sender
    """What it last said of itself."""
    at: float
    """When, on the monotonic clock."""
    agrees: bool
    """Whether it held the same as this node, then."""
    since: float
    """Since when that has been so, on the monotonic clock."""
    address: Address | None = None
    """Where it answered; None while it only ever called."""
    round_trip: float | None = None
    """Seconds, of the quickest request of the last exchange that this node began with it."""
    offset: int | None = None
    """By how many microseconds its clock is ahead, as that request showed."""


class Sightings:
    """Safe to use from any thread: each change is one step."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._sightings: dict[int, Sighting] = {}

    def answered(self, said: Sender, agrees: bool, address: Address, round_trip: float, offset: int) -> None:
        """A peer has taken part in an exchange that this node began."""
        sighting = self._seen(said, agrees)
        for other in self.all():
            if other.address == address and other.origin != said.origin:
                self._sightings.pop(other.origin, None)  # it was there before, and is no more
        self._keep(replace(sighting, address=address, round_trip=round_trip, offset=offset))

    def called(self, said: Sender, agrees: bool) -> None:
        """A peer has begun an exchange with this node."""
        self._keep(self._seen(said, agrees))

    def all(self) -> list[Sighting]:
        """Those heard of late, the latest first."""
        oldest = self._now() - KEPT_SECONDS
        found = [sighting for sighting in self._sightings.copy().values() if sighting.at >= oldest]
        return sorted(found, key=lambda sighting: sighting.at, reverse=True)

    def _seen(self, said: Sender, agrees: bool) -> Sighting:
        now = self._now()
        before = self._sightings.get(said.origin)
        if before is None:
            return Sighting(said.origin, said, now, agrees, now)
        since = before.since if before.agrees == agrees else now
        return replace(before, said=said, at=now, agrees=agrees, since=since)

    def _keep(self, sighting: Sighting) -> None:
        if sighting.origin not in self._sightings and len(self._sightings) >= MOST:
            self._sightings = {kept.origin: kept for kept in self.all()[: MOST // 2]}
        self._sightings[sighting.origin] = sighting
