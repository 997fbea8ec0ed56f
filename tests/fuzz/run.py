"""Fuzzes one target, guided by coverage: `python -m tests.fuzz.run wire -max_total_time=600`.

Arguments behind the target's name are libFuzzer's. What fails stands in a file that it names: it belongs into the
corpus, as do a few of the new inputs, which go into the first folder that is named, or else into a temporary one.
"""

import sys
import tempfile
from pathlib import Path

import atheris

CORPUS = Path(__file__).parent / "corpus"


def main(arguments: list[str]) -> None:
    """Does not return."""
    name, *options = arguments
    with atheris.instrument_imports(include=["gossip"]):
        from tests.fuzz.targets import TARGETS
    if not any(not option.startswith("-") for option in options):
        options += [tempfile.mkdtemp(), str(CORPUS / name)]
    atheris.Setup([sys.argv[0], *options], TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1:])
