"""The workflow on GitHub: well formed, safe, and no more than the commands that anybody can run."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.nodes import ROOT

WORKFLOW = ROOT / ".github" / "workflows" / "ci.yml"
JOBS: dict[str, Any] = yaml.safe_load(WORKFLOW.read_text())["jobs"]
STEPS = [step for job in JOBS.values() for step in job["steps"]]
RUN = [step["run"] for step in STEPS if "run" in step]
SCRIPTS = [path for path in sorted((ROOT / ".ci").iterdir()) if path.read_bytes().startswith(b"#!/usr/bin/env bash")]


def passes(*command: str, given: str = "") -> None:
    """Run a tool of this environment, which must find nothing."""
    program = Path(sys.executable).with_name(command[0])
    done = subprocess.run([program, *command[1:]], cwd=ROOT, input=given, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def test_it_is_what_github_expects() -> None:
    passes("check-jsonschema", "--builtin-schema", "vendor.github-workflows", str(WORKFLOW))


def test_it_is_safe() -> None:
    passes("zizmor", "--offline", "--no-progress", str(WORKFLOW))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_the_scripts_are_sound(script: Path) -> None:
    passes("shellcheck", str(script))
    assert os.access(script, os.X_OK)


@pytest.mark.parametrize("run", RUN)
def test_the_steps_are_sound_and_run_what_is_here(run: str) -> None:
    passes("shellcheck", "--shell=bash", "-", given=run)
    (script,) = re.findall(r"\.ci/\w+", run)
    assert ROOT / script in SCRIPTS


def test_every_supported_python_is_tested() -> None:
    assert JOBS["tests"]["strategy"]["matrix"]["python"] == ["3.10", "3.11", "3.12", "3.13", "3.14"]
    assert "Python 3.10 or newer" in (ROOT / "README.md").read_text()


def test_the_image_is_made_for_both_architectures() -> None:
    assert JOBS["image"]["strategy"]["matrix"]["machine"] == ["ubuntu-24.04", "ubuntu-24.04-arm"]


def test_a_release_is_made_of_a_tag_alone_and_of_what_was_tested() -> None:
    assert JOBS["release"]["if"] == "startsWith(github.ref, 'refs/tags/v')"
    assert JOBS["release"]["needs"] == [job for job in JOBS if job != "release"]


def test_only_a_release_may_write_and_nothing_needs_a_secret() -> None:
    assert yaml.safe_load(WORKFLOW.read_text())["permissions"] == {}
    wanted = {name: job["permissions"] for name, job in JOBS.items()}
    assert wanted == {"tests": {"contents": "read"}, "image": {"contents": "read"}, "release": {"contents": "write"}}
    assert "secrets." not in WORKFLOW.read_text()


def test_actions_are_githubs_own_and_pinned_by_commit() -> None:
    used = [step["uses"] for step in STEPS if "uses" in step]
    assert used
    assert [action for action in used if not re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40}", action)] == []
