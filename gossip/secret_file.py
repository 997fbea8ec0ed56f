"""A file of secrets, one a line, that may be replaced while the node runs."""

import os
import time
from collections.abc import Callable

LOOK_SECONDS = 1.0
"""The file is looked at again after so long: its content counts soon, and many requests cost few looks."""

MOST_BYTES = 64 * 1024
"""A larger file is not one of secrets."""


class NoSecret(Exception):
    """The file has no secret; the text says why."""


class SecretFile:
    """Its lines, as they were when it last had any. Any thread may use it: it is replaced as a whole."""

    def __init__(self, path: str, now: Callable[[], float] = time.monotonic) -> None:
        """Raises NoSecret."""
        self._path = path
        self._now = now
        self._looked = now()
        self._state = _state_of(path)
        self._lines = _read(path)

    def lines(self) -> tuple[bytes, ...]:
        """The secrets; at least one. A file that is broken or gone changes nothing."""
        if self._now() - self._looked >= LOOK_SECONDS:
            self._looked = self._now()
            self._look()
        return self._lines

    def _look(self) -> None:
        state = _state_of(self._path)
        if state != self._state:
            try:
                self._lines = _read(self._path)
                self._state = state
            except NoSecret:
                pass  # it may be half written: it is read again with the next look


def _state_of(path: str) -> tuple[int, ...]:
    """What changes when a file does, be it written or replaced."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return ()
    return found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size


def _read(path: str) -> tuple[bytes, ...]:
    try:
        with open(path, "rb") as file:
            content = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        raise NoSecret(getattr(error, "strerror", None) or str(error)) from None
    lines = tuple(line.strip() for line in content.splitlines() if line.strip())
    if not lines or len(content) > MOST_BYTES:
        raise NoSecret("it is empty" if not lines else f"it has more than {MOST_BYTES} bytes")
    return lines
