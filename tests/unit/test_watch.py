"""What `GET /watch` understands, and when a watcher is told what."""

import json

import pytest

from gossip.api.events import Events, Watched
from gossip.api.watch import WatchApi, Watcher
from gossip.data.store import Store
from gossip.serving.feed import Streamed
from gossip.serving.request import Request
from gossip.serving.streams import Streams
from tests.unit.fakes import Watch, get_of, make_store, refusal_of, request_of

SIGN = b": this node is here\nid: 0000000000000007-%d\n\n"


class Watching:
    """The operation, on a store, at a time that the test gives."""

    def __init__(self) -> None:
        self.store: Store = make_store(origin=7)
        self.now = Watch(1000.0)
        self.events = Events(self.store)
        self.streams = Streams(self.events.gather, most=10, patience=10.0)
        self.api = WatchApi(self.events, self.streams, self.now)

    def feed(self, request: Request) -> Watcher:
        with pytest.raises(Streamed) as streamed:
            self.api.get(request)
        self.streams.stop()
        assert isinstance(streamed.value.feed, Watcher)
        return streamed.value.feed

    def take(self, feed: Watcher) -> str:
        """Which keys are told, or what else is said."""
        self.events.gather()
        piece = feed.take(self.now())
        if piece.startswith(b":"):
            return "sign of life"
        if b"event: reset" in piece:
            return "reset"
        return " ".join(json.loads(line[6:])["key"] for line in piece.splitlines() if line.startswith(b"data: "))

    def put(self, *keys: str) -> None:
        for key in keys:
            self.store.put(key.encode(), b"v")


@pytest.fixture
def watching() -> Watching:
    return Watching()


def test_a_watcher_is_told_the_id_at_once_and_then_what_comes(watching: Watching) -> None:
    watching.put("before")
    feed = watching.feed(get_of("/watch"))
    assert watching.take(feed) == "sign of life"
    assert watching.take(feed) == ""
    watching.put("a", "b")
    assert watching.take(feed) == "a b"
    assert watching.take(feed) == ""
    assert feed.ended is False


def test_after_a_silence_a_watcher_is_told_that_the_node_is_there(watching: Watching) -> None:
    feed = watching.feed(get_of("/watch?k=a"))
    assert watching.take(feed) == "sign of life"
    watching.now.now += 10
    watching.put("a")
    assert watching.take(feed) == "a"
    watching.put("other")
    assert watching.take(feed) == ""
    assert feed.due == 1025.0
    watching.now.now = 1024.9
    assert watching.take(feed) == ""
    watching.now.now = 1025.0
    watching.events.gather()
    assert feed.take(1025.0) == SIGN % 2
    assert feed.due == 1040.0


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("", "a a/1 b é"),
        ("?k=a&k=%C3%A9", "a é"),
        ("?prefix=a%2F&prefix=%c3%a9", "a/1 é"),
        ("?prefix=a/&k=b&other=1", "a/1 b"),
        ("?prefix=", "a a/1 b é"),
    ],
)
def test_what_is_watched(watching: Watching, query: str, told: str) -> None:
    feed = watching.feed(get_of(f"/watch{query}"))
    watching.take(feed)
    watching.put("a", "a/1", "b", "é")
    assert watching.take(feed) == told


def with_last(id: str, target: str = "/watch") -> Request:
    return request_of(f"GET {target} HTTP/1.1\r\nHost: x\r\nLast-Event-ID: {id}\r\n\r\n".encode())


@pytest.mark.parametrize(
    ("request_", "told"),
    [
        (get_of("/watch?since=0000000000000007-1"), "b c"),
        (with_last("0000000000000007-2"), "c"),
        (with_last("0000000000000007-2", "/watch?since=0000000000000007-1"), "c"),
        (with_last("0000000000000007-3"), "sign of life"),
        (get_of("/watch?since="), "sign of life"),
        (get_of("/watch?since=0000000000000007-4"), "reset"),
        (get_of("/watch?since=0000000000000008-1"), "reset"),
        (with_last("nonsense", "/watch?since=0000000000000007-1"), "reset"),
    ],
)
def test_a_watcher_goes_on_behind_the_last_event_it_knows(request_: Request, told: str) -> None:
    watching = Watching()
    watching.feed(get_of("/watch"))
    watching.put("a", "b", "c")
    feed = watching.feed(request_)
    assert watching.take(feed) == told
    watching.put("d")
    assert watching.take(feed) == "d"


def test_a_long_poll_ends_with_the_first_events(watching: Watching) -> None:
    feed = watching.feed(get_of("/watch?timeout=30"))
    assert watching.take(feed) == ""
    assert feed.due == 1030.0
    watching.put("a", "b")
    assert watching.take(feed) == "a b"
    assert feed.ended


def test_a_long_poll_ends_without_events_and_tells_behind_what_to_go_on(watching: Watching) -> None:
    feed = watching.feed(get_of("/watch?timeout=0.5&k=other"))
    watching.put("a")
    watching.now.now = 1000.49
    assert watching.take(feed) == ""
    assert not feed.ended
    watching.now.now = 1000.5
    assert feed.take(1000.5) == SIGN % 1
    assert feed.ended


@pytest.mark.parametrize("timeout", ["", "x", "-1", "300.1", "inf", "1e3"])
def test_a_long_poll_takes_so_long_at_most(watching: Watching, timeout: str) -> None:
    sentence = "timeout is a number of seconds, 300 at most: timeout=30"
    assert refusal_of(lambda: watching.api.get(get_of(f"/watch?timeout={timeout}"))) == (422, sentence)


def test_keys_are_read_as_everywhere(watching: Watching) -> None:
    sentence = "a key is empty; give it as k=<key>"
    assert refusal_of(lambda: watching.api.get(get_of("/watch?k="))) == (422, sentence)


def test_a_watcher_that_the_changes_have_left_behind_is_told_so_and_goes_on(watching: Watching) -> None:
    feed = watching.feed(get_of("/watch"))
    assert watching.take(feed) == "sign of life"
    watching.put(*(["k"] * 10_001))
    assert watching.take(feed) == "reset"
    watching.put("a")
    assert watching.take(feed) == "a"


def test_watchers_in_step_share_what_they_are_sent(watching: Watching) -> None:
    first, second = (Watcher(watching.events, Watched(), 0, None) for _ in range(2))
    watching.events.begin(lambda: None)
    watching.put("a")
    watching.events.gather()
    assert first.take(0.0) is second.take(0.0)
