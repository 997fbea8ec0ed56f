"""Watching: `GET /watch` tells of changes as they come, or answers a long poll."""

import time
from collections.abc import Callable

from gossip.api.events import Events, Watched
from gossip.api.query import query_of, values_of
from gossip.api.writes import seconds_of
from gossip.serving.answer import Answer, HttpError
from gossip.serving.request import Request
from gossip.serving.streams import Streams

SILENT_SECONDS = 15.0
"""After so long without events a watcher is told that the node is there, as are proxies between them."""

LONGEST_POLL = 300.0
"""Seconds."""

# the last field asks nginx, and who has learned it from there, to pass on at once what comes
STREAM = Answer(200, (), "text/event-stream", (("Cache-Control", "no-store"), ("X-Accel-Buffering", "no")))


class Watcher:
    """One client that watches: the feed of its stream."""

    def __init__(self, events: Events, watched: Watched, behind: int | None, poll_until: float | None) -> None:
        """`behind` is the number of the last event it knows, None where that is of another time; `poll_until` says when
        a long poll ends without events, None where it is none."""
        self._events = events
        self._watched = watched
        self._told = behind
        self._polls = poll_until is not None
        self.due = poll_until or 0.0
        self.ended = False

    def take(self, now: float) -> bytes:
        """Events; or, when it was silent for long, the id to go on behind, which new watchers get at once."""
        piece, self._told = self._events.since(self._told, self._watched)
        if not piece and now >= self.due:
            piece = self._events.sign_of_life(self._told)
        if piece:
            self.due = now + SILENT_SECONDS
            self.ended = self._polls
        return piece


class WatchApi:
    """Begins to tell clients of changes."""

    def __init__(self, events: Events, streams: Streams, now: Callable[[], float] = time.monotonic) -> None:
        self._events = events
        self._streams = streams
        self._now = now

    def get(self, request: Request) -> Answer:
        """Does not answer: the connection goes to the streams. Raises HttpError as well."""
        request.may_take_long()
        head = request.head
        keys, others = query_of(head.query)
        prefixes = tuple(prefix.encode() for prefix in values_of(head.query, "prefix"))
        known = head.fields.get(b"last-event-id", b"").decode("latin-1") or others.get("since")
        poll_until = self._now() + _poll_seconds(others["timeout"]) if "timeout" in others else None
        self._events.begin(self._streams.wake)
        behind = self._events.number_of(known) if known else self._events.latest
        watcher = Watcher(self._events, Watched(frozenset(keys), prefixes), behind, poll_until)
        raise self._streams.open(head, STREAM, watcher)


def _poll_seconds(text: str) -> float:
    seconds = seconds_of(text)
    if seconds is None or seconds > LONGEST_POLL:
        raise HttpError(422, f"timeout is a number of seconds, {LONGEST_POLL:g} at most: timeout=30")
    return seconds
