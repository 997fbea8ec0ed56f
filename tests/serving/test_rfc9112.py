"""What RFC 9112 says of messages, at both ports of a running node, over raw sockets; cases are named by section."""

from collections.abc import Iterator

import pytest

from tests.nodes import RunningNode
from tests.serving.sockets import connect, converse, read_all, statuses, talk

HOST = b"Host: localhost\r\n"
SMUGGLED = b"PUT /map?k=smuggled HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\n1"


@pytest.fixture(scope="module")
def node() -> Iterator[RunningNode]:
    with RunningNode() as running:
        running.put("a", b"1")
        yield running
        assert running.get("smuggled") is None, "what follows a refused request is never taken for another"
        assert "Traceback" not in running.log


def put(fields: bytes, body: bytes = b"") -> bytes:
    return b"PUT /map?k=b HTTP/1.1\r\n" + HOST + fields + b"\r\n" + body


def chunked(body: bytes) -> bytes:
    return put(b"Transfer-Encoding: chunked\r\n", body)


REFUSED = {
    "2.2 a bare LF ends a line": (b"GET /map?k=a HTTP/1.1\nHost: localhost\n\n", 400),
    "2.2 a bare LF in a field": (b"GET /map?k=a HTTP/1.1\r\nHost: localhost\r\nA: b\nC: d\r\n\r\n", 400),
    "2.2 a bare CR in a field": (b"GET /map?k=a HTTP/1.1\r\nHost: localhost\r\nA: b\rC: d\r\n\r\n", 400),
    "2.2 a space before the first field": (b"GET /map?k=a HTTP/1.1\r\n Host: localhost\r\n\r\n", 400),
    "2.3 a version with two digits": (b"GET /map?k=a HTTP/1.10\r\nHost: localhost\r\n\r\n", 400),
    "2.3 another major version": (b"GET /map?k=a HTTP/2.0\r\nHost: localhost\r\n\r\n", 505),
    "2.3 no version": (b"GET /map?k=a\r\n\r\n", 400),
    "3 two spaces": (b"GET  /map?k=a HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    "3 a space in the target": (b"GET /map?k=a b HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    "3 a long target": (b"GET /map?k=" + b"x" * 8192 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", 414),
    "3 a target without end": (b"GET /map?k=" + b"x" * 20_000, 414),
    "3.2 no Host": (b"GET /map?k=a HTTP/1.1\r\n\r\n", 400),
    "3.2 two Hosts": (b"GET /map?k=a HTTP/1.1\r\nHost: localhost\r\nHost: y\r\n\r\n", 400),
    "3.2 a Host that is none": (b"GET /map?k=a HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
    "3.2 neither a path nor a URL": (b"GET map HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    "5.1 a space before the colon": (b"GET /map?k=a HTTP/1.1\r\nHost : x\r\n\r\n", 400),
    "5.1 no colon": (b"GET /map?k=a HTTP/1.1\r\nHost: localhost\r\nnonsense\r\n\r\n", 400),
    "5.1 no name": (b"GET /map?k=a HTTP/1.1\r\nHost: localhost\r\n: b\r\n\r\n", 400),
    "5.2 obsolete folding": (b"GET /map?k=a HTTP/1.1\r\nHost: localhost\r\nA: b\r\n c\r\n\r\n", 400),
    "5.5 a NUL in a value": (b"GET /map?k=a HTTP/1.1\r\nHost: localhost\r\nA: \0\r\n\r\n", 400),
    "5 a large head": (b"GET /map?k=a HTTP/1.1\r\nHost: localhost\r\nA: " + b"b" * 16_384 + b"\r\n\r\n", 431),
    "5 many fields": (b"GET /map?k=a HTTP/1.1\r\nHost: localhost\r\n" + b"A: b\r\n" * 100 + b"\r\n", 431),
    "6.1 another coding": (put(b"Transfer-Encoding: gzip\r\n"), 501),
    "6.1 chunked and another": (put(b"Transfer-Encoding: gzip, chunked\r\n"), 501),
    "6.1 chunked twice": (put(b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 501),
    "6.1 coding and length": (put(b"Transfer-Encoding: chunked\r\nContent-Length: 1\r\n", b"0\r\n\r\n"), 400),
    "6.1 length and coding": (put(b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n"), 400),
    "6.1 a coding in HTTP/1.0": (b"PUT /map?k=b HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "6.3 two lengths": (put(b"Content-Length: 1\r\nContent-Length: 2\r\n", b"1"), 400),
    "6.3 two lengths in one line": (put(b"Content-Length: 1, 2\r\n", b"1"), 400),
    "6.3 a length with a sign": (put(b"Content-Length: +1\r\n", b"1"), 400),
    "6.3 a length below none": (put(b"Content-Length: -1\r\n", b"1"), 400),
    "6.3 a hexadecimal length": (put(b"Content-Length: 0x1\r\n", b"1"), 400),
    "6.3 a length of nothing": (put(b"Content-Length: \r\n", b"1"), 400),
    "9110 10.1.1 another expectation": (put(b"Expect: the best\r\nContent-Length: 1\r\n", b"1"), 417),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(64)) + b"\r\n\r\n", 400),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    "bytes that mean nothing": (b"\xde\xad\xbe\xef\r\n\r\n", 400),
}

BAD_CHUNKS = {
    "7.1 not hexadecimal": b"g\r\n1\r\n0\r\n\r\n",
    "7.1 below none": b"-1\r\n1\r\n0\r\n\r\n",
    "7.1 0x": b"0x1\r\n1\r\n0\r\n\r\n",
    "7.1 no size": b"\r\n1\r\n0\r\n\r\n",
    "7.1 a space before the size": b" 1\r\n1\r\n0\r\n\r\n",
    "7.1 longer than it says": b"1\r\n12\r\n0\r\n\r\n",
    "7.1 a bare LF": b"1\n1\r\n0\r\n\r\n",
    "7.1.1 an endless extension": b"1;" + b"x" * 5000 + b"\r\n1\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("at", ["client_port", "peer_port"])
@pytest.mark.parametrize(("raw", "status"), REFUSED.values(), ids=REFUSED.keys())
def test_what_could_be_read_in_two_ways_is_refused_and_the_connection_closed(
    node: RunningNode, at: str, raw: bytes, status: int
) -> None:
    answers = talk(getattr(node, at), raw + SMUGGLED)
    assert statuses(answers) == [status]
    assert b"\r\nConnection: close\r\n" in answers


@pytest.mark.parametrize("body", BAD_CHUNKS.values(), ids=BAD_CHUNKS.keys())
def test_bad_chunks_are_refused_and_the_connection_closed(node: RunningNode, body: bytes) -> None:
    exchange = b"POST /exchange HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    for port, raw in ((node.client_port, chunked(body)), (node.peer_port, exchange + body)):
        answers = talk(port, raw + SMUGGLED)
        assert statuses(answers) == [400]
        assert b"\r\nConnection: close\r\n" in answers
    assert node.get("b") is None


TAKEN = {
    "2.2 empty lines first": (b"\r\n\r\nGET /map?k=a HTTP/1.1\r\nHost: localhost\r\n\r\n", b"a=1\n"),
    "3.2.2 a whole URL": (b"GET http://localhost/map?k=a HTTP/1.1\r\nHost: elsewhere\r\n\r\n", b"a=1\n"),
    "5.1 no space after the colon": (b"GET /map?k=a HTTP/1.1\r\nHost:localhost\r\n\r\n", b"a=1\n"),
    "5.6 spaces around a value": (b"GET /map?k=a HTTP/1.1\r\nHost: \t localhost \t\r\n\r\n", b"a=1\n"),
    "9.3 the old version": (b"GET /map?k=a HTTP/1.0\r\n\r\n", b"a=1\n"),
    "9110 9.3.2 HEAD": (b"HEAD /map?k=a HTTP/1.1\r\nHost: localhost\r\n\r\n", b""),
}


@pytest.mark.parametrize(("raw", "body"), TAKEN.values(), ids=TAKEN.keys())
def test_what_must_be_understood(node: RunningNode, raw: bytes, body: bytes) -> None:
    head, _, rest = converse(node.client_port, raw).partition(b"\r\n\r\n")
    assert statuses(head) == [200]
    assert rest == body
    assert b"\r\nContent-Length: 4\r\n" in head + b"\r\n"


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (put(b"Content-Length: 2\r\nContent-Length: 2\r\n", b"ab"), b"ab"),
        (chunked(b"1;ext=1\r\na\r\n00A\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n"), b"a0123456789"),
        (chunked(b"0\r\n\r\n"), b""),
    ],
    ids=["6.3 the same length twice", "7.1 chunks, extensions and trailers", "7.1 nothing"],
)
def test_bodies_that_must_be_understood(raw: bytes, value: bytes) -> None:
    with RunningNode() as own:
        assert statuses(converse(own.client_port, raw + b"GET /map?k=b HTTP/1.1\r\nHost: localhost\r\n\r\n")) == [
            201,
            200,
        ]
        assert own.get("b") == b"b=" + value + b"\n"


def test_9_3_2_pipelined_requests_are_answered_in_order_however_they_are_cut(node: RunningNode) -> None:
    raw = b"".join(
        b"PUT /map?k=p HTTP/1.1\r\n%bContent-Length: 1\r\n\r\n%dGET /map?k=p HTTP/1.1\r\n%b\r\n" % (HOST, turn, HOST)
        for turn in range(3)
    )
    for at in range(1, len(raw), 3):
        answers = converse(node.client_port, raw[:at], raw[at:])
        assert [line for line in answers.splitlines() if line.startswith(b"p=")] == [b"p=0", b"p=1", b"p=2"]


def test_9_3_an_old_client_may_ask_for_its_connection_to_be_kept(node: RunningNode) -> None:
    kept = b"GET /map?k=a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
    answers = talk(node.client_port, kept + kept + b"GET /map?k=a HTTP/1.0\r\n\r\n")
    assert statuses(answers) == [200, 200, 200]
    assert answers.count(b"Connection: keep-alive") == 2
    assert answers.count(b"Connection: close") == 1


def test_9110_15_5_6_another_method_is_told_which_are_taken(node: RunningNode) -> None:
    answers = converse(node.client_port, b"PATCH /map?k=a HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert statuses(answers) == [405]
    assert b"\r\nAllow: DELETE, GET, HEAD, POST, PUT\r\n" in answers


def test_9110_10_1_1_who_waits_is_told_to_go_on(node: RunningNode) -> None:
    with connect(node.client_port) as client:
        client.sendall(
            put(b"Expect: 100-continue\r\nContent-Length: 3\r\nConnection: close\r\n").replace(b"k=b", b"k=e")
        )
        assert client.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"abc")
        assert statuses(read_all(client)) == [201]
    assert node.get("e") == b"e=abc\n"
