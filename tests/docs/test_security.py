"""The tests that docs/security.md names are there."""

import re

from tests.nodes import ROOT

TABLE = (ROOT / "docs" / "security.md").read_text().partition("## Threats")[2]
NAMED = set(re.findall(r"`(test_\w+)`", TABLE))


def test_each_threat_has_tests_that_exist() -> None:
    there = set(re.findall(r"def (test_\w+)", "".join(path.read_text() for path in (ROOT / "tests").rglob("*.py"))))
    assert len(NAMED) > 15
    assert NAMED - there == set()


def test_each_threat_has_a_test() -> None:
    rows = [line for line in TABLE.splitlines() if line.startswith("| ")][2:]
    assert [row for row in rows if "`test_" not in row] == []
