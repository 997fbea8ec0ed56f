"""The map API of a real node, as clients meet it: through requests, and raw sockets where requests would tidy up."""

import re
import socket
import time
from collections.abc import Iterator

import pytest
import requests

from tests.nodes import RunningNode

LIMIT = 1000


@pytest.fixture(scope="module")
def node() -> Iterator[RunningNode]:
    with RunningNode(f"--max-value-bytes={LIMIT}", "--max-store-bytes=20000") as running:
        yield running


def talk(node: RunningNode, sent: bytes, seconds: float = 5.0) -> bytes:
    """What the node answers, until it closes or says no more for a moment."""
    with socket.create_connection(("127.0.0.1", node.client_port), timeout=seconds) as connection:
        connection.sendall(sent)
        received = b""
        while True:
            try:
                piece = connection.recv(65536)
            except TimeoutError:
                return received
            if not piece:
                return received
            received += piece
            connection.settimeout(0.3)


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def body_of(answer: bytes) -> bytes:
    return answer.partition(b"\r\n\r\n")[2]


def test_put_creates_then_overwrites(node: RunningNode) -> None:
    for status in (201, 204):
        response = requests.put(f"{node.url}/map?k=twice", data=b"value", timeout=5)
        assert response.status_code == status
        assert response.headers["Content-Length"] == "0"
        assert response.content == b""


def test_get_answers_the_present_keys_in_the_order_asked(node: RunningNode) -> None:
    node.put("b", b"2")
    node.put("a", b"1")
    response = requests.get(f"{node.url}/map?k=b&k=absent&k=a&k=b", timeout=5)
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/octet-stream"
    assert response.headers["Content-Length"] == "12"
    assert response.content == b"b=2\na=1\nb=2\n"


@pytest.mark.parametrize("value", [b"", b"two\nlines\n", bytes(range(256)), "zażółć".encode()])
def test_values_are_any_bytes(node: RunningNode, value: bytes) -> None:
    node.put("bytes", value)
    assert node.get("bytes") == b"bytes=" + value + b"\n"


@pytest.mark.parametrize(
    ("query", "key"),
    [
        ("k=a+b", "a b"),
        ("k=a%2Bb", "a+b"),
        ("k=%C5%BC", "ż"),
        ("k=a=b", "a=b"),
        ("k=a%26b", "a&b"),
        ("other=x&k=solo", "solo"),
        ("%6b=named", "named"),
        ("k=/slash?", "/slash?"),
    ],
)
def test_keys_are_decoded_as_a_query(node: RunningNode, query: str, key: str) -> None:
    node.put(key, b"v")
    answer = talk(node, f"GET /map?{query} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    assert body_of(answer) == key.encode() + b"=v\n"


def test_raw_utf8_in_the_target_is_understood(node: RunningNode) -> None:
    node.put("ż", b"v")
    assert status_of(talk(node, "GET /map?k=ż HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())) == 200


@pytest.mark.parametrize("query", ["", "?", "?x=1", "?k=", "?k", "?k=%", "?k=%zz", "?k=%ff", "?k=a&k="])
@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_keys_that_are_missing_or_wrong_get_422_and_a_sentence(node: RunningNode, method: str, query: str) -> None:
    answer = talk(node, f"{method} /map{query} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n".encode())
    assert status_of(answer) == 422
    assert re.fullmatch(rb"[^\n]+\n", body_of(answer))


def test_put_takes_exactly_one_key(node: RunningNode) -> None:
    assert requests.put(f"{node.url}/map?k=a&k=b", data=b"1", timeout=5).status_code == 422


def test_head_is_get_without_the_body(node: RunningNode) -> None:
    node.put("seen", b"12345")
    got = requests.get(f"{node.url}/map?k=seen", timeout=5).headers
    headed = requests.head(f"{node.url}/map?k=seen", timeout=5)
    assert headed.status_code == 200
    assert (headed.headers["Content-Length"], headed.content) == (got["Content-Length"], b"") == ("11", b"")
    assert requests.head(f"{node.url}/map?k=unseen", timeout=5).status_code == 404


def test_none_present_is_404(node: RunningNode) -> None:
    assert requests.get(f"{node.url}/map?k=absent", timeout=5).status_code == 404


@pytest.mark.parametrize("method", ["PATCH", "BREW"])
def test_other_methods_get_405_with_allow(node: RunningNode, method: str) -> None:
    response = requests.request(method, f"{node.url}/map?k=a", timeout=5)
    assert response.status_code == 405
    assert response.headers["Allow"] == "DELETE, GET, HEAD, POST, PUT"


@pytest.mark.parametrize("path", ["/maps", "/MAP", "/MAP/a", "/keys/a", "/exchange"])
def test_other_paths_get_404(node: RunningNode, path: str) -> None:
    assert requests.get(f"{node.url}{path}", timeout=5).status_code == 404


def test_a_value_over_the_limit_is_refused_before_it_is_sent(node: RunningNode) -> None:
    head = f"PUT /map?k=big HTTP/1.1\r\nHost: localhost\r\nContent-Length: {LIMIT + 1}\r\nExpect: 100-continue\r\n\r\n"
    answer = talk(node, head.encode())
    assert status_of(answer) == 413
    assert node.get("big") is None


def test_a_value_at_the_limit_is_taken(node: RunningNode) -> None:
    assert node.put("limit", b"x" * LIMIT) == 201


def test_a_client_that_sends_a_large_value_all_the_same_gets_to_see_413(node: RunningNode) -> None:
    assert requests.put(f"{node.url}/map?k=big", data=b"x" * 900_000, timeout=5).status_code == 413


def test_a_chunked_value_over_the_limit_is_refused(node: RunningNode) -> None:
    chunks = (b"x" * 300 for _ in range(4))
    assert requests.put(f"{node.url}/map?k=big", data=chunks, timeout=5).status_code == 413
    assert node.get("big") is None


def test_a_full_store_refuses_with_507_and_loses_nothing() -> None:
    with RunningNode("--max-store-bytes=1024") as small:
        assert small.put("a", b"x" * 1000) == 201
        assert small.put("b", b"x" * 100) == 507
        assert small.put("a", b"y" * 1024) == 507
        assert small.get("a", "b") == b"a=" + b"x" * 1000 + b"\n"
        assert small.put("a", b"z") == 204
        assert small.put("b", b"x" * 100) == 201


def test_chunked_bodies_work(node: RunningNode) -> None:
    head = b"PUT /map?k=chunked HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    body = b"5\r\nhello\r\n6;name=value\r\n world\r\n0\r\nTrailer: x\r\n\r\n"
    assert status_of(talk(node, head + body)) == 201
    assert node.get("chunked") == b"chunked=hello world\n"


def test_expect_continue_is_answered_before_the_body_is_sent(node: RunningNode) -> None:
    with socket.create_connection(("127.0.0.1", node.client_port), timeout=5) as connection:
        connection.sendall(
            b"PUT /map?k=e HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
        )
        assert connection.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"ok")
        assert connection.recv(1000).startswith(b"HTTP/1.1 201 ")


def test_a_put_without_length_gets_411(node: RunningNode) -> None:
    assert status_of(talk(node, b"PUT /map?k=a HTTP/1.1\r\nHost: localhost\r\n\r\n")) == 411


def test_an_upload_cut_off_changes_nothing(node: RunningNode) -> None:
    talk(node, b"PUT /map?k=cut HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n12345", seconds=0.2)
    assert node.get("cut") is None


def test_pipelined_requests_are_answered_in_order(node: RunningNode) -> None:
    put = b"PUT /map?k=pipe HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\n"
    get = b"GET /map?k=pipe HTTP/1.1\r\nHost: localhost\r\n\r\n"
    last = b"GET /map?k=pipe HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    answer = talk(node, put + b"1" + get + put + b"2" + last)
    assert re.findall(rb"HTTP/1.1 (\d+)", answer) == [b"201", b"200", b"204", b"200"]
    assert re.findall(rb"pipe=(\d)", answer) == [b"1", b"2"]


def test_http_1_0_is_served_and_closed(node: RunningNode) -> None:
    node.put("old", b"v")
    answer = talk(node, b"GET /map?k=old HTTP/1.0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"Connection: close\r\n" in answer
    assert body_of(answer) == b"old=v\n"


def test_http_1_0_with_keep_alive_is_kept(node: RunningNode) -> None:
    node.put("old", b"v")
    request = b"GET /map?k=old HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
    assert talk(node, request + request).count(b"Connection: keep-alive\r\n") == 2


def test_kept_alive_requests_do_not_wait_for_delayed_acknowledgements(node: RunningNode) -> None:
    """Two writes an answer without TCP_NODELAY would cost 40 ms each."""
    took = []
    with requests.Session() as session:
        session.put(f"{node.url}/map?k=fast", data=b"v", timeout=5)
        for _ in range(101):
            began = time.monotonic()
            session.get(f"{node.url}/map?k=fast", timeout=5)
            took.append(time.monotonic() - began)
    assert sorted(took)[50] < 0.03


def test_a_request_that_is_no_http_gets_400(node: RunningNode) -> None:
    assert status_of(talk(node, b"hello\r\n\r\n")) == 400
    assert status_of(talk(node, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n")) == 400


def test_stats_begin_with_the_original_lines(node: RunningNode) -> None:
    response = requests.get(f"{node.url}/stats", timeout=5)
    assert response.headers["Content-Type"] == "text/plain; charset=UTF-8"
    names = [line.partition("=")[0] for line in response.text.splitlines()]
    assert names[:6] == ["upTimeSecs", "upSince", "nOutSyncs", "nInSyncs", "nBadHttpReqs", "nGoodHttpReqs"]
    assert names[6:] == [
        "name", "origin", "entries", "bytes", "fingerprint", "peers", "lastExchangeSecsAgo", "nPeerFaults",
        "nEntriesIn", "nEntriesOut", "nNewsOut", "nNewsDropped", "travelSecsP50", "travelSecsP99",
    ]  # fmt: skip


def test_stats_count_good_and_bad_requests() -> None:
    with RunningNode() as fresh:
        fresh.put("a", b"1")
        fresh.get("absent")
        stats = fresh.stats()
        assert (stats["nGoodHttpReqs"], stats["nBadHttpReqs"]) == ("1", "1")
        assert (stats["entries"], stats["bytes"], stats["peers"]) == ("1", "2", "0")
        assert stats["lastExchangeSecsAgo"] == "never"
