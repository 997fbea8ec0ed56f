"""Counting, from many threads too."""

import threading
from time import monotonic

import pytest

from gossip.metrics import Counter, Counters, Requests, label_of


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
def test_requests_are_good_or_bad_by_their_status(status: int, good: int, bad: int) -> None:
    requests = Requests()
    requests.mine.count("GET", status)
    assert (requests.good, requests.bad) == (good, bad)


def test_counters_add_up_over_their_labels() -> None:
    counters = Counters("agreed", "partial")
    counters.add("agreed")
    counters.add("agreed", 2)
    assert counters.totals == {"agreed": 3, "partial": 0}
    assert counters.total == 3


def test_requests_of_several_threads_are_counted_by_method_and_status() -> None:
    requests = Requests()

    def count() -> None:
        for status in (200, 200, 404):
            requests.mine.count("GET", status)
        requests.mine.time(monotonic())

    count()
    thread = threading.Thread(target=count)
    thread.start()
    thread.join()
    requests.mine.count("PUT", 201)
    assert requests.counts == {("GET", 200): 4, ("GET", 404): 2, ("PUT", 201): 1}
    assert sum(requests.took[0]) == 6, "the last one has not been sent yet"


@pytest.mark.parametrize(("seconds", "interval"), [(0.0, 0), (0.003, 5), (0.3, 11), (1.1, 13), (100.0, 16)])
def test_what_was_counted_is_timed_together(seconds: float, interval: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gossip.metrics.monotonic", lambda: 1000 + seconds)
    requests = Requests()
    requests.mine.count("GET", 200)
    requests.mine.count("GET", 404)
    assert requests.mine.time(1000) == 1000 + seconds
    requests.mine.time(1000)
    counts, total = requests.took
    assert (counts[interval], sum(counts)) == (2, 2)
    assert total == pytest.approx(2 * seconds)


@pytest.mark.parametrize(
    ("method", "label"), [("GET", "GET"), ("DELETE", "DELETE"), ("BREW", "other"), ("get", "other")]
)
def test_methods_out_of_the_ordinary_are_counted_as_one(method: str, label: str) -> None:
    assert label_of(method) == label
