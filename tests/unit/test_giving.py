"""Giving a node all that is held, the newest first, from a place that it says."""

import random

import pytest

from gossip.data.entry import Entry
from gossip.data.store import Store
from gossip.sync import giving
from gossip.sync.draft import MESSAGE_BUDGET, Draft
from gossip.sync.giving import END, LATEST, START, give, is_end
from gossip.sync.message import Place
from tests.unit.fakes import NOON, make_store

Given = list[list[tuple[bytes, Entry]]]


def all_given(store: Store, budget: int = MESSAGE_BUDGET, place: Place = START) -> Given:
    """What each message gives, until the end."""
    given: Given = []
    while not is_end(place):
        draft = Draft(budget, largest=2**20)
        before, place = place, give(store, place, draft, random.Random(1))
        assert place != before, "every message makes progress"
        given.append(draft.message.entries)
        assert len(given) < 10_000
    return given


def filled(count: int) -> Store:
    """A store whose newest entries have the greatest numbers."""
    store = make_store()
    store.apply((b"key %d" % number, Entry(NOON - 1_000_000 + number, 9, b"value")) for number in range(count))
    return store


def test_nothing_is_given_where_there_is_nothing() -> None:
    assert all_given(make_store()) == [[]]
    assert is_end(END)


@pytest.mark.parametrize("budget", [100, 1000, MESSAGE_BUDGET])
def test_everything_is_given_once_but_for_leaves_that_are_cut(budget: int) -> None:
    store = filled(500)
    given = [item for message in all_given(store, budget) for item in message]
    assert dict(given) == dict(store.items())
    assert len(given) <= 505


def test_the_newest_come_first_where_there_are_many() -> None:
    store = filled(64_000)
    ages = [NOON - 1_000_000 + 63_999 - entry.time for message in all_given(store, 20_000) for _, entry in message]
    assert max(ages[:400]) < 3_000, "the first band has about a thousand"
    assert max(ages[:4_000]) < 16_000, "the first two about eight thousand"
    assert {*ages} == {*range(64_000)}


def test_entries_of_one_time_are_given_in_one_band(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(giving, "FEW", 100)
    store = make_store()
    store.apply((b"key %d" % number, Entry(NOON, 9, b"value")) for number in range(1_000))
    assert {key for message in all_given(store, 5_000) for key, _ in message} == {key for key, _ in store.items()}


def test_another_peer_can_go_on_from_any_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(giving, "FEW", 100)
    store, twin = filled(2_000), filled(2_000)
    draft = Draft(20_000, largest=2**20)
    place = give(store, START, draft, random.Random(1))
    rest = [item for message in all_given(twin, 20_000, place) for item in message]
    assert dict([*draft.message.entries, *rest]) == dict(store.items())


def test_values_that_the_peer_does_not_accept_are_left_out() -> None:
    store = make_store()
    store.put(b"small", b"1")
    store.put(b"large", b"x" * 100)
    draft = Draft(MESSAGE_BUDGET, largest=50)
    assert is_end(give(store, START, draft, random.Random(1)))
    assert [key for key, _ in draft.message.entries] == [b"small"]


@pytest.mark.parametrize("place", [Place(0, 0, 0), Place(5, 9, 3), Place(LATEST, 7, 2**32 - 1), Place(0, 1, 65_535)])
def test_places_that_mean_nothing_do_no_harm(place: Place) -> None:
    all_given(filled(100), place=place)
