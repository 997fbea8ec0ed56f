"""Good and bad request heads, with the section of RFC 9112 that each is about."""

import pytest

from gossip.serving.head import Framing, Head, parse_head
from gossip.serving.limits import Limits
from tests.unit.fakes import error_of, refusal_of

LIMITS = Limits(fields=5, target_bytes=1000)


def parse(head: bytes) -> Head:
    return parse_head(head, LIMITS)


def with_fields(*lines: bytes, line: bytes = b"PUT /map?k=a HTTP/1.1", host: bytes = b"Host: x") -> bytes:
    return b"\r\n".join((line, *([host] if host else []), *lines, b"", b""))


def test_a_head_in_full() -> None:
    head = parse(b"PUT /map?k=a&k=b?c HTTP/1.1\r\nHost: x:1\r\nX-Note:  two words \t\r\nContent-Length: 5\r\n\r\n")
    assert head == Head(
        method="PUT",
        path=b"/map",
        query=b"k=a&k=b?c",
        minor=1,
        fields={b"host": b"x:1", b"x-note": b"two words", b"content-length": b"5"},
        framing=Framing(length=5, chunked=False, keep_alive=True, expects_continue=False),
    )


TARGETS = {
    "3.2.1 origin form": (b"/a%20b?k=%41", b"/a%20b", b"k=%41"),
    "3.2.1 an empty query": (b"/?", b"/", b""),
    "3.2.1 two slashes": (b"//map", b"//map", b""),
    "3.2.2 absolute form": (b"http://host:80/map?k=a", b"/map", b"k=a"),
    "3.2.2 absolute form, https and in capitals": (b"HTTPS://host/map", b"/map", b""),
    "3.2.2 absolute form without path": (b"http://host", b"/", b""),
    "3.2.2 absolute form without path, with query": (b"http://host?k=a", b"/", b"k=a"),
    "3.2.4 asterisk form": (b"*", b"*", b""),
    "bytes above 127": ("/map?k=é".encode(), b"/map", b"k=\xc3\xa9"),
}


@pytest.mark.parametrize(("target", "path", "query"), TARGETS.values(), ids=TARGETS.keys())
def test_targets(target: bytes, path: bytes, query: bytes) -> None:
    head = parse(b"GET " + target + b" HTTP/1.1\r\nHost: x\r\n\r\n")
    assert (head.path, head.query) == (path, query)


FRAMINGS = {
    "6.3 neither length nor coding": (with_fields(), (None, False)),
    "6.2 a length": (with_fields(b"Content-Length: 42"), (42, False)),
    "6.2 a length of none": (with_fields(b"content-length:0"), (0, False)),
    "6.3 the same length twice": (with_fields(b"Content-Length: 5", b"Content-Length: 5"), (5, False)),
    "6.3 the same length twice in one field": (with_fields(b"Content-Length: 5, 5"), (5, False)),
    "6.1 chunked": (with_fields(b"Transfer-Encoding: chunked"), (None, True)),
    "6.1 chunked in capitals": (with_fields(b"transfer-encoding: CHUNKED"), (None, True)),
}


@pytest.mark.parametrize(("head", "framing"), FRAMINGS.values(), ids=FRAMINGS.keys())
def test_framings(head: bytes, framing: tuple[int | None, bool]) -> None:
    assert parse(head).framing[:2] == framing


@pytest.mark.parametrize(
    ("version", "connection", "keep_alive"),
    [
        (b"1.1", b"", True),
        (b"1.1", b"Connection: close", False),
        (b"1.1", b"connection: Upgrade , CLOSE", False),
        (b"1.1", b"Connection: closed", True),
        (b"1.1", b"Connection: keep-alive", True),
        (b"1.0", b"", False),
        (b"1.0", b"Connection: Keep-Alive", True),
        (b"1.0", b"Connection: keep-alive, close", False),
        (b"1.9", b"", True),
    ],
)
def test_section_9_3_whether_the_connection_goes_on(version: bytes, connection: bytes, keep_alive: bool) -> None:
    head = with_fields(*([connection] if connection else []), line=b"GET / HTTP/" + version)
    assert parse(head).framing.keep_alive is keep_alive


@pytest.mark.parametrize(
    ("version", "fields", "expects"),
    [(b"1.1", [b"Expect: 100-Continue"], True), (b"1.0", [b"Expect: 100-continue"], False), (b"1.1", [], False)],
)
def test_who_waits_to_be_asked_for_the_body(version: bytes, fields: list[bytes], expects: bool) -> None:
    head = with_fields(*fields, line=b"PUT / HTTP/" + version)
    assert parse(head).framing.expects_continue is expects


def test_the_old_version_needs_no_host() -> None:
    assert parse(b"GET / HTTP/1.0\r\n\r\n").fields == {}


BAD = {
    "3.2.3 authority form": (with_fields(line=b"CONNECT host:80 HTTP/1.1"), 400),
    "3.2 a fragment in the target": (with_fields(line=b"GET /map?k=a#b HTTP/1.1"), 400),
    "3.2 a target that is no path": (with_fields(line=b"GET map?k=a HTTP/1.1"), 400),
    "3.2.2 a Host with a path": (with_fields(host=b"Host: a/b"), 400),
    "3.2.2 a Host with a space": (with_fields(host=b"Host: a b"), 400),
    "2.2 a bare LF after the request line": (b"GET / HTTP/1.1\nHost: x\r\n\r\n", 400),
    "2.2 a bare LF in a field": (with_fields(b"A: b\nC: d"), 400),
    "2.2 a bare CR in a field": (with_fields(b"A: b\rC: d"), 400),
    "2.2 a field after a space": (with_fields(host=b" Host: x"), 400),
    "2.3 HTTP/2": (with_fields(line=b"GET / HTTP/2.0"), 505),
    "2.3 HTTP/0.9": (with_fields(line=b"GET / HTTP/0.9"), 505),
    "2.3 a version of two digits": (with_fields(line=b"GET / HTTP/1.10"), 400),
    "2.3 http in small letters": (with_fields(line=b"GET / http/1.1"), 400),
    "2.3 no version": (with_fields(line=b"GET /"), 400),
    "3 an empty request line": (with_fields(line=b""), 400),
    "3 two spaces": (with_fields(line=b"GET  / HTTP/1.1"), 400),
    "3 a space in the target": (with_fields(line=b"GET /a b HTTP/1.1"), 400),
    "3 a space at the end": (with_fields(line=b"GET / HTTP/1.1 "), 400),
    "3 a tab for a space": (with_fields(line=b"GET\t/ HTTP/1.1"), 400),
    "3.1 no method": (with_fields(line=b" / HTTP/1.1"), 400),
    "3.1 a method that is no token": (with_fields(line=b"GE(T / HTTP/1.1"), 400),
    "3.2 no host": (with_fields(host=b""), 400),
    "3.2 two hosts": (with_fields(b"Host: y"), 400),
    "3.2 NUL in the target": (with_fields(line=b"GET /\0 HTTP/1.1"), 400),
    "5 no colon": (with_fields(b"Nonsense"), 400),
    "5 no name": (with_fields(b": value"), 400),
    "5.1 a space before the colon": (with_fields(b"Content-Length : 5"), 400),
    "5.2 a folded line": (with_fields(b"A: b", b" c"), 400),
    "5.5 NUL in a value": (with_fields(b"A: \0"), 400),
    "6.1 a coding and a length": (with_fields(b"Transfer-Encoding: chunked", b"Content-Length: 5"), 400),
    "6.1 a coding with HTTP/1.0": (with_fields(b"Transfer-Encoding: chunked", line=b"PUT / HTTP/1.0"), 400),
    "6.1 gzip": (with_fields(b"Transfer-Encoding: gzip, chunked"), 501),
    "6.1 an empty coding": (with_fields(b"Transfer-Encoding:"), 501),
    "6.3 chunked twice": (with_fields(b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked"), 501),
    "6.3 two lengths": (with_fields(b"Content-Length: 5", b"Content-Length: 6"), 400),
    "6.3 two lengths in one field": (with_fields(b"Content-Length: 5, 6"), 400),
    "6.3 a length and none": (with_fields(b"Content-Length: 5,"), 400),
    "6.3 an empty length": (with_fields(b"Content-Length:"), 400),
    "6.3 a length with a sign": (with_fields(b"Content-Length: +5"), 400),
    "6.3 a length below none": (with_fields(b"Content-Length: -5"), 400),
    "6.3 a length in hexadecimal": (with_fields(b"Content-Length: 0x5"), 400),
    "6.3 a length with a line below": (with_fields(b"Content-Length: 1_0"), 400),
    "6.3 a length in other digits": (with_fields("Content-Length: \u0665".encode()), 400),
    "RFC 9110, 10.1.1 another expectation": (with_fields(b"Expect: tea"), 417),
    "too long a target": (b"GET /" + b"x" * 1000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
    "too many fields": (with_fields(*[b"A: b"] * LIMITS.fields), 431),
}


@pytest.mark.parametrize(("head", "status"), BAD.values(), ids=BAD.keys())
def test_bad_heads(head: bytes, status: int) -> None:
    assert refusal_of(lambda: parse(head))[0] == status
    assert error_of(lambda: parse(head)).close, "nobody knows where the next request begins"


def test_a_stray_line_break_is_called_by_its_name() -> None:
    assert refusal_of(lambda: parse(b"GET / HTTP/1.1\nHost: x\r\n\r\n"))[1] == (
        "a line ends with a bare CR or LF; end lines with CRLF"
    )


def test_a_length_beyond_all_reason_is_a_length_over_any_limit() -> None:
    assert parse(with_fields(b"Content-Length: " + b"9" * 5000)).framing.length == 10**18
