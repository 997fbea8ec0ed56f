"""Clients that leave, lie, stall and crowd: nothing changes, nothing is kept, and others are served."""

import socket
import struct
import time
from contextlib import ExitStack

import pytest
import requests

from tests.nodes import RunningNode, wait_until
from tests.serving.sockets import Belongings, connect, read_all, statuses, talk

GET = b"GET /map?k=a HTTP/1.1\r\nHost: localhost\r\n\r\n"
MIB = 2**20


def test_an_upload_cut_off_midway_changes_nothing() -> None:
    head = b"PUT /map?k=a HTTP/1.1\r\nHost: localhost\r\n"
    with RunningNode() as node:
        node.put("a", b"whole")
        belongings = Belongings(node)
        for rest in (b"Content-Length: 10\r\n\r\nhalf", b"Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"):
            with connect(node.client_port) as client:
                client.sendall(head + rest)
                client.shutdown(socket.SHUT_WR)
                assert read_all(client) == b""
        belongings.wait_until_as_before()
        assert node.get("a") == b"a=whole\n"
        assert "Traceback" not in node.log


def test_a_client_that_disappears_while_reading_costs_nothing() -> None:
    asked = b"GET /map?" + b"&".join([b"k=large"] * 20) + b" HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with RunningNode() as node:
        node.put("large", b"x" * MIB)
        belongings = Belongings(node)
        for _ in range(10):
            with connect(node.client_port) as client:
                client.sendall(asked)
                assert client.recv(1000)
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        belongings.wait_until_as_before()
        assert node.get("large") is not None
        assert "Traceback" not in node.log


def test_a_client_that_never_reads_its_answer_is_cut() -> None:
    asked = b"GET /map?" + b"&".join([b"k=large"] * 20) + b" HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with RunningNode("--request-seconds=0.5") as node:
        node.put("large", b"x" * MIB)
        belongings = Belongings(node)
        with connect(node.client_port) as client:
            client.sendall(asked)
            belongings.wait_until_as_before()
        assert "Traceback" not in node.log


@pytest.mark.parametrize("at", ["client_port", "peer_port"])
@pytest.mark.parametrize(
    "begun",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"\0" * 100,
        b"hello\r\n",
        b"GET /map?k=\x01",
        b"GET / SMTP/1.1\r\n",
    ],
    ids=["TLS", "zeros", "a word", "a control character", "another protocol"],
)
def test_what_cannot_become_a_request_is_refused_at_once(at: str, begun: bytes) -> None:
    with RunningNode("--request-seconds=60") as node:
        answers = talk(getattr(node, at), begun)
        assert statuses(answers) == [400]
        assert b"\r\nConnection: close\r\n" in answers


def test_slow_heads_and_bodies_are_cut() -> None:
    with RunningNode("--request-seconds=0.5") as node:
        for begun in (
            b"GET /ma",
            GET[:-1],
            b"PUT /map?k=a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhalf",
        ):
            answers = talk(node.client_port, begun)
            assert statuses(answers) == [408]
            assert b"\r\nConnection: close\r\n" in answers
        assert node.get("a") is None


def test_a_byte_now_and_then_buys_no_more_time() -> None:
    with RunningNode("--request-seconds=1") as node, connect(node.client_port) as client:
        began = time.monotonic()
        client.settimeout(0.05)
        while time.monotonic() - began < 5:
            try:
                client.sendall(b"G")
                if answers := client.recv(1000):
                    break
            except TimeoutError:
                pass
        assert statuses(answers) == [408]
        assert time.monotonic() - began < 3


def test_a_connection_that_rests_too_long_is_closed_without_a_word() -> None:
    with RunningNode("--idle-seconds=0.5") as node, connect(node.client_port) as client:
        assert read_all(client) == b""


def test_one_too_many_is_told_so_whether_or_not_it_has_asked_already() -> None:
    with RunningNode("--max-connections=2") as node, ExitStack() as stack:
        first, second = (stack.enter_context(connect(node.client_port)) for _ in range(2))
        for client in (first, second):
            client.sendall(GET)
            assert statuses(client.recv(1000)) == [404]
        large = b"PUT /map?k=a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n" + bytes(100_000)
        for raw in (b"", GET, large):
            answers = talk(node.client_port, raw)
            assert statuses(answers) == [503]
            assert b"\r\nRetry-After: 1\r\n" in answers
            assert requests.get(f"{node.peer_url}/healthz", timeout=5).status_code == 200
        first.close()
        last = b"GET /map?k=a HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        wait_until(lambda: statuses(talk(node.client_port, last)) == [404])


def test_a_reset_in_the_middle_of_a_request_costs_nothing() -> None:
    with RunningNode() as node:
        node.put("a", b"1")
        belongings = Belongings(node)
        half = b"PUT /map?k=a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhalf"
        for begun in (b"", b"G", GET[:-1], half, GET * 50):
            with connect(node.client_port) as client:
                client.sendall(begun)
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        belongings.wait_until_as_before()
        assert node.get("a") == b"a=1\n"
        assert "Traceback" not in node.log
