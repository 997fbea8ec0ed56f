"""Each claim in `docs/security.md` names a test that is there."""

import ast
import re

from tests.nodes import ROOT

PAGE = (ROOT / "docs" / "security.md").read_text()
TABLES = re.findall(r"^\| (?:threat|claim) \|.*\n\| ---.*\n((?:\| .*\n)+)", PAGE, re.MULTILINE)


def test_each_claim_has_a_test() -> None:
    claims = "".join(TABLES).splitlines()
    assert len(TABLES) == 4
    assert len(claims) > 40
    assert [row for row in claims if not re.search(r"\| `tests/\S+::\w+`.* \|$", row)] == []


def test_each_test_that_is_named_exists() -> None:
    named = re.findall(r"`(tests/\S+\.py)::(\w+)`", PAGE)
    missing = []
    for path, name in named:
        tree = ast.parse((ROOT / path).read_text())
        if name not in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}:
            missing.append(f"{path}::{name}")
    assert missing == []
