"""The peers, as JSON."""

import json
import random

import pytest

from gossip.api.peers import PeersApi
from gossip.serving.head import parse_head
from gossip.serving.limits import Limits
from gossip.serving.reader import MustWait, Reader
from gossip.serving.request import Request
from gossip.serving.room import Room
from gossip.sync.address import Address
from gossip.sync.message import Sender
from gossip.sync.roster import Roster
from gossip.sync.sightings import Sightings
from tests.unit.fakes import NOON, Wall, Watch, get_of, make_store, socket_with, text_of

SEEN, SILENT = Address("10.0.0.1", 46747), Address("fd00::1", 46747)


class RecordingRoom(Room):
    def __init__(self, most: int) -> None:
        super().__init__(most)
        self.taken: list[int] = []

    def take(self, count: int, seconds: float) -> None:
        self.taken.append(count)
        super().take(count, seconds)


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


def test_many_peers_are_told_of_on_a_thread_of_their_own_within_the_room_for_answers() -> None:
    addresses = [Address(f"2001:db8:1111:2222:3333:4444:5555:{number:x}", 46747) for number in range(0x1000, 0x13E8)]
    sightings, rooms = Sightings(), RecordingRoom(2**20)
    for origin, address in enumerate(addresses, start=2**64 - 1000):
        said = Sender("c", origin, 2**63, 2**63, 2**63, 9, leaving=False)
        sightings.answered(said, False, address, 0.999, -(2**63))
    api = PeersApi(make_store(), Roster(lambda: addresses, set(), random.Random(1)), sightings)
    reader = Reader(socket_with(b"GET /peers HTTP/1.1\r\nHost: x\r\n\r\n"), Limits(), rooms)
    request = Request(parse_head(reader.head(), Limits()), reader)
    reader.may_wait = False
    with pytest.raises(MustWait):
        api.get(request)
    assert rooms.taken == []
    reader.may_wait = True
    answer = api.get(request)
    assert len(json.loads(text_of(answer))["peers"]) == 1000
    assert rooms.taken == [800_000]
    assert len(answer.body[0]) < 400_000
