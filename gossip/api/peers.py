"""The peers as this node sees them: whether the cluster agrees, at a glance."""

import json
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from gossip.api.entries import JSON
from gossip.data.store import Store
from gossip.serving.answer import Answer
from gossip.serving.request import Request
from gossip.sync.address import Address
from gossip.sync.roster import Roster
from gossip.sync.sightings import Sighting, Sightings

_BYTES_EACH = 400
"""What is told of a peer takes no more."""


class PeersApi:
    """Answers for clients and for peers alike."""

    def __init__(
        self, store: Store, roster: Roster, sightings: Sightings, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._store = store
        self._roster = roster
        self._sightings = sightings
        self._now = now
        self._one_at_a_time = threading.Lock()
        """What is told of a thousand peers takes megabytes until it is JSON, and two at once are not done sooner."""

    def get(self, request: Request) -> Answer:
        """A JSON object: this node, each peer that was heard of late, and the addresses where nobody was."""
        request.may_take_long()
        seen, known = self._sightings.all(), self._roster.known()
        request.make_room(_BYTES_EACH * (len(seen) + len(known)))
        with self._one_at_a_time:
            return Answer(200, [self._as_json(seen, known)], JSON)

    def _as_json(self, seen: Sequence[Sighting], known: Sequence[Address]) -> bytes:
        heard = {sighting.address for sighting in seen}
        told = {
            "origin": f"{self._store.origin:016x}",
            "fingerprint": f"{self._store.fingerprint():016x}",
            "latestStamp": self._store.clock.latest,
            "agreeing": sum(sighting.agrees and not sighting.said.leaving for sighting in seen),
            "peers": [self._told(sighting) for sighting in seen],
            "notHeard": [str(address) for address in known if address not in heard],
        }
        return json.dumps(told, indent=1).encode() + b"\n"

    def _told(self, sighting: Sighting) -> dict[str, Any]:
        said, now = sighting.said, self._now()
        return {
            "origin": f"{sighting.origin:016x}",
            "address": sighting.address and str(sighting.address),
            "agrees": sighting.agrees,
            "agreesSinceSecs": round(now - sighting.since, 1),
            "lastExchangeSecsAgo": round(now - sighting.at, 1),
            "roundTripMs": None if sighting.round_trip is None else round(sighting.round_trip * 1000, 1),
            "clockOffsetMs": None if sighting.offset is None else round(sighting.offset / 1000, 1),
            "fingerprint": f"{said.fingerprint:016x}",
            "latestStamp": said.latest,
            "leaving": said.leaving,
        }
