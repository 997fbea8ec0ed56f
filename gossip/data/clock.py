"""Hybrid logical clock (Kulkarni et al. 2014, "Logical Physical Clocks"), packed into one number.

Rule 1: a time is issued once, and is above every time issued or observed before.
Rule 2: times follow the wall clock while it runs ahead of what was observed, so that they mean something to people.
Rule 3: this module is the one place that reads the wall clock.

A clock has no lock of its own: the store calls it with the store's lock held.
"""

import time
from collections.abc import Callable

MICROS = 1_000_000
"""Times are whole microseconds since the Unix epoch; this many make a second."""


def wall_micros() -> int:
    """The machine's wall clock, in microseconds since the Unix epoch."""
    return time.time_ns() // 1000


class Clock:
    """Issues times that only grow, whatever the wall clock does and however far ahead a peer's clock was."""

    def __init__(self, wall: Callable[[], int] = wall_micros) -> None:
        self.wall = wall
        self.latest = 0
        """The greatest time issued or observed so far, in microseconds; 0 before the first."""

    def issue(self) -> int:
        """A time never issued before: the wall clock's, or one microsecond past the latest seen."""
        now, next_one = self.wall(), self.latest + 1
        self.latest = issued = now if now > next_one else next_one  # `max` would take twice as long
        return issued

    def observe(self, time: int) -> None:
        """Learn a time that another node issued, so that the next one issued here is above it."""
        if time > self.latest:
            self.latest = time
