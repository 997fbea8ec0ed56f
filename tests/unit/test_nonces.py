"""What is remembered of messages that were taken: how much, for how long, and for whom there is room."""

import os
from contextlib import suppress

import pytest

from gossip.sync.message import Unproven
from gossip.sync.proof import Nonces
from tests.unit.fakes import NOON

SECOND = 1_000_000


def remembered(nonces: Nonces) -> int:
    return sum(map(len, nonces._slots.values()))


def taken_of(nonces: Nonces, count: int, time: int, now: int) -> int:
    """How many of so many messages of this time are taken."""
    taken = 0
    for _ in range(count):
        with suppress(Unproven):
            nonces.take(time, os.urandom(16), now)
            taken += 1
    return taken


def refusal(nonces: Nonces, nonce: bytes, now: int) -> str:
    """Of this one, of noon."""
    with pytest.raises(Unproven) as caught:
        nonces.take(NOON, nonce, now)
    return str(caught.value)


def test_who_claims_other_times_than_now_spoils_them_for_nobody() -> None:
    nonces = Nonces()
    for second in (*range(-60, -6), *range(7, 61)):
        taken_of(nonces, 1000, NOON + second * SECOND, NOON)
    for second in range(120):
        now = NOON + second * SECOND
        assert taken_of(nonces, 100, now, now) == 100, f"after {second} s"


def test_a_flood_spoils_the_seconds_that_it_comes_in_and_nothing_is_taken_twice() -> None:
    nonces = Nonces()
    nonces.take(NOON, b"first", NOON)
    assert taken_of(nonces, 6000, NOON, NOON) == 4799
    assert refusal(nonces, b"another", NOON) == "too many messages say to be of that time"
    assert taken_of(nonces, 6000, NOON + 3 * SECOND, NOON) == 4800
    assert taken_of(nonces, 100, NOON + 6 * SECOND, NOON + 6 * SECOND) == 100
    assert refusal(nonces, b"first", NOON + 60 * SECOND) == "the message was sent before"


def test_as_many_as_are_stated_are_taken_for_the_whole_time() -> None:
    nonces = Nonces()
    assert [taken_of(nonces, 1600, now, now) for now in range(NOON, NOON + 130 * SECOND, SECOND)] == [1600] * 130


def test_the_memory_is_bounded() -> None:
    """21 slots that were about now, and the next; and 19 of later times."""
    nonces = Nonces()
    for now in range(NOON, NOON + 130 * SECOND, 3 * SECOND):
        for ahead, count in ((0, 5000), (3, 5000), (57, 700), (60, 700)):
            taken_of(nonces, count, now + ahead * SECOND, now)
        assert remembered(nonces) <= 22 * 4800 + 19 * 600
    assert remembered(nonces) > 22 * 4800
