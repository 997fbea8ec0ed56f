"""Counters that end: what deletes and plain writes do to shares, now and when they are long forgotten."""

from gossip.data.attributes import attached
from gossip.data.clock import MICROS
from gossip.data.counters import share_key
from gossip.data.entry import Entry
from gossip.data.limits import StoreLimits
from gossip.data.store import Store
from tests.unit.fakes import NOON, Wall, exchange_between, make_store


def total(store: Store, key: bytes = b"hits") -> bytes | None:
    entry = store.present(key)
    return entry and entry.value


def test_a_delete_ends_a_counter_and_it_begins_anew() -> None:
    store = make_store()
    store.add(b"hits", 5)
    assert store.delete([b"hits"]) == 1
    assert total(store) is None
    assert store.delete([b"hits"]) == 0
    assert store.add(b"hits", 3) == 3


def test_all_see_the_end_of_a_counter_and_what_was_added_after_it() -> None:
    here, there = make_store(1), make_store(2)
    here.add(b"hits", 5)
    there.add(b"hits", 7)
    exchange_between(here, there)
    here.delete([b"hits"])
    exchange_between(here, there)
    assert (total(here), total(there)) == (None, None)
    there.add(b"hits", 1)
    here.add(b"hits", 2)
    exchange_between(here, there)
    assert (total(here), total(there)) == (b"3", b"3")


def test_an_add_that_had_not_heard_of_a_put_is_lost_with_the_counter() -> None:
    here, there = make_store(1), make_store(2)
    here.add(b"hits", 5)
    exchange_between(here, there)
    here.put(b"hits", b"100")
    there.add(b"hits", 7)
    exchange_between(here, there)
    assert (total(here), total(there)) == (b"100", b"100")
    assert there.add(b"hits", 1) == 101
    exchange_between(here, there)
    assert total(here) == b"101"


def test_an_add_right_after_the_end_is_not_ended_with_the_share() -> None:
    """Whoever has seen the delete stamps above all that went with it, however slow its clock and small its origin."""
    here, there = make_store(9), make_store(2, wall=Wall(NOON - 50 * MICROS))
    there.add(b"hits", 7)
    exchange_between(here, there)
    here.delete([b"hits"])
    deleted = here.get(b"hits")
    assert deleted
    there.apply([(b"hits", deleted)])
    there.add(b"hits", 1)
    exchange_between(here, there)
    assert (total(here), total(there)) == (b"1", b"1")


def test_counters_outlive_the_tombstone_they_began_on() -> None:
    wall = Wall()
    store = make_store(wall=wall, limits=StoreLimits(tombstone_micros=10 * MICROS))
    store.add(b"hits", 5)
    store.delete([b"hits"])
    store.add(b"hits", 2)
    wall.now = NOON + 20 * MICROS
    store.sweep()
    assert store.get(b"hits") is None
    assert total(store) == b"2"
    assert store.add(b"hits", 1) == 3


def test_an_ended_counter_does_not_return_when_its_end_is_forgotten() -> None:
    walls = Wall(), Wall()
    here, there = (make_store(number, wall=wall) for number, wall in enumerate(walls, 1))
    here.add(b"hits", 5)
    exchange_between(here, there)
    here.delete([b"hits"])
    there.add(b"hits", 7)
    exchange_between(here, there)
    assert here.fingerprint() == there.fingerprint()
    for wall in walls:
        wall.now += 25 * 3600 * MICROS
    exchange_between(here, there)
    assert (total(here), total(there)) == (None, None)
    assert (here.entries, there.entries) == (0, 0)


def test_a_put_with_a_time_to_live_ends_a_counter_for_good() -> None:
    wall = Wall()
    store = make_store(wall=wall)
    store.add(b"hits", 5)
    store.write(b"hits", b"1", attached(NOON + 10 * MICROS))
    assert total(store) == b"1"
    wall.now = NOON + 60 * 3600 * MICROS
    store.sweep()
    assert total(store) is None


def test_a_share_that_arrives_after_the_end_is_ended_alike_everywhere() -> None:
    here, there, late = make_store(1), make_store(2), make_store(3)
    late.add(b"hits", 7)
    here.add(b"hits", 5)
    exchange_between(here, there)
    there.delete([b"hits"])
    exchange_between(here, there)
    exchange_between(late, here)
    exchange_between(late, there)
    exchange_between(here, there)
    assert here.fingerprint() == there.fingerprint() == late.fingerprint()
    assert [total(store) for store in (here, there, late)] == [None] * 3
    assert late.add(b"hits", 1) == 1
    exchange_between(late, here)
    assert total(here) == b"1"


def test_many_shares_are_ended_by_and_by() -> None:
    store = make_store()
    shares = [(share_key(b"hits", origin), Entry(NOON, origin, b"1 0-" + b"0" * 16)) for origin in range(1, 1800)]
    store.apply(shares)
    assert total(store) == b"1799"
    store.delete([b"hits"])
    assert total(store) is None
    for _ in range(4):
        store.sweep()
    assert all(entry.value is None for _, entry in store.items())
