"""Counting: cheap enough for the hot path, right from any thread."""

from threading import get_ident


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


class Metrics:
    """Everything that a node counts of itself."""

    def __init__(self) -> None:
        self.good_requests = Counter()
        """Client requests answered with a status below 400."""
        self.bad_requests = Counter()
        """Client requests answered with a status of 400 or more."""
        self.exchanges_out = Counter()
        """Exchanges that this node began and completed."""
        self.exchanges_in = Counter()
        """Exchanges that peers began with this node."""
        self.entries_out = Counter()
        """Entries sent to peers."""
        self.entries_in = Counter()
        """Entries that peers sent."""
        self.news_out = Counter()
        """Messages with news that were sent to peers, and answered."""
        self.news_dropped = Counter()
        """Messages with news that were not passed on, as too many waited: what they carry is left to the rounds."""

    def count_request(self, status: int) -> None:
        """Count a client request by the status of its answer."""
        if status < 400:
            self.good_requests.add()
        else:
            self.bad_requests.add()
