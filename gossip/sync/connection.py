"""Connections to peers by `urllib`, in the clear or under TLS, that end by one deadline for the whole call.

`urllib` bounds each wait for bytes, not their sum: a peer that sends a byte a second would hold the caller for days.
So the connection's socket counts down.
"""

import http.client
import socket
import ssl
import time
import urllib.request
from collections.abc import Callable
from functools import partial

ClientTls = Callable[[], ssl.SSLContext]
"""Gives the context for the next connection: certificates change while a node runs."""


class DeadlineSocket(socket.socket):
    """A connected socket whose reads all end by one deadline."""

    deadline = 0.0

    def recv_into(self, *args, **kwargs):  # type: ignore[no-untyped-def]
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        self.settimeout(left)
        return super().recv_into(*args, **kwargs)


class DeadlineTls(DeadlineSocket, ssl.SSLSocket):
    """The same under TLS; for a context to make."""


class _Connection(http.client.HTTPConnection):
    def __init__(self, host: str, deadline: float, tls: ClientTls | None, timeout: float) -> None:
        super().__init__(host, timeout=timeout)
        self._deadline = deadline
        self._tls = tls

    def connect(self) -> None:
        super().connect()
        plain = self.sock
        plain.settimeout(self._left)
        connection: socket.socket
        if self._tls:
            connection = self._tls().wrap_socket(plain)  # the handshake has the time that is left
        else:
            connection = DeadlineSocket(plain.family, plain.type, plain.proto, plain.detach())
        assert isinstance(connection, DeadlineSocket)
        connection.deadline = self._deadline
        connection.settimeout(self._left)
        self.sock = connection

    @property
    def _left(self) -> float:
        return max(0.001, self._deadline - time.monotonic())


class _Handler(urllib.request.HTTPHandler):
    def __init__(self, tls: ClientTls | None) -> None:
        super().__init__()
        self._tls = tls

    def http_open(self, request: urllib.request.Request) -> http.client.HTTPResponse:
        deadline = time.monotonic() + (request.timeout or 0.0)
        return self.do_open(partial(_Connection, deadline=deadline, tls=self._tls), request)


def opener(tls: ClientTls | None) -> urllib.request.OpenerDirector:
    """One that speaks HTTP to the address it is given, under TLS if that is given: no proxies, no redirects, no other
    schemes."""
    made = urllib.request.OpenerDirector()
    made.add_handler(_Handler(tls))
    return made
