"""Commands in processes of their own, as people and scripts run them."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.nodes import ROOT

COMMAND = [sys.executable, str(ROOT / "gossipcar.py")]


def done(url: str, *arguments: str | bytes, given: bytes = b"") -> tuple[int, bytes, str]:
    """Status, output and errors of a command that asks the node at this URL."""
    process = subprocess.run(
        [*COMMAND, *arguments], env={"GOSSIPCAR_URL": url}, input=given, capture_output=True, timeout=20, check=False
    )
    return process.returncode, process.stdout, process.stderr.decode()


@contextmanager
def begun(*arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """A command that runs until the test is over, at most."""
    process = subprocess.Popen([*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()
