"""Attackers that call a node: those that know no secret, and those that speak its protocol."""

import socket
import struct
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path

import pytest
import requests

from gossip.data.entry import Entry
from gossip.sync.proof import Proofs
from tests.hostile import messages
from tests.hostile.siege import Siege, answered, at_once, posted, send
from tests.nodes import RunningNode, wait_until
from tests.serving.sockets import statuses

PACKED = "Content-Encoding: deflate"
ATTACKERS = 4
"""At once."""


@pytest.mark.parametrize("kind", messages.BOMBS)
def test_bombs(cluster: tuple[RunningNode, RunningNode], kind: str) -> None:
    """They are worked at one after the other: at once they would take twice as much."""
    node, honest = cluster
    raw = posted(messages.packed(messages.BOMBS[kind]), PACKED)
    with Siege(node, honest, most_mib=48):
        expected = 400 if kind in messages.TOO_MUCH else 200
        assert at_once(ATTACKERS, lambda: answered(node.peer_port, raw)) == [expected] * ATTACKERS


@pytest.mark.parametrize("body", messages.HUGE_COUNTS.values(), ids=messages.HUGE_COUNTS.keys())
def test_promises_of_more_than_is_there(cluster: tuple[RunningNode, RunningNode], body: bytes) -> None:
    node, honest = cluster
    with Siege(node, honest, most_mib=16):
        for _ in range(50):
            assert answered(node.peer_port, posted(body)) == 400


def test_another_cluster(cluster: tuple[RunningNode, RunningNode]) -> None:
    node, honest = cluster
    evil = messages.message(sender=messages.sender("else\nwhere"), entries=[(b"k", Entry(1, 1, b"evil", b""))])
    with Siege(node, honest, most_mib=16):
        for _ in range(100):
            assert answered(node.peer_port, posted(evil)) == 403
        assert node.get("k") is None


def test_entries_that_are_not_to_be_taken(cluster: tuple[RunningNode, RunningNode]) -> None:
    node, honest = cluster
    later, ahead = messages.now() + messages.YEAR, [(b"future %d" % n, Entry(0, 1, b"v", b"")) for n in range(5000)]
    future = [(key, entry._replace(time=later)) for key, entry in ahead]
    large = [(b"large", Entry(messages.now(), 1, bytes(2**20 + 1), b""))]
    with Siege(node, honest):
        for entries in (future, large):
            for _ in range(5):
                evil = messages.message(sender=messages.sender(latest=later), entries=entries)
                assert answered(node.peer_port, posted(evil)) == 200
        assert node.get("future 0", "large") is None
        assert node.put("mine", b"1") in (201, 204)
        stamp = requests_stamp(node, "mine")
        assert stamp < messages.now() + 60_000_000, "a clock that was lied to would own the key for a year"


def requests_stamp(node: RunningNode, key: str) -> int:
    head = send(node.client_port, f"HEAD /map/{key} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()).decode()
    return int(head.partition('ETag: "')[2].partition("-")[0])


def test_keys_over_limit_cannot_be_said(cluster: tuple[RunningNode, RunningNode]) -> None:
    """Their length has two bytes: the longest is taken, and one that says more than is there is in no message."""
    node, honest = cluster
    longest = b"longest" + b"k" * (65_535 - 7)
    record = struct.pack(">IQQHIHB", 1, messages.now(), 1, 65_535, 1, 0, 0)
    with Siege(node, honest):
        assert answered(node.peer_port, posted(messages.section(messages.ENTRIES, record + longest))) == 400
        assert keys_of(node, "longest") == []
        assert answered(node.peer_port, posted(messages.section(messages.ENTRIES, record + longest + b"v"))) == 200
        assert keys_of(node, "longest") == [longest.decode()]
        assert answered(node.peer_port, posted(messages.section(messages.ENTRIES, record + b"short" + b"v"))) == 400


def keys_of(node: RunningNode, prefix: str) -> list[str]:
    return [*requests.get(f"{node.url}/keys", params={"prefix": prefix}, timeout=10).json()["keys"]]


def test_lies_in_digests(cluster: tuple[RunningNode, RunningNode]) -> None:
    node, honest = cluster
    with Siege(node, honest):
        for lie in (messages.lie(), messages.listing_of_nothing()):
            assert at_once(ATTACKERS, partial(answered, node.peer_port, posted(lie))) == [200] * ATTACKERS


def test_news_of_long_keys(cluster: tuple[RunningNode, RunningNode]) -> None:
    node, honest = cluster
    assert answered(node.peer_port, posted(messages.packed(messages.news(0)), PACKED)) == 200  # from here on it is held
    raw = [posted(messages.packed(messages.news(salt)), PACKED) for salt in range(1, 101)]
    with Siege(node, honest):
        for one in raw:
            assert answered(node.peer_port, one) == 200


@pytest.mark.parametrize(
    ("at", "path", "size"), [("client_port", "/map", 2**21), ("peer_port", "/exchange", 3 * 2**20)]
)
def test_slow_bodies(cluster: tuple[RunningNode, RunningNode], at: str, path: str, size: int) -> None:
    """Two hundred that send nearly all of some megabytes, and then a byte now and then."""
    node, honest = cluster
    port, over = getattr(node, at), threading.Event()
    raw = posted(bytes(size), path=path)[:-100]

    def trickle() -> None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            with suppress(TimeoutError):
                connection.sendall(raw)
            while not over.wait(0.2):
                connection.sendall(b"x")

    with Siege(node, honest), ThreadPoolExecutor(1) as pool:
        attack = pool.submit(at_once, 200, trickle)
        time.sleep(2)  # that long they go on
        over.set()
        attack.result()


def test_a_stranger_that_begins_large_messages_keeps_no_peer_waiting() -> None:
    with RunningNode() as node, ExitStack() as stack:
        body = messages.message(entries=[(b"k", Entry(messages.now(), 1, bytes(100_000), b""))])
        raw = posted(bytes(3 * 2**20 - 1000))
        for _ in range(20):
            address = ("127.0.0.1", node.peer_port)
            stranger = socket.create_connection(address, timeout=10, source_address=("127.0.0.2", 0))
            stack.enter_context(stranger).sendall(raw[:200])
        began = time.monotonic()
        assert answered(node.peer_port, posted(body)) == 200
        assert time.monotonic() - began < 5, "what the stranger began has not been cut yet"


def test_where_peers_prove_themselves_strangers_take_no_room_however_many_they_are(tmp_path: Path) -> None:
    secret, forged = b"the secret, drawn by lot", b"another secret, drawn by lot"
    (tmp_path / "secret").write_bytes(secret)

    def proven(body: bytes, by: bytes) -> bytes:
        proof = Proofs(lambda: (by,), "gossipcar").of_request("POST", "/exchange", "", body)[1]
        return posted(body, f"Gossip-Proof: {proof}")

    with RunningNode(f"--peer-secret-file={tmp_path}/secret") as node, ExitStack() as stack:
        body = messages.message(entries=[(b"k", Entry(messages.now(), 1, bytes(100_000), b""))])
        large = bytes(3 * 2**20 - 1000)
        for number in range(20):
            source = (f"127.0.0.{2 + number}", 0)
            stranger = socket.create_connection(("127.0.0.1", node.peer_port), timeout=10, source_address=source)
            stack.enter_context(stranger).sendall(proven(large, forged)[:600])
        began = time.monotonic()
        assert answered(node.peer_port, proven(body, secret)) == 200
        assert time.monotonic() - began < 5, "what the strangers began has not been cut yet"


@pytest.mark.parametrize(
    ("port", "target", "size", "status"),
    [("peer_port", "POST /exchange", 3 * 2**20 - 1000, 400), ("client_port", "PUT /map?k=crumbs", 2**20, 201)],
)
def test_bodies_in_chunks_of_a_byte(
    cluster: tuple[RunningNode, RunningNode], port: str, target: str, size: int, status: int
) -> None:
    node, honest = cluster
    head = f"{target} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    raw = head.encode() + b"1\r\nx\r\n" * size + b"0\r\n\r\n"
    with Siege(node, honest, most_mib=32):
        assert answered(getattr(node, port), raw) == status


def test_thousands_that_say_to_be_peers(cluster: tuple[RunningNode, RunningNode]) -> None:
    """Each opening is by another origin. Whoever asks for the peers is told of some; the honest one is among them."""
    node, honest = cluster
    asking = b"GET /peers HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    with Siege(node, honest, most_mib=32):
        for _ in range(40):
            openings = b"".join(posted(messages.message()) for _ in range(100))
            assert statuses(send(node.peer_port, openings)) == [200] * 100
        told = at_once(50, partial(send, node.peer_port, asking))
        assert [statuses(answer) for answer in told] == [[200]] * 50
        assert max(map(len, told)) < 400_000
        wait_until(lambda: f"127.0.0.1:{honest.peer_port}" in peers_of(node))


def peers_of(node: RunningNode) -> list[str | None]:
    told = requests.get(f"{node.peer_url}/peers", timeout=10).json()
    return [peer["address"] for peer in told["peers"]]


def test_two_hundred_connections(cluster: tuple[RunningNode, RunningNode]) -> None:
    node, honest = cluster
    with Siege(node, honest, most_mib=32), ExitStack() as stack:
        for port in (node.peer_port, node.client_port):
            for begun in (b"", b"POST /exchange HTTP/1.1\r\nHost: x\r\n"):
                for _ in range(100):
                    connection = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10))
                    with suppress(OSError):
                        connection.sendall(begun)


JSON = {
    "deep": b"[" * 2_000_000,
    "deep objects": b'{"a":' * 400_000,
    "lists": b"[" + b"[]," * 690_000 + b"0]",
    "objects": b'{"a":[' + b"{}," * 690_000 + b"0]}",
    "a long number": b'{"a":' + b"9" * 2_000_000 + b"}",
    "many keys": b"{" + b",".join(b'"%x":1' % number for number in range(180_000)) + b"}",
}


@pytest.mark.parametrize("body", JSON.values(), ids=JSON.keys())
def test_json(cluster: tuple[RunningNode, RunningNode], body: bytes) -> None:
    node, honest = cluster
    raw = posted(body, path="/map")
    with Siege(node, honest):
        assert at_once(ATTACKERS, lambda: answered(node.client_port, raw)) == [422] * ATTACKERS


def test_deep_json_does_not_end_a_node_with_the_smallest_stacks() -> None:
    with RunningNode("--thread-stack-bytes=131072") as node:
        for kind in ("deep", "deep objects"):
            assert answered(node.client_port, posted(JSON[kind], path="/map")) == 422
        assert node.process.poll() is None


def test_queries_that_say_much_in_few_bytes(cluster: tuple[RunningNode, RunningNode]) -> None:
    node, honest = cluster
    with Siege(node, honest), socket.create_connection(("127.0.0.1", node.client_port)) as connection:
        for number in range(1100):
            said = b"&".join(b"%x" % name for name in range(number, number + 1600))
            connection.sendall(b"GET /map?k=%d&%b HTTP/1.1\r\nHost: localhost\r\n\r\n" % (number, said))
            assert connection.recv(4096)
