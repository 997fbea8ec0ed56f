"""Files that are read again once they change, as mounted Secrets do while a node runs."""

import logging
import os
import stat
import threading
import time
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

LOOK_SECONDS = 1.0
"""So often it is looked whether files have changed, at most."""

MOST_BYTES = 64 * 1024
"""A file of lines that has more is not what it is taken for."""

_Made = TypeVar("_Made")

log = logging.getLogger("gossipcar.files")


class Unusable(Exception):
    """What files hold cannot be used; the text says why, and nothing of what they hold."""


def reason(error: Exception) -> str:
    """Why files cannot be used: without the number that errors of the system have, but with the file."""
    if not isinstance(error, OSError):
        return str(error)
    return f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror)


def lines_of(path: str) -> list[bytes]:
    """The lines of a small file, without the spaces around them. Raises Unusable or OSError, without a word of them."""
    with open(path, "rb") as file:
        content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise Unusable(f"{path}: it has over {MOST_BYTES} bytes")
    return [line.strip() for line in content.split(b"\n")]


class FromFiles(Generic[_Made]):
    """What is made of files, anew once they change. What was made last stands while they cannot be used.

    Safe to use from any thread.
    """

    def __init__(
        self,
        paths: Sequence[str],
        make: Callable[[], _Made],
        name: str,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """`make` reads the files, and raises Unusable or OSError; so does this, the first time. `name` is for logs."""
        self._paths = paths
        self._make = make
        self._name = name
        self._now = now
        self._lock = threading.Lock()
        self._seen = self._look()
        self._made = make()
        self._look_at = now() + LOOK_SECONDS

    def get(self) -> _Made:
        """What the files hold now, or did a second ago."""
        if self._now() >= self._look_at:
            with self._lock:
                if self._now() >= self._look_at:
                    self._look_at = self._now() + LOOK_SECONDS
                    self._renew()
        return self._made

    def _renew(self) -> None:
        """Read the files again if they have changed. What changes meanwhile is seen the next time."""
        try:
            seen = self._look()
            if seen != self._seen:
                self._made = self._make()
                self._seen = seen
                log.info("changed files were read again", extra={"of": self._name})
        except (Unusable, OSError) as error:
            why = {"of": self._name, "error": reason(error)}
            log.warning("changed files cannot be used; what was read before stands", extra=why)

    def _look(self) -> list[tuple[int, ...]]:
        """What changes when a file does, or the symbolic links on the way to it. Raises Unusable or OSError."""
        states = [os.stat(path) for path in self._paths]
        for path, state in zip(self._paths, states, strict=True):
            if not stat.S_ISREG(state.st_mode):  # a pipe, for one, would be waited for without end
                raise Unusable(f"{path}: it is no regular file")
        return [(state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns) for state in states]
