"""The store: deletes, expiry, conditions, many keys at once, and what is forgotten."""

import tracemalloc

import pytest

from gossip.data.attributes import attached
from gossip.data.clock import MICROS
from gossip.data.entry import Entry
from gossip.data.limits import StoreLimits
from gossip.data.merged import Merged
from gossip.data.refused import ConditionFailed, StoreFrozen, StoreFull
from gossip.data.store import Store
from tests.unit.fakes import NOON, Wall, exchange_between, items_of, make_store

DAY = 24 * 3600 * MICROS
SHORT = StoreLimits(tombstone_micros=10 * MICROS)


def expiring(seconds: float) -> bytes:
    """What is attached to a value that expires so many seconds after noon."""
    return attached(NOON + round(seconds * MICROS))


def at(seconds: float) -> int:
    return NOON + round(seconds * MICROS)


def test_a_deleted_key_is_a_tombstone_under_a_new_stamp() -> None:
    store = make_store(origin=7)
    store.put(b"k", b"value")
    assert store.delete([b"k", b"other"]) == 1
    assert store.get(b"k") == Entry(NOON + 1, 7, None)
    assert store.get(b"other") is None
    assert store.present(b"k") is None
    assert (store.entries, store.total_bytes) == (1, 1)
    assert store.delete([b"k"]) == 0
    assert store.put(b"k", b"back") is True


def test_tombstones_are_dropped_when_their_time_has_come() -> None:
    wall = Wall()
    store = make_store(wall=wall)
    store.put(b"k", b"v")
    store.delete([b"k"])
    wall.now = at(24 * 3600)
    store.sweep()
    assert items_of(store) == {b"k": None}
    wall.now = at(24 * 3600 + 1)
    store.sweep()
    assert items_of(store) == {}
    assert (store.entries, store.total_bytes, store.fingerprint()) == (0, 0, 0)


def test_what_is_dropped_gives_its_memory_back() -> None:
    wall = Wall()
    store = make_store(wall=wall, limits=SHORT)
    tracemalloc.start()
    try:
        for turn in range(3):
            store.apply((b"key %d of turn %d" % (number, turn), Entry(wall.now, 9, None)) for number in range(2_000))
            wall.now += 11 * MICROS
            store.sweep()
        assert store.entries == 0
        left, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert left < most / 5


def test_tombstones_are_counted_in_step() -> None:
    wall = Wall()
    store = make_store(wall=wall, limits=SHORT)
    store.put(b"deleted", b"v")
    store.write(b"expires", b"v", expiring(5))
    store.add(b"counter", 1, expiring(5))
    store.apply([(b"from a peer", Entry(NOON, 9, None)), (b"forgotten", Entry(NOON - 1, 9, None))])
    store.delete([b"deleted"])
    assert (store.entries, store.tombstones) == (5, 3)
    assert store.forget(NOON - 1, NOON - 1) == 1
    store.put(b"deleted", b"again")
    assert (store.entries, store.tombstones) == (4, 1)
    wall.now = at(5)
    assert (store.entries, store.tombstones) == (4, 1), "what has expired is not swept yet"
    store.sweep()
    assert (store.entries, store.tombstones) == (4, 3)
    wall.now = at(16)
    store.sweep()
    assert (store.entries, store.tombstones) == (1, 0)


def test_a_tombstone_that_is_overwritten_is_not_dropped() -> None:
    wall = Wall()
    store = make_store(wall=wall)
    store.put(b"k", b"v")
    store.delete([b"k"])
    store.put(b"k", b"again")
    wall.now = at(48 * 3600)
    store.sweep()
    assert items_of(store) == {b"k": b"again"}


def test_tombstones_that_are_too_old_are_not_taken() -> None:
    store = make_store()
    old = Entry(NOON - DAY, 2, None)
    younger = Entry(NOON - DAY + 1, 2, None)
    assert store.apply([(b"a", old), (b"b", younger)]) == Merged(news=1, stale=1)
    assert items_of(store) == {b"b": None}


def test_a_value_is_gone_at_its_expiry_and_its_memory_a_second_later() -> None:
    wall = Wall()
    store = make_store(wall=wall)
    store.write(b"k", b"v" * 100, expiring(2.5))
    wall.now = at(2.5) - 1
    assert store.present(b"k") == Entry(NOON, 1, b"v" * 100, expiring(2.5))
    wall.now = at(2.5)
    assert store.present(b"k") is None
    wall.now = at(3)
    assert items_of(store) == {b"k": None}
    assert store.total_bytes == 1 + len(expiring(2.5))


def test_a_key_that_has_expired_is_created_anew() -> None:
    wall = Wall()
    store = make_store(wall=wall)
    assert store.write(b"k", b"v", expiring(1))[1] is True
    assert store.write(b"k", b"v", expiring(1))[1] is False
    wall.now = at(1)
    assert store.delete([b"k"]) == 0
    assert store.put(b"k", b"v") is True


def test_an_expired_entry_keeps_older_values_away_until_it_is_dropped() -> None:
    wall = Wall()
    store = make_store(wall=wall, limits=SHORT)
    store.write(b"k", b"v", expiring(5))
    wall.now = at(14)
    older = Entry(NOON - 1, 2, b"older")
    assert store.apply([(b"k", older)]) == Merged(stale=1)
    wall.now = at(15)
    store.sweep()
    assert store.entries == 0


def test_an_entry_that_expired_on_its_way_arrives_as_a_tombstone() -> None:
    store = make_store()
    store.apply([(b"k", Entry(NOON - 9, 2, b"v", attached(NOON - 1)))])
    assert store.get(b"k") == Entry(NOON - 9, 2, None, attached(NOON - 1))


def test_nodes_agree_once_the_clocks_of_both_have_passed_the_expiry() -> None:
    fast, slow = Wall(), Wall()
    here, there = make_store(1, wall=fast), make_store(2, wall=slow)
    here.write(b"k", b"v", expiring(5))
    assert exchange_between(here, there).agreed
    fast.now = at(7)
    assert not exchange_between(here, there).agreed
    assert items_of(there) == {b"k": b"v"}
    assert items_of(here) == {b"k": None}
    slow.now = at(5)
    assert exchange_between(here, there).agreed
    assert items_of(there) == {b"k": None}


def test_a_condition_is_asked_of_the_value_that_is_there() -> None:
    wall = Wall()
    store = make_store(wall=wall)
    seen: list[Entry | None] = []

    def note(entry: Entry | None) -> bool:
        seen.append(entry)
        return True

    store.write(b"k", b"v", expiring(1), note)
    store.write(b"k", b"w", expiring(1), note)
    wall.now = at(1)
    store.write(b"k", b"x", b"", note)
    store.delete([b"k"], note)
    store.delete([b"k"], note)
    assert [entry and entry.value for entry in seen] == [None, b"v", None, b"x", None]


def test_a_condition_that_fails_leaves_everything_as_it_was() -> None:
    store = make_store()
    store.put(b"k", b"v")
    with pytest.raises(ConditionFailed):
        store.write(b"k", b"w", condition=lambda entry: entry is None)
    with pytest.raises(ConditionFailed):
        store.delete([b"k"], condition=lambda entry: entry is None)
    assert store.get(b"k") == Entry(NOON, 1, b"v")


def test_many_are_written_under_stamps_of_their_own() -> None:
    store = make_store()
    store.put(b"a", b"old")
    assert store.put_all({b"a": (b"1", b""), b"b": (b"2", b"extra")}) == 1
    assert store.get(b"a") == Entry(NOON + 1, 1, b"1")
    assert store.get(b"b") == Entry(NOON + 2, 1, b"2", b"extra")
    assert store.total_bytes == 9


def test_many_are_written_all_or_none() -> None:
    store = make_store(limits=StoreLimits(store_bytes=10))
    store.put(b"a", b"12345678")
    with pytest.raises(StoreFull):
        store.put_all({b"a": (b"1", b""), b"b": (b"12345678", b"")})
    assert items_of(store) == {b"a": b"12345678"}
    store.put_all({b"b": (b"1234567", b""), b"a": (b"1", b"")})
    assert items_of(store) == {b"a": b"1", b"b": b"1234567"}


def test_a_stopping_store_deletes_nothing_and_writes_nothing() -> None:
    store = make_store()
    store.put(b"k", b"v")
    store.freeze()
    with pytest.raises(StoreFrozen):
        store.delete([b"k"])
    with pytest.raises(StoreFrozen):
        store.put_all({b"k": (b"w", b"")})
    assert items_of(store) == {b"k": b"v"}


def test_what_is_forgotten_is_as_if_it_had_never_come() -> None:
    store = make_store()
    store.apply([(b"%d" % number, Entry(NOON + number, 2, b"v")) for number in range(100)])
    assert store.forget(NOON + 89, 0) == 90
    assert items_of(store) == {b"%d" % number: b"v" for number in range(90, 100)}
    other = Store(3, store.clock)
    other.apply(store.items())
    assert store.fingerprint() == other.fingerprint()
    assert store.apply([(b"1", Entry(1, 2, b"v"))]).news == 1


def test_of_its_own_a_store_forgets_up_to_another_time() -> None:
    store = make_store()
    store.put(b"old", b"")
    store.put(b"new", b"")
    store.apply([(b"other", Entry(NOON, 2, b""))])
    assert store.forget(NOON + 5, NOON) == 2
    assert items_of(store) == {b"new": b""}


def test_an_expiry_in_a_far_future_is_no_reason_to_remember_for_ever() -> None:
    wall = Wall()
    store = make_store(wall=wall)
    store.apply([(b"k", Entry(NOON, 2, None, attached(2**64 - 1)))])
    wall.now = NOON + 10**9 * MICROS + DAY
    store.sweep()
    assert store.entries == 0
