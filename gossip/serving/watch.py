"""The connections that wait for their clients: at rest between requests, or parting after the last answer.

All of it is the watching thread's, but for `come_back` and `wake`.
"""

import select
import selectors
import socket
import threading
import time
from collections import deque

from gossip.serving.handler import Handler
from gossip.serving.limits import Limits
from gossip.serving.waker import Waker

_READ = selectors.EVENT_READ


class Watch:
    """Watches a listening socket and any number of connections."""

    def __init__(self, listener: socket.socket, limits: Limits) -> None:
        self._limits = limits
        self._back: deque[Handler] = deque()
        self._closed = False
        self._lock = threading.Lock()
        self._waker = Waker()
        self._listener = listener.fileno()
        self._listens = False
        self._handlers: dict[int, Handler] = {}
        self._parting: dict[Handler, None] = {}
        # `selectors` on epoll takes as long for its book-keeping as the kernel takes for the call
        self._selector = select.epoll() if hasattr(select, "epoll") else _Selector()
        self._selector.register(self._waker.fileno(), _READ)
        self._listen()

    def ready(self, seconds: float) -> list[Handler | None]:
        """The connections on which something arrives within so many seconds; None for anything else that happens."""
        return [self._handlers.get(number) for number, _ in self._selector.poll(seconds)]

    def add(self, handler: Handler) -> None:
        """Watch a connection from now on."""
        number = handler.request.fileno()
        self._handlers[number] = handler
        if handler.parts:
            self._parting[handler] = None
        self._selector.register(number, _READ)

    def part(self, handler: Handler) -> None:
        """A connection that is watched parts from now on."""
        self._parting[handler] = None

    def remove(self, handler: Handler) -> None:
        """Watch a connection no more, if it was watched."""
        number = handler.request.fileno()
        if self._handlers.pop(number, None):
            self._parting.pop(handler, None)
            self._selector.unregister(number)

    def come_back(self, handler: Handler) -> bool:
        """Have a connection watched again. From any thread. False when nothing is watched any more."""
        with self._lock:
            if self._closed:
                return False
            self._back.append(handler)
        self.wake()
        return True

    def wake(self) -> None:
        """End the wait for something to arrive. From any thread."""
        self._waker.wake()

    def take_back(self) -> None:
        """Watch those again that have come back."""
        self._waker.clear()
        while self._back:
            self.add(self._back.popleft())

    def stop_listening(self) -> None:
        """Hear nothing of new connections until the next sweep."""
        if self._listens:
            self._listens = False
            self._selector.unregister(self._listener)

    def sweep(self) -> list[Handler]:
        """The connections that have rested or parted for too long. Listens again, too, where that was stopped."""
        self._listen()
        now = time.monotonic()
        found = []
        for handler in self._handlers.values():
            if handler.since is None:
                handler.since = now
            patience = self._limits.drain_seconds if handler.parts else self._limits.idle_seconds
            if now - handler.since >= patience:
                found.append(handler)
        return found

    @property
    def parting(self) -> int:
        """How many connections part."""
        return len(self._parting)

    @property
    def oldest_parting(self) -> Handler:
        """The one that has parted for the longest, of at least one."""
        return next(iter(self._parting))

    def close(self) -> list[Handler]:
        """Watch nothing any more. The connections that were watched."""
        with self._lock:
            self._closed = True
        self._selector.close()
        self._waker.close()
        return [*self._handlers.values(), *self._back]

    def _listen(self) -> None:
        if not self._listens:
            self._listens = True
            self._selector.register(self._listener, _READ)


class _Selector(selectors.DefaultSelector):
    """What takes epoll's place where there is none."""

    def poll(self, seconds: float) -> list[tuple[int, int]]:
        return [(key.fd, events) for key, events in self.select(seconds)]
