"""Requests to one node, over connections that are kept."""

import json
import re
import socket
from collections.abc import Mapping
from contextlib import closing, suppress
from email.message import Message
from http.client import HTTPConnection, HTTPException
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from .errors import NotConfirmed, NotReachable, RequestRefused, refusal

DEFAULT_URLS = ("http://localhost:80", "http://localhost:8080")
"""Where a node serves clients unless it is told otherwise: at the second, where it may not bind the first."""

_WANTS_TOKEN = "this node wants a token"  # noqa: S105
"""What a node begins with that another token, or one at all, would open."""

_ABSENT = "none of the keys asked for is in the map"
"""What a node says of keys that are not there; any other 404 is of something else, such as the port for peers."""

_CONDITIONS = ("If-Match", "If-None-Match")


class Request(NamedTuple):
    """What is asked."""

    method: str
    target: str
    body: bytes | None = None
    fields: Mapping[str, str] = {}
    patience: float = 0.0
    """Seconds that the answer may take beyond the usual."""

    @property
    def may_be_repeated(self) -> bool:
        """Whether it may be sent again when nobody knows what became of it: twice would be as good as once."""
        return self.method != "POST" and not any(name in self.fields for name in _CONDITIONS)


class Answer(NamedTuple):
    """What a node answered."""

    status: int
    fields: Message
    body: bytes

    @property
    def confirmed(self) -> int | None:
        """How many peers are known to hold what was written, where that was waited for."""
        text = self.fields["Gossip-Confirmed"]
        return int(text) if text else None

    def json(self) -> Any:
        """The body, where it is JSON."""
        return json.loads(self.body)


class Connections:
    """Those to one node. Each request takes one, and leaves it for the next, so threads may share them all."""

    def __init__(self, url: str | None, timeout: float, token: str | None = None) -> None:
        """Raises ValueError when this is no URL of a node. Without one, the default places are tried when needed."""
        self._url = url
        self._place = _place(url) if url is not None else None
        self._timeout = timeout
        self.always = {} if token is None else {"Authorization": f"Bearer {_checked(token)}"}
        """The fields of every request."""
        self._idle: list[HTTPConnection] = []

    def ask(self, request: Request) -> Answer:
        """The answer to what was done. Raises NotReachable, RequestRefused, NotConfirmed."""
        answer = self._send(request)
        if answer.status == 202:
            raise NotConfirmed(answer.confirmed or 0)
        if answer.status >= 300:
            raise refusal(answer.status, answer.body)
        return answer

    def ask_for(self, request: Request) -> Answer | None:
        """The same, or None where what was asked for is not there."""
        try:
            return self.ask(request)
        except RequestRefused as refused:
            if refused.sentence == _ABSENT:
                return None
            raise

    def open(self) -> HTTPConnection:
        """A connection that nothing was sent on yet. Raises OSError, or NotReachable where no URL was given."""
        if self._place is None:
            self._url = _default_url(self._timeout)
            self._place = _place(self._url)
        connection = HTTPConnection(*self._place, timeout=self._timeout)
        connection.connect()
        return connection

    def not_reachable(self, reason: Exception) -> NotReachable:
        """What is raised when the node does not answer, or does not answer as a node does."""
        return NotReachable(f"no node answers at {self._url}: {getattr(reason, 'strerror', None) or reason}")

    def close(self) -> None:
        """Close those that rest. The next request opens another."""
        with suppress(IndexError):
            while True:
                self._idle.pop().close()

    def _send(self, request: Request) -> Answer:
        kept = self._kept()
        try:
            if kept is not None:
                try:
                    return self._turn(kept, request)
                except ConnectionError:  # the node closed it just now
                    if not request.may_be_repeated:
                        raise
            return self._turn(self.open(), request)
        except (OSError, HTTPException) as error:
            raise self.not_reachable(error) from error

    def _kept(self) -> HTTPConnection | None:
        """One that rests, and that the node has not closed meanwhile."""
        with suppress(IndexError):
            while True:
                connection = self._idle.pop()
                if _is_silent(connection.sock):
                    return connection
                connection.close()
        return None

    def _turn(self, connection: HTTPConnection, request: Request) -> Answer:
        try:
            told = request._replace(fields={**request.fields, **self.always})
            answer = _exchange(connection, told, self._timeout + request.patience)
        except BaseException:
            connection.close()
            raise
        if connection.sock is not None:  # None after an answer with `Connection: close`
            self._idle.append(connection)
        return answer


def _exchange(connection: HTTPConnection, request: Request, seconds: float) -> Answer:
    connection.sock.settimeout(seconds)
    with suppress(BrokenPipeError, ConnectionResetError):  # a large value may be refused before all of it was sent
        connection.request(request.method, request.target, request.body, request.fields)
    response = connection.getresponse()
    return Answer(response.status, response.headers, response.read())


def _is_silent(resting: socket.socket) -> bool:
    """Whether nothing has come on it while nothing was asked, not even the end."""
    resting.settimeout(0)
    try:
        resting.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return True
    except OSError:
        pass
    return False


def _place(url: str) -> tuple[str, int]:
    try:
        parts = urlsplit(url if "//" in url else f"//{url}", scheme="http")
        if parts.scheme == "http" and parts.hostname and not parts.path.strip("/") and not parts.query:
            return parts.hostname, parts.port or 80
    except ValueError:
        pass
    raise ValueError(f"{url!r} is not the URL of a node, such as http://localhost:8080")


def _checked(token: str) -> str:
    if not re.fullmatch("[!-~]+", token):
        raise ValueError("a token is printable ASCII characters without spaces")
    return token


def _default_url(timeout: float) -> str:
    """The first of the default places where a node answers: at port 80 there may be something else, which is not to
    learn of any token."""
    for url in DEFAULT_URLS:
        with closing(Connections(url, timeout)) as connections, suppress(NotReachable):
            try:
                if connections.ask(Request("GET", "/stats")).body.startswith(b"upTimeSecs="):
                    return url
            except RequestRefused as refused:
                if refused.sentence.startswith(_WANTS_TOKEN):
                    return url
    raise NotReachable(f"no node answers at {' or '.join(DEFAULT_URLS)}")
