"""Counters: shares, totals, and what plain writes and deletes do to them."""

import pytest

from gossip.data.attributes import attached
from gossip.data.clock import MICROS
from gossip.data.counters import Share, counter_of, share_key, share_of
from gossip.data.entry import Entry
from gossip.data.limits import StoreLimits
from gossip.data.refused import NotANumber, StoreFrozen, StoreFull
from gossip.data.store import Store
from tests.unit.fakes import NOON, Wall, exchange_between, make_store


def total(store: Store, key: bytes = b"hits") -> bytes | None:
    entry = store.present(key)
    return entry and entry.value


def test_shares_have_keys_of_their_own() -> None:
    key = share_key(b"hits", 255)
    assert key == b"\0+00000000000000ff:hits"
    assert counter_of(key) == b"hits"
    assert [counter_of(other) for other in (b"hits", b"\0+00:hits", b"\0")] == [b"hits", b"\0+00:hits", b"\0"]


NO_SHARES = [None, b"", b"5", b"5 6", b"5 6-7", b"x 6-0000000000000007", b"9" * 101 + b" 6-" + b"0" * 16]


@pytest.mark.parametrize("value", NO_SHARES)
def test_what_is_no_share(value: bytes | None) -> None:
    assert share_of(Entry(10, 1, value)) is None


def test_a_share_cannot_build_on_what_is_later_than_itself() -> None:
    assert share_of(Entry(5, 1, b"7 5-0000000000000001")) == Share(7, (5, 1), 0, (5, 1))
    assert share_of(Entry(5, 1, b"7 6-0000000000000001")) is None


def test_what_is_added_here_is_summed() -> None:
    store = make_store()
    assert store.present(b"hits") is None
    assert [store.add(b"hits", amount) for amount in (5, -7, 0, 10**17)] == [5, -2, -2, 10**17 - 2]
    assert store.add(b"other", 1) == 1
    assert store.get(b"hits") is None
    assert total(store) == b"99999999999999998"
    assert store.entries == 2


def test_nothing_is_lost_when_many_add_apart() -> None:
    stores = [make_store(origin) for origin in range(1, 9)]
    for number, store in enumerate(stores):
        for _ in range(number + 1):
            store.add(b"hits", 10)
    for here in stores:
        for there in stores:
            if here is not there:
                exchange_between(here, there)
    exchange_between(stores[0], stores[-1])
    for store in stores[1:]:
        exchange_between(stores[0], store)
    assert [total(store) for store in stores] == [b"360"] * 8


def test_a_number_that_was_put_is_what_is_added_to() -> None:
    store = make_store()
    store.put(b"hits", b"100")
    assert store.add(b"hits", 5) == 105
    assert store.put(b"hits", b"7") is False
    assert total(store) == b"7"
    assert store.add(b"hits", 1) == 8


@pytest.mark.parametrize("value", [b"", b"text", b"1.5", b"1 ", b"\xff"])
def test_nothing_is_added_to_what_is_no_number(value: bytes) -> None:
    store = make_store()
    store.put(b"hits", value)
    with pytest.raises(NotANumber):
        store.add(b"hits", 1)
    assert total(store) == value


def test_a_counter_can_be_overwritten_by_anything() -> None:
    store = make_store()
    store.add(b"hits", 5)
    assert store.put(b"hits", b"text") is False
    assert total(store) == b"text"


def test_a_share_with_a_time_to_live_ends() -> None:
    wall = Wall()
    store = make_store(wall=wall)
    store.add(b"hits", 5, attached(NOON + 5 * MICROS))
    wall.now = NOON + 4 * MICROS
    assert store.add(b"hits", 1, attached(NOON + 9 * MICROS)) == 6
    wall.now = NOON + 9 * MICROS
    assert total(store) is None
    assert store.add(b"hits", 1) == 1


def test_a_share_that_ends_before_it_is_summed_counts_for_nothing() -> None:
    class Moving(Wall):
        """A clock that goes on while something is added."""

        def __call__(self) -> int:
            self.now += MICROS
            return self.now

    store = make_store(wall=Moving())
    assert store.add(b"hits", 5, attached(NOON)) == 0
    store.put(b"seven", b"7")
    assert store.add(b"seven", 5, attached(NOON)) == 7


def test_a_restarted_process_has_a_share_of_its_own() -> None:
    before, there, after = make_store(1), make_store(2), make_store(3)
    before.add(b"hits", 5)
    exchange_between(before, there)
    exchange_between(after, there)
    assert after.add(b"hits", 1) == 6


def test_adds_are_refused_as_writes_are() -> None:
    store = make_store(limits=StoreLimits(store_bytes=60))
    store.add(b"hits", 5)
    with pytest.raises(StoreFull):
        store.add(b"more", 5)
    store.freeze()
    with pytest.raises(StoreFrozen):
        store.add(b"hits", 5)
    assert total(store) == b"5"


def test_shares_that_make_no_sense_count_nothing() -> None:
    store = make_store()
    store.apply([(share_key(b"hits", 2), Entry(NOON, 2, b"nonsense"))])
    assert total(store) is None
    assert store.add(b"hits", 1) == 1


def test_the_stamp_of_a_total_changes_with_any_of_its_shares() -> None:
    store = make_store()
    seen = set()
    for origin, time in ((5, NOON + 9), (6, NOON + 3), (7, NOON + 9)):
        store.apply([(share_key(b"hits", origin), Entry(time, origin, b"1 0-" + b"0" * 16))])
        entry = store.present(b"hits")
        assert entry
        seen.add(entry[:2])
    assert len(seen) == 3


def test_a_large_number_can_be_added_to_again_and_again() -> None:
    store = make_store()
    store.put(b"hits", b"9" * 100)
    assert store.add(b"hits", 1) == 10**100
    assert store.add(b"hits", -5) == 10**100 - 5
