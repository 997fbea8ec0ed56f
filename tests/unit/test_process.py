"""What the system says of this process."""

import socket
import sys
import threading

import pytest

from gossip import process


def test_threads_and_processor_time() -> None:
    before, over = process.threads(), threading.Event()
    thread = threading.Thread(target=over.wait)
    thread.start()
    assert process.threads() == before + 1
    over.set()
    thread.join()
    assert process.cpu_seconds() > 0


@pytest.mark.skipif(sys.platform != "linux", reason="unavoidable: only Linux has /proc")
def test_memory_and_descriptors() -> None:
    resident, before = process.resident_bytes(), process.open_descriptors()
    assert resident is not None
    assert before is not None
    assert 2**20 < resident < 2**40
    with socket.socket():
        assert process.open_descriptors() == before + 1


def test_without_proc_they_are_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "_STATM", "/nowhere/statm")
    monkeypatch.setattr(process, "_DESCRIPTORS", "/nowhere/fd")
    assert process.resident_bytes() is None
    assert process.open_descriptors() is None
