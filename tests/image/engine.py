"""A Docker engine for tests: in a network of its own, with all its files in one folder."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from tests.image import base
from tests.nodes import ROOT, wait_until

_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
"""The distribution's own client fits its engine; another one, earlier on PATH, may not."""

# What the engine and its containerd would write outside the folder, they write to file systems that end with it.
# Without /etc/docker it has no settings but its flags. The network has no way out, so there is nothing to translate.
# Names that the engine does not know are asked for at an address in it, where a test may have a server answer.
_START = """
mount -t tmpfs tmpfs /run && mount -t tmpfs tmpfs /opt && mkdir /run/etc /run/work &&
mount -t overlay -o lowerdir=/etc,upperdir=/run/etc,workdir=/run/work overlay /etc && rm -rf /etc/docker &&
ip link set lo up && ip address add "$1/32" dev lo &&
exec dockerd --data-root "$0/data" --exec-root "$0/exec" --pidfile "$0/pid" -H "unix://$0/socket" --dns "$1" \\
    --iptables=false
"""

DNS_ADDRESS = "10.99.0.53"
"""In the engine's network: the DNS server of all containers, once there is one."""


def engine_or_skip() -> None:
    """The test is skipped when it cannot run a Docker engine."""
    if not all(shutil.which(program, path=_PATH) for program in ("dockerd", "docker")):
        pytest.skip("there is no Docker engine with a client (Debian: apt-get install docker.io)")
    if os.geteuid() != 0:
        pytest.skip("a Docker engine needs root")
    missing = [tool for tool in ("curl", "ip", "nsenter", "setpriv", "unshare") if not shutil.which(tool, path=_PATH)]
    if missing:
        pytest.skip(f"{' and '.join(missing)} not installed (Debian: apt-get install curl iproute2 util-linux)")


class Engine:
    """A context manager: leaving it ends the engine with all its containers, and removes the folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._log = folder / "log"
        self._environ = {"PATH": _PATH, "HOME": str(folder), "DOCKER_HOST": f"unix://{folder}/socket"}

    def __enter__(self) -> "Engine":
        own = ["setpriv", "--pdeathsig=TERM", "unshare", "--net", "--mount"]
        with self._log.open("wb") as log:
            # Each program in the row becomes the next, so that the process is the engine's.
            self._process = subprocess.Popen(
                [*own, "sh", "-c", _START, str(self._folder), DNS_ADDRESS], env=self._environ, stdout=log, stderr=log
            )
        try:
            wait_until(self._is_up_or_ended, 30, "that the engine is up")
            assert self._process.poll() is None, f"the engine ended: {self._log.read_text()}"
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        try:
            if containers := self.attempt("docker ps -aq").stdout.split():
                self.attempt(f"docker rm -f {' '.join(containers)}")
        finally:
            self._end()

    def _is_up_or_ended(self) -> bool:
        return self._process.poll() is not None or self.attempt("docker version").returncode == 0

    def _end(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self._folder)

    @property
    def inside(self) -> list[str]:
        """To put before a command that is to run in the engine's network."""
        return ["nsenter", "--net", f"--target={self._process.pid}"]

    def attempt(self, command: str, **environ: str) -> subprocess.CompletedProcess[str]:
        """Run a command in the project's folder and the engine's network."""
        return subprocess.run(
            [*self.inside, "bash", "-c", command],
            cwd=ROOT,
            env={**self._environ, **environ},
            capture_output=True,
            text=True,
            timeout=300,
        )

    def run(self, command: str, **environ: str) -> str:
        """What a command prints, that must end with status 0."""
        done = self.attempt(command, **environ)
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout

    def import_base(self, tag: str) -> None:
        """Have the stand-in for the base image under the name that the Dockerfile gives it."""
        command = ["docker", "import", "-c", f"ENV LD_LIBRARY_PATH={base.LIBRARIES}", "-", tag]
        importing = subprocess.Popen(command, env=self._environ, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        with importing:
            assert importing.stdin
            base.write(importing.stdin)
        assert importing.returncode == 0
