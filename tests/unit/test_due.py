"""What is to be done when."""

from gossip.data.clock import MICROS
from gossip.data.due import Due

SECOND = MICROS


def test_nothing_is_due_before_its_time_nor_later_than_the_next_whole_second() -> None:
    due = Due()
    due.add(b"a", 5 * SECOND)
    due.add(b"b", 5 * SECOND + 1)
    assert not due.is_due(5 * SECOND - 1)
    assert due.take(5 * SECOND - 1, 10) == []
    assert due.take(5 * SECOND, 10) == [b"a"]
    assert due.take(6 * SECOND - 1, 10) == []
    assert due.take(6 * SECOND, 10) == [b"b"]
    assert not due.is_due(1000 * SECOND)


def test_what_stands_for_ever_is_never_due() -> None:
    due = Due()
    due.add(b"a", 0)
    due.remove(b"a", 0)
    assert not due.is_due(2**63)


def test_what_was_taken_back_is_not_given() -> None:
    due = Due()
    due.add(b"a", 5 * SECOND)
    due.add(b"b", 5 * SECOND)
    due.remove(b"a", 5 * SECOND)
    due.remove(b"never added", 5 * SECOND)
    due.remove(b"b", 6 * SECOND)
    assert due.take(9 * SECOND, 10) == [b"b"]


def test_the_earliest_come_first_and_no_more_than_asked() -> None:
    due = Due()
    for second in (9, 3, 6):
        due.add(b"%d" % second, second * SECOND)
    assert due.take(9 * SECOND, 2) == [b"3", b"6"]
    assert due.take(9 * SECOND, 2) == [b"9"]
    assert due.take(9 * SECOND, 2) == []


def test_a_key_that_is_put_off_again_and_again_leaves_nothing_behind() -> None:
    due = Due()
    for second in range(10_000, 100_000):
        due.add(b"a", second * SECOND)
        due.remove(b"a", second * SECOND)
    due.add(b"a", 5 * SECOND)
    assert len(due._seconds) < 300
    assert due.take(9 * SECOND, 10) == [b"a"]
    assert due._keys == {}


def test_a_look_is_bounded_by_seconds_as_well_as_by_keys() -> None:
    due = Due()
    for second in range(150):
        due.add(b"%d" % second, second * SECOND)
    for second in range(0, 150, 2):
        due.remove(b"%d" % second, second * SECOND)
    found: list[bytes] = []
    for _ in range(20):
        taken = due.take(1000 * SECOND, 10)
        assert len(taken) <= 10
        found += taken
    assert sorted(found, key=int) == [b"%d" % second for second in range(1, 150, 2)]
