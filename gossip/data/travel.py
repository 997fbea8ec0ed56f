"""How long entries were on their way: from their stamp, by their writer's clock, to their arrival here."""

from bisect import bisect_left

from gossip.data.clock import MICROS

BOUNDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0)
"""The upper ends of the intervals in which entries are counted, in seconds; one more is without end."""

_BOUNDS = tuple(round(bound * MICROS) for bound in BOUNDS)


class Travel:
    """Counts entries by how long they travelled. Has no lock: they are added under the store's.

    What it says is as good as the clocks: a writer whose clock is ahead seems near, one whose clock is behind far. An
    entry that is given again later, as to a node that was just started, has travelled since it was written.
    """

    def __init__(self) -> None:
        self.counts = [0] * (len(BOUNDS) + 1)
        """For each interval, how many entries."""
        self.micros = 0
        """The sum of all."""

    def add(self, micros: int) -> None:
        """Count an entry that took so long; less than nothing, as clocks differ, counts as nothing."""
        self.counts[bisect_left(_BOUNDS, micros)] += 1
        self.micros += max(0, micros)

    def within(self, part: float) -> float:
        """The least bound, in seconds, within which this part of the entries arrived; 0 when there are none."""
        counts = self.counts.copy()
        due, seen = part * sum(counts), 0
        for count, bound in zip(counts, (*BOUNDS, float("inf")), strict=True):
            seen += count
            if seen and seen >= due:
                return bound
        return 0.0
