"""The clock only ever goes up, and follows the wall clock where it can."""

import time

from gossip.data.clock import Clock, wall_micros
from tests.unit.fakes import Wall


def test_follows_the_wall_clock() -> None:
    wall = Wall(100)
    clock = Clock(wall)
    assert clock.issue() == 100
    wall.now = 250
    assert clock.issue() == 250


def test_goes_up_while_the_wall_clock_stands_still() -> None:
    clock = Clock(Wall(100))
    assert [clock.issue() for _ in range(3)] == [100, 101, 102]


def test_goes_up_while_the_wall_clock_goes_back() -> None:
    wall = Wall(100)
    clock = Clock(wall)
    clock.issue()
    wall.now = 7
    assert [clock.issue(), clock.issue()] == [101, 102]


def test_goes_past_what_was_observed() -> None:
    clock = Clock(Wall(100))
    clock.observe(500)
    assert clock.latest == 500
    assert clock.issue() == 501


def test_an_old_time_teaches_nothing() -> None:
    clock = Clock(Wall(100))
    clock.observe(500)
    clock.observe(3)
    assert clock.latest == 500


def test_catches_up_with_the_wall_clock() -> None:
    wall = Wall(100)
    clock = Clock(wall)
    clock.observe(500)
    wall.now = 600
    assert clock.issue() == 600


def test_latest_is_zero_before_the_first() -> None:
    assert Clock(Wall(100)).latest == 0


def test_the_wall_clock_is_the_machines_in_microseconds() -> None:
    before = time.time_ns()
    micros = wall_micros()
    assert before // 1000 <= micros <= time.time_ns() // 1000
