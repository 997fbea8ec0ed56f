"""Requests and their bodies, chunked ones (RFC 9112, section 7.1) among them."""

import pytest

from gossip.serving.head import parse_head
from gossip.serving.limits import Limits
from gossip.serving.reader import Gone, Reader
from gossip.serving.request import Request
from gossip.serving.room import Room
from tests.unit.fakes import error_of, get_of, refusal_of, request_of, socket_with, with_body

MOST = 20


def body_of(request: Request) -> bytes:
    return request.body(MOST, "that is too large")


def chunked(rest: bytes) -> Request:
    return request_of(b"PUT /map?k=a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + rest)


def test_a_request_tells_its_head() -> None:
    head = get_of("/map?k=a").head
    assert (head.method, head.path, head.query) == ("GET", b"/map", b"k=a")
    assert head.fields == {b"host": b"x"}


def test_a_body_that_came_along_is_not_read_from_anywhere() -> None:
    request = Request(get_of("/").head, came_along=b"value")
    assert body_of(request) == b"value"
    assert not request.has_unread_body
    too_large = Request(with_body("PUT", "/", b"").head, came_along=b"x" * (MOST + 1))
    assert error_of(lambda: body_of(too_large)).answer.status >= 400


@pytest.mark.parametrize("body", [b"", b"value", b"x" * MOST])
def test_a_body_with_a_length(body: bytes) -> None:
    request = with_body("PUT", "/", body)
    assert request.has_unread_body is bool(body)
    assert body_of(request) == body
    assert not request.has_unread_body


def test_a_body_over_the_limit_is_refused_unread() -> None:
    request = with_body("PUT", "/", b"x" * (MOST + 1))
    assert refusal_of(lambda: body_of(request)) == (413, "that is too large")
    assert request.has_unread_body


def test_a_body_without_a_length() -> None:
    request = get_of("/")
    assert not request.has_unread_body
    assert refusal_of(lambda: body_of(request))[0] == 411


def test_a_body_that_ends_too_early() -> None:
    with pytest.raises(Gone):
        body_of(request_of(b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nfour"))


CHUNKED = {
    "nothing": (b"0\r\n\r\n", b""),
    "one chunk": (b"5\r\nvalue\r\n0\r\n\r\n", b"value"),
    "several": (b"3\r\nval\r\n1\r\nu\r\n1\r\ne\r\n0\r\n\r\n", b"value"),
    "hexadecimal": (b"A\r\n0123456789\r\na\r\nabcdefghij\r\n0\r\n\r\n", b"0123456789abcdefghij"),
    "leading zeros": (b"0005\r\nvalue\r\n000\r\n\r\n", b"value"),
    "line breaks within": (b"4\r\n\r\n\r\n\r\n0\r\n\r\n", b"\r\n\r\n"),
    "7.1.1 extensions": (b'5 ; a=b;c="d"\r\nvalue\r\n0;end\r\n\r\n', b"value"),
    "7.1.2 trailers": (b"5\r\nvalue\r\n0\r\nA: b\r\nC: d\r\n\r\n", b"value"),
}


@pytest.mark.parametrize(("rest", "body"), CHUNKED.values(), ids=CHUNKED.keys())
def test_a_chunked_body(rest: bytes, body: bytes) -> None:
    request = chunked(rest)
    assert request.has_unread_body
    assert body_of(request) == body
    assert not request.has_unread_body


BAD_CHUNKS = {
    "no size": b"\r\nvalue\r\n0\r\n\r\n",
    "not hexadecimal": b"5g\r\nvalue\r\n0\r\n\r\n",
    "a sign": b"+5\r\nvalue\r\n0\r\n\r\n",
    "below none": b"-1\r\nvalue\r\n0\r\n\r\n",
    "0x": b"0x5\r\nvalue\r\n0\r\n\r\n",
    "a line below": b"1_0\r\nvalue\r\n0\r\n\r\n",
    "a space before": b" 5\r\nvalue\r\n0\r\n\r\n",
    "longer than it says": b"4\r\nvalue\r\n0\r\n\r\n",
    "shorter than it says": b"6\r\nvalue\r\n0\r\n\r\n",
    "a bare LF after the size": b"5\nvalue\r\n0\r\n\r\n",
    "a control character in an extension": b"5;\0\r\nvalue\r\n0\r\n\r\n",
    "a long extension": b"5;" + b"x" * 2000 + b"\r\nvalue\r\n0\r\n\r\n",
    "a long trailer": b"0\r\nA: " + b"x" * 2000 + b"\r\n\r\n",
    "endless trailers": b"0\r\n" + b"A: bcdefgh\r\n" * 2000 + b"\r\n",
}


@pytest.mark.parametrize("rest", BAD_CHUNKS.values(), ids=BAD_CHUNKS.keys())
def test_a_badly_chunked_body(rest: bytes) -> None:
    error = error_of(lambda: body_of(chunked(rest)))
    assert error.answer.status == 400
    assert error.close


def test_a_chunk_of_a_size_beyond_all_reason_is_over_the_limit() -> None:
    error = error_of(lambda: body_of(chunked(b"f" * 900 + b"\r\nvalue\r\n0\r\n\r\n")))
    assert (error.answer.status, error.close) == (413, True)


def test_a_chunked_body_over_the_limit_is_refused_before_it_is_read() -> None:
    error = error_of(lambda: body_of(chunked(b"5\r\nvalue\r\n10\r\n")))
    assert error.answer.status == 413
    assert error.close


@pytest.mark.parametrize("rest", [b"", b"5", b"5\r\nval", b"5\r\nvalue\r\n", b"5\r\nvalue\r\n0\r\n"])
def test_a_chunked_body_that_ends_too_early(rest: bytes) -> None:
    with pytest.raises(Gone):
        body_of(chunked(rest))


EXPECTING = b"PUT / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n"


@pytest.mark.parametrize(("came_along", "invitations"), [(b"", 1), (b"value", 0)])
def test_a_client_that_waits_is_invited_unless_its_body_is_here(came_along: bytes, invitations: int) -> None:
    count = 0
    limits = Limits()

    def invite() -> None:
        nonlocal count
        count += 1

    reader = Reader(socket_with(EXPECTING % 5 + came_along), limits)
    request = Request(parse_head(reader.head(), limits), reader, invite)
    assert count == 0
    try:
        body_of(request)
    except Gone:
        assert not came_along
    assert count == invitations


def test_nobody_is_invited_to_send_too_much() -> None:
    def invite() -> None:
        raise AssertionError("invited")

    limits = Limits()
    reader = Reader(socket_with(EXPECTING % 500), limits)
    request = Request(parse_head(reader.head(), limits), reader, invite)
    assert refusal_of(lambda: body_of(request))[0] == 413


def test_a_chunked_body_that_has_come_keeps_no_more_room_than_it_needs() -> None:
    room = Room(2**20)
    reader = Reader(socket_with(b"5\r\nvalue\r\n0\r\n\r\n"), Limits(), room)
    assert Request(chunked(b"").head, reader).body(2**20, "that is too large") == b"value"
    room.take(2**20 - 5, 0)
