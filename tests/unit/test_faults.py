"""All faults are counted, and logged: what comes again is summed up where lines are written (`test_logs.py`)."""

import pytest

from gossip.faults import Faults
from tests.unit.logged import logged


def test_a_fault_is_a_warning_with_its_sentence(caplog: pytest.LogCaptureFixture) -> None:
    faults = Faults()
    faults.note("broken", "nobody knows why")
    faults.note("entry refused, large", "a value of 9 bytes is over 8", 5)
    assert logged(caplog) == [
        'level=warning logger=faults msg=broken error="nobody knows why"',
        'level=warning logger=faults msg="entry refused, large" error="a value of 9 bytes is over 8" count=5',
    ]


def test_counts() -> None:
    faults = Faults()
    assert faults.counts == {}
    faults.note("broken", "once")
    faults.note_all([("broken", "twice more", 2), ("slow", "four", 4)])
    assert faults.counts == {"broken": 3, "slow": 4}


def test_counts_are_a_copy() -> None:
    faults = Faults()
    faults.counts["broken"] = 1
    assert faults.counts == {}


def test_a_peers_words_stay_on_one_line(caplog: pytest.LogCaptureFixture) -> None:
    Faults().note("peer refused", "no\n2026-01-01 INFO all is well\x1b[2J")
    assert logged(caplog) == [
        r'level=warning logger=faults msg="peer refused" error="no\n2026-01-01 INFO all is well\u001b[2J"'
    ]
