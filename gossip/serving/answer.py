"""Answers, and how they become bytes."""

from collections.abc import Sequence
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from time import monotonic
from typing import NamedTuple

from gossip.data.clock import MICROS, wall_micros

OCTETS = "application/octet-stream"
TEXT = "text/plain; charset=UTF-8"

Fields = tuple[tuple[str, str], ...]


class Answer(NamedTuple):
    """What a request gets back."""

    status: int
    body: Sequence[bytes] = ()
    """The content in pieces, sent one after the other: large values are not copied together first."""
    content_type: str = ""
    fields: Fields = ()
    """Further fields for the head."""


class HttpError(Exception):
    """A request that is answered with an error: a status and one plain sentence that says what to do."""

    def __init__(self, status: int, sentence: str, fields: Fields = (), close: bool = False) -> None:
        """`close` says that the connection is of no use after this, as where the next request begins is unknown."""
        super().__init__(sentence)
        self.answer = plain(status, sentence, fields)
        self.close = close


def plain(status: int, sentence: str, fields: Fields = ()) -> Answer:
    """An answer of one line of text."""
    return Answer(status, (sentence.encode() + b"\n",), TEXT, fields)


def head_of(answer: Answer, length: int, connection: str = "") -> bytes:
    """The head of an answer whose body has so many bytes; `connection` fills the field of that name, if anything.

    Content-Length is given with every answer. RFC 9110 would leave it out of a 204; the map's contract has it there.
    Only a 304 goes without: it would be that of the 200 there (RFC 9110, section 8.6).
    """
    status, _, content_type, fields = answer
    dated = _dated if monotonic() < _dated[0] else _date_again()
    if status == 304:
        return _beginning(status, content_type, fields, connection) + dated[1]
    return b"%bContent-Length: %d\r\n%b" % (_beginning(status, content_type, fields, connection), length, dated[1])


def endless_head_of(answer: Answer, chunked: bool, connection: str = "") -> bytes:
    """The head of an answer whose body comes bit by bit, in chunks, or until the connection ends."""
    status, _, content_type, fields = answer
    if chunked:
        fields += (("Transfer-Encoding", "chunked"),)
    dated = _dated if monotonic() < _dated[0] else _date_again()
    return _beginning(status, content_type, fields, connection) + dated[1]


@lru_cache(maxsize=128)
def _beginning(status: int, content_type: str, fields: Fields, connection: str) -> bytes:
    """The lines that are the same for all answers of a kind, put together once for each kind."""
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}"]
    if content_type:
        lines.append(f"Content-Type: {content_type}")
    lines += [f"{name}: {value}" for name, value in fields]
    if connection:
        lines.append(f"Connection: {connection}")
    return "\r\n".join((*lines, "")).encode("latin-1")


_dated = (0.0, b"")
"""Until when, on the monotonic clock, the Date field stays as it is; and that field, with the empty line. The pair is
replaced as a whole, so threads never see half of it."""


def _date_again() -> tuple[float, bytes]:
    global _dated
    second, micros = divmod(wall_micros(), MICROS)
    line = f"Date: {formatdate(second, usegmt=True)}\r\n\r\n".encode()
    _dated = (monotonic() + 1 - micros / MICROS, line)
    return _dated
