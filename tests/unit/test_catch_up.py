"""A node that was just started is given everything."""

import pytest

from gossip.data.entry import Entry
from gossip.sync import wire
from gossip.sync.address import Address
from gossip.sync.message import PeerFault
from tests.unit.fakes import NOON, make_exchange, make_store
from tests.unit.gossiping import OTHER, PEER, Act, Bench, answers_of, peer_of

COUNT = 3_000


def full_peer() -> Act:
    """A peer with many entries, whose messages hold some hundred of them."""
    store = make_store(2)
    store.apply((b"key %d" % number, Entry(NOON, 9, b"value")) for number in range(COUNT))
    return answers_of(make_exchange(store, budget=5_000))


def test_a_node_that_was_just_started_asks_for_everything_then_compares() -> None:
    asked: list[bool] = []
    peer = full_peer()

    def act(message: bytes, timeout: float) -> bytes:
        asked.append(wire.decode(message).place is not None)
        return peer(message, timeout)

    bench = Bench({PEER: act})
    bench.store.put(b"own", b"1")
    outcome = bench.syncer.round()
    assert outcome is not None
    assert outcome.agreed
    assert bench.syncer.has_caught_up
    assert bench.store.entries == COUNT + 1
    assert outcome.merged.stale < 50
    assert asked.index(False) > 20
    assert not any(asked[asked.index(False) :])
    asked.clear()
    bench.syncer.round()
    assert asked == [False], "it has caught up: it compares from now on"


def test_one_that_is_cut_off_goes_on_where_it_was_with_another_peer() -> None:
    peer, left = full_peer(), iter(range(10))

    def failing(message: bytes, timeout: float) -> bytes:
        if next(left, None) is None:
            raise PeerFault("cut off")
        return peer(message, timeout)

    peers: dict[Address, Act] = {PEER: failing}
    bench = Bench(peers)
    assert bench.syncer.round() is None
    before = bench.store.entries
    assert 200 < before < COUNT
    assert bench.syncer.catching_up
    del peers[PEER]
    peers[OTHER] = peer
    outcome = bench.syncer.round()
    assert outcome is not None
    assert outcome.agreed
    assert outcome.merged.news == COUNT - before
    assert outcome.merged.stale < 50


def test_a_peer_that_knows_no_places_is_compared_with() -> None:
    there = make_store(2)
    there.put(b"theirs", b"1")
    peer = peer_of(there)

    def older(message: bytes, timeout: float) -> bytes:
        asked = wire.decode(message)
        asked.place = None
        return peer(wire.encode(asked), timeout)

    bench = Bench({PEER: older})
    bench.syncer.round()
    assert bench.store.entries == 1
    assert bench.syncer.has_caught_up


def test_a_node_that_has_filled_up_before_it_met_anybody_compares() -> None:
    asked: list[bool] = []
    peer = full_peer()

    def act(message: bytes, timeout: float) -> bytes:
        asked.append(wire.decode(message).place is not None)
        return peer(message, timeout)

    bench = Bench({PEER: act})
    for number in range(1_000):
        bench.store.put(b"own %d" % number, b"1")
    bench.syncer.round()
    assert not any(asked)


def test_a_node_that_meets_itself_takes_nothing_from_itself(caplog: pytest.LogCaptureFixture) -> None:
    peers: dict[Address, Act] = {}
    bench = Bench(peers)
    peers[PEER] = answers_of(bench.exchange)
    assert bench.syncer.round() is None
    assert bench.roster.known() == []
    assert bench.faults.counts == {}
