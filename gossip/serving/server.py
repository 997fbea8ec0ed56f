"""One listening socket: a `ThreadingHTTPServer` that spends threads on what takes time only.

One thread watches: it accepts connections, watches those that rest, and answers at once what has arrived whole.
Whatever must be waited for gets a thread, and the connection comes back to rest afterwards. So a connection at rest
costs a socket and no thread, and a small request costs no switch between threads, which in Python takes longer than the
request itself.
"""

import errno
import logging
import socket
import socketserver
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from http.server import ThreadingHTTPServer

from gossip.metrics import OTHER, Requests
from gossip.serving.answer import plain
from gossip.serving.feed import Streamed
from gossip.serving.handler import Handler
from gossip.serving.limits import Limits
from gossip.serving.reader import Gone, MustWait
from gossip.serving.recognised import Recognised
from gossip.serving.request import Route
from gossip.serving.room import Rooms
from gossip.serving.spare import Spare
from gossip.serving.tls import Tls
from gossip.serving.watch import Watch

EVERYWHERE = "::"
"""The host that stands for all addresses of the machine, IPv4 and IPv6."""

_SWEEP_SECONDS = 0.5
"""How often the watching thread looks for connections that have rested or parted for too long."""

_BUSY = plain(503, "this node has all the connections it can take; try again", (("Retry-After", "1"),))

log = logging.getLogger("gossipcar.serving")


class Server(ThreadingHTTPServer):
    """One listening socket; its connections, up to a limit; and the threads that serve them."""

    daemon_threads = True
    block_on_close = False
    allow_reuse_port = False  # two nodes on one port would each get half of the requests
    request_queue_size = 1024

    def __init__(
        self,
        host: str,
        port: int,
        route: Route,
        limits: Limits,
        requests: Requests | None = None,
        at_once: bool = True,
        handler: type[Handler] = Handler,
        tls: Tls | None = None,
        as_of: Callable[[], object] = lambda: None,
    ) -> None:
        """Bind and listen; raises OSError. `requests` counts what is answered.

        `at_once` says that answering takes well under a millisecond; otherwise each request goes on a thread. With
        `tls` each connection has a thread from its handshake to its end. `as_of` gives what `route` depends on beside
        heads: it is looked at now and then.
        """
        self.route = route
        self.limits = limits
        self.requests = requests or Requests()
        self.at_once = at_once
        self._tls = tls
        self.recognised = Recognised(as_of) if at_once else Recognised(longest=0)  # no two of peers are the same
        self.rooms = Rooms(limits.large_bytes, limits.client_bytes)
        self.stopping = False
        self._handler = handler
        self._handlers: dict[socket.socket, Handler] = {}
        self._spare = Spare()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self.serve_forever, name="serve", daemon=True)
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, port), handler)
        self._watch = Watch(self.socket, limits)

    def server_bind(self) -> None:
        if self.address_family == socket.AF_INET6:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, self.server_address[0] != EVERYWHERE)
        socketserver.TCPServer.server_bind(self)  # past HTTPServer's, which waits for a reverse DNS look-up
        self.socket.setblocking(False)

    def get_request(self) -> tuple[socket.socket, object]:
        connection, address = super().get_request()
        if self._tls:
            connection = self._tls.context().wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        return connection, address

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    @property
    def connections(self) -> int:
        return len(self._handlers)

    def start(self) -> None:
        self._thread.start()

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def stop(self) -> None:
        """Stop listening, and let each connection finish the answer that it is at."""
        self.stopping = True
        self._watch.wake()
        if self.alive:
            self._thread.join(_SWEEP_SECONDS)
        self.server_close()
        with self._lock:
            still_open = list(self._handlers)
        for connection in still_open:
            with suppress(OSError):  # its client may have left already
                socket.socket.shutdown(connection, socket.SHUT_RD)  # TLS's own would have the rest sent in the clear

    def serve_forever(self, poll_interval: float = _SWEEP_SECONDS) -> None:
        """What the watching thread does, until the stop."""
        next_sweep = 0.0
        tally = self.requests.mine
        while not self.stopping:
            ready = self._watch.ready(poll_interval)
            began = time.monotonic()
            self._serve_ready(ready)
            if (now := tally.time(began)) >= next_sweep:  # once for all: they are sent their answers together
                next_sweep = now + poll_interval
                self.recognised.keep()
                for handler in self._watch.sweep():
                    self._close(handler)
        for handler in self._watch.close():
            self.end(handler)

    def _serve_ready(self, ready: list[Handler | None]) -> None:
        """Serve them all, then send all answers: a client that is woken for each is slow to ask for more."""
        served = []
        for handler in ready:
            try:
                if handler is None:
                    self._watch.take_back()
                    self._accept()
                elif not handler.parts:
                    handler.serve_ready()
                    served.append(handler)
                elif not handler.drain():
                    self._close(handler)
            except Exception as error:
                self._give_up(handler, error)
        for handler in served:
            try:
                if not handler.flush():
                    handler.part()
                    self._watch.part(handler)
            except Exception as error:
                self._give_up(handler, error)

    def _give_up(self, handler: Handler | None, error: Exception) -> None:
        """Serving a connection at once has led to this."""
        if not isinstance(error, (MustWait, Gone, OSError)):
            log.error("serving a connection failed", exc_info=error)
        if handler is None:
            return
        if isinstance(error, MustWait):
            self._watch.remove(handler)
            self.put_on_a_thread(handler)
        else:
            self._close(handler)

    def _accept(self) -> None:
        try:
            connection, address = self.get_request()
            handler = self._handler(connection, address, self)
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE):
                self._watch.stop_listening()  # the connection still waits: without a pause this would spin
            return
        room = len(self._handlers) < self.limits.connections
        if room:
            with self._lock:
                self._handlers[connection] = handler
        if self._tls:  # not watched, as what has arrived may lie within TLS, nor told why not, before a handshake
            (self.put_on_a_thread if room else self.end)(handler)
            return
        if not room:
            self._turn_away(handler)
        self._watch.add(handler)

    def _turn_away(self, handler: Handler) -> None:
        """Answer before anything is asked. Those that part so are bounded, too: the newest takes the oldest's place."""
        self.requests.mine.count(OTHER, _BUSY.status)
        try:
            handler.refuse(_BUSY)
        except (MustWait, OSError):
            pass  # it has left; closing is all that remains to do
        if self._watch.parting > self.limits.connections:
            self._close(self._watch.oldest_parting)

    def put_on_a_thread(self, handler: Handler) -> None:
        """Have a connection that is not watched served. From any thread."""
        handler.began = time.monotonic()
        if self._spare.offer(handler.request):
            return
        try:
            self.process_request(handler.request, handler.client_address)
        except RuntimeError as error:
            log.warning("a connection is closed, as no thread can be begun for it", extra={"error": error})
            self.end(handler)

    def process_request_thread(self, request, client_address) -> None:  # type: ignore[no-untyped-def]
        """What a thread does: one connection after the other, until there has been no work for a while."""
        while request is not None:
            self._work_on(self._handlers[request])
            request = self._spare.wait()

    def _work_on(self, handler: Handler) -> None:
        try:
            if self._tls:
                self._tls.serve(handler, self.limits)
                raise Gone  # that was all of it
            if not handler.handle():
                handler.part()
        except Streamed as streamed:
            streamed.take(handler, streamed)
        except (Gone, OSError):
            self.end(handler)
        except Exception:
            log.exception("serving a connection failed")
            self.end(handler)
        else:
            if not self._watch.come_back(handler):
                self.end(handler)

    def _close(self, handler: Handler) -> None:
        """Be done with a connection that is watched."""
        self._watch.remove(handler)
        self.end(handler)

    def end(self, handler: Handler) -> None:
        """Be done with a connection that is not watched. From any thread."""
        with self._lock:
            self._handlers.pop(handler.request, None)
        self.shutdown_request(handler.request)
