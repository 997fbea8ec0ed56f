"""What bounds a conversation: budgets, cut messages, and peers that refuse everything or never have enough."""

import random

import pytest

from gossip.data.clock import MICROS
from gossip.data.digest import ROOT, fingerprint
from gossip.data.entry import Entry
from gossip.data.limits import StoreLimits
from gossip.data.store import Store
from gossip.sync import wire
from gossip.sync.draft import ENTRY_BYTES
from gossip.sync.exchange import TURNS, Exchange
from gossip.sync.message import Listed, Listing, Message
from tests.unit.fakes import NOON, Wall, exchange_between, filled, make_exchange, make_store, over_the_wire


def test_a_message_keeps_to_its_budget() -> None:
    budget = 5_000
    answer, _ = make_exchange(filled(2, 5000), budget=budget).answer(make_exchange(make_store(1)).opening())
    assert answer.cut
    assert 4_000 < len(wire.encode(answer)) < budget + 200


def listing_of(keys: range, partial: bool) -> Message:
    """What a node says that holds these of the keys that `filled` has."""
    message = make_exchange(filled(1, 0)).opening()
    held = {b"key%d" % number: Entry(NOON, 99, b"value") for number in keys}
    listed = {key: Listed(entry.time, fingerprint(key, entry) & 0xFFFF_FFFF) for key, entry in held.items()}
    message.listings = [Listing(ROOT, listed, partial)]
    return message


@pytest.mark.parametrize(("partial", "given"), [(False, {b"key3", b"key4"}), (True, set())])
def test_only_a_whole_listing_tells_what_the_peer_lacks(partial: bool, given: set[bytes]) -> None:
    answer, _ = make_exchange(filled(2, 5)).answer(listing_of(range(3), partial))
    assert {key for key, _ in answer.entries} == given
    assert answer.wants == []


def test_a_cut_listing_says_that_it_is_partial() -> None:
    whole, cut = make_exchange(filled(1, 5)).opening(), make_exchange(filled(1, 5), budget=60).opening()
    assert [(len(listing.keys), listing.partial) for listing in whole.listings] == [(5, False)]
    assert [(len(listing.keys), listing.partial) for listing in cut.listings] == [(2, True)]
    assert (whole.cut, cut.cut) == (False, True)


def test_what_goes_first_is_drawn_by_lot() -> None:
    store, asking = filled(2, 500), make_exchange(make_store(1)).opening()
    answers = [make_exchange(store, budget=100, seed=seed).answer(asking)[0] for seed in range(20)]
    assert len({answer.entries[0][0] for answer in answers}) > 10


def test_one_entry_over_the_budget_goes_alone() -> None:
    here, there = make_store(1), make_store(2)
    for key in (b"a", b"b"):
        there.put(key, bytes(5_000))
    answer, _ = make_exchange(there, budget=1_000).answer(make_exchange(here).opening())
    assert [len(entry.value or b"") for _, entry in answer.entries] == [5_000]
    assert answer.cut


@pytest.mark.parametrize("budget", [300, 1_000, 10_000])
@pytest.mark.parametrize(("mine", "theirs"), [(500, 300), (500, 0), (0, 500)])
def test_cut_messages_come_to_an_end(budget: int, mine: int, theirs: int) -> None:
    here, there = filled(1, mine), make_store(2)
    for number in range(theirs):
        there.put(b"theirs%d" % number, b"value")
    outcome = exchange_between(here, there, budget)
    assert outcome.agreed
    assert here.entries == there.entries == mine + theirs
    assert outcome.requests >= (mine + theirs) * ENTRY_BYTES // budget // 2


def test_more_decides_whether_another_conversation_is_begun() -> None:
    here, there = filled(1, 500), make_store(2)
    peer = make_exchange(there, budget=1_000)
    outcome = make_exchange(here, budget=1_000).converse(over_the_wire(peer), more=lambda: False)
    assert not outcome.agreed
    assert 0 < there.entries < 500


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
    assert outcome.refused_there == outcome.sent > 0
    assert not outcome.handed_over
    assert outcome.requests <= 2 * TURNS, "conversations go on while the peer takes nothing"


def test_writes_at_a_peer_that_refuses_everything_are_no_progress() -> None:
    wrong = make_store(1, wall=Wall(NOON + 3600 * MICROS))
    for number in range(500):
        wrong.put(b"%d" % number, b"value")
    there = make_store(2)
    send = over_the_wire(make_exchange(there, budget=1_000))

    def busy(message: Message) -> Message:
        there.put(b"hot", b"value")
        return send(message)

    turns = iter(range(100))
    exchange = Exchange(wrong, "test", random.Random(1), budget=1_000)
    outcome = exchange.converse(busy, more=lambda: next(turns, None) is not None)
    assert outcome.requests <= 2 * TURNS


def test_a_partial_listing_that_brings_nothing_up_is_answered_by_a_listing() -> None:
    store = filled(2, 5)
    answer, _ = make_exchange(store).answer(listing_of(range(0), partial=True))
    assert [sorted(listing.keys) for listing in answer.listings] == [[b"key%d" % number for number in range(5)]]


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


def test_the_latest_writes_of_a_leaving_node_go_first() -> None:
    """Two large stores have much to tell each other, and a stopping node has no time for it."""
    here, there = filled(1, 2000), filled(2, 5)
    for number in range(30):
        here.put(b"late%d" % number, b"write")
    exchange = Exchange(here, "test", random.Random(1), budget=1_000)
    exchange.converse(over_the_wire(make_exchange(there, budget=1_000)), more=lambda: False, leaving=True)
    held = [number for number in range(30) if there.get(b"late%d" % number)]
    assert held[-10:] == list(range(20, 30)), "the latest first"


def test_a_leaving_node_gives_a_key_that_was_written_often_once() -> None:
    here = make_store(1)
    for number in range(50):
        here.put(b"k", b"%d" % number)
    opening = make_exchange(here).opening(with_recent=True)
    assert [(key, entry.value) for key, entry in opening.entries] == [(b"k", b"49")]
