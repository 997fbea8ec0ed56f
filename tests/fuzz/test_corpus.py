"""The inputs that were found once are read as they should be, and the fuzzer finds nothing new in a moment."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.fuzz.targets import TARGETS
from tests.nodes import ROOT

CORPUS = Path(__file__).parent / "corpus"
SECONDS = os.environ.get("FUZZ_SECONDS", "3")
"""How long each target is fuzzed."""


@pytest.mark.parametrize("name", TARGETS)
def test_what_was_found_is_still_read(name: str) -> None:
    found = sorted((CORPUS / name).iterdir())
    assert found
    for path in found:
        TARGETS[name](path.read_bytes())


def test_the_corpus_stays_small() -> None:
    sizes = [path.stat().st_size for path in CORPUS.rglob("*") if path.is_file()]
    assert len(sizes) <= 100
    assert sum(sizes) <= 200_000


@pytest.mark.skipif(find_spec("atheris") is None, reason="unavoidable: there is no atheris for this platform")
@pytest.mark.parametrize("name", TARGETS)
def test_nothing_new_is_found(name: str, tmp_path: Path) -> None:
    """FUZZ_SECONDS=600 for a longer look; what it finds stands in `crash-*` in the folder that is named."""
    options = [f"-max_total_time={SECONDS}", "-max_len=4096", f"-artifact_prefix={tmp_path}/"]
    process = subprocess.run(
        [sys.executable, "-m", "tests.fuzz.run", name, *options],
        cwd=ROOT, capture_output=True, text=True, timeout=60 + 2 * int(SECONDS), check=False,
    )  # fmt: skip
    assert process.returncode == 0, f"{[str(path) for path in tmp_path.iterdir()]}\n{process.stderr[-3000:]}"
    assert "DONE" in process.stderr
