"""Connections under TLS: each keeps a thread, from its handshake to its end.

They are not watched while they rest: bytes that were received may lie within the TLS, where no selector sees them. So
this is for few connections that rest little, as those of peers are.
"""

import ssl
import time
from collections.abc import Callable
from typing import NamedTuple

from gossip.serving.handler import Handler
from gossip.serving.limits import Limits
from gossip.serving.reader import FIRST_BYTES, Gone


class Tls(NamedTuple):
    """What a server needs for it."""

    context: Callable[[], ssl.SSLContext]
    """Gives the context for the next connection: certificates change while a node runs."""
    failed: Callable[[str], None]
    """Is told, in a sentence, of each handshake that came to nothing."""

    def serve(self, handler: Handler, limits: Limits) -> None:
        """Serve one connection to its end. Raises Gone or OSError."""
        connection = handler.request
        assert isinstance(connection, ssl.SSLSocket)
        client = handler.client
        connection.settimeout(limits.handshake_seconds)
        try:
            connection.do_handshake()
        except OSError as error:
            self.failed(f"no TLS with {client}: {error}")
            if isinstance(error, ssl.SSLError):  # the client was sent why, and may say more before it reads that
                handler.part()
                _hear_out(handler, limits.drain_seconds)
            raise
        while not handler.parts:
            connection.settimeout(limits.idle_seconds)
            received = connection.recv(FIRST_BYTES)
            if not received:
                raise Gone
            handler.take(received)
            handler.handle()
        handler.part()
        _hear_out(handler, limits.drain_seconds)


def _hear_out(handler: Handler, seconds: float) -> None:
    """What the watching thread does for connections that part: their last bytes, no longer under TLS, mean nothing."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        handler.request.settimeout(left)
        if not handler.drain():
            return
