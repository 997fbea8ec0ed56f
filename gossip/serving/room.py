"""Room for what is large and on its way: bodies that arrive, and answers that are made for one client alone."""

import threading
import time

from gossip.serving.answer import HttpError

SMALL_BYTES = 64 * 1024
"""What is no larger needs no room: there are only so many connections."""


class Room:
    """So many bytes of memory for all connections of a server. Any thread may use it.

    Whoever is let in has room for all of it: were it given piece by piece, many that have half could wait for each
    other. What is larger than all room there is, is let in alone.
    """

    def __init__(self, most: int) -> None:
        self._left = self._most = most
        self._change = threading.Condition()

    def take(self, count: int, seconds: float) -> None:
        """Wait for that much room, for so long at most. Raises HttpError 503 where there is none."""
        end = time.monotonic() + seconds
        with self._change:
            while self._left < min(count, self._most):
                left = end - time.monotonic()
                if left <= 0 or not self._change.wait(left):
                    raise HttpError(
                        503, "too much is on its way to this node; try again", (("Retry-After", "1"),), True
                    )
            self._left -= count

    def give_back(self, count: int) -> None:
        with self._change:
            self._left += count
            self._change.notify_all()
