"""The algebra of the merge law."""

from functools import reduce
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from gossip.data.entry import Entry, newest
from tests.properties.strategies import any_entries, few_items, near_entries, store_of

entries = near_entries | any_entries
law = settings(max_examples=300, deadline=None)


@law
@given(entries, entries)
def test_commutative(a: Entry, b: Entry) -> None:
    assert newest(a, b) == newest(b, a)


@law
@given(entries, entries, entries)
def test_associative(a: Entry, b: Entry, c: Entry) -> None:
    assert newest(newest(a, b), c) == newest(a, newest(b, c))


@law
@given(entries)
def test_idempotent(a: Entry) -> None:
    assert newest(a, a) == a


@law
@given(entries, entries)
def test_total(a: Entry, b: Entry) -> None:
    """One of the two stands, and which one says an order in which no two different entries are equal."""
    stands = newest(a, b)
    assert stands in (a, b)
    assert (newest(a, b) == a and newest(b, a) == b) is (a == b)


@law
@given(entries, entries)
def test_the_later_stamp_stands(a: Entry, b: Entry) -> None:
    if (a.time, a.origin) < (b.time, b.origin):
        assert newest(a, b) == b


@law
@given(st.integers(1, 5), st.none() | st.binary(max_size=3), st.none() | st.binary(max_size=3))
def test_under_one_stamp_the_greater_value_stands(time: int, value: bytes | None, other: bytes | None) -> None:
    stands = newest(Entry(time, 1, value), Entry(time, 1, other))
    values = [v for v in (value, other) if v is not None]
    assert stands.value == (max(values) if values else None)


@law
@given(st.lists(entries, min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_the_order_of_delivery_never_matters(delivered: list[Entry], rng: Random) -> None:
    shuffled = [*delivered, *delivered]
    rng.shuffle(shuffled)
    assert reduce(newest, shuffled) == reduce(newest, delivered)


@settings(max_examples=100, deadline=None)
@given(few_items, few_items)
def test_stores_hold_what_the_law_says_whatever_came_first(
    first: list[tuple[bytes, Entry]], second: list[tuple[bytes, Entry]]
) -> None:
    one, other = store_of([*first, *second]), store_of([*second, *first])
    expected: dict[bytes, Entry] = {}
    for key, entry in first + second:
        expected[key] = newest(expected.get(key, entry), entry)
    assert dict(one.items()) == dict(other.items()) == expected
    assert one.fingerprint() == other.fingerprint()
    assert (one.entries, one.total_bytes) == (other.entries, other.total_bytes)
