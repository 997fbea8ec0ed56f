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
        second = _second(micros)
        keys = self._keys.get(second) if micros else None
        if keys:
            keys.discard(key)
            if not keys:
                del self._keys[second]
                self._tidy()

    def is_due(self, now: int) -> bool:
        """Whether `take` is to be asked at this time. Needs no lock."""
        return any(second * MICROS <= now for second in self._seconds[:1])

    def take(self, now: int, most: int) -> list[bytes]:
        """Keys that are due by this time, and so taken off: `most` at most, after looking at as many seconds."""
        found: list[bytes] = []
        for _ in range(most):
            if not self.is_due(now):
                break
            keys = self._keys.get(self._seconds[0], set())
            while keys and len(found) < most:
                found.append(keys.pop())
            if keys:
                break
            self._keys.pop(heappop(self._seconds), None)
        return found

    def _tidy(self) -> None:
        """Have no more seconds than twice those for which there are keys, but for a few."""
        if len(self._seconds) > 2 * len(self._keys) + 100:
            self._seconds = sorted(self._keys)


def _second(micros: int) -> int:
    """The whole second at which something due at this time is done: never before it."""
    return -(-micros // MICROS)
