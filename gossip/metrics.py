"""Counting: cheap enough for the hot path, right from any thread.

What is counted by a label has labels out of a fixed set, so that nothing outside can make the counts grow.
"""

from bisect import bisect_left
from threading import get_ident
from time import monotonic

METHODS = frozenset(("GET", "HEAD", "PUT", "POST", "DELETE"))
OTHER = "other"
"""Stands for all other methods, and for requests of which none could be read."""

BOUNDS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""The upper ends of the intervals in which requests are counted by their time, in seconds; one more is without end."""
_SHORTEST = BOUNDS[0]


class Counter:
    """A count that many threads add to without a lock: each thread has a cell of its own, summed on read.

    A thread's identity is reused after its end, and so is its cell; there are never more cells than there were
    threads at one time.
    """

    def __init__(self) -> None:
        self._cells: dict[int, int] = {}

    def add(self, count: int = 1) -> None:
        try:
            self._cells[get_ident()] += count
        except KeyError:
            self._cells[get_ident()] = count

    @property
    def total(self) -> int:
        return sum(self._cells.copy().values())


class Counters:
    """A counter for each of some labels."""

    def __init__(self, *labels: str) -> None:
        self._counters = {label: Counter() for label in labels}

    def add(self, label: str, count: int = 1) -> None:
        self._counters[label].add(count)

    @property
    def totals(self) -> dict[str, int]:
        return {label: counter.total for label, counter in self._counters.items()}

    @property
    def total(self) -> int:
        return sum(self.totals.values())


class Tally:
    """The requests that one thread has answered. Only that thread changes it."""

    __slots__ = ("counts", "seconds", "took", "untimed")

    def __init__(self) -> None:
        self.counts: dict[str, dict[int, int]] = {}
        """How many, by method and status."""
        self.took = [0] * (len(BOUNDS) + 1)
        """How many, for each interval of time."""
        self.seconds = 0.0
        """The sum of all times."""
        self.untimed = 0
        """How many are counted, but not timed yet."""

    def count(self, method: str, status: int) -> None:
        """Count a request by its method, as `label_of` has it, and the status of its answer."""
        self.untimed += 1
        try:
            self.counts[method][status] += 1
        except KeyError:
            self.counts.setdefault(method, {})[status] = 1

    def time(self, since: float) -> float:
        """What was counted and not timed took from this moment of the monotonic clock until now, which is returned."""
        now = monotonic()
        if untimed := self.untimed:
            took = now - since
            self.took[bisect_left(BOUNDS, took) if took > _SHORTEST else 0] += untimed
            self.seconds += untimed * took
            self.untimed = 0
        return now


class Requests:
    """Requests by method and status, and how long they took."""

    def __init__(self) -> None:
        self._tallies: dict[int, Tally] = {}

    @property
    def mine(self) -> Tally:
        """The tally of the thread that asks for it."""
        tally = self._tallies.get(get_ident())
        if tally is None:
            tally = self._tallies[get_ident()] = Tally()
        return tally

    @property
    def counts(self) -> dict[tuple[str, int], int]:
        """How many there were, by method and status."""
        totals: dict[tuple[str, int], int] = {}
        for tally in self._tallies.copy().values():
            for method, by_status in tally.counts.copy().items():
                for status, count in by_status.copy().items():
                    totals[method, status] = totals.get((method, status), 0) + count
        return totals

    @property
    def took(self) -> tuple[list[int], float]:
        """How many there were for each interval of time, and the seconds of all together."""
        tallies = self._tallies.copy().values()
        columns = zip([0] * (len(BOUNDS) + 1), *(tally.took for tally in tallies), strict=True)
        return [sum(column) for column in columns], sum(tally.seconds for tally in tallies)

    @property
    def good(self) -> int:
        """How many were answered with a status below 400."""
        return sum(count for (_, status), count in self.counts.items() if status < 400)

    @property
    def bad(self) -> int:
        """How many were answered with a status of 400 or more."""
        return sum(count for (_, status), count in self.counts.items() if status >= 400)


class Metrics:
    """Everything that a node counts of itself."""

    def __init__(self) -> None:
        self.requests = Requests()
        """Of clients."""
        self.exchanges_out = Counters("agreed", "complete", "partial")
        """Exchanges that this node began and completed, by what came of them (see `Outcome.result`)."""
        self.exchanges_failed = Counter()
        """Exchanges that this node began, and a peer's fault ended."""
        self.exchanges_in = Counter()
        """Exchanges that peers began with this node."""
        self.bytes_out = Counter()
        """Bytes of messages to peers that were sent, as they cross the network."""
        self.bytes_in = Counter()
        """The same, of those that came."""
        self.entries_out = Counter()
        """Entries sent to peers."""
        self.entries_in = Counter()
        """Entries that peers sent."""
        self.news_out = Counter()
        """Messages with news that were sent to peers, and answered."""
        self.news_dropped = Counter()
        """Messages with news that were not passed on, as too many waited: what they carry is left to the rounds."""


def label_of(method: str) -> str:
    """What a method is counted as."""
    return method if method in METHODS else OTHER
