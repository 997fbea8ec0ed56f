"""Keys in order, against a plain sorted list."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from gossip.data.ordered import LONGEST, Ordered

keys = st.binary(max_size=3)


@settings(deadline=None)
@given(st.lists(st.tuples(st.booleans(), keys)), keys, st.integers(0, 9), st.booleans())
def test_it_holds_what_a_set_holds(changes: list[tuple[bool, bytes]], first: bytes, most: int, out: bool) -> None:
    ordered = Ordered()
    plain: set[bytes] = set()
    for adds, key in changes:
        (ordered.add if adds else ordered.remove)(key)
        (plain.add if adds else plain.discard)(key)
    expected = sorted(key for key in plain if key > first or (key == first and not out))
    assert ordered.since(first, most, out) == expected[:most]
    assert ordered.since(b"", 1000) == sorted(plain)


def test_long_lists_are_cut_and_empty_ones_go() -> None:
    rng = random.Random(1)
    numbers = rng.sample(range(10**6), 5 * LONGEST)
    ordered = Ordered()
    for number in numbers:
        ordered.add(b"%06d" % number)
    expected = sorted(b"%06d" % number for number in numbers)
    assert ordered.since(b"", 10**6) == expected
    assert ordered.since(expected[3000], 3000, excluded=True) == expected[3001:6001]
    assert ordered.since(expected[-1], 10, excluded=True) == []
    for key in expected[: 3 * LONGEST]:
        ordered.remove(key)
    assert ordered.since(b"", 10**6) == expected[3 * LONGEST :]
    for key in expected:
        ordered.remove(key)
    assert ordered.since(b"", 10) == []
    ordered.add(b"again")
    assert ordered.since(b"", 10) == [b"again"]
