"""One message to a peer and its answer, with everything that is noted of it: counts, standing, faults, time."""

import time
from collections.abc import Callable
from typing import NamedTuple

from gossip.data.clock import wall_micros
from gossip.faults import Faults
from gossip.metrics import Metrics
from gossip.sync import wire
from gossip.sync.address import Address
from gossip.sync.message import Message, PeerFault
from gossip.sync.roster import Roster

Post = Callable[[Address, bytes, float], bytes]
"""Takes a message to an address, within so many seconds, and brings the answer back; or raises PeerFault."""


class Reply(NamedTuple):
    """What a peer answered, and what that tells of the way there."""

    message: Message
    round_trip: float
    """Seconds from asking to having the answer, the peer's own work included."""
    offset: int
    """By how many microseconds the peer's clock is ahead of the one here, if both ways took as long (Cristian 1989)."""


class Calls:
    """Calls peers. Safe to use from any thread."""

    def __init__(
        self,
        roster: Roster,
        post: Post,
        faults: Faults,
        metrics: Metrics,
        now: Callable[[], float] = time.monotonic,
        wall: Callable[[], int] = wall_micros,
    ) -> None:
        self.roster = roster
        self.faults = faults
        self.metrics = metrics
        self._post = post
        self._now = now
        self._wall = wall

    def ask(self, address: Address, message: Message, timeout: float) -> Reply:
        """The peer's answer. Raises PeerFault; `failed` is then for the caller to say, who knows whose fault it was."""
        asked, wall = self._now(), self._wall()
        answer = self._post(address, wire.encode(message), timeout)
        round_trip = self._now() - asked
        reply = wire.decode(answer)
        self.metrics.entries_out.add(len(message.entries))
        self.metrics.entries_in.add(len(reply.entries))
        return Reply(reply, round_trip, reply.sender.time - wall - round(round_trip * 500_000))

    def failed(self, address: Address, fault: PeerFault) -> None:
        """Note that a peer did not do as it should."""
        self.roster.failed(address)
        self.faults.note(fault.kind, str(fault))
