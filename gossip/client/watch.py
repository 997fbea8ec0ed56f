"""Events as they come, over a connection of their own."""

import json
import threading
from collections.abc import Iterator
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse
from socket import SHUT_RDWR
from types import TracebackType

from .connections import Connections
from .entry import Event
from .errors import NotReachable, RequestRefused, refusal

SILENCE_SECONDS = 40.0
"""A node that says nothing for so long is asked anew: it says that it is there every 15 s."""
PAUSES = (0.1, 0.3, 1.0, 3.0)
"""Seconds before a watch that broke off is begun again; the last holds from there on."""


class Watch(Iterator[Event]):
    """Iterates over events; when it breaks off, goes on behind the last event, and tries that for as long as it takes.

    `close()`, which any thread may call, ends it, and so does leaving it as a context manager.
    """

    def __init__(self, connections: Connections, target: str, since: str | None) -> None:
        """Begins at once: nothing is missed from here on. Raises NotReachable and RequestRefused."""
        self._connections = connections
        self._target = target
        self._id = since
        self._is_closed = threading.Event()
        self._in_use = threading.Lock()
        self._stream = self._begin()

    def __next__(self) -> Event:
        """Waits for the next event. Raises RequestRefused when the node refuses to go on."""
        with self._in_use:
            while not self._is_closed.is_set():
                event = None
                with suppress(OSError, HTTPException):
                    event = self._read()
                if event is not None:
                    return event
                self._end()
                self._begin_again()
            self._end()
            raise StopIteration

    def close(self) -> None:
        """End the iteration."""
        self._is_closed.set()
        with suppress(OSError):
            self._socket.shutdown(SHUT_RDWR)
        if self._in_use.acquire(blocking=False):  # else a thread reads, sees the end, and closes it itself
            self._end()
            self._in_use.release()

    def __enter__(self) -> "Watch":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _begin(self) -> HTTPResponse:
        try:
            connection = self._connections.open()
            self._socket = connection.sock
            return self._stream_of(connection)
        except (OSError, HTTPException) as error:
            raise self._connections.not_reachable(error) from error

    def _stream_of(self, connection: HTTPConnection) -> HTTPResponse:
        fields = {"Accept": "text/event-stream", **self._connections.always}
        if self._id is not None:
            fields["Last-Event-ID"] = self._id
        try:
            connection.request("GET", self._target, headers=fields)
            response = connection.getresponse()
            if response.status != 200:
                raise refusal(response.status, response.read())
            self._socket.settimeout(SILENCE_SECONDS)
        except BaseException:
            connection.close()
            raise
        return response

    def _end(self) -> None:
        self._stream.close()
        self._socket.close()

    def _begin_again(self) -> None:
        pauses = iter(PAUSES)
        while not self._is_closed.wait(next(pauses, PAUSES[-1])):
            try:
                self._stream = self._begin()
                return
            except NotReachable:
                pass
            except RequestRefused as refused:
                if refused.status != 503:
                    raise

    def _read(self) -> Event | None:
        """The next event, or None when the node ends the stream. Its id counts only once it is here whole."""
        fields: dict[str, str] = {}
        while line := self._stream.readline():
            name, colon, value = line.decode().rstrip("\r\n").partition(":")
            fields[name] = value.removeprefix(" ")
            if name or colon:  # a field, or a comment
                continue
            self._id = fields.get("id", self._id)
            if "data" in fields:
                return Event(fields.get("event", ""), self._id or "", json.loads(fields["data"]))
            fields.clear()
        return None
