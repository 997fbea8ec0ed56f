"""How long entries were on their way."""

import pytest

from gossip.data.clock import MICROS
from gossip.data.entry import Entry
from gossip.data.travel import Travel
from tests.unit.fakes import NOON, Wall, make_store


def test_entries_from_peers_are_counted_by_their_way() -> None:
    wall = Wall(NOON)
    store = make_store(wall=wall)
    store.apply([(b"a", Entry(NOON - 3_000, 9, b"1")), (b"b", Entry(NOON + MICROS, 9, b"1"))])
    store.apply([(b"a", Entry(NOON - 3_000, 9, b"1"))])
    store.put(b"own", b"1")
    assert store.travel.counts == [1, 0, 1] + [0] * 14, "from a clock ahead counts as none, what is no news not at all"
    assert store.travel.micros == 3_000


@pytest.mark.parametrize(
    ("seconds", "part", "bound"),
    [([], 0.5, 0.0), ([0.0015], 0.5, 0.002), ([0.001, 0.3, 0.3], 0.5, 0.5), ([0.01] * 99 + [4], 0.99, 0.01),
     ([0.01] * 98 + [4, 4], 0.99, 5.0), ([301], 0.99, float("inf"))],
)  # fmt: skip
def test_within_how_long_a_part_of_them_arrived(seconds: list[float], part: float, bound: float) -> None:
    travel = Travel()
    for each in seconds:
        travel.add(round(each * MICROS))
    assert travel.within(part) == bound
