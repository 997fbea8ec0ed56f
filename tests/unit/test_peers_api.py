"""The peers, as JSON."""

import json
import random

from gossip.api.peers import PeersApi
from gossip.sync.address import Address
from gossip.sync.message import Sender
from gossip.sync.roster import Roster
from gossip.sync.sightings import Sightings
from tests.unit.fakes import NOON, Wall, Watch, get_of, make_store, text_of

SEEN, SILENT = Address("10.0.0.1", 46747), Address("fd00::1", 46747)


def test_every_peer_and_every_address_where_nobody_was_heard() -> None:
    now = Watch(100.0)
    store = make_store(0xAB, wall=Wall(NOON))
    store.put(b"k", b"v")
    sightings = Sightings(now)
    roster = Roster(lambda: [SEEN, SILENT], set(), random.Random(1))
    api = PeersApi(store, roster, sightings, now)
    sightings.called(Sender("c", 2, NOON, NOON + 1, 5, 9, leaving=True), agrees=True)
    now.now = 101.0
    sightings.answered(Sender("c", 1, NOON, NOON, 6, 9, leaving=False), True, SEEN, 0.00234, -1_234_567)
    now.now = 103.25
    answer = api.get(get_of("/peers"))
    assert (answer.status, answer.content_type) == (200, "application/json")
    assert json.loads(text_of(answer)) == {
        "origin": "00000000000000ab",
        "fingerprint": f"{store.fingerprint():016x}",
        "latestStamp": NOON,
        "agreeing": 1,
        "peers": [
            {
                "origin": "0000000000000001",
                "address": "10.0.0.1:46747",
                "agrees": True,
                "agreesSinceSecs": 2.2,
                "lastExchangeSecsAgo": 2.2,
                "roundTripMs": 2.3,
                "clockOffsetMs": -1234.6,
                "fingerprint": "0000000000000006",
                "latestStamp": NOON,
                "leaving": False,
            },
            {
                "origin": "0000000000000002",
                "address": None,
                "agrees": True,
                "agreesSinceSecs": 3.2,
                "lastExchangeSecsAgo": 3.2,
                "roundTripMs": None,
                "clockOffsetMs": None,
                "fingerprint": "0000000000000005",
                "latestStamp": NOON + 1,
                "leaving": True,
            },
        ],
        "notHeard": ["[fd00::1]:46747"],
    }
