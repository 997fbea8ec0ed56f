"""Answers, and how they become bytes."""

from collections.abc import Sequence
from email.utils import formatdate
from http import HTTPStatus
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


def head_of(answer: Answer, connection: str = "") -> bytes:
    """The head of an answer; `connection` fills the field of that name where something is to be said in it.

    Content-Length is given with every answer. RFC 9110 would leave it out of a 204; the map's contract has it there.
    """
    lines = [f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}", _date_line()]
    if answer.content_type:
        lines.append(f"Content-Type: {answer.content_type}")
    lines.append(f"Content-Length: {sum(map(len, answer.body))}")
    lines += [f"{name}: {value}" for name, value in answer.fields]
    if connection:
        lines.append(f"Connection: {connection}")
    return "\r\n".join((*lines, "", "")).encode("latin-1")


_dated = (0, "")


def _date_line() -> str:
    """The Date field, made once a second. The pair is replaced as a whole, so threads never see half of it."""
    global _dated
    second, line = _dated
    now = wall_micros() // MICROS
    if now != second:
        line = f"Date: {formatdate(now, usegmt=True)}"
        _dated = (now, line)
    return line
