"""The nodes of a demo: processes on ports of loopback, that end with the demo.

Rule 1: nothing outlives the demo. It kills its nodes' processes; where it is killed itself, their leash ends them.
Rule 2: a node keeps its ports when it is revived: the others know no other place to look for it.
"""

import os
import random
import socket
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

from gossip.client import Client, GossipcarError

LOOPBACK = "127.0.0.1"
PORTS = range(20_000, 30_000)
"""Below those that systems give to outgoing connections: one of them might take the port of a node that is killed."""

PATIENCE_SECONDS = 1.0
"""A node that takes longer over an answer counts as silent."""

_NOBODY_IS_ASKED = [
    f"--{name}=" for name in ("client-token-file", "peer-secret-file", "peer-tls-cert", "peer-tls-key", "peer-tls-ca")
] + ["--health-port="]
"""Whatever the environment says: all are on this machine, and the demo itself is a client."""

STARTING, UP, KILLED, ENDED = "starting", "up", "killed", "ended"

_PROGRAM = Path(__file__).parents[3] / "gossipcar.py"
_LEASH = Path(__file__).with_name("leash.py")


class Status(NamedTuple):
    """What a node holds."""

    entries: int
    fingerprint: str


class DemoNode:
    """One node: a process, or none while it is killed."""

    def __init__(self, number: int, ports: tuple[int, int], peers: str, cluster: str) -> None:
        """`ports` are those for clients and for peers."""
        self.number = number
        self.url = f"http://{LOOPBACK}:{ports[0]}"
        self.client = Client(self.url, timeout=PATIENCE_SECONDS)
        self.state = KILLED
        self.status: Status | None = None
        """What it held when it was last looked at; None when it did not answer."""
        self._command = [
            *(sys.executable, str(_LEASH), str(_PROGRAM), f"--cluster-name={cluster}", f"--peers={peers}"),
            *(f"--client-host={LOOPBACK}", f"--client-port={ports[0]}"),
            *(f"--peer-host={LOOPBACK}", f"--peer-port={ports[1]}", "--service-dns-name=", "--my-pod-ip="),
            *_NOBODY_IS_ASKED,
        ]
        self._log = tempfile.TemporaryFile()  # noqa: SIM115
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """In a session of its own, as Ctrl-C at the terminal is for the demo alone."""
        self._process = subprocess.Popen(  # noqa: S603
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=self._log,
            start_new_session=True,
        )
        self.state = STARTING

    def kill(self) -> None:
        """As SIGKILL does: it tells nobody anything."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            if self._process.stdin:
                self._process.stdin.close()
        self._process, self.status, self.state = None, None, KILLED

    def look(self) -> None:
        """See how it is."""
        self.status = None
        if self._process is None:
            return
        if self._process.poll() is not None:
            self.state = ENDED
            return
        try:
            told = self.client.stats()
        except GossipcarError:
            return
        self.state, self.status = UP, Status(int(told["entries"]), told["fingerprint"])

    def holds(self, key: str) -> bool:
        try:
            return self.client.get(key) is not None
        except GossipcarError:
            return False

    @property
    def last_words(self) -> str:
        """The last line of its log."""
        size = os.fstat(self._log.fileno()).st_size
        lines = os.pread(self._log.fileno(), 1000, max(0, size - 1000)).decode(errors="replace").splitlines()
        return lines[-1] if lines else "it said nothing"


class DemoNodes:
    """All nodes of a demo. A context manager: leaving it ends them all."""

    def __init__(self, count: int) -> None:
        ports = free_ports(2 * count)
        peers = ",".join(f"{LOOPBACK}:{port}" for port in ports[count:])
        cluster = f"demo-{os.getpid()}"  # another demo's node may get a port that one of this demo's had
        pairs = zip(ports[:count], ports[count:], strict=True)
        self.all = [DemoNode(number, pair, peers, cluster) for number, pair in enumerate(pairs, 1)]

    def __enter__(self) -> list[DemoNode]:
        with ExitStack() as stack:
            stack.callback(self._kill)
            for node in self.all:
                node.start()
            stack.pop_all()
        return self.all

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._kill()

    def _kill(self) -> None:
        for node in self.all:
            node.kill()


def free_ports(count: int) -> list[int]:
    """Ports where nobody listens now."""
    found: list[int] = []
    for port in random.sample(PORTS, len(PORTS)):
        with socket.socket() as probe:
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                continue
        found.append(port)
        if len(found) == count:
            break
    return found
