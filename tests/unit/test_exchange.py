"""Conversations between two stores, every message as bytes on the way. `tests/properties` has the general laws."""

import pytest

from gossip.data.clock import MICROS
from gossip.data.entry import Entry
from gossip.data.limits import StoreLimits
from gossip.sync import wire
from gossip.sync.message import Message, MetItself, OtherCluster, Sender, Touched
from tests.unit.fakes import NOON, Wall, exchange_between, filled, items_of, make_exchange, make_store, over_the_wire


@pytest.mark.parametrize("keys", [0, 1, 8, 9, 5000])
def test_equal_stores_agree_in_one_request(keys: int) -> None:
    outcome = exchange_between(filled(1, keys), filled(2, keys))
    assert outcome.agreed
    assert (outcome.requests, outcome.sent, outcome.merged.news) == (1, 0, 0)


def test_each_side_gets_what_it_lacks() -> None:
    here, there = make_store(1), make_store(2)
    here.put(b"a", b"1")
    there.put(b"b", b"2")
    outcome = exchange_between(here, there)
    assert items_of(here) == items_of(there) == {b"a": b"1", b"b": b"2"}
    assert outcome.agreed
    assert (outcome.requests, outcome.sent, outcome.merged.news) == (2, 1, 1)


def test_the_newest_wins_on_both_sides() -> None:
    here, there = make_store(1), make_store(2)
    here.apply([(b"a", Entry(NOON, 1, b"new")), (b"b", Entry(NOON - 1, 1, b"old"))])
    there.apply([(b"a", Entry(NOON - 1, 2, b"old")), (b"b", Entry(NOON, 2, None))])
    assert exchange_between(here, there).agreed
    assert items_of(here) == items_of(there) == {b"a": b"new", b"b": None}


def test_two_values_under_one_stamp_end_as_one() -> None:
    here, there = make_store(1), make_store(2)
    here.apply([(b"k", Entry(5, 3, b"less")), (b"t", Entry(5, 3, b""))])
    there.apply([(b"k", Entry(5, 3, b"more")), (b"t", Entry(5, 3, None))])
    assert exchange_between(here, there).agreed
    assert items_of(here) == items_of(there) == {b"k": b"more", b"t": b""}


@pytest.mark.parametrize("keys", [1, 100, 20_000])
def test_an_empty_node_gets_everything(keys: int) -> None:
    here, there = make_store(1), filled(2, keys)
    assert exchange_between(here, there).agreed
    assert here.entries == keys


@pytest.mark.parametrize("keys", [1, 100, 20_000])
def test_an_empty_node_is_given_everything(keys: int) -> None:
    here, there = filled(1, keys), make_store(2)
    assert exchange_between(here, there).agreed
    assert there.entries == keys


def test_one_difference_among_many_costs_little() -> None:
    here, there = filled(1, 20_000), filled(2, 20_000)
    here.put(b"key7", b"changed")
    peer = make_exchange(there)
    carried: list[int] = []

    def send(message: Message) -> Message:
        answer, _ = peer.answer(message)
        carried.extend((len(wire.encode(message)), len(wire.encode(answer))))
        return answer

    outcome = make_exchange(here).converse(send, more=lambda: True)
    assert outcome.agreed
    assert outcome.requests <= 4
    assert sum(carried) < 2000
    assert there.get(b"key7") == here.get(b"key7")


def test_another_cluster_is_refused_on_either_side() -> None:
    ours, theirs = make_exchange(make_store(1), "ours"), make_exchange(make_store(2), "theirs")
    with pytest.raises(OtherCluster, match="the peer's cluster is 'ours', this one's is 'theirs'"):
        theirs.answer(ours.opening())
    with pytest.raises(OtherCluster, match="the peer's cluster is 'theirs', this one's is 'ours'"):
        ours.converse(lambda message: theirs.opening(), more=lambda: True)


def test_nothing_of_another_cluster_is_merged() -> None:
    there = make_store(2)
    message = make_exchange(make_store(1), "ours").opening()
    message.entries = [(b"k", Entry(NOON, 1, b"v"))]
    with pytest.raises(OtherCluster):
        make_exchange(there, "theirs").answer(message)
    assert there.entries == 0


def test_a_node_knows_itself() -> None:
    exchange = make_exchange(make_store(1))
    with pytest.raises(MetItself):
        exchange.converse(over_the_wire(exchange), more=lambda: True)


def test_what_a_node_says_of_itself() -> None:
    store = make_store(7, StoreLimits(value_bytes=44), Wall(NOON))
    store.apply([(b"k", Entry(NOON + 5, 2, b"v"))])
    store.freeze()
    message = make_exchange(store, "here").opening()
    assert message.opening
    assert message.sender == Sender("here", 7, NOON, NOON + 5, store.fingerprint(), 44, True, touched=Touched(0, 0))


def test_a_value_that_the_peer_would_refuse_is_not_sent() -> None:
    here, there = make_store(1), make_store(2, StoreLimits(value_bytes=3))
    here.put(b"small", b"123")
    here.put(b"large", b"1234")
    outcome = exchange_between(here, there)
    assert items_of(there) == {b"small": b"123"}
    assert (outcome.agreed, outcome.sent, outcome.merged.refused) == (False, 1, {})


def test_an_entry_from_the_future_costs_one_conversation_and_is_told() -> None:
    here, there = make_store(1), make_store(2, wall=Wall(NOON + 3600 * MICROS))
    there.put(b"future", b"v")
    there.put(b"also", b"v")
    outcome = exchange_between(here, there)
    assert here.entries == 0
    assert (outcome.agreed, outcome.merged.refused) == (False, {"future": 2})


def test_a_message_twice_does_no_harm() -> None:
    here, there = make_store(1), make_store(2)
    here.put(b"a", b"1")
    message = make_exchange(here).opening()
    message.entries = list(here.items())
    peer = make_exchange(there)
    _, first = peer.answer(message)
    _, second = peer.answer(message)
    assert (first.news, second.news, second.stale) == (1, 0, 1)


def test_wants_of_keys_that_are_not_here_are_passed_over() -> None:
    message = make_exchange(make_store(1)).opening()
    message.wants = [b"nowhere"]
    answer, _ = make_exchange(make_store(2)).answer(message)
    assert answer.entries == []
