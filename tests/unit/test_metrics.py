"""Counting, from many threads too."""

import threading

import pytest

from gossip.metrics import Counter, Metrics


def test_counts_add_up() -> None:
    counter = Counter()
    assert counter.total == 0
    counter.add()
    counter.add(5)
    assert counter.total == 6


def test_nothing_is_lost_between_threads() -> None:
    counter = Counter()

    def count() -> None:
        for _ in range(5000):
            counter.add()

    threads = [threading.Thread(target=count) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counter.total == 40_000


@pytest.mark.parametrize(
    ("status", "good", "bad"), [(200, 1, 0), (204, 1, 0), (399, 1, 0), (400, 0, 1), (404, 0, 1), (503, 0, 1)]
)
def test_requests_are_counted_by_status(status: int, good: int, bad: int) -> None:
    metrics = Metrics()
    metrics.count_request(status)
    assert (metrics.good_requests.total, metrics.bad_requests.total) == (good, bad)
