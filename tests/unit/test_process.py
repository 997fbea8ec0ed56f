"""What the system says of this process.

Counted in a process of its own: in this one the threads and sockets of other tests come to their end at any time.
"""

import subprocess
import sys

import pytest

from gossip import process
from tests.nodes import ROOT


def told_by(*lines: str) -> list[str]:
    """The words that a program of these lines prints."""
    program = "\n".join(("from gossip import process", *lines))
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    return done.stdout.split()


def test_threads_and_processor_time() -> None:
    assert told_by(
        "import threading",
        "over = threading.Event()",
        "before = process.threads()",
        "thread = threading.Thread(target=over.wait)",
        "thread.start()",
        "print(process.threads() - before, 0 < process.cpu_seconds() < 60)",
        "over.set()",
    ) == ["1", "True"]


@pytest.mark.skipif(sys.platform != "linux", reason="unavoidable: only Linux has /proc")
def test_memory_and_descriptors() -> None:
    resident, more = told_by(
        "import socket",
        "before = process.open_descriptors()",
        "with socket.socket():",
        "    print(process.resident_bytes(), process.open_descriptors() - before)",
    )
    assert 2**20 < int(resident) < 2**30
    assert more == "1"


def test_without_proc_they_are_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "_STATM", "/nowhere/statm")
    monkeypatch.setattr(process, "_DESCRIPTORS", "/nowhere/fd")
    assert process.resident_bytes() is None
    assert process.open_descriptors() is None
