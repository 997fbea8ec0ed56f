"""The checker on bad histories of counters."""

import pytest

from gossip.data.counters import share_key
from gossip.data.entry import Entry
from tests.chaos.checker import check
from tests.chaos.history import Add, Contents, Ended, History, Read, Started, Stopping, Total

A, B, C, D = 0xA, 0xB, 0xC, 0xD
"""Processes."""

ALL: History = [Started(A), Started(B), Started(C), Started(D)]
SHARE = share_key(b"hits", A)


def share(amount: int, time: int = 300) -> Entry:
    return Entry(time, A, b"%d 0-%016x" % (amount, 0))


def held_as(entry: Entry, *nodes: int) -> Contents:
    return {node: {SHARE: entry} for node in nodes}


ADDED: History = [*ALL, Add(A, b"hits", 5, acknowledged=True), Add(A, b"hits", 30, acknowledged=True)]


def test_a_counter_is_exact() -> None:
    assert check([*ADDED, Total(A, b"hits", 35), Total(B, b"hits", 35)], held_as(share(35), A, B)) == []


@pytest.mark.parametrize("amount", [0, 5, 30, 34, 36, 40, 65, 70])
def test_a_counter_that_lost_or_doubled_something(amount: int) -> None:
    assert check(ADDED, held_as(share(amount), A, B)) == [
        f"hits is wrong: the share of a is {amount}; 35 was added, and 0 more may have been"
    ]


def test_an_unknown_add_counts_once_or_not_at_all() -> None:
    history = [*ADDED, Add(A, b"hits", 700, acknowledged=False), Add(A, b"hits", 2000, acknowledged=False)]
    for amount in (35, 735, 2035, 2735):
        assert check(history, held_as(share(amount), A, B)) == []
    for amount in (36, 1435, 4035, 700, 3435):
        assert check(history, held_as(share(amount), A, B)) == [
            f"hits is wrong: the share of a is {amount}; 35 was added, and 2700 more may have been"
        ]


def test_an_add_that_may_have_been_made_at_another_process() -> None:
    history = [*ADDED, Add(None, b"hits", 700, acknowledged=True)]
    assert check(history, held_as(share(735), A, B)) == []
    assert check(history, held_as(share(35), A, B)) == []


def test_a_killed_process_may_take_its_last_adds_along_but_no_others() -> None:
    history = [*ADDED, Ended(A, heir=None)]
    assert check(history, held_as(share(35), B, C)) == []
    assert check(history, held_as(share(5), B, C)) == []
    assert check(history, {B: {}, C: {}}) == []
    assert check(history, held_as(share(30), B, C)) == [
        "hits is wrong: the share of a is 30; 35 was added, and 0 more may have been"
    ]


def test_a_confirmed_add_is_lost() -> None:
    sure = Add(A, b"hits", 5, acknowledged=True, confirmed=1, since=4)
    assert check([*ALL, sure, Ended(A, heir=None)], {B: {}, C: {}}) == [
        "the share of a in hits was lost: b ends with nothing, below 1/0; "
        "1 confirmed it to a, and of 3 who may have held it 0 are dead"
    ]


def test_an_add_that_was_handed_over_is_lost() -> None:
    assert check([*ADDED, Stopping(A), Ended(A, heir=B)], held_as(share(5), B)) == [
        "hits is wrong: the share of a is 5; 35 was added, and 0 more may have been"
    ]


def test_an_add_that_does_not_count_at_once() -> None:
    history = [*ADDED, Read(A, SHARE, share(5, 200)), Add(A, b"hits", 1, acknowledged=True)]
    assert check([*history, Ended(A, heir=None)], held_as(share(36), B)) == [
        "hits is wrong: the share of a is 5; 35 was added, and 0 more may have been"
    ]


def test_a_share_that_another_process_wrote() -> None:
    assert check(ADDED, {A: {SHARE: Entry(300, B, share(35).value)}}) == [
        "the share of a in hits was held as b'35 0-0000000000000000' of 300/b, which was written at a"
    ]


def test_a_share_of_a_process_at_which_nothing_was_added() -> None:
    theirs = share_key(b"hits", B)
    contents = {A: {SHARE: share(35), theirs: Entry(400, B, share(2).value)}}
    assert check(ADDED, contents) == ["hits is wrong: the share of b is 2; 0 was added, and 0 more may have been"]


def test_a_total_that_is_not_the_sum_of_the_shares() -> None:
    contents = held_as(share(35), A, B)
    assert check([*ADDED, Total(A, b"hits", 35), Total(B, b"hits", 5)], contents) == [
        "hits reads 5 at b, where the shares sum up to 35"
    ]
    assert check([*ADDED, Total(A, b"hits", None)], contents) == ["hits reads None at a, where the shares sum up to 35"]
    assert check([*ADDED, Total(A, b"none", None)], contents) == []
