"""Every command in the README does what the README says."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gossip.config import SETTINGS
from tests.docs.readme import Example, examples
from tests.nodes import ROOT

README = (ROOT / "README.md").read_text()


class Machine:
    """A network of its own, where every port is free, and whose processes may not bind port 80."""

    def __init__(self) -> None:
        self._holder = subprocess.Popen(
            ["unshare", "--net", "sh", "-c", "ip link set lo up && echo up && exec sleep 600"],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._holder.stdout
        assert self._holder.stdout.readline() == "up\n"
        self._nodes: list[subprocess.Popen[str]] = []
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        self._environ = {"PATH": path, "PYTHONDONTWRITEBYTECODE": "1"}

    def _inside(self, command: str) -> list[str]:
        enter = ["nsenter", "--net", f"--target={self._holder.pid}", "setpriv", "--bounding-set=-net_bind_service"]
        return [*enter, "bash", "-c", command]

    def run(self, command: str) -> str:
        """What a command prints; curl's progress meter is left out, as a terminal would not keep it."""
        silent = re.sub(r"^curl ", "curl -sS ", command)
        done = subprocess.run(
            self._inside(silent), cwd=ROOT, env=self._environ, capture_output=True, text=True, timeout=30, check=True
        )
        return done.stdout

    def start(self, command: str, lines: int) -> str:
        """The first lines of a command that goes on running."""
        node = subprocess.Popen(
            self._inside(f"exec {command}"), cwd=ROOT, env=self._environ, stdout=subprocess.PIPE, text=True
        )
        self._nodes.append(node)
        assert node.stdout
        return "".join(node.stdout.readline() for _ in range(lines))

    def close(self) -> None:
        for process in (*self._nodes, self._holder):
            process.kill()
            process.communicate()


@pytest.fixture
def machine() -> Iterator[Machine]:
    if os.geteuid() != 0 or not all(map(shutil.which, ("unshare", "nsenter", "setpriv", "ip", "curl"))):
        pytest.skip("needs root and util-linux, iproute2 and curl, for a network where every port is free")
    machine = Machine()
    yield machine
    machine.close()


def output_of(machine: Machine, example: Example) -> str:
    """What the example prints; a read is tried again while the news travels."""
    deadline = time.monotonic() + 10
    while True:
        printed = machine.run(example.command)
        if example.is_matched_by(printed) or not example.is_a_read or time.monotonic() > deadline:
            return printed
        time.sleep(0.1)


def test_nodes_and_requests_do_what_is_shown(machine: Machine) -> None:
    for example in examples():
        if example.is_a_node:
            printed = machine.start(example.command, example.output.count("\n"))
        elif example.is_a_request:
            printed = output_of(machine, example)
        else:
            continue
        assert example.is_matched_by(printed), f"{example.command}\nprinted\n{printed}\nnot\n{example.output}"


def test_no_command_is_left_untested() -> None:
    elsewhere = {"docker", "kubectl"}  # by tests/image and tests/manifests
    test_commands = [e for e in examples() if e.command.endswith("-m pytest")]  # by .ci/run
    others = [e for e in examples() if not (e.is_a_node or e.is_a_request or e.program in elsewhere)]
    assert others == test_commands
    assert len(test_commands) == 1


def test_the_settings_table_is_that_of_the_program() -> None:
    rows = re.findall(r"^\| `([A-Z_]+)` \| `(--[a-z-]+)` \|([^|]*)\|([^|]*)\|", README, re.MULTILINE)
    assert [(name, flag) for name, flag, _, _ in rows] == [(s.name, s.flag) for s in SETTINGS]
    for setting, (_, _, default, unit) in zip(SETTINGS, rows, strict=True):
        assert unit.strip() == setting.unit
        if setting.default:
            assert default.strip() == f"`{setting.default}`"


@pytest.mark.parametrize("page", [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))])
def test_links_and_named_files_exist(page: Path) -> None:
    text = page.read_text()
    for target in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (page.parent / target).exists(), target
    for name in re.findall(r"`((?:gossip|tests|docs|bench|deploy)/[\w./-]*)`", text):
        assert (ROOT / name).exists(), name
