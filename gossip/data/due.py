"""What is to be done about which key, and when: by the second, so that a sweep costs what it finds."""

from heapq import heappop, heappush

from gossip.data.clock import MICROS


class Due:
    """Which keys something is to be done about, by the second. Has no lock."""

    def __init__(self) -> None:
        self._seconds: list[int] = []
        """A heap of the seconds for which there is a set."""
        self._keys: dict[int, set[bytes]] = {}

    def add(self, key: bytes, micros: int) -> None:
        """Something is to be done about this key at this time, in microseconds; nothing is where it is 0."""
        if micros:
            second = _second(micros)
            if second not in self._keys:
                self._keys[second] = set()
                heappush(self._seconds, second)
            self._keys[second].add(key)

    def remove(self, key: bytes, micros: int) -> None:
        """What was added with these very two is not to be done any more."""
        keys = self._keys.get(_second(micros)) if micros else None
        if keys:
            keys.discard(key)

    def is_due(self, now: int) -> bool:
        """Whether `take` has anything to give at this time."""
        return bool(self._seconds) and self._seconds[0] * MICROS <= now

    def take(self, now: int, most: int) -> list[bytes]:
        """Keys that are due by this time, and so taken off; not many more than `most`."""
        found: list[bytes] = []
        while self.is_due(now) and len(found) < most:
            keys = self._keys[self._seconds[0]]
            while keys and len(found) < most:
                found.append(keys.pop())
            if not keys:
                del self._keys[heappop(self._seconds)]
        return found


def _second(micros: int) -> int:
    """The whole second at which something due at this time is done: never before it."""
    return -(-micros // MICROS)
