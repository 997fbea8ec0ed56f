"""The sweeping thread."""

import logging

import pytest

from gossip.data.attributes import attached
from gossip.data.clock import MICROS, wall_micros
from gossip.sweeper import Sweeper
from tests.nodes import wait_until
from tests.unit.fakes import make_store


def test_memory_comes_back_without_anybody_reading_the_key() -> None:
    store = make_store(wall=wall_micros)
    store.write(b"k", b"v" * 1000, attached(wall_micros() + MICROS // 10))
    assert store.total_bytes > 1000
    sweeper = Sweeper(store)
    sweeper.start()
    wait_until(lambda: store.total_bytes < 100, what="the memory to come back")
    assert sweeper.alive
    sweeper.stop()
    wait_until(lambda: not sweeper.alive, what="the end of the thread")


def test_a_sweep_that_fails_does_not_end_the_thread(caplog: pytest.LogCaptureFixture) -> None:
    store = make_store(wall=wall_micros)
    store.sweep = lambda: 1 // 0  # type: ignore[method-assign, assignment]
    sweeper = Sweeper(store)
    with caplog.at_level(logging.ERROR):
        sweeper.start()
        wait_until(lambda: "sweeping failed" in caplog.text, what="a line in the log")
    assert sweeper.alive
    sweeper.stop()
