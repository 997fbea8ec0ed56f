"""Watching: events out of a stream, and going on behind the last when it breaks off."""

import socket
import threading

import pytest

from gossip.client import Client, Event, RequestRefused, watch
from tests.unit.conversing import answer, conversing
from tests.unit.fakes import TinyServer

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
FIRST = b'id: 1\nevent: put\ndata: {"key": "a", "value": "1", "stamp": 17, "origin": "ab", "expiry": null}\n\n'
SECOND = b'id: 2\nevent: delete\ndata: {"key": "a", "stamp": 18, "origin": "ab"}\n\n'
RESET = b"id: 9\nevent: reset\ndata: {}\n\n"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "PAUSES", (0.01,))


def test_events_as_they_come() -> None:
    with conversing([HEAD + b": here\n\n" + FIRST + SECOND + RESET]) as asked, Client(asked.url) as client:
        with client.watch("a", "b", prefix="c/") as events:
            put, delete, reset = next(events), next(events), next(events)
        assert (put.kind, put.id, put.key) == ("put", "1", "a")
        assert put.entry
        assert (put.entry.value, put.entry.stamp) == (b"1", 17)
        assert delete == Event("delete", "2", {"key": "a", "stamp": 18, "origin": "ab"})
        assert delete.entry is None
        assert (reset.kind, reset.key, reset.entry) == ("reset", None, None)
        assert asked.lines == ["GET /watch?k=a&k=b&prefix=c%2F"]
        assert "last-event-id" not in asked.fields()


def test_a_chunked_stream() -> None:
    head = HEAD.replace(b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n\r\n")
    halves = (FIRST[:20], FIRST[20:] + SECOND)
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(half), half) for half in halves)
    with conversing([head + chunks]) as asked, Client(asked.url) as client, client.watch() as events:
        assert [next(events).id, next(events).id] == ["1", "2"]


def test_it_goes_on_behind_the_last_event() -> None:
    cut = SECOND[:-10]
    with conversing([HEAD + FIRST + cut], [answer(503)], [HEAD + SECOND]) as asked, Client(asked.url) as client:
        with client.watch(prefix=["a", "b"], since="0") as events:
            assert [next(events).id, next(events).id] == ["1", "2"]
        assert asked.lines == ["GET /watch?prefix=a&prefix=b"] * 3
        assert [asked.fields(number)["last-event-id"] for number in range(3)] == ["0", "1", "1"]


def test_an_id_without_an_event_counts() -> None:
    with conversing([HEAD + b"id: 5\n\n"], [HEAD + RESET]) as asked, Client(asked.url) as client:
        with client.watch() as events:
            next(events)
        assert asked.fields(1)["last-event-id"] == "5"


def test_what_the_node_refuses_is_raised_at_once_and_later() -> None:
    with conversing([answer(503, b"too many watch\n")], [HEAD], [answer(422, b"no\n")]) as asked:
        client = Client(asked.url)
        with pytest.raises(RequestRefused, match="too many watch"):
            client.watch()
        with client.watch() as events, pytest.raises(RequestRefused, match="no"):
            next(events)


def test_another_thread_ends_it() -> None:
    def act(connection: socket.socket) -> None:
        connection.sendall(HEAD + FIRST)
        server.over.wait()

    with TinyServer(act) as server:
        events = Client(f"http://{server.address}").watch()
        first = next(events)
        rest: list[Event] = []
        watching = threading.Thread(target=lambda: rest.extend(events))
        watching.start()
        events.close()
        watching.join(5)
        assert not watching.is_alive()
    assert (first.id, rest) == ("1", [])


def test_a_node_that_says_nothing_for_long_is_asked_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "SILENCE_SECONDS", 0.05)
    with conversing([HEAD, HEAD], [HEAD + FIRST]) as asked, Client(asked.url) as client, client.watch() as events:
        assert next(events).id == "1"
        assert asked.connections == 2
