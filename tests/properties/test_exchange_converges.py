"""Whatever two stores hold, an exchange makes them hold the same, namely the merge of both."""

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from gossip.data.entry import Entry, newest
from gossip.data.store import Store
from gossip.sync import wire
from gossip.sync.draft import MESSAGE_BUDGET
from gossip.sync.exchange import Exchange
from gossip.sync.message import Message
from gossip.sync.outcome import Outcome
from tests.properties.strategies import Items, few_items, many_items, many_keys, near_entries, store_of

seeds = st.integers(0, 2**32)

WHOLE_LISTINGS = 500
"""A budget, in bytes, that any one listing of the keys drawn here fits in, but not much more."""


def exchange_between(here: Store, there: Store, seed: int, budget: int = MESSAGE_BUDGET) -> Outcome:
    """One exchange, every message as bytes on the way."""
    peer = Exchange(there, "test", Random(seed + 1), budget)

    def send(message: Message) -> Message:
        answer, _ = peer.answer(wire.decode(wire.encode(message)))
        return wire.decode(wire.encode(answer))

    return Exchange(here, "test", Random(seed), budget).converse(send, more=lambda: True)


def merge_of(*items: Items) -> dict[bytes, Entry]:
    merged: dict[bytes, Entry] = {}
    for key, entry in (pair for batch in items for pair in batch):
        merged[key] = newest(merged.get(key, entry), entry)
    return merged


def assert_both_hold(expected: dict[bytes, Entry], here: Store, there: Store) -> None:
    assert dict(here.items()) == dict(there.items()) == expected
    assert here.fingerprint() == there.fingerprint()


@settings(max_examples=400, deadline=None)
@given(few_items, few_items, seeds)
def test_small_stores_with_clashing_stamps(mine: Items, theirs: Items, seed: int) -> None:
    here, there = store_of(mine, 1), store_of(theirs, 2)
    assert exchange_between(here, there, seed).agreed
    assert_both_hold(merge_of(mine, theirs), here, there)


@settings(max_examples=200, deadline=None)
@given(many_items, many_items, seeds)
def test_larger_stores(mine: Items, theirs: Items, seed: int) -> None:
    here, there = store_of(mine, 1), store_of(theirs, 2)
    outcome = exchange_between(here, there, seed)
    assert outcome.agreed
    assert outcome.requests <= 5
    assert_both_hold(merge_of(mine, theirs), here, there)


@settings(max_examples=120, deadline=None)
@given(many_items, st.lists(st.tuples(many_keys, near_entries), max_size=6), seeds, st.booleans())
def test_much_in_common_and_few_differences(common: Items, few: Items, seed: int, mine: bool) -> None:
    background = [(b"more%d" % number, Entry(1, 1, b"")) for number in range(600)] + common
    here, there = store_of(background + few * mine, 1), store_of(background + few * (not mine), 2)
    outcome = exchange_between(here, there, seed)
    assert outcome.agreed
    assert outcome.sent + outcome.merged.news <= 2 * len(few)  # two entries of one time are shown to both sides
    assert_both_hold(merge_of(background, few), here, there)


@settings(max_examples=200, deadline=None)
@given(few_items, seeds)
def test_two_values_under_every_stamp(mine: Items, seed: int) -> None:
    theirs = [(key, entry._replace(value=b"another" if entry.value is None else None)) for key, entry in mine]
    here, there = store_of(mine, 1), store_of(theirs, 2)
    assert exchange_between(here, there, seed).agreed
    assert_both_hold(merge_of(mine, theirs), here, there)


@settings(max_examples=120, deadline=None)
@given(many_items, many_items, seeds)
def test_three_stores_one_after_the_other(mine: Items, theirs: Items, seed: int) -> None:
    first, second, third = store_of(mine, 1), store_of([], 2), store_of(theirs, 3)
    exchange_between(first, second, seed)
    exchange_between(second, third, seed)
    exchange_between(first, third, seed)
    assert first.fingerprint() == third.fingerprint()
    assert dict(first.items()) == merge_of(mine, theirs)


@settings(max_examples=160, deadline=None)
@given(many_items, many_items, seeds, st.integers(WHOLE_LISTINGS, 4000))
def test_a_cut_exchange_makes_progress(mine: Items, theirs: Items, seed: int, budget: int) -> None:
    """Each exchange that does not end in agreement has moved an entry; hence so many of them end in agreement."""
    here, there = store_of(mine, 1), store_of(theirs, 2)
    for turn in range(len(mine) + len(theirs) + 1):
        outcome = exchange_between(here, there, seed + turn, budget)
        if outcome.agreed:
            break
        assert outcome.sent + outcome.merged.news > 0
    assert_both_hold(merge_of(mine, theirs), here, there)


@settings(max_examples=120, deadline=None)
@given(few_items, few_items, seeds, st.integers(60, 400))
def test_budgets_below_a_listing_come_to_an_end_too(mine: Items, theirs: Items, seed: int, budget: int) -> None:
    """A partial listing may draw keys that tell nothing new, but the next exchange, from either side, draws again."""
    here, there = store_of(mine, 1), store_of(theirs, 2)
    for turn in range(0, 600, 2):
        if exchange_between(here, there, seed + turn, budget).agreed:
            break
        exchange_between(there, here, seed + turn + 1, budget)
    assert_both_hold(merge_of(mine, theirs), here, there)


@settings(max_examples=120, deadline=None)
@given(many_items, many_items, seeds, st.integers(1, 8))
def test_an_exchange_that_breaks_off_does_no_harm(mine: Items, theirs: Items, seed: int, answers: int) -> None:
    """Lost answers leave each side with a part of the merge, and the next exchange finds the rest."""
    here, there = store_of(mine, 1), store_of(theirs, 2)
    expected = merge_of(mine, theirs)
    peer = Exchange(there, "test", Random(seed), WHOLE_LISTINGS)
    left = iter(range(answers - 1))

    def send(message: Message) -> Message:
        answer, _ = peer.answer(message)
        if next(left, None) is None:
            raise TimeoutError
        return answer

    try:
        Exchange(here, "test", Random(seed), WHOLE_LISTINGS).converse(send, more=lambda: True)
    except TimeoutError:
        pass
    for store, held_before in ((here, mine), (there, theirs)):
        for key, entry in store.items():
            assert entry in [e for k, e in [*mine, *theirs] if k == key]
        assert all(newest(store.get(key) or entry, entry) == store.get(key) for key, entry in held_before)
    assert exchange_between(here, there, seed).agreed
    assert_both_hold(expected, here, there)
