"""A release: its version, its notes, its files and their checksums; and what it must not go out with."""

import hashlib
import re
import shutil
from pathlib import Path

import pytest

import gossip
from tests.nodes import ROOT
from tests.release.commands import VERSION, Checkout

CLEAN = "echo 'No known vulnerabilities found'"
VULNERABLE = "echo 'Found 1 known vulnerability in 1 package'; exit 1"
UNREACHABLE = "echo 'ERROR: the service does not answer'; exit 1"


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    if not shutil.which("git"):
        pytest.skip("git is not installed (Debian: apt-get install git)")
    return Checkout(tmp_path)


def test_the_changelog_begins_with_the_version_of_the_code() -> None:
    titles = re.findall(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert titles[0] == VERSION == gossip.__version__


def test_the_notes_are_what_the_changelog_says_of_a_version_and_no_more(checkout: Checkout) -> None:
    (checkout.folder / "CHANGELOG.md").write_text(
        "# Changelog\n\n## 1.10.0\n\n- Later.\n\n## 1.1.0\n\n- One.\n- Two.\n"
    )
    assert checkout.run(".ci/notes", "1.10.0").stdout == "- Later.\n"
    assert checkout.run(".ci/notes", "1.1.0").stdout == "- One.\n- Two.\n"


@pytest.mark.parametrize("version", ["1", "9.9.9", ""])
def test_there_are_no_notes_of_a_version_that_the_changelog_does_not_have(checkout: Checkout, version: str) -> None:
    done = checkout.run(".ci/notes", version)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"CHANGELOG.md says nothing of {version}\n"


def test_a_release_has_the_tag_the_notes_and_the_files_with_their_checksums(checkout: Checkout, tmp_path: Path) -> None:
    checkout.stand_in("gh", f'printf "%s\\n" "$@" >{tmp_path}/asked')
    checkout.commit(f"v{VERSION}")
    files = tmp_path / "files"
    files.mkdir()
    (files / "b.tar").write_bytes(b"the image")
    (files / "a.json").write_bytes(b"the list")
    done = checkout.run(".ci/release", str(files))
    assert done.returncode == 0, done.stderr
    asked = (tmp_path / "asked").read_text()
    assert asked.startswith(f"release\ncreate\nv{VERSION}\n--verify-tag\n--title\nGossipcar {VERSION}\n--notes\n")
    assert checkout.run(".ci/notes", VERSION).stdout in asked
    assert asked.splitlines()[-3:] == [str(files / name) for name in ("SHA256SUMS", "a.json", "b.tar")]
    of_a, of_b = hashlib.sha256(b"the list").hexdigest(), hashlib.sha256(b"the image").hexdigest()
    assert (files / "SHA256SUMS").read_text() == f"{of_a}  a.json\n{of_b}  b.tar\n"


@pytest.mark.parametrize("tag", ["v0.0.1", VERSION, f"v{VERSION}-rc1"])
def test_a_tag_that_is_not_the_version_of_the_code_makes_no_release(checkout: Checkout, tag: str) -> None:
    checkout.stand_in("gh", "echo published")
    checkout.commit(tag)
    done = checkout.run(".ci/release", ".")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"this is version {VERSION}, and its commit must have the tag v{VERSION}\n"


@pytest.mark.parametrize(
    ("audit", "environ", "status", "said"),
    [
        (CLEAN, {}, 0, "No known vulnerabilities found\n"),
        (VULNERABLE, {}, 1, "Found 1 known vulnerability in 1 package\n"),
        (UNREACHABLE, {"GITHUB_ACTIONS": "true"}, 1, "ERROR: the service does not answer\n"),
        (
            UNREACHABLE,
            {},
            0,
            "NOT AUDITED, as the database of vulnerabilities could not be asked: ERROR: the service does not answer\n",
        ),
    ],
)
def test_what_is_known_to_be_vulnerable_does_not_pass(
    checkout: Checkout, audit: str, environ: dict[str, str], status: int, said: str
) -> None:
    checkout.stand_in("pip-audit", audit)
    done = checkout.run(".ci/audit", **environ)
    assert (done.returncode, done.stdout + done.stderr) == (status, said)
