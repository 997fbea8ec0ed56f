"""The keys written here that peers have not been told of yet."""

from collections.abc import Callable

MOST_NEWS = 10_000
"""So many keys may wait to be told. Writes beyond are left to be found by comparison: late, but not lost."""


class News:
    """Has no lock: keys are added and taken under the store's."""

    def __init__(self) -> None:
        self._keys: dict[bytes, None] = {}
        self._wake: Callable[[], None] | None = None
        self.dropped = 0
        """How many writes were not kept, as too many waited."""

    def tell(self, wake: Callable[[], None]) -> None:
        """Keep keys from now on; `wake` is called when the first one has come, and must not wait for anything."""
        self._wake = wake

    def add(self, key: bytes) -> None:
        if self._wake is None:
            return
        keys = self._keys
        if not keys:
            self._wake()
        if len(keys) < MOST_NEWS or key in keys:
            keys[key] = None
        else:
            self.dropped += 1

    def take(self) -> list[bytes]:
        """The keys that have come since this was last called, each once, the first written first."""
        keys, self._keys = self._keys, {}
        return [*keys]
