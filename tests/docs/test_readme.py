"""Every command in the README, in `docs/getting-started.md` and in `docs/api.md` does what is said there."""

import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gossip.settings import SETTINGS
from tests.docs.readme import API, GETTING_STARTED, README, Example, examples
from tests.nodes import ROOT

SETTLED_SECONDS = 30
"""A command that goes on has printed by then what is shown."""


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
        self._terminals: list[Terminal] = []
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        self._environ = {"PATH": path, "PYTHONDONTWRITEBYTECODE": "1"}

    def _inside(self, command: str) -> list[str]:
        enter = ["nsenter", "--net", f"--target={self._holder.pid}", "setpriv", "--bounding-set=-net_bind_service"]
        return [*enter, "bash", "-c", re.sub(r"\bcurl ", "curl -sS ", command, count=1)]

    def run(self, command: str) -> str:
        """What a command prints; curl's progress meter is left out, as a terminal would not keep it."""
        done = subprocess.run(
            self._inside(command), cwd=ROOT, env=self._environ, capture_output=True, text=True, timeout=30, check=True
        )
        return done.stdout

    def start(self, command: str) -> "Terminal":
        """A command that goes on running."""
        self._terminals.append(Terminal(self._inside(f"exec {command}"), self._environ))
        return self._terminals[-1]

    def close(self) -> None:
        for terminal in self._terminals:
            terminal.close()
        self._holder.kill()
        self._holder.communicate()


class Terminal:
    """Where a command runs until it is stopped."""

    def __init__(self, command: list[str], environ: dict[str, str]) -> None:
        self._process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True)

    def lines(self, count: int) -> str:
        """The next lines that it prints; fewer, if they do not come."""
        patience = threading.Timer(SETTLED_SECONDS, self._process.kill)
        patience.start()
        try:
            assert self._process.stdout
            return "".join(self._process.stdout.readline() for _ in range(count))
        finally:
            patience.cancel()

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()


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


def check(example: Example, printed: str) -> None:
    assert example.is_matched_by(printed), f"{example.command}\nprinted\n{printed}\nnot\n{example.output}"


def follow(machine: Machine, page: list[Example]) -> None:
    """Type what a page shows, and see that it prints what the page says."""
    watchers: list[tuple[Example, Terminal, str]] = []
    for example in page:
        if example.is_a_node:
            check(example, machine.start(example.command).lines(example.output.count("\n")))
        elif example.is_a_watcher:
            terminal = machine.start(example.command)
            watchers.append((example, terminal, terminal.lines(1)))
        elif example.is_a_request:
            check(example, output_of(machine, example))
    for example, terminal, begun in watchers:
        check(example, begun + terminal.lines(example.output.count("\n") - 1))


def test_nodes_and_requests_do_what_is_shown(machine: Machine) -> None:
    follow(machine, examples())


def test_the_api_does_what_is_shown_at_the_readmes_three_nodes(machine: Machine) -> None:
    nodes = [example for example in examples() if example.is_a_node and "--peers" in example.command]
    assert len(nodes) == 3
    follow(machine, nodes + examples(API))


def test_a_start_is_made_as_is_shown(machine: Machine) -> None:
    follow(machine, examples(GETTING_STARTED))


def test_no_command_is_left_untested() -> None:
    elsewhere = {"docker", "kubectl"}  # by tests/image and tests/manifests
    test_commands = [e for e in examples() if e.command.endswith("-m pytest")]  # by .ci/run
    others = [e for e in examples() if not (e.is_a_node or e.is_a_request or e.program in elsewhere)]
    assert others == test_commands
    assert len(test_commands) == 1
    assert {example.program for example in examples(API)} == {"curl"}
    begun = [e.command for e in examples(GETTING_STARTED) if not (e.is_a_node or e.is_a_request)]
    assert set(begun) == {e.command for e in examples() if e.program in elsewhere}


def test_the_settings_table_is_that_of_the_program() -> None:
    rows = re.findall(r"^\| `([A-Z_]+)` \| `(--[a-z-]+)` \|([^|]*)\|([^|]*)\|", README.read_text(), re.MULTILINE)
    assert [(name, flag) for name, flag, _, _ in rows] == [(s.name, s.flag) for s in SETTINGS]
    for setting, (_, _, default, unit) in zip(SETTINGS, rows, strict=True):
        assert unit.strip() == setting.unit
        if setting.default:
            assert default.strip() == f"`{setting.default}`"
