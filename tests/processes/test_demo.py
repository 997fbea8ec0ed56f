"""The demo, as a person runs it: nodes that agree, die and come back, and nothing that is left behind."""

import queue
import re
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from gossip.commands.demo.nodes import free_ports
from tests.commands import COMMAND, done
from tests.nodes import wait_until
from tests.screen import on_a_screen

ENVIRON = {"PATH": "/usr/bin:/bin"}


class Demo:
    """A demo whose lines are read as they come."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self._lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()
        self.urls = [self.line(rf"node {number}: (http://127\.0\.0\.1:\d+)")[1] for number in (1, 2, 3)]

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self._lines.put(line.rstrip("\n"))

    def line(self, pattern: str, seconds: float = 20.0) -> re.Match[str]:
        """The next line that is like this; those before it are passed over."""
        deadline = time.monotonic() + seconds
        passed: list[str] = []
        while True:
            try:
                passed.append(self._lines.get(timeout=max(0.0, deadline - time.monotonic())))
            except queue.Empty:
                raise AssertionError(f"no line is like {pattern!r}: {passed}") from None
            if found := re.fullmatch(pattern, passed[-1]):
                return found

    def type(self, line: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()

    def is_up(self, number: int) -> bool:
        try:
            return requests.get(f"{self.urls[number - 1]}/stats", timeout=5).status_code == 200
        except requests.ConnectionError:
            return False

    @property
    def up(self) -> list[int]:
        return [number for number in (1, 2, 3) if self.is_up(number)]


@contextmanager
def demo(*flags: str, stdin: int = subprocess.PIPE) -> Iterator[Demo]:
    process = subprocess.Popen(
        [*COMMAND, "demo", "--nodes=3", *flags],
        env=ENVIRON,
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield Demo(process)
    finally:
        process.kill()
        process.wait()


def test_writes_spread_and_nodes_are_killed_and_revived() -> None:
    with demo() as running:
        running.line("all 3 nodes agree")
        running.line(r"write 1 at node [123] was at all 3 nodes after [\d,]+ ms")
        requests.put(f"{running.urls[0]}/map?k=own", data=b"word", timeout=5)
        wait_until(lambda: requests.get(f"{running.urls[2]}/map?k=own", timeout=5).text.rstrip("\n") == "own=word")
        running.type("k 3")
        running.line("node 3 is killed")
        assert running.up == [1, 2]
        running.line(r"write \d+ at node [12] was at all 2 nodes after [\d,]+ ms")
        running.type("r 3")
        running.line("2 of 3 nodes agree")
        running.line("node 3 is up again")
        running.line("all 3 nodes agree")
        assert requests.get(f"{running.urls[2]}/map?k=own", timeout=5).text.rstrip("\n") == "own=word"
        running.type("r 9")
        running.line("'r 9' cannot be done: .*")
        running.type("q")
        assert running.process.wait(10) == 0
        assert running.process.stderr
        assert (running.process.stderr.read(), running.up) == ("", [])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_with_all_its_nodes(number: signal.Signals) -> None:
    with demo(stdin=subprocess.DEVNULL) as running:
        assert running.up == [1, 2, 3]
        running.process.send_signal(number)
        _, errors = running.process.communicate(timeout=10)
        assert (running.process.returncode, errors, running.up) == (0, "", [])


def test_its_nodes_end_even_when_it_is_killed() -> None:
    with demo() as running:
        running.line("all 3 nodes agree")
        running.process.kill()
        wait_until(lambda: not running.up, what="the end of its nodes")


def test_it_ends_by_itself_and_needs_no_input_whatever_the_environment_asks_of_nodes(tmp_path: Path) -> None:
    (tmp_path / "tokens").write_text("sesame\n")
    (port,) = free_ports(1)
    environ = {**ENVIRON, "CLIENT_TOKEN_FILE": str(tmp_path / "tokens"), "HEALTH_PORT": str(port)}
    command = [*COMMAND, "demo", "--nodes=2", "--seconds=10"]
    ended = subprocess.run(command, env=environ, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "all 2 nodes agree\n" in ended.stdout


def test_on_a_terminal_there_is_a_table_in_place_and_a_line_to_type_on() -> None:
    with on_a_screen([*COMMAND, "demo", "--nodes=2"], ENVIRON) as screen:
        screen.wait_for("^node  address +state +entries  fingerprint  agrees  last write seen$")
        up = r"http://127\.0\.0\.1:\d+  up +\d+  [0-9a-f]{8} +yes +(wrote it|[\d,]+ ms)$"
        screen.wait_for(f"^   1  {up}")
        screen.wait_for(f"^   2  {up}")
        screen.type("k")
        writes = int(screen.wait_for(r"^write (\d+) at node [12] was at all 2 nodes after [\d,]+ ms$")[1])
        screen.wait_for(f"^write {writes + 1} at")
        screen.wait_for("^> k$")  # drawing has left it alone
        screen.type(" 2\n")
        screen.wait_for(r"^   2  http://127\.0\.0\.1:\d+  killed +-  - +- +-$")
        screen.wait_for("^> *$")
        assert screen.text.count("last write seen") == 1
        screen.type("q\n")
        wait_until(lambda: screen.text and screen.process.poll() is not None)
        assert screen.process.returncode == 0


def test_a_node_that_cannot_start_is_one_line_and_status_4() -> None:
    command = [*COMMAND, "demo", "--nodes=2"]
    environ = {**ENVIRON, "GOSSIP_INTERVAL": "soon"}
    ended = subprocess.run(command, env=environ, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stdout) == (4, "")
    assert re.fullmatch(
        r"gossipcar: node [12] does not start: gossipcar: GOSSIP_INTERVAL=soon is not allowed: .*\n", ended.stderr
    )


@pytest.mark.parametrize("nodes", ["1", "51", "few"])
def test_wrong_usage(nodes: str) -> None:
    line = f"argument --nodes: '{nodes}' is not a whole number from 2 to 50; see gossipcar.py demo --help"
    assert done("", "demo", "--nodes", nodes) == (2, b"", f"gossipcar: {line}\n")
