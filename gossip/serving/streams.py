"""The streaming thread: sends all clients at once what their feeds give, as far as each takes it.

Rule 1: nothing here waits for a client. What a socket does not take stays with it, and its feed is not asked for more
        until that is gone: a slow client costs one piece, however far behind it is.
Rule 2: a client that takes nothing of what it is sent for too long is cut, and the slowest where too much waits; one
        that has gone frees its place at once.
Rule 3: what comes is gathered for a moment, so that a flood of it costs so many sends a second and no more.
Rule 4: the thread begins with the first stream. Until then all of this is nothing.
"""

import logging
import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from selectors import EVENT_READ, EVENT_WRITE

from gossip.serving.answer import Answer, HttpError
from gossip.serving.feed import Feed, Streamed
from gossip.serving.handler import Handler
from gossip.serving.head import Head
from gossip.serving.stream import LAST_CHUNK, Stream, Unsent
from gossip.serving.waker import Waker

GATHER_SECONDS = 0.02
"""What comes waits so long for more to go along with it."""

_NEVER = float("inf")
_LATER = (("Retry-After", "1"),)

log = logging.getLogger("gossipcar.streams")


class Streams:
    """All clients whose answers come bit by bit. `open` and `wake` are for any thread."""

    def __init__(self, gather: Callable[[], None], most: int, patience: float) -> None:
        """`gather` is called before feeds are asked because something has come; see `wake`.

        There may be `most` streams; a client may take nothing for `patience` seconds.
        """
        self._gather = gather
        self._most = most
        self._patience = patience
        self._places = 0
        """How many streams there are, those that are on their way to the thread included."""
        self._coming: deque[Stream] = deque()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stopping = False
        self._streams: dict[Stream, None] = {}
        self._gather_at = _NEVER
        self._unsent = Unsent()

    @property
    def alive(self) -> bool:
        return self._thread is None or self._thread.is_alive() or self._stopping

    @property
    def clients(self) -> int:
        """How many there are."""
        return self._places

    def open(self, head: Head, answer: Answer, feed: Feed) -> Streamed:
        """What an operation is to raise so that its client is sent what the feed gives. Raises HttpError when full."""
        if head.method != "HEAD":
            with self._lock:
                if self._places >= self._most:
                    raise HttpError(
                        503, f"this node sends {self._most} clients what comes, and no more; try again", _LATER
                    )
                if self._thread is None:
                    self._begin()
                self._places += 1
        return Streamed(answer, feed, self._take)

    def wake(self) -> None:
        """Something has come that feeds may want to tell. Does not wait."""
        self._waker.wake()

    def stop(self) -> None:
        """End all streams, soon."""
        with self._lock:
            self._stopping = True
            if self._thread:
                self._waker.wake()

    def _begin(self) -> None:
        self._waker = Waker()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._waker, EVENT_READ)
        thread = threading.Thread(target=self._run, name="streams", daemon=True)
        thread.start()
        self._thread = thread

    def _take(self, handler: Handler, streamed: Streamed) -> None:
        with self._lock:
            if not self._stopping:
                self._coming.append(Stream(handler, streamed, time.monotonic()))
                self._waker.wake()
                return
        handler.server.end(handler)

    def _run(self) -> None:
        while not self._stopping:
            try:
                self._turn()
            except Exception:  # our own mistake: it may cost a turn, never the thread
                log.exception("streaming failed")
        self._end_all()

    def _turn(self) -> None:
        """Wait for something to happen, and do what is to be done."""
        for key, events in self._selector.select(self._seconds_to_wait(time.monotonic())):
            stream, now = key.data, time.monotonic()
            if stream is None:
                self._wake_up(now)
            elif events & EVENT_WRITE:
                self._serve(stream, now)
            else:
                self._hear(stream)
        now = time.monotonic()
        gathered = now >= self._gather_at
        if gathered:
            self._gather_at = _NEVER
            self._gather()
        for stream in [*self._streams]:
            if not stream.unsent:
                if gathered or now >= stream.feed.due:
                    self._serve(stream, now)
            elif now >= stream.took + self._patience:
                log.warning("a client that took nothing is cut", extra={"seconds": self._patience})
                self._drop(stream)

    def _seconds_to_wait(self, now: float) -> float | None:
        dues = (stream.took + self._patience if stream.unsent else stream.feed.due for stream in self._streams)
        due = min(self._gather_at, min(dues, default=_NEVER))
        return None if due == _NEVER else max(0.0, due - now)

    def _wake_up(self, now: float) -> None:
        """Take in what has come: clients, or something to tell them."""
        self._waker.clear()
        if self._streams:
            self._gather_at = min(self._gather_at, now + GATHER_SECONDS)
        if self._coming:
            self._gather()
        while self._coming:
            stream = self._coming.popleft()
            self._streams[stream] = None
            self._serve(stream, now)

    def _serve(self, stream: Stream, now: float) -> None:
        """Send what there is, for as long as the client takes it."""
        if stream not in self._streams:
            return  # cut while others were served
        try:
            while stream.send(now):
                self._unsent.remove(stream)
                if stream.feed.ended:
                    self._remove(stream)
                    stream.handler.server.put_on_a_thread(stream.handler)
                    return
                piece = stream.feed.take(now)
                if not piece:
                    break
                if stream.feed.ended:
                    self._free_place(stream)  # before the client can know of the end and ask again
                stream.give(piece, now)
            self._await(stream)
        except OSError:
            self._drop(stream)
        except Exception:
            log.exception("a stream failed")
            self._drop(stream)
        if stream.unsent:
            self._leave(stream)

    def _leave(self, stream: Stream) -> None:
        """What the client does not take waits for it; the slowest make room for that."""
        self._unsent.add(stream)
        for slowest in self._unsent.slowest():
            log.warning("a client that is behind others is cut, as too much waits for them")
            self._drop(slowest)

    def _hear(self, stream: Stream) -> None:
        """Something arrives. Mostly it is the end; what else it may be is for whoever has the connection next."""
        if self._stopping or stream not in self._streams:
            return  # the server may have closed our half already, while the client is to hear the end; or it was cut
        try:
            stream.talks = bool(stream.connection.recv(1, socket.MSG_PEEK))
        except BlockingIOError:
            return
        except OSError:
            stream.talks = False
        if stream.talks:
            self._await(stream)
        else:
            self._drop(stream)

    def _await(self, stream: Stream) -> None:
        """Hear of the client's end, and of room for what is unsent."""
        events = (0 if stream.talks else EVENT_READ) | (EVENT_WRITE if stream.unsent else 0)
        if events == stream.awaits:
            return
        if not events:
            self._selector.unregister(stream.connection)
        elif stream.awaits:
            self._selector.modify(stream.connection, events, stream)
        else:
            self._selector.register(stream.connection, events, stream)
        stream.awaits = events

    def _drop(self, stream: Stream) -> None:
        """Be done with a client, and with its connection."""
        self._remove(stream)
        stream.handler.server.end(stream.handler)

    def _remove(self, stream: Stream) -> None:
        if stream.awaits:
            self._selector.unregister(stream.connection)
        self._streams.pop(stream, None)
        self._unsent.remove(stream)
        stream.forget()
        self._free_place(stream)

    def _free_place(self, stream: Stream) -> None:
        if stream.has_place:
            stream.has_place = False
            with self._lock:
                self._places -= 1

    def _end_all(self) -> None:
        """Say what there is to say, and end."""
        self._gather()
        for stream in [*self._streams]:
            if not stream.unsent:
                self._serve(stream, time.monotonic())
        for stream in [*self._streams, *self._coming]:
            try:
                if stream.send(0.0) and stream.chunked and not stream.feed.ended:
                    stream.connection.send(LAST_CHUNK)
            except OSError:
                pass
            self._drop(stream)
        self._selector.close()
        self._waker.close()
