"""One call to a peer, and what is noted of it."""

import random

import pytest

from gossip.faults import Faults
from gossip.metrics import Metrics
from gossip.sync import wire
from gossip.sync.address import Address
from gossip.sync.calls import Calls
from gossip.sync.message import PeerFault
from gossip.sync.roster import Roster
from tests.unit.fakes import NOON, Wall, Watch, make_exchange, make_store

PEER, OTHER = Address("peer", 1), Address("other", 1)


def test_the_way_and_the_peers_clock_are_measured() -> None:
    now, wall = Watch(1000.0), Wall(NOON)
    there = make_exchange(make_store(2, wall=Wall(NOON + 5_200_000)))

    def post(address: Address, message: bytes, timeout: float) -> bytes:
        now.now += 0.4
        return wire.encode(there.answer(wire.decode(message))[0])

    calls = Calls(Roster(list, set(), random.Random(1)), post, Faults(), Metrics(), now, wall)
    reply = calls.ask(PEER, make_exchange(make_store(1)).opening(), 1.0)
    assert reply.round_trip == pytest.approx(0.4)
    assert reply.offset == 5_000_000, "the answer was written half way between asking and having it"
    assert reply.message.sender.origin == 2


def test_what_crosses_is_counted() -> None:
    store = make_store(2)
    store.put(b"theirs", b"1")
    there = make_exchange(store)
    metrics = Metrics()
    calls = Calls(
        Roster(list, set(), random.Random(1)),
        lambda address, message, timeout: wire.encode(there.answer(wire.decode(message))[0]),
        Faults(),
        metrics,
    )
    here = make_store(1)
    here.put(b"mine", b"1")
    here.put(b"mine too", b"1")
    message = make_exchange(here).opening(with_recent=True)
    calls.ask(PEER, message, 1.0)
    assert (metrics.entries_out.total, metrics.entries_in.total) == (2, 1)


def test_a_failure_is_counted_and_remembered_of_the_peer() -> None:
    faults = Faults()
    roster = Roster(lambda: [PEER, OTHER], set(), random.Random(1))
    Calls(roster, lambda *_: b"", faults, Metrics()).failed(PEER, PeerFault("no answer"))
    assert faults.counts == {"exchange failed": 1}
    assert roster.in_good_standing() == [OTHER]
