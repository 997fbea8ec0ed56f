"""Bytes off a connection: where heads and bodies end, and how large and how slow they may be."""

import socket

import pytest

from gossip.serving.limits import Limits
from gossip.serving.reader import Gone, MustWait, Reader
from tests.pieces import Pieces
from tests.unit.fakes import error_of, refusal_of, socket_with

TIGHT = Limits(head_bytes=100, target_bytes=50, chunk_line_bytes=20, request_seconds=0.1)

HEAD = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


def reader_of(raw: bytes, limits: Limits = TIGHT) -> Reader:
    """Reads these bytes, and then the end."""
    return Reader(socket_with(raw), limits)


def pieces(*parts: bytes) -> Reader:
    return Reader(Pieces(parts), TIGHT)  # type: ignore[arg-type]


def single_bytes(data: bytes) -> Reader:
    return pieces(*(data[at : at + 1] for at in range(len(data))))


def test_a_head_ends_with_the_empty_line() -> None:
    reader = reader_of(HEAD + b"body")
    assert reader.head() == HEAD
    assert reader.has_bytes
    assert reader.take(4) == b"body"
    assert not reader.has_bytes


def test_bytes_may_come_one_by_one() -> None:
    reader = single_bytes(b"\r\n" + HEAD + b"body" + b"line\r\n" + HEAD)
    assert reader.head() == HEAD
    assert reader.take(4) == b"body"
    assert reader.line() == b"line"
    assert reader.head() == HEAD


def test_requests_may_follow_at_once() -> None:
    reader = reader_of(HEAD + HEAD + b"\r\n\r\n" + HEAD)
    assert [reader.head() for _ in range(3)] == [HEAD] * 3
    with pytest.raises(Gone):
        reader.head()


@pytest.mark.parametrize("raw", [b"", b"\r\n", b"GET", HEAD[:-1]])
def test_a_client_that_leaves_before_its_head_is_complete_is_gone(raw: bytes) -> None:
    with pytest.raises(Gone):
        reader_of(raw).head()


@pytest.mark.parametrize(("raw", "begun"), [(b"", False), (b"\r\n\r\n", False), (b"\r", True), (b"\r\nG", True)])
def test_empty_lines_begin_no_request(raw: bytes, begun: bool) -> None:
    reader = reader_of(b"")
    reader.give(raw)
    assert reader.has_begun() is begun


@pytest.mark.parametrize("given", [b"GET", HEAD[:-1]])
def test_who_may_not_wait_is_told_so_and_begins_anew_elsewhere(given: bytes) -> None:
    reader = reader_of(HEAD[len(given) :])
    reader.give(given)
    reader.may_wait = False
    with pytest.raises(MustWait):
        reader.head()
    reader.may_wait = True
    assert reader.head() == HEAD


def test_a_request_whose_body_must_be_waited_for_begins_anew_with_its_head() -> None:
    reader = reader_of(b"dy")
    reader.give(HEAD + HEAD + b"bo")
    reader.may_wait = False
    assert [reader.head(), reader.head()] == [HEAD, HEAD]
    with pytest.raises(MustWait):
        reader.take(4)
    reader.may_wait = True
    assert reader.head() == HEAD
    assert reader.take(4) == b"body"


@pytest.mark.parametrize("begun", [b"GET", b"\r\n\r"])
def test_a_head_that_does_not_arrive_in_time(begun: bytes) -> None:
    here, there = socket.socketpair()
    with here, there:
        there.sendall(begun)
        error = error_of(Reader(here, TIGHT).head)
        assert error.answer.status == 408
        assert error.close


def test_a_body_that_does_not_arrive_in_time() -> None:
    here, there = socket.socketpair()
    with here, there:
        there.sendall(HEAD + b"bod")
        reader = Reader(here, TIGHT)
        reader.head()
        reader.begin_body(5)
        assert refusal_of(lambda: reader.take(4)) == (408, "the body did not arrive in time; send it faster")


def head_of_size(size: int) -> bytes:
    return HEAD[:-4] + b"x" * (size - len(HEAD)) + b"\r\n\r\n"


def test_a_head_may_have_so_many_bytes_and_no_more() -> None:
    assert len(reader_of(head_of_size(100)).head()) == 100
    assert refusal_of(reader_of(head_of_size(101)).head) == (431, "the head is over 100 bytes; ask for less at once")
    assert refusal_of(single_bytes(head_of_size(101)).head)[0] == 431


def test_a_request_line_that_takes_up_the_whole_head_has_too_long_a_target() -> None:
    assert refusal_of(reader_of(b"x" * 5000).head) == (414, "the target is over 50 bytes; ask for less at once")
    assert refusal_of(single_bytes(b"x" * 5000).head)[0] == 414


def test_a_large_body_behind_a_head_is_not_counted_with_it() -> None:
    reader = reader_of(HEAD + bytes(5000))
    assert reader.head() == HEAD
    assert reader.take(5000) == bytes(5000)


@pytest.mark.parametrize("raw", [b"GET / HTTP/1.1\n\n", b"\n", b"GET / HTTP/1.1\r\nA: b\n"])
def test_a_bare_line_feed_is_refused_at_once(raw: bytes) -> None:
    here, there = socket.socketpair()
    with here, there:
        there.sendall(raw)
        assert refusal_of(Reader(here, TIGHT).head)[0] == 400


def test_a_body_that_ends_too_early() -> None:
    with pytest.raises(Gone):
        reader_of(b"bod").take(4)


def test_take_nothing() -> None:
    assert reader_of(b"").take(0) == b""


def test_take_over_many_receives() -> None:
    reader = pieces(b"ab", b"cd", b"ef")
    assert (reader.take(5), reader.take(1)) == (b"abcde", b"f")


@pytest.mark.parametrize(
    ("raw", "line"), [(b"\r\nrest", b""), (b"5;x=y\r\nrest", b"5;x=y"), (b"x" * 20 + b"\r\n", b"x" * 20)]
)
def test_lines(raw: bytes, line: bytes) -> None:
    assert reader_of(raw).line() == line
    assert single_bytes(raw).line() == line


@pytest.mark.parametrize("raw", [b"x" * 21 + b"\r\n", b"x" * 5000, b"5\n0\r\n", b"5\r0\r\n"])
def test_bad_lines(raw: bytes) -> None:
    assert refusal_of(reader_of(raw).line)[0] == 400
    assert refusal_of(single_bytes(raw).line)[0] == 400


def test_a_line_that_ends_too_early() -> None:
    with pytest.raises(Gone):
        reader_of(b"5").line()


def test_a_broken_connection_is_gone() -> None:
    here, there = socket.socketpair()
    there.close()
    here.close()
    with pytest.raises(Gone):
        Reader(here, TIGHT).head()
