"""What ends a wait for sockets, from any thread."""

import socket


class Waker:
    """A socket on which something arrives whenever somebody wakes the one thread that looks at it."""

    def __init__(self) -> None:
        self._waker, self._woken = socket.socketpair()
        self._waker.setblocking(False)
        self._woken.setblocking(False)

    def fileno(self) -> int:
        return self._woken.fileno()

    def wake(self) -> None:
        """Never waits."""
        try:
            self._waker.send(b"\0")
        except OSError:
            pass  # it is woken already, or closed

    def clear(self) -> None:
        """Take note of having been woken, however often."""
        try:
            self._woken.recv(4096)
        except BlockingIOError:
            pass

    def close(self) -> None:
        self._waker.close()
        self._woken.close()
