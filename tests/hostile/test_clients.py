"""Attackers at the client port that ask for much, and read none of it."""

import socket
import time
from base64 import b64encode
from contextlib import ExitStack

import requests

from tests.hostile.siege import Siege
from tests.nodes import RunningNode
from tests.watching import Watching

CLIENTS = 400


def ask(stack: ExitStack, node: RunningNode, raw: bytes) -> socket.socket:
    """One that sends this, and reads nothing."""
    client = stack.enter_context(socket.socket())
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    client.connect(("127.0.0.1", node.client_port))
    client.sendall(raw)
    return client


def test_four_hundred_that_ask_two_hundred_times_at_once(cluster: tuple[RunningNode, RunningNode]) -> None:
    node, honest = cluster
    node.put("large", bytes(64_000))
    one = b"GET /map?k=large HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with Siege(node, honest), ExitStack() as stack:
        for _ in range(CLIENTS):
            ask(stack, node, one * (8192 // len(one)))
        time.sleep(2)  # that long they go on


def test_four_hundred_that_ask_for_many_small_values(cluster: tuple[RunningNode, RunningNode]) -> None:
    """Values that are put into lines are copied: 6 MiB of them, for each that asks."""
    node, honest = cluster
    for first in range(0, 1500, 500):
        items = {f"{number:x}": {"value": "v" * 4000} for number in range(first, first + 500)}
        assert requests.post(f"{node.url}/map", json=items, timeout=10).status_code == 200
    keys = "&".join(f"k={number:x}" for number in range(1300))
    with Siege(node, honest), ExitStack() as stack:
        for _ in range(CLIENTS):
            ask(stack, node, f"GET /map?{keys} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        time.sleep(2)  # that long they go on
    with requests.get(f"{node.url}/map?{keys}", timeout=10) as answer:
        assert answer.text.count("=" + "v" * 4000 + "\n") == 1300


def test_two_hundred_that_ask_for_tiny_entries(cluster: tuple[RunningNode, RunningNode]) -> None:
    """What stands around each of them as JSON is thirty times as much, and until it is JSON a hundred times."""
    node, honest = cluster
    for first in range(0, 10_000, 1000):
        items = {f"t{number:x}": {"value": ""} for number in range(first, first + 1000)}
        assert requests.post(f"{node.url}/map", json=items, timeout=10).status_code == 200
    with Siege(node, honest, most_mib=100), ExitStack() as stack:
        for _ in range(200):
            ask(stack, node, b"GET /keys?values=1&limit=10000&prefix=t HTTP/1.1\r\nHost: localhost\r\n\r\n")
        one_that_reads = requests.get(f"{node.url}/keys?values=1&limit=10000&prefix=t", timeout=60)
        assert one_that_reads.status_code in (200, 503), "it waits for room behind the others"


def test_sixty_that_ask_for_long_keys(cluster: tuple[RunningNode, RunningNode]) -> None:
    node, honest = cluster
    for first in (10, 40):
        items = {f"long {number}{'k' * 65_000}": {"value": ""} for number in range(first, first + 30)}
        assert requests.post(f"{node.url}/map", json=items, timeout=10).status_code == 200
    with Siege(node, honest), ExitStack() as stack:
        for _ in range(60):
            ask(stack, node, b"GET /keys?limit=10000 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        time.sleep(2)  # that long they go on
    listed = requests.get(f"{node.url}/keys?limit=10000&prefix=long+1", timeout=10).json()["keys"]
    assert [len(key) for key in listed] == [65_007] * 10


def test_sixty_that_watch_and_each_take_another_change_slowly(cluster: tuple[RunningNode, RunningNode]) -> None:
    """A value of a megabyte has six of JSON."""
    node, honest = cluster
    with Siege(node, honest), ExitStack() as stack:
        for _ in range(60):
            client = ask(stack, node, b"GET /watch?k=grown HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert client.recv(1) == b"H", "it watches now"
            node.put("grown", b"\x1f" * 2**20)
            time.sleep(0.05)  # so that the next one begins behind this


def test_forty_that_watch_other_keys_each_and_read_nothing(cluster: tuple[RunningNode, RunningNode]) -> None:
    """In one turn all are sent the same megabyte, which has six of JSON, each behind another small change."""
    node, honest = cluster
    grown = {"base64": b64encode(b"\x1f" * 2**20).decode()}
    items = {**{f"own {number}": {"value": "v"} for number in range(40)}, "grown": grown, "last": {"value": "v"}}
    with Siege(node, honest), ExitStack() as stack:
        for number in range(40):
            target = f"/watch?k=grown&k=own+{number}"
            client = ask(stack, node, f"GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            assert client.recv(1) == b"H", "it watches now"
        last = stack.enter_context(Watching(node.url, "?k=last"))
        assert requests.post(f"{node.url}/map", json=items, timeout=10).status_code == 200
        assert last.next().data["key"] == "last", "it is told when all others have been"


def test_json_that_is_six_times_what_it_tells(cluster: tuple[RunningNode, RunningNode]) -> None:
    node, honest = cluster
    for number in range(15):
        node.put(f"control {number}", b"\x1f" * 2**20)
    keys = "&".join(f"k=control+{number}" for number in range(15))
    with Siege(node, honest):
        answer = requests.get(f"{node.url}/map?{keys}", headers={"Accept": "application/json"}, timeout=30)
        assert answer.status_code == 422
        assert answer.text == "this takes over 33554432 bytes as JSON; ask for fewer keys at once\n"
        few = requests.get(f"{node.url}/map?{keys[:40]}", headers={"Accept": "application/json"}, timeout=30)
        assert few.json()["control 0"]["value"] == "\x1f" * 2**20


def test_one_that_does_not_read_keeps_no_large_value_waiting(cluster: tuple[RunningNode, RunningNode]) -> None:
    node, _ = cluster
    for number in range(10):
        node.put(f"big {number}", bytes(2**20))
    keys = "&".join(f"k=big+{number % 10}&k=kept" for number in range(10))
    with ExitStack() as stack:
        for _ in range(8):
            client = ask(stack, node, f"GET /map?{keys} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            assert client.recv(1) == b"H", "its answer is on the way"
        began = time.monotonic()
        assert node.put("big 0", bytes(2**20)) == 204
        assert time.monotonic() - began < 5, "their time has not passed yet"
