"""Threads without work, that wait for some: beginning one takes longer than most of what it is begun for."""

import queue
import socket
import threading

_THREADS = 32
_SECONDS = 5.0
"""So many wait, for so long."""


class Spare:
    """Hands connections to threads that wait. Safe to use from any thread."""

    def __init__(self) -> None:
        self._work: queue.SimpleQueue[socket.socket] = queue.SimpleQueue()
        self._waiting = 0
        self._lock = threading.Lock()

    def offer(self, connection: socket.socket) -> bool:
        """Whether a waiting thread takes it."""
        with self._lock:
            if not self._waiting:
                return False
            self._waiting -= 1
            self._work.put(connection)
            return True

    def wait(self) -> socket.socket | None:
        """A connection, once one is offered; None when there are enough that wait, or none is offered for a while."""
        with self._lock:
            if self._waiting >= _THREADS:
                return None
            self._waiting += 1
        try:
            return self._work.get(timeout=_SECONDS)
        except queue.Empty:
            pass
        with self._lock:
            try:
                return self._work.get_nowait()  # put there in the last moment
            except queue.Empty:
                self._waiting -= 1
                return None
