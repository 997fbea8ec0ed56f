"""Who is picked next, and how failures weigh."""

import random
from collections import Counter

import pytest

from gossip.sync.address import Address
from gossip.sync.roster import Roster, weight
from tests.unit.fakes import Watch

A, B, C = Address("a", 1), Address("b", 1), Address("c", 1)


@pytest.mark.parametrize(
    ("failures", "age", "expected"),
    [
        (0, 0.0, 1.0), (1, 0.0, 0.5), (2, 0.0, 0.25), (4, 29.9, 0.0625), (5, 0.0, 0.0625), (5000, 0.0, 0.0625),
        (1, 30.0, 1.0), (5000, 31.0, 1.0),
    ],
)  # fmt: skip
def test_weight(failures: int, age: float, expected: float) -> None:
    assert weight(failures, age) == expected


def roster_of(*known: Address, own: set[Address] | None = None, now: Watch | None = None) -> Roster:
    return Roster(lambda: list(known), own or set(), random.Random(1), now or Watch())


def picks(roster: Roster, count: int = 1700) -> Counter[Address | None]:
    return Counter(roster.pick() for _ in range(count))


def test_nobody_to_pick() -> None:
    assert roster_of().pick() is None
    assert roster_of(A, own={A}).pick() is None
    assert roster_of(A, own={A}).best_first() == []


def test_this_node_is_no_peer() -> None:
    roster = roster_of(A, B, C, own={A})
    assert roster.known() == [B, C]
    roster.is_self(B)
    assert roster.known() == [C]
    assert set(picks(roster, 20)) == {C}


def test_an_address_that_led_back_here_is_called_again_after_a_while() -> None:
    """Behind a load balancer it may lead to another node."""
    now = Watch(1000.0)
    roster = Roster(lambda: [A, B], set(), random.Random(1), now)
    roster.is_self(A)
    assert roster.known() == [B]
    now.now = 1060.0
    assert roster.known() == [A, B]


def test_all_are_picked_alike() -> None:
    counts = picks(roster_of(A, B))
    assert 700 < counts[A] < 1000


def test_one_that_keeps_failing_is_picked_less_but_never_given_up() -> None:
    roster = roster_of(A, B)
    for _ in range(100):
        roster.failed(A)
    assert 50 < picks(roster)[A] < 150  # one in 17


def test_a_success_makes_good() -> None:
    roster = roster_of(A, B)
    roster.failed(A)
    roster.failed(A)
    roster.succeeded(A, 1)
    assert 700 < picks(roster)[A] < 1000


def test_a_failure_is_forgiven_after_a_while() -> None:
    now = Watch(1000.0)
    roster = roster_of(A, B, now=now)
    for _ in range(5):
        roster.failed(A)
    now.now = 1030.0
    assert 700 < picks(roster)[A] < 1000


def test_one_that_failed_is_told_nothing_for_a_while_longer_each_time() -> None:
    now = Watch(1000.0)
    roster = roster_of(A, B, now=now)
    for pause in (1, 2, 4, 8, 16, 30, 30):
        roster.failed(A)
        now.now += pause - 0.01
        assert roster.in_good_standing() == [B]
        now.now += 0.01
        assert roster.in_good_standing() == [A, B]


def test_who_wrote_something_is_not_told_it() -> None:
    roster = roster_of(A, B, C)
    roster.succeeded(A, 1)
    roster.succeeded(B, 2)
    assert roster.in_good_standing(but=1) == [B, C]
    assert roster.in_good_standing() == [A, B, C]


def test_best_first() -> None:
    roster = roster_of(A, B, C)
    roster.failed(A)
    roster.failed(A)
    roster.failed(B)
    assert roster.best_first() == [C, B, A]


def test_equals_come_in_random_order() -> None:
    roster = roster_of(A, B, C)
    assert len({tuple(roster.best_first()) for _ in range(100)}) == 6


def test_those_that_discovery_no_longer_gives_are_forgotten() -> None:
    known = [A, B]
    roster = Roster(lambda: list(known), set(), random.Random(1), Watch())
    roster.failed(A)
    known.remove(A)
    assert picks(roster, 10) == {B: 10}
    known.append(A)
    assert 700 < picks(roster)[A] < 1000
