"""Keys in order, for listings: sorted lists of bounded length, one behind the other.

To add, to remove and to find a key each cost two bisections and moving part of one short list (as in Grant Jenks'
sortedcontainers). Has no lock: changes are made under the store's.
"""

from bisect import bisect_left, bisect_right

LONGEST = 2_000
"""A list that grows past this is cut in two."""


class Ordered:
    """A set of keys, sorted by their bytes."""

    def __init__(self) -> None:
        self._lists: list[list[bytes]] = []
        self._last: list[bytes] = []
        """The last key of each list."""

    def add(self, key: bytes) -> None:
        """Have this key among them, once."""
        if not self._lists:
            self._lists, self._last = [[key]], [key]
            return
        at = min(bisect_left(self._last, key), len(self._lists) - 1)
        keys = self._lists[at]
        place = bisect_left(keys, key)
        if keys[place : place + 1] == [key]:
            return
        keys.insert(place, key)
        self._last[at] = keys[-1]
        if len(keys) > LONGEST:
            half = len(keys) // 2
            self._lists[at : at + 1] = [keys[:half], keys[half:]]
            self._last.insert(at, keys[half - 1])

    def remove(self, key: bytes) -> None:
        """Have this key among them no more, if it was."""
        at = bisect_left(self._last, key)
        if at == len(self._lists):
            return
        keys = self._lists[at]
        place = bisect_left(keys, key)
        if keys[place] != key:
            return
        del keys[place]
        if keys:
            self._last[at] = keys[-1]
        else:
            del self._lists[at], self._last[at]

    def since(self, first: bytes, most: int, excluded: bool = False) -> list[bytes]:
        """So many keys from this one on, itself included unless `excluded`, whether or not it is among them."""
        find = bisect_right if excluded else bisect_left
        found: list[bytes] = []
        for keys in self._lists[find(self._last, first) :]:
            place = find(keys, first) if not found else 0
            found += keys[place : place + most - len(found)]
            if len(found) >= most:
                break
        return found
