"""Real nodes for tests: `gossipcar.py` processes on free ports, that end with the test."""

import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType

import requests

ROOT = Path(__file__).parent.parent
START_SECONDS = 20.0
"""A node that has not said where it listens within this time is killed, and its test fails."""

_URL = re.compile(r"https?://(\S+):(\d+)")


def wait_until(true: Callable[[], object], seconds: float = 10.0, what: str = "the condition") -> None:
    """Poll until `true()` is, and fail after so many seconds."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"{what} did not come true within {seconds} s"
        time.sleep(0.02)


class RunningNode:
    """A node in a process of its own. A context manager: leaving it kills the process."""

    def __init__(
        self,
        *flags: str,
        environ: Mapping[str, str] | None = None,
        python: str = sys.executable,
        python_flags: Sequence[str] = (),
        prefix: Sequence[str] = (),
        client_port: int = 0,
        peer_port: int = 0,
        root: Path = ROOT,
    ) -> None:
        """Start it and wait for its two lines, or three where health has a port. `prefix` is put before the command, as
        for `ip netns exec NAME`; `root` is the folder that has the code."""
        command = [*prefix, python, *python_flags, str(root / "gossipcar.py")]
        command += [f"--client-port={client_port}", f"--peer-port={peer_port}", *flags]
        self._log = tempfile.TemporaryFile()  # noqa: SIM115
        self.process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            env={"PATH": "/usr/bin:/bin", **(environ or {})},
        )
        patience = threading.Timer(START_SECONDS, self.process.kill)
        patience.start()
        try:
            own_health = any(flag.startswith(("--peer-tls-cert", "--health-port")) for flag in flags)
            self.lines = [self._line() for _ in range(3 if own_health else 2)]
        except BaseException:
            self.kill()
            raise
        finally:
            patience.cancel()
        self.client_port = self._port(self.lines[0])
        self.peer_port = self._port(self.lines[1])
        self.url = f"http://127.0.0.1:{self.client_port}"
        self.peer_url = f"http://127.0.0.1:{self.peer_port}"
        self.health_url = f"http://127.0.0.1:{self._port(self.lines[-1])}"

    def _line(self) -> str:
        assert self.process.stdout
        line = self.process.stdout.readline()
        assert line, f"the node said no more: {self.log}"
        return line.rstrip("\n")

    @staticmethod
    def _port(line: str) -> int:
        match = _URL.search(line)
        assert match, line
        return int(match[2])

    def __enter__(self) -> "RunningNode":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    @property
    def log(self) -> str:
        """Everything the node has logged so far. Read without seeking: the node writes at the file's one position."""
        return os.pread(self._log.fileno(), os.fstat(self._log.fileno()).st_size, 0).decode()

    def kill(self) -> None:
        """As SIGKILL does."""
        self.process.kill()
        self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()

    def put(self, key: str, value: bytes) -> int:
        return requests.put(f"{self.url}/map", params={"k": key}, data=value, timeout=10).status_code

    def get(self, *keys: str) -> bytes | None:
        """The lines of the keys that are present, or None when none is."""
        response = requests.get(f"{self.url}/map", params=[("k", key) for key in keys], timeout=10)
        return response.content if response.status_code == 200 else None

    def stats(self) -> dict[str, str]:
        text = requests.get(f"{self.url}/stats", timeout=10).text
        return dict(line.split("=", 1) for line in text.splitlines())
