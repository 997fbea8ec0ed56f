"""One event is one line, whatever is in it; and what comes again is summed up."""

import ast
import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gossip.logs import Json, Lines, Logfmt
from tests.nodes import ROOT

NASTY = 'a "b"\n2026-01-01 all is well\r\x1b[2J \u2028=\\ ü\ud800'


class Log:
    """A log of its own, and what was written to it."""

    def __init__(self, form: str = "logfmt") -> None:
        self.lines = Lines(form)
        self._stream = io.StringIO()
        self.lines.setStream(self._stream)
        self._logger = logging.Logger("gossipcar.test", logging.DEBUG)
        self._logger.addHandler(self.lines)

    def event(self, message: str, level: int = logging.WARNING, error: Any = None, **fields: object) -> None:
        self._logger.log(level, message, extra=fields, exc_info=error)

    @property
    def text(self) -> str:
        return self._stream.getvalue()

    @property
    def written(self) -> list[str]:
        """The lines from the message on."""
        return [line.partition("msg=")[2] for line in self.text.splitlines()]

    def take(self) -> list[str]:
        written = self.written
        self._stream.truncate(0)
        self._stream.seek(0)
        return written


def raised(error: Exception) -> Exception:
    try:
        raise error
    except Exception as caught:
        return caught


def record_at(seconds: float, **fields: object) -> logging.LogRecord:
    made = {"name": "gossipcar.peers", "levelname": "INFO", "levelno": logging.INFO, "msg": "found", "created": seconds}
    return logging.makeLogRecord({**made, "msecs": seconds % 1 * 1000, **fields})


def test_an_event_in_logfmt() -> None:
    record = record_at(1_700_000_000.25, peer="10.0.0.1:46747", so="all is well", none="")
    assert Logfmt().format(record) == (
        'time=2023-11-14T22:13:20.250Z level=info logger=peers msg=found peer=10.0.0.1:46747 so="all is well" none=""'
    )


def test_an_event_in_json() -> None:
    record = record_at(1_700_000_000.25, peer="10.0.0.1:46747", entries=3, ms=0.5, so="all is well")
    assert Json().format(record) == (
        '{"time": "2023-11-14T22:13:20.250Z", "level": "info", "logger": "peers", "msg": "found", '
        '"peer": "10.0.0.1:46747", "entries": 3, "ms": 0.5, "so": "all is well"}'
    )


def test_whatever_is_in_it_an_event_is_one_line_of_ascii() -> None:
    for form in ("logfmt", "json"):
        log = Log(form)
        log.event(NASTY, error=raised(ValueError(NASTY)), why=NASTY)
        assert log.text.isascii()
        assert log.text.endswith("\n")
        assert log.text[:-1].isprintable()


def test_quoted_values_are_json_strings() -> None:
    log = Log()
    log.event("said", why='"a" is\nno b')
    assert log.written == [r'said why="\"a\" is\nno b"']


@settings(deadline=None)
@given(st.text(), st.text())
def test_what_is_written_can_be_read_again(first: str, second: str) -> None:
    record = record_at(0, first=first, second=second)
    assert json.loads(Json().format(record)) == {
        "time": "1970-01-01T00:00:00.000Z", "level": "info", "logger": "peers", "msg": "found",
        "first": first, "second": second,
    }  # fmt: skip
    rest = Logfmt().format(record).partition(" first=")[2]
    for value, end in ((first, " second="), (second, "")):
        if rest.startswith('"'):
            read, at = json.JSONDecoder().raw_decode(rest)
            rest = rest[at:]
        else:
            read, _, rest = rest.partition(" ")
            rest = rest and f" {rest}"
        assert read == value
        assert rest.startswith(end)
        rest = rest.removeprefix(end)
    assert rest == ""


def test_an_exceptions_trace_is_one_field() -> None:
    log = Log("json")
    log.event("failed", logging.ERROR, error=raised(ValueError("unthought of")))
    event = json.loads(log.text)
    assert (event["level"], event["error"]) == ("error", "ValueError: unthought of")
    assert event["trace"].startswith("Traceback (most recent call last):\n")
    assert "in raised\n    raise error\nValueError: unthought of\n" in event["trace"]


def test_an_exception_that_cannot_be_put_into_words_is_logged_all_the_same() -> None:
    class Silent(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    log = Log("json")
    log.event("failed", error=raised(Silent()))
    assert "Silent: <exception str() failed>" in json.loads(log.text)["error"]


def test_long_values_are_cut_in_their_middle() -> None:
    log = Log("json")
    log.event("long", why="a" * 5000 + "b" * 5000)
    assert json.loads(log.text)["why"] == "a" * 2048 + " ... " + "b" * 2048


def test_what_comes_again_is_counted_and_summed_up() -> None:
    log = Log()
    for number in range(4):
        log.event("broken", why=number)
    log.event("slow")
    assert log.take() == ["broken why=0", "slow"]
    log.lines.sum_up()
    assert log.take() == ["broken why=3 count=3"]
    log.event("broken", why=4)
    log.event("slow")
    assert log.take() == ["slow"], "what had not come again is news"
    log.lines.sum_up()
    assert log.take() == ["broken why=4 count=1"]
    log.lines.sum_up()
    log.lines.sum_up()
    assert log.take() == []
    log.event("broken", why=5)
    assert log.take() == ["broken why=5"]


def test_an_event_that_counts_for_several_is_summed_up_so() -> None:
    log = Log()
    for count in (5, 2, 3):
        log.event("entry refused", count=count)
    log.lines.sum_up()
    assert log.written == ['"entry refused" count=5', '"entry refused" count=5']


def test_what_is_summed_up_has_the_latest_error_and_the_time_of_telling() -> None:
    log = Log("json")
    for number in range(3):
        log.event("failed", logging.ERROR, error=raised(ValueError(number)))
    first = json.loads(log.text)
    log.lines.sum_up()
    event = json.loads(log.text.splitlines()[-1])
    assert (event["level"], event["error"], event["count"]) == ("error", "ValueError: 2", 2)
    assert "trace" not in event
    assert event["time"] >= first["time"]


def test_other_exceptions_with_the_same_sentence_are_no_repetition() -> None:
    log = Log("json")
    log.event("failed", error=raised(ValueError("a")))
    log.event("failed", error=raised(KeyError("b")))
    assert [json.loads(line)["error"] for line in log.text.splitlines()] == ["ValueError: a", "KeyError: 'b'"]


def test_what_is_no_fault_is_never_held_back() -> None:
    log = Log()
    for number in range(3):
        log.event("request", logging.INFO, status=number)
    assert log.written == ["request status=0", "request status=1", "request status=2"]


def calls() -> Iterator[tuple[str, ast.Call]]:
    for path in sorted((ROOT / "gossip").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("log."):
                yield f"{path.relative_to(ROOT)}:{node.lineno}", node


@pytest.mark.parametrize(("place", "call"), [*calls()], ids=lambda given: given if isinstance(given, str) else "")
def test_an_event_is_a_sentence_that_is_always_the_same_and_fields(place: str, call: ast.Call) -> None:
    (sentence,) = call.args
    assert isinstance(sentence, (ast.Constant, ast.Name)), "what varies is a field: extra={...}"
    assert {keyword.arg for keyword in call.keywords} <= {"extra", "exc_info"}
