"""Request heads: bytes to a `Head`, by RFC 9112, strictly. Pure: no sockets, no state.

What could be read in two ways is refused, never guessed: that is how requests get smuggled past proxies.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple, NoReturn

from gossip.serving.answer import HttpError
from gossip.serving.limits import Limits

_REQUEST_LINE = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([\x21\x22\x24-\x7e\x80-\xff]+) HTTP/([0-9])\.([0-9])")
_BEGUN_LINE = re.compile(rb"\r|[!#$%&'*+\-.^_`|~0-9A-Za-z]+( ([\x21\x22\x24-\x7e\x80-\xff]+( [HTP/0-9.]*\r?)?)?)?")
_FIELD_LINE = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+):([\t\x20-\x7e\x80-\xff]*)")
_STRAY_BREAK = re.compile(rb"\r(?!\n)|(?<!\r)\n")
_HOST = re.compile(rb"[^\s,/?#@]*")
_AUTHORITY = re.compile(rb"https?://([^/?#]*)", re.IGNORECASE)


class Framing(NamedTuple):
    """What the fields of a head say about the body and the connection."""

    length: int | None
    """The body's length in bytes, where it is given."""
    chunked: bool
    keep_alive: bool
    """Whether the client wants to go on using the connection."""
    expects_continue: bool
    """Whether the client waits for a word before it sends the body."""


class Head(NamedTuple):
    """A request without its body."""

    method: str
    path: bytes
    """As it was sent, percent-encoding and all."""
    query: bytes
    """What follows the `?`; empty where there is none."""
    minor: int
    """The version is HTTP/1.minor."""
    fields: Mapping[bytes, bytes]
    """By lower-case name; repeated ones joined by commas."""
    framing: Framing


def parse_head(head: bytes, limits: Limits) -> Head:
    """The request that begins with these bytes, which end with the empty line. Raises HttpError."""
    line, _, block = head.partition(b"\r\n")
    match = _REQUEST_LINE.fullmatch(line)
    if not match:
        _refuse_line(line)
    method, target, major, minor = match.groups()
    if major != b"1":
        raise HttpError(505, "only HTTP/1.1 and HTTP/1.0 are spoken here", close=True)
    if len(target) > limits.target_bytes:
        raise target_too_long(limits)
    read = _known_fields if len(block) <= _KNOWN_BYTES else _fields_and_framing
    fields, framing = read(block, int(minor), limits.fields)
    if not target.startswith(b"/") and target != b"*":
        target, fields = _origin_form(target, fields)
    path, _, query = target.partition(b"?")
    return Head(method.decode(), path, query, int(minor), fields, framing)


def check_begun(begun: bytes) -> None:
    """Raises HttpError when no head begins with these bytes, which are not empty, however it may go on."""
    line, ended, _ = begun.partition(b"\r\n")
    if not (_REQUEST_LINE if ended else _BEGUN_LINE).fullmatch(line):
        _refuse_line(line)


def target_too_long(limits: Limits) -> HttpError:
    return HttpError(414, f"the target is over {limits.target_bytes} bytes; ask for less at once", close=True)


def _fields_and_framing(block: bytes, minor: int, most: int) -> tuple[Mapping[bytes, bytes], Framing]:
    """What follows the request line: field lines, each with its CRLF, and the empty line."""
    _refuse_stray_breaks(block)
    lines = block[:-4].split(b"\r\n") if len(block) > 2 else []
    if len(lines) > most:
        raise HttpError(431, f"the request has more than {most} fields", close=True)
    fields = _fields(lines)
    if not _HOST.fullmatch(fields.get(b"host", b"," if minor >= 1 else b"")):
        _bad("HTTP/1.1 asks for exactly one Host field, with a host and no more than a port")
    return fields, _framing(fields, minor)


_KNOWN_BYTES = 1024
_known_fields = lru_cache(maxsize=1024)(_fields_and_framing)
"""A client says the same about itself with each request, whatever it asks for: short blocks of fields are read once."""


def _refuse_stray_breaks(lines: bytes) -> None:
    if _STRAY_BREAK.search(lines):
        _bad("a line ends with a bare CR or LF; end lines with CRLF")


def _refuse_line(line: bytes) -> NoReturn:
    _refuse_stray_breaks(line)
    _bad("the request line is not METHOD SP TARGET SP HTTP/1.1")


def _bad(sentence: str) -> NoReturn:
    raise HttpError(400, sentence, close=True)


def _fields(lines: list[bytes]) -> dict[bytes, bytes]:
    fields: dict[bytes, bytes] = {}
    for line in lines:
        match = _FIELD_LINE.fullmatch(line)
        if not match:
            _bad("a field line is not NAME: VALUE")
        name, value = match[1].lower(), match[2].strip(b" \t")
        fields[name] = fields[name] + b"," + value if name in fields else value
    return fields


def _origin_form(target: bytes, fields: Mapping[bytes, bytes]) -> tuple[bytes, Mapping[bytes, bytes]]:
    """The target without scheme and authority: proxies may send them, and servers must understand (RFC 9112, 3.2.2).

    The authority then counts as Host, whatever that says.
    """
    authority = _AUTHORITY.match(target)
    if not (authority and _HOST.fullmatch(authority[1])):
        _bad("the target is neither a path, such as /map?k=a, nor a URL of this service")
    rest = target[authority.end() :]
    return rest if rest.startswith(b"/") else b"/" + rest, {**fields, b"host": authority[1]}


def _framing(fields: dict[bytes, bytes], minor: int) -> Framing:
    """How the message is delimited (RFC 9112, section 6.3), and what becomes of the connection (9.3)."""
    coding = fields.get(b"transfer-encoding")
    length = fields.get(b"content-length")
    if coding is not None:
        if length is not None or minor == 0:
            _bad("Transfer-Encoding does not go with Content-Length, nor with HTTP/1.0")
        if coding.lower() != b"chunked":
            raise HttpError(501, "the only transfer coding understood here is chunked", close=True)
    expect = fields.get(b"expect", b"").lower() if minor >= 1 else b""
    if expect not in (b"", b"100-continue"):
        raise HttpError(417, "the only expectation met here is 100-continue", close=True)
    options = [option.strip().lower() for option in fields.get(b"connection", b"").split(b",")]
    return Framing(
        length=None if length is None else _length(length),
        chunked=coding is not None,
        keep_alive=b"close" not in options and (minor >= 1 or b"keep-alive" in options),
        expects_continue=bool(expect),
    )


def _length(text: bytes) -> int:
    """A Content-Length; sent twice it must say the same twice."""
    lengths = {length.strip() for length in text.split(b",")}
    (length, *others) = lengths
    if others or not length.isdigit():
        _bad("Content-Length is not one whole number")
    return int(length) if len(length) <= 18 else 10**18  # over any limit; int() balks at thousands of digits
