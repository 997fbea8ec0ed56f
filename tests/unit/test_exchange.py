"""Conversations between two stores, every message as bytes on the way. `tests/properties` has the general laws."""

import random

import pytest

from gossip.data.clock import MICROS
from gossip.data.entry import Entry
from gossip.data.store import Store, StoreLimits
from gossip.sync import wire
from gossip.sync.exchange import ENTRY_BYTES, TURNS, Exchange, Outcome
from gossip.sync.message import Message, MetItself, OtherCluster
from tests.unit.fakes import NOON, Wall, items_of, make_exchange, make_store, over_the_wire


def exchange_between(here: Store, there: Store, budget: int = 1024 * 1024) -> Outcome:
    peer = make_exchange(there, budget=budget)
    return make_exchange(here, budget=budget).converse(over_the_wire(peer), more=lambda: True)


def filled(origin: int, keys: int, limits: StoreLimits | None = None) -> Store:
    store = make_store(origin, limits)
    store.apply((b"key%d" % number, Entry(NOON, 99, b"value")) for number in range(keys))
    return store


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
    here.apply([(b"a", Entry(5, 1, b"new")), (b"b", Entry(4, 1, b"old"))])
    there.apply([(b"a", Entry(4, 2, b"old")), (b"b", Entry(5, 2, None))])
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
    assert message.sender == ("here", 7, NOON, NOON + 5, store.fingerprint(), 1, 44, True)


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


def test_a_message_keeps_to_its_budget() -> None:
    budget = 5_000
    answer, _ = make_exchange(filled(2, 5000), budget=budget).answer(make_exchange(make_store(1)).opening())
    assert answer.cut
    assert 4_000 < len(wire.encode(answer)) < budget + 200


def test_one_entry_over_the_budget_goes_alone() -> None:
    here, there = make_store(1), make_store(2)
    for key in (b"a", b"b"):
        there.put(key, bytes(5_000))
    answer, _ = make_exchange(there, budget=1_000).answer(make_exchange(here).opening())
    assert [len(entry.value or b"") for _, entry in answer.entries] == [5_000]
    assert answer.cut


@pytest.mark.parametrize("budget", [300, 1_000, 10_000])
def test_cut_messages_come_to_an_end(budget: int) -> None:
    here, there = filled(1, 500), make_store(2)
    for number in range(300):
        there.put(b"theirs%d" % number, b"value")
    outcome = exchange_between(here, there, budget)
    assert outcome.agreed
    assert here.entries == there.entries == 800
    assert outcome.requests > 800 * ENTRY_BYTES // budget // 2


def test_more_decides_whether_another_conversation_is_begun() -> None:
    here, there = filled(1, 500), make_store(2)
    peer = make_exchange(there, budget=1_000)
    outcome = make_exchange(here, budget=1_000).converse(over_the_wire(peer), more=lambda: False)
    assert not outcome.agreed
    assert 0 < there.entries < 500


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


def test_a_peer_that_never_has_enough_is_left_after_some_turns() -> None:
    here = filled(1, 3)
    insatiable = make_exchange(make_store(2))

    def send(message: Message) -> Message:
        answer = insatiable.opening()
        answer.wants = [b"key1"]
        return answer

    outcome = make_exchange(here).converse(send, more=lambda: True)
    assert outcome.requests == TURNS == 12


def test_a_peer_that_refuses_everything_is_not_sent_it_again_and_again() -> None:
    """A node whose clock is wrong has more than fits in a message: its peers refuse all, each time."""
    wrong = make_store(1, wall=Wall(NOON + 3600 * MICROS))
    for number in range(500):
        wrong.put(b"%d" % number, b"value")
    right = make_exchange(make_store(2), budget=1_000)
    turns = iter(range(100))
    exchange = Exchange(wrong, "test", random.Random(1), budget=1_000)
    outcome = exchange.converse(over_the_wire(right), more=lambda: next(turns, None) is not None)
    assert outcome.peer is not None
    assert outcome.peer.entries == 0
    assert outcome.requests <= 2 * TURNS, "conversations go on while the peer takes nothing"


class WatchedStore(Store):
    """Counts the walks that are made of its items."""

    walks = 0

    def items(self, part: int = 0, first: int = 0):  # type: ignore[no-untyped-def]
        self.walks += part == 0
        return super().items(part, first)


def test_a_part_listed_a_thousand_times_is_not_walked_a_thousand_times() -> None:
    """A message of a megabyte holds a hundred thousand empty listings, each of which would be a walk of the store."""
    store = WatchedStore(1)
    store.put(b"k", b"value")
    hostile = make_exchange(make_store(2, StoreLimits(value_bytes=0))).opening()
    hostile.listings *= 1000
    try:
        make_exchange(store).answer(wire.decode(wire.encode(hostile)))
    except wire.WireError:
        pass
    assert store.walks < 10
