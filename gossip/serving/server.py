"""One listening socket: a `ThreadingHTTPServer` bounded in connections."""

import errno
import logging
import socket
import socketserver
import threading
import time
from collections.abc import Callable
from http.server import ThreadingHTTPServer

from gossip.serving.answer import Answer, head_of, plain
from gossip.serving.handler import Handler
from gossip.serving.limits import Limits
from gossip.serving.request import Request

EVERYWHERE = "::"
"""The host that stands for all addresses of the machine, IPv4 and IPv6."""

_POLL_SECONDS = 0.2
"""How soon an accepting thread notices that it should stop."""

log = logging.getLogger("gossipcar.serving")


class Server(ThreadingHTTPServer):
    """One listening socket; a thread for each connection, up to a limit."""

    daemon_threads = True
    block_on_close = False
    allow_reuse_port = False  # two nodes on one port would each get half of the requests
    request_queue_size = 1024

    def __init__(
        self,
        host: str,
        port: int,
        answer: Callable[[Request], Answer],
        limits: Limits,
        count: Callable[[int], None] | None = None,
    ) -> None:
        """Bind and listen; raises OSError. `count` is told the status of each answer."""
        self.answer = answer
        self.limits = limits
        self.count = count or (lambda _: None)
        self.stopping = False
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self.serve_forever, args=(_POLL_SECONDS,), name="accept", daemon=True)
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._both_families = host == EVERYWHERE
        super().__init__((host, port), Handler)

    def server_bind(self) -> None:
        if self.address_family == socket.AF_INET6:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, not self._both_families)
        socketserver.TCPServer.server_bind(self)  # past HTTPServer's, which waits for a reverse DNS look-up

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    @property
    def connections(self) -> int:
        return len(self._open)

    def start(self) -> None:
        self._thread.start()

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def stop(self) -> None:
        """Stop listening, and let each connection finish the answer that it is at."""
        self.stopping = True
        if self.alive:
            self.shutdown()
        self.server_close()
        with self._lock:
            still_open = list(self._open)
        for connection in still_open:
            _quietly(connection.shutdown, socket.SHUT_RD)

    def get_request(self) -> tuple[socket.socket, object]:
        try:
            return super().get_request()
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE):
                time.sleep(_POLL_SECONDS)  # the connection still waits: without a pause this would spin
            raise

    def process_request(self, request, client_address) -> None:  # type: ignore[no-untyped-def]
        with self._lock:
            admitted = len(self._open) < self.limits.connections
            if admitted:
                self._open.add(request)
        if admitted:
            super().process_request(request, client_address)
        else:
            self._turn_away(request)

    def _turn_away(self, connection: socket.socket) -> None:
        busy = plain(503, "this node has all the connections it can take; try again", (("Retry-After", "1"),))
        self.count(busy.status)
        connection.setblocking(False)
        _quietly(connection.sendall, head_of(busy, "close") + b"".join(busy.body))
        self.shutdown_request(connection)

    def close_request(self, request) -> None:  # type: ignore[no-untyped-def]
        with self._lock:
            self._open.discard(request)
        super().close_request(request)

    def handle_error(self, request, client_address) -> None:  # type: ignore[no-untyped-def]
        log.exception("serving a connection failed")


def _quietly(act: Callable[..., object], *args: object) -> None:
    """Do something to a socket that its client may have left already."""
    try:
        act(*args)
    except OSError:
        pass
