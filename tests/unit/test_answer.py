"""Answers as bytes."""

import re
import time
from email.utils import parsedate_to_datetime

import pytest

from gossip.serving.answer import Answer, HttpError, head_of, plain

DATE = re.compile(rb"Date: [^\r]+ GMT\r\n")


def undated(head: bytes) -> bytes:
    """The head without its date, of which there must be one."""
    rest, count = DATE.subn(b"", head)
    assert count == 1
    return rest


@pytest.mark.parametrize(
    ("answer", "connection", "head"),
    [
        (Answer(200, (b"ab", b"c"), "text/x"), "", b"200 OK\r\nContent-Type: text/x\r\nContent-Length: 3\r\n"),
        (Answer(201), "", b"201 Created\r\nContent-Length: 0\r\n"),
        (Answer(204), "close", b"204 No Content\r\nConnection: close\r\nContent-Length: 0\r\n"),
        (
            Answer(405, fields=(("Allow", "GET"), ("X", "y"))),
            "keep-alive",
            b"405 Method Not Allowed\r\nAllow: GET\r\nX: y\r\nConnection: keep-alive\r\nContent-Length: 0\r\n",
        ),
    ],
)
def test_heads(answer: Answer, connection: str, head: bytes) -> None:
    assert undated(head_of(answer, sum(map(len, answer.body)), connection)) == b"HTTP/1.1 " + head + b"\r\n"


def test_the_date_is_now() -> None:
    before = int(time.time())
    match = DATE.search(head_of(Answer(200), 0))
    assert match
    date = parsedate_to_datetime(match[0][6:].decode().strip())
    assert before <= date.timestamp() <= time.time()


def test_plain_is_one_line_of_text() -> None:
    assert plain(404, "nothing is here") == Answer(404, (b"nothing is here\n",), "text/plain; charset=UTF-8")


def test_an_error_carries_its_answer() -> None:
    error = HttpError(503, "later", (("Retry-After", "1"),))
    assert error.answer == Answer(503, (b"later\n",), "text/plain; charset=UTF-8", (("Retry-After", "1"),))
    assert not error.close
    assert HttpError(400, "bad", close=True).close
