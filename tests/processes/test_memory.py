"""What a node has in use, as the system sees it. Linux with glibc."""

import requests

from bench.memory import MIB, resident
from tests.nodes import RunningNode, wait_until

KEEPING = {"MALLOC_MMAP_THRESHOLD_": "33554432", "MALLOC_TRIM_THRESHOLD_": "1073741824", "MALLOC_ARENA_MAX": "1"}
"""With these glibc gives nothing back by itself."""


def test_what_is_held_no_more_is_given_back_to_the_system() -> None:
    with RunningNode(environ=KEEPING) as node:
        pid, before = node.process.pid, resident(node.process.pid)
        keys = [f"large {number}" for number in range(40)]
        for key in keys:
            assert node.put(key, bytes(MIB)) == 201
        assert resident(pid) - before > 40 * MIB
        deleted = requests.delete(f"{node.url}/map", params=[("k", key) for key in keys], timeout=10)
        assert deleted.status_code == 204
        wait_until(lambda: resident(pid) - before < 20 * MIB, 30, "the memory to be given back")
