"""Room for what is large and on its way: bodies that arrive, and answers that are made for one client alone."""

import threading
import time
from collections import deque
from typing import Any
from weakref import WeakValueDictionary

from gossip.serving.answer import HttpError

SMALL_BYTES = 64 * 1024
"""What is no larger needs no room: there are only so many connections."""


class Room:
    """So many bytes of memory for all connections of a port. Any thread may use it.

    Whoever is let in has room for all of it: were it given piece by piece, many that have half could wait for each
    other. What is larger than all room there is, is let in alone. Those who wait are let in in the order in which they
    came: else who wants much would wait for as long as others come who want little.
    """

    def __init__(self, most: int) -> None:
        self._left = self._most = most
        self._change = threading.Condition()
        self._queue: deque[object] = deque()
        """A ticket for each of those who wait, the first in front."""

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._queue)

    def take(self, count: int, seconds: float) -> None:
        """Wait for that much room, for so long at most. Raises HttpError 503 where there is none."""
        end = time.monotonic() + seconds
        ticket = object()
        with self._change:
            self._queue.append(ticket)
            try:
                while self._queue[0] is not ticket or self._left < min(count, self._most):
                    left = end - time.monotonic()
                    if left <= 0 or not self._change.wait(left):
                        raise HttpError(
                            503, "too much is on its way to this node; try again", (("Retry-After", "1"),), True
                        )
                self._left -= count
            finally:
                self._queue.remove(ticket)
                self._change.notify_all()

    def give_back(self, count: int) -> None:
        with self._change:
            self._left += count
            self._change.notify_all()


class Share(Room):
    """What one client may take of a room, on all of its connections."""

    def __init__(self, room: Room, most: int) -> None:
        super().__init__(most)
        self._room = room

    def take(self, count: int, seconds: float) -> None:
        end = time.monotonic() + seconds
        super().take(count, seconds)
        try:
            self._room.take(count, end - time.monotonic())
        except HttpError:
            super().give_back(count)
            raise

    def give_back(self, count: int) -> None:
        self._room.give_back(count)
        super().give_back(count)


class Rooms:
    """The room of a port, and each client's share of it while it has connections. Any thread may use it."""

    def __init__(self, most: int, each: int) -> None:
        self._room = Room(most)
        self._most = most
        self._each = each
        self._lock = threading.Lock()
        self._shares: WeakValueDictionary[str, Share] = WeakValueDictionary()

    def of(self, address: Any) -> Room:
        """Where whoever calls from this address is given room."""
        if self._each >= self._most:
            return self._room
        with self._lock:
            share = self._shares.get(address[0])
            if share is None:
                share = self._shares[address[0]] = Share(self._room, self._each)
            return share
