"""The checker on bad histories of confirmed writes, of deletes and expiries, and of calms."""

from gossip.data.attributes import attached
from gossip.data.entry import Entry
from tests.chaos.checker import check
from tests.chaos.history import (
    Calm,
    Contents,
    Ended,
    History,
    Read,
    Settled,
    Started,
    Stopping,
    Survey,
    Write,
)

A, B, C, D = 0xA, 0xB, 0xC, 0xD
"""Processes."""

ALL: History = [Started(A), Started(B), Started(C), Started(D)]
ONE, TWO, GONE = Entry(100, A, b"one"), Entry(200, B, b"two"), Entry(200, B, None)


def all_hold(entry: Entry | None, *nodes: int) -> Contents:
    return {node: {b"k": entry} if entry else {} for node in nodes}


def confirmed(count: int, since: int = 4) -> History:
    """A write at A that so many peers have confirmed."""
    return [*ALL, Write(A, b"k", b"one", acknowledged=True, confirmed=count, since=since)]


def test_a_confirmed_write_survives_the_end_of_its_node() -> None:
    history = [*confirmed(1), Ended(A, heir=None)]
    assert check(history, all_hold(ONE, B, C, D)) == []
    assert check(history, all_hold(None, B, C, D)) == [
        "k was lost: b ends with nothing, below 1/0; 1 confirmed it to a, and of 3 who may have held it 0 are dead"
    ]


def test_a_write_that_nobody_confirmed_may_end_with_its_node() -> None:
    assert check([*confirmed(0), Ended(A, heir=None)], all_hold(None, B, C, D)) == []


def test_a_confirmed_write_is_lost_when_an_older_value_stands() -> None:
    history = [*ALL, Write(B, b"k", b"two", acknowledged=True), Read(A, b"k", Entry(50, B, b"two")), *confirmed(1)[4:]]
    assert check([*history, Ended(A, heir=None)], all_hold(Entry(50, B, b"two"), B, C, D)) == [
        "k was lost: b ends with 50/b, below 51/0; 1 confirmed it to a, and of 3 who may have held it 0 are dead"
    ]


def test_a_confirmed_write_may_be_lost_with_as_many_as_had_confirmed_it() -> None:
    killed: History = [Ended(A, heir=None), Ended(B, heir=None)]
    assert check([*confirmed(1), *killed], all_hold(None, C, D)) == []
    assert check([*confirmed(2), *killed], all_hold(None, C, D)) == [
        "k was lost: c ends with nothing, below 1/0; 2 confirmed it to a, and of 3 who may have held it 1 are dead"
    ]
    assert check([*confirmed(2), *killed, Ended(C, heir=None)], all_hold(None, D)) == []


def test_who_confirmed_a_write_and_stopped_has_handed_it_over() -> None:
    history = [*confirmed(1), Ended(A, heir=None), Stopping(B), Ended(B, heir=C)]
    assert check(history, all_hold(None, C, D)) == [
        "k was lost: c ends with nothing, below 1/0; 1 confirmed it to a, and of 3 who may have held it 0 are dead"
    ]
    assert check([*history, Ended(C, heir=None)], all_hold(None, D)) == []


def test_who_was_dead_when_a_write_was_asked_for_has_not_confirmed_it() -> None:
    before = [*ALL, Ended(B, heir=None)]
    write = Write(A, b"k", b"one", acknowledged=True, confirmed=1, since=5)
    assert check([*before, write, Ended(A, heir=None)], all_hold(None, C, D)) == [
        "k was lost: c ends with nothing, below 1/0; 1 confirmed it to a, and of 2 who may have held it 0 are dead"
    ]
    one_more = [*ALL, Ended(B, heir=None), write, Started(0xE, since=5), Ended(A, heir=None), Ended(0xE, heir=None)]
    assert check(one_more, all_hold(None, C, D)) == []
    meanwhile = [*before, write._replace(since=4), Ended(A, heir=None)]
    assert check(meanwhile, all_hold(None, C, D)) == []


DELETED: History = [
    *ALL,
    Write(A, b"k", b"one", acknowledged=True),
    Read(B, b"k", ONE),
    Write(B, b"k", None, acknowledged=True),
]


def test_a_deleted_key_is_deleted_everywhere() -> None:
    assert check([*DELETED, Read(B, b"k", GONE)], all_hold(GONE, A, B, C, D)) == []


def test_a_deleted_key_returns() -> None:
    assert check([*DELETED, Read(B, b"k", GONE)], all_hold(ONE, A, B, C, D)) == [
        "k returned after its delete: a ends with 100/a, below 200/b; b held it, and b lives"
    ]
    assert check(DELETED, all_hold(ONE, A, B, C, D)) == [
        "k returned after its delete: a ends with 100/a, below 101/0; b held it, and b lives"
    ]


def test_a_deleted_key_returns_at_one_node() -> None:
    contents = {**all_hold(GONE, A, B), **all_hold(ONE, C)}
    assert check([*DELETED, Read(B, b"k", GONE)], contents) == [
        "k differs: None of 200/b at a, b'one' of 100/a at c",
        "k returned after its delete: c ends with 100/a, below 200/b; b held it, and b lives",
    ]


def test_a_deleted_key_returns_for_a_moment() -> None:
    history = [*DELETED, Read(C, b"k", GONE), Read(C, b"k", ONE)]
    assert check(history, all_hold(GONE, A, B, C, D)) == ["k went back at c: 100/a after 200/b"]


def test_a_delete_that_only_its_killed_node_knew_of_may_be_lost_but_not_one_that_was_confirmed() -> None:
    assert check([*DELETED, Ended(B, heir=None)], all_hold(ONE, A, C, D)) == []
    history = [*DELETED[:-1], Write(B, b"k", None, acknowledged=True, confirmed=1, since=6), Ended(B, heir=None)]
    assert check(history, all_hold(ONE, A, C, D)) == [
        "k returned after its delete: a ends with 100/a, below 101/0; "
        "1 confirmed it to b, and of 3 who may have held it 0 are dead"
    ]


def test_an_unknown_delete_may_have_happened_or_not() -> None:
    history = [*DELETED[:-1], Write(B, b"k", None, acknowledged=False)]
    assert check(history, all_hold(ONE, A, B)) == []
    assert check(history, all_hold(GONE, A, B)) == []


def test_a_key_that_nobody_deleted() -> None:
    assert check(DELETED[:-1], all_hold(GONE, A, B)) == ["k was held as None of 200/b, which nobody wrote"]
    assert check(DELETED, all_hold(Entry(200, C, None), A, B)) == [
        "k was held as None of 200/c, which was written at b"
    ]


def test_a_key_that_may_be_written_again_after_its_delete() -> None:
    history = [*DELETED, Write(C, b"k", b"three", acknowledged=True), Read(C, b"k", Entry(300, C, b"three"))]
    assert check(history, all_hold(Entry(300, C, b"three"), A, B, C)) == []


def test_what_has_expired_is_gone() -> None:
    extra = attached(900)
    write, living = Write(A, b"k", b"one", acknowledged=True, expires=True), ONE._replace(extra=extra)
    history: History = [write, Read(A, b"k", living)]
    assert check(history, all_hold(Entry(100, A, None, extra), A, B)) == []
    assert check(history, all_hold(living, A, B)) == [
        "k has not expired at a: b'one' of 100/a",
        "k has not expired at b: b'one' of 100/a",
    ]
    assert check([write._replace(expires=False)], all_hold(Entry(100, A, None, extra), A, B)) == [
        "k was held as None of 100/a, which nobody wrote"
    ]


def test_what_was_there_before_a_calm_survives_the_kill_after_it() -> None:
    before = [*ALL, Write(A, b"k", b"one", acknowledged=True)]
    assert check([*before, Calm(), Settled(), Ended(A, heir=None)], all_hold(None, B, C, D)) == [
        "k was lost: b ends with nothing, below 1/0; "
        "all had time to hear of it in a calm, and of 4 who may have held it 1 are dead"
    ]
    assert check([*before, Calm(), Settled(), Ended(A, heir=None)], all_hold(ONE, B, C, D)) == []


def test_what_was_written_in_a_calm_or_before_one_that_did_not_last_may_end_with_its_node() -> None:
    write = Write(A, b"k", b"one", acknowledged=True)
    assert check([*ALL, Calm(), write, Settled(), Ended(A, heir=None)], all_hold(None, B, C, D)) == []
    assert check([*ALL, write, Calm(), Ended(A, heir=None)], all_hold(None, B, C, D)) == []


def test_what_was_lost_before_a_calm_is_not_missed_after_it() -> None:
    history = [*ALL, Write(A, b"k", b"one", acknowledged=True), Ended(A, heir=None), Calm(), Settled()]
    assert check(history, all_hold(None, B, C, D)) == []


def test_what_was_everywhere_may_be_lost_when_all_that_were_there_are_dead() -> None:
    before = [*ALL, Write(A, b"k", b"one", acknowledged=True), Calm(), Settled()]
    killed = [Ended(process, heir=None) for process in (A, B, C, D)]
    assert check([*before, *killed, Started(0xE, since=11)], all_hold(None, 0xE)) == []
    assert check([*before, *killed[:-1], Stopping(D), Ended(D, heir=0xE)], all_hold(None, 0xE)) == [
        "k was lost: e ends with nothing, below 1/0; "
        "all had time to hear of it in a calm, and of 4 who may have held it 3 are dead"
    ]


def test_a_deleted_key_returns_after_a_calm() -> None:
    history = [*DELETED, Read(B, b"k", GONE), Calm(), Settled(), Ended(B, heir=None)]
    assert check(history, all_hold(ONE, A, C, D)) == [
        "k returned after its delete: a ends with 100/a, below 200/b; "
        "all had time to hear of it in a calm, and of 4 who may have held it 1 are dead"
    ]


def test_a_survey_shows_stamps_of_deletes_too() -> None:
    history = [*DELETED, Read(B, b"k", GONE), Survey(C, {b"k": (200, B)}, since=7), Ended(B, heir=None)]
    assert check(history, all_hold(ONE, A, C, D)) == [
        "k returned after its delete: a ends with 100/a, below 200/b; c held it, and c lives"
    ]
