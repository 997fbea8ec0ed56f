"""A node ends in the midst of writes: by SIGTERM it takes nothing with it that it acknowledged, by SIGKILL nothing that
a peer has confirmed.

`END_TRIALS=200` says how often; a trial takes about a second.
"""

import http.client
import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from statistics import median

import pytest

from gossip.commands.demo.nodes import free_ports
from tests.nodes import RunningNode, wait_until

TRIALS = int(os.environ.get("END_TRIALS") or 10)

WRITERS = 4
"""Clients of the node that ends, each with a connection that is kept. One more writes at a node that stays."""

LONGEST_LOAD = 0.6
"""After so many seconds of writes at the most a node is ended."""

AT_ONCE = 100
"""Keys read by one request."""


class Writer:
    """Writes one key after the other, until its node says no more."""

    def __init__(self, node: RunningNode, name: str, trial: int, query: str = "") -> None:
        self.promised: dict[str, str] = {}
        """What was acknowledged or, of writes that wait for peers, confirmed."""
        self.acknowledged = 0
        self._node, self._name, self._trial, self._query = node, name, trial, query
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def end(self) -> None:
        self._over.set()
        self.join()

    def join(self) -> None:
        self._thread.join(30)
        assert not self._thread.is_alive()

    def _run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._node.client_port, timeout=10)
        try:
            while not self._over.is_set() and self._write(connection):
                self.acknowledged += 1
        except (OSError, http.client.HTTPException):
            pass  # the node is gone
        finally:
            connection.close()

    def _write(self, connection: http.client.HTTPConnection) -> bool:
        key, value = f"{self._name}-{self.acknowledged}", f"of trial {self._trial}"
        connection.request("PUT", f"/map?k={key}{self._query}", value.encode())
        answer = connection.getresponse()
        answer.read()
        if answer.status == 503:
            return False
        assert answer.status in (201, 202, 204)
        if not self._query or int(answer.headers["Gossip-Confirmed"]):
            self.promised[key] = value
        return True


class Stage:
    """Two nodes that stay, and the place of one that comes and ends."""

    def __init__(self, undo: ExitStack) -> None:
        *ports, self._port = free_ports(3)
        self._peers = {"PEERS": ",".join(f"127.0.0.1:{port}" for port in [*ports, self._port])}
        self.staying = [undo.enter_context(RunningNode(environ=self._peers, peer_port=port)) for port in ports]
        self.seconds: list[float] = []
        """How long each end took."""
        self.promises = 0
        self._rng = random.Random(1)

    def play(self, trial: int, how: signal.Signals, query: str) -> list[str]:
        """One trial. Which keys lack what was promised of them at a node that stays."""
        with RunningNode(environ=self._peers, peer_port=self._port) as node:
            bystander = Writer(self.staying[0], "bystander", trial)
            writers = [Writer(node, f"writer-{number}", trial, query) for number in range(WRITERS)]
            wait_until(lambda: all(writer.acknowledged for writer in writers), what="a write at each connection")
            time.sleep(self._rng.uniform(0, LONGEST_LOAD))
            began = time.monotonic()
            node.process.send_signal(how)
            status = node.process.wait(10)
            self.seconds.append(time.monotonic() - began)
            for writer in writers:
                writer.join()
            bystander.end()
            assert status == (0 if how == signal.SIGTERM else -how), node.log
        promised = {key: value for writer in [bystander, *writers] for key, value in writer.promised.items()}
        self.promises += len(promised)
        return self._lacking(promised)

    def _lacking(self, promised: dict[str, str], patience: float = 5.0) -> list[str]:
        """What is lacking once so much time has passed, if it has not come before."""
        deadline = time.monotonic() + patience
        while lacking := [key for node in self.staying for key in lacking_at(node, promised)]:
            if time.monotonic() > deadline:
                break
            time.sleep(0.05)
        return lacking


def lacking_at(node: RunningNode, promised: dict[str, str]) -> Iterator[str]:
    keys = [*promised]
    for start in range(0, len(keys), AT_ONCE):
        some = keys[start : start + AT_ONCE]
        found = (node.get(*some) or b"").decode().splitlines()
        yield from {f"{key}={promised[key]}" for key in some} - {*found}


@pytest.mark.parametrize(
    ("how", "query"),
    [(signal.SIGTERM, ""), (signal.SIGKILL, "&wait=1&timeout=5")],
    ids=["SIGTERM, acknowledged", "SIGKILL, confirmed"],
)
def test_nothing_promised_ends_with_its_node(how: signal.Signals, query: str) -> None:
    with ExitStack() as undo:
        stage = Stage(undo)
        lost = {trial: keys for trial in range(TRIALS) if (keys := stage.play(trial, how, query))}
    seconds = f"{median(stage.seconds):.2f} s, {max(stage.seconds):.2f} s at the most"
    print(f"\n{TRIALS} ends by {how.name}: {stage.promises:,} writes promised; an end took {seconds}")
    assert lost == {}
    assert stage.promises > 100 * TRIALS
