"""All faults are counted, few are logged."""

import pytest

from gossip.faults import Faults
from tests.unit.fakes import Watch


def test_one_line_a_kind_and_minute(caplog: pytest.LogCaptureFixture) -> None:
    now = Watch(0.0)
    faults = Faults(now)
    faults.note("broken", "first")
    faults.note("broken", "second")
    faults.note("slow", "another kind")
    now.now = 59.9
    faults.note("broken", "third", 5)
    now.now = 60.0
    faults.note("broken", "fourth")
    faults.note("broken", "fifth")
    now.now = 120.0
    faults.note("broken", "sixth")
    assert caplog.messages == [
        "broken: first",
        "slow: another kind",
        "broken: fourth (6 more since the last such line)",
        "broken: sixth (1 more since the last such line)",
    ]
    assert {record.levelname for record in caplog.records} == {"WARNING"}


def test_counts() -> None:
    faults = Faults(Watch())
    assert faults.counts == {}
    faults.note("broken", "once")
    faults.note_all([("broken", "twice more", 2), ("slow", "four", 4)])
    assert faults.counts == {"broken": 3, "slow": 4}


def test_counts_are_a_copy() -> None:
    faults = Faults(Watch())
    faults.counts["broken"] = 1
    assert faults.counts == {}


def test_a_peers_words_stay_on_one_line(caplog: pytest.LogCaptureFixture) -> None:
    Faults().note("peer refused", "no\n2026-01-01 INFO all is well\x1b[2J")
    assert caplog.messages == ["peer refused: no?2026-01-01 INFO all is well?[2J"]
