"""What each peer was like when it was last heard: for people to see whether the cluster agrees. Decides nothing.

It is no list of members: a peer is in it while it is heard, by whatever way. It is gone when a call to it fails, when
discovery no longer gives its address, and five minutes later in any case; who only ever called, and may be another
process by now, a minute later.
"""

import threading
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

MOST_CALLERS = 1_000
"""So many of those that only ever called are kept, the latest: more than do so within that time in a cluster of 1,000.
Whoever reaches the peer port can call as any number of peers, and pushes out none that answered at its address."""


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
    """Safe to use from any thread."""

    def __init__(
        self,
        now: Callable[[], float] = time.monotonic,
        failures: Callable[[], Mapping[Address, float]] | None = None,
    ) -> None:
        """`failures` gives the addresses of all peers there may be, and when the last call to each failed, by `now`."""
        self._now = now
        self._failures = failures
        self._lock = threading.Lock()
        self._reached: dict[int, Sighting] = {}
        """Those that answered at an address, by their origin."""
        self._callers: dict[int, Sighting] = {}
        """Those that only ever called, by their origin, the latest last."""

    def answered(self, said: Sender, agrees: bool, address: Address, round_trip: float, offset: int) -> None:
        """A peer has taken part in an exchange that this node began."""
        with self._lock:
            sighting = self._seen(said, agrees)
            self._callers.pop(said.origin, None)
            for other in [*self._reached.values()]:
                if other.address == address or sighting.at - other.at > KEPT_SECONDS:
                    del self._reached[other.origin]  # it was there before, and is no more
            self._reached[said.origin] = replace(sighting, address=address, round_trip=round_trip, offset=offset)

    def called(self, said: Sender, agrees: bool) -> None:
        """A peer has begun an exchange with this node."""
        with self._lock:
            sighting = self._seen(said, agrees)
            if sighting.address:
                self._reached[said.origin] = sighting
                return
            self._callers.pop(said.origin, None)
            self._callers[said.origin] = sighting
            if len(self._callers) > MOST_CALLERS:
                del self._callers[next(iter(self._callers))]

    def all(self) -> list[Sighting]:
        """Those heard of late, the latest first."""
        now, failures = self._now(), self._failures() if self._failures else None

        def is_there(sighting: Sighting) -> bool:
            address, at = sighting.address, sighting.at
            if address is None:
                return now - at <= CALLER_SECONDS
            return now - at <= KEPT_SECONDS and (failures is None or failures.get(address, _GONE) <= at)

        with self._lock:
            seen = [*self._reached.values(), *self._callers.values()]
        return sorted(filter(is_there, seen), key=lambda sighting: sighting.at, reverse=True)

    def _seen(self, said: Sender, agrees: bool) -> Sighting:
        now = self._now()
        before = self._reached.get(said.origin) or self._callers.get(said.origin)
        if before is None:
            return Sighting(said.origin, said, now, agrees, now)
        since = before.since if before.agrees == agrees else now
        return replace(before, said=said, at=now, agrees=agrees, since=since)
