"""Arbitrary bytes from clients: a request, an HttpError or nobody there, and never anything else."""

from collections.abc import Callable, Iterator
from typing import TypeVar

from hypothesis import given, settings
from hypothesis import strategies as st

from gossip.api.query import query_of
from gossip.serving.answer import HttpError, head_of
from gossip.serving.head import parse_head
from gossip.serving.limits import Limits
from gossip.serving.reader import Gone, Reader
from gossip.serving.request import Request
from tests.pieces import Pieces

T = TypeVar("T")

LIMITS = Limits(head_bytes=300, fields=5, chunk_line_bytes=30, request_seconds=5.0)

tokens = st.sampled_from(
    [b"GET", b"PUT", b" ", b" ", b"/", b"/map?k=a", b"*", b"http://h/p", b"HTTP/1.1", b"HTTP/1.0", b"HTTP/2.0", b"\r\n",
     b"\r\n", b"\r\n\r\n", b"\r", b"\n", b"\0", b"\xff", b"Host: x", b"Content-Length: 5", b"Content-Length:",
     b"Transfer-Encoding: chunked", b"Connection: close", b"Expect: 100-continue", b":", b",", b"5", b"\t", b"0"]
)  # fmt: skip
likely = st.lists(tokens, max_size=16).map(b"".join)
"""Bytes that look like a request here and there."""

field_lines = st.sampled_from(
    [b"Host: x", b"Content-Length: 5", b"Content-Length: 05", b"Content-Length: 5, 5", b"Transfer-Encoding: chunked",
     b"Connection: close", b"Expect: 100-continue", b"X: \xff", b"X:", b"X : y", b" X: y", b"X"]
)  # fmt: skip
heads = st.builds(
    lambda line, fields: b"\r\n".join((line, *fields, b"", b"")),
    st.sampled_from([b"GET / HTTP/1.1", b"PUT /map?k=%zz HTTP/1.1", b"PUT * HTTP/1.0", b"GET /"]),
    st.lists(field_lines, max_size=6),
)

chunks = st.lists(
    st.sampled_from(
        [
            b"5\r\n",
            b"value\r\n",
            b"0\r\n",
            b"\r\n",
            b"A;x=y\r\n",
            b"-1\r\n",
            b"\n",
            b"ffffffffffffffff\r\n",
            b"5;" + b"x" * 28 + b"\r\n",
            b"5;" + b"x" * 29 + b"\r\n",
        ]
    ),
    max_size=8,
).map(b"".join)


def cut(raw: bytes, lengths: list[int]) -> Iterator[bytes]:
    for length in lengths:
        piece, raw = raw[:length], raw[length:]
        if piece:
            yield piece
    if raw:
        yield raw


def attempt(act: Callable[[], T]) -> T | HttpError:
    """What this gives, or the HttpError that it raises; any other exception fails the test."""
    try:
        return act()
    except HttpError as error:
        return error


@settings(max_examples=600, deadline=None)
@given(st.binary(max_size=200) | likely | heads, st.integers(0, 6))
def test_parse_head_only_raises_http_errors(raw: bytes, most_fields: int) -> None:
    head = attempt(lambda: parse_head(raw, Limits(fields=most_fields)))
    if isinstance(head, HttpError):
        assert head.close
        assert head_of(head.answer, 0).startswith(b"HTTP/1.1 %d " % head.answer.status)
        assert head.answer.status in (400, 414, 417, 431, 501, 505)
    else:
        assert head.method.isascii()
        assert len(head.fields) <= most_fields
        assert not (head.framing.chunked and head.framing.length is not None)


def outcome_of(raw: bytes, lengths: list[int]) -> list[tuple[str, object]]:
    """What becomes of a connection's bytes: each request with its body, then how it ended."""
    reader = Reader(Pieces(cut(raw, lengths)), LIMITS)  # type: ignore[arg-type]
    seen: list[tuple[str, object]] = []
    while True:
        try:
            head = parse_head(reader.head(), LIMITS)
            seen.append(("head", head))
            request = Request(head, reader, lambda: None)
            if request.has_unread_body:
                seen.append(("body", request.body(50, "too large")))
        except HttpError:  # of two things that are wrong, either may be seen first
            return [*seen, ("refused", None)]
        except Gone:
            return [*seen, ("gone", None)]


connections = st.lists(heads | likely | chunks | st.binary(max_size=40), max_size=5).map(b"".join)


@settings(max_examples=400, deadline=None)
@given(connections, st.lists(st.integers(1, 40), max_size=30))
def test_how_bytes_are_cut_into_pieces_changes_nothing(raw: bytes, lengths: list[int]) -> None:
    """What a request is does not depend on the packets that it came in."""
    assert outcome_of(raw, lengths) == outcome_of(raw, [])


@settings(max_examples=300, deadline=None)
@given(
    st.binary(max_size=60) | st.lists(st.sampled_from([b"k", b"=", b"&", b"%", b"%41", b"+", b"\xc3"])).map(b"".join)
)
def test_keys_are_utf8_and_never_empty(query: bytes) -> None:
    keys = attempt(lambda: query_of(query).keys)
    if isinstance(keys, HttpError):
        assert keys.answer.status == 422
    else:
        assert all(key.decode() for key in keys)
