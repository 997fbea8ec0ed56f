"""What each peer was like when it was last heard: for people to see whether the cluster agrees. Decides nothing.

It is no list of members: a peer is in it while it is heard, by whatever way. It is gone when a call to it fails, when
discovery no longer gives its address, and five minutes later in any case; who only ever called, and may be another
process by now, a minute later.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from gossip.sync.address import Address
from gossip.sync.message import Sender

KEPT_SECONDS = 300.0
"""A peer that was not heard for so long is forgotten."""

CALLER_SECONDS = 60.0
"""The same, of a peer that only ever called: it has no address at which it could be missed."""

_GONE = float("inf")

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

    def __init__(
        self,
        now: Callable[[], float] = time.monotonic,
        failures: Callable[[], Mapping[Address, float]] | None = None,
    ) -> None:
        """`failures` gives the addresses of all peers there may be, and when the last call to each failed, by `now`."""
        self._now = now
        self._failures = failures
        self._sightings: dict[int, Sighting] = {}

    def answered(self, said: Sender, agrees: bool, address: Address, round_trip: float, offset: int) -> None:
        """A peer has taken part in an exchange that this node began."""
        sighting = self._seen(said, agrees)
        for other in self._sightings.copy().values():
            if other.address == address and other.origin != said.origin:
                self._sightings.pop(other.origin, None)  # it was there before, and is no more
        self._keep(replace(sighting, address=address, round_trip=round_trip, offset=offset))

    def called(self, said: Sender, agrees: bool) -> None:
        """A peer has begun an exchange with this node."""
        self._keep(self._seen(said, agrees))

    def all(self) -> list[Sighting]:
        """Those heard of late, the latest first."""
        now, failures = self._now(), self._failures() if self._failures else None

        def is_there(sighting: Sighting) -> bool:
            address, at = sighting.address, sighting.at
            if address is None:
                return now - at <= CALLER_SECONDS
            return now - at <= KEPT_SECONDS and (failures is None or failures.get(address, _GONE) <= at)

        found = filter(is_there, self._sightings.copy().values())
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
