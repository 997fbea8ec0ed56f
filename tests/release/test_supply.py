"""What the image holds beside Gossipcar: pinned to the byte, within what the code asks for, listed, and licensed."""

import json
import re
import subprocess
import sys

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packaging.requirements import Requirement

from tests.nodes import ROOT
from tests.release.commands import VERSION


def lines(name: str) -> list[str]:
    """The lines of a file of requirements that ask for something."""
    return [line for line in (ROOT / name).read_text().splitlines() if line and line[0] not in "#-"]


PINNED = [Requirement(line.partition(" --hash")[0]) for line in lines("requirements-image.txt")]


def test_the_image_gets_dnspython_alone_by_version_and_hash() -> None:
    (line,) = lines("requirements-image.txt")
    assert re.fullmatch(r"dnspython==[\d.]+ --hash=sha256:[0-9a-f]{64}", line)


def test_the_pinned_version_is_one_that_the_code_is_tested_for() -> None:
    asked = {requirement.name: requirement for requirement in map(Requirement, lines("requirements.txt"))}
    for pinned in PINNED:
        (specifier,) = pinned.specifier
        assert asked[pinned.name].specifier.contains(specifier.version)


def test_the_list_of_what_is_there_keeps_to_the_format_and_names_what_runs() -> None:
    script = (ROOT / ".ci" / "sbom.py").read_text()
    done = subprocess.run([sys.executable, "-"], cwd=ROOT, input=script, capture_output=True, text=True, check=True)
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(done.stdout) is None
    found = {part["name"]: part for part in json.loads(done.stdout)["components"]}
    python = ".".join(map(str, sys.version_info[:3]))
    assert found["gossipcar"]["purl"] == f"pkg:generic/gossipcar@{VERSION}"
    assert found["python"]["purl"].startswith(f"pkg:generic/python@{python}")
    assert found["dnspython"]["purl"].startswith("pkg:pypi/dnspython@2.")


def test_the_licence_of_what_is_not_ours_is_there() -> None:
    text = (ROOT / "THIRD-PARTY.md").read_text()
    assert re.findall(r"^## (\S+)", text, re.MULTILINE) == [requirement.name for requirement in PINNED]
    assert "Permission to use, copy, modify, and/or distribute this software" in text
