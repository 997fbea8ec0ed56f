"""The sweeping thread: each second, what has expired gives its memory back, whether or not anybody reads it; and each
ten, the process does."""

import itertools
import logging
import threading

from gossip.data.clock import MICROS
from gossip.data.store import Store
from gossip.process import give_back

_SWEEPS = 10
"""After so many the process gives free memory back."""

log = logging.getLogger("gossipcar.sweeper")


class Sweeper:
    """Sweeps a store at each whole second, at which things fall due."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sweep", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End the thread soon, without waiting for it."""
        self._stopping.set()

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def _run(self) -> None:
        for number in itertools.count(1):
            if self._stopping.wait(1 - self._store.clock.wall() % MICROS / MICROS):
                return
            try:
                self._store.sweep()
                if not number % _SWEEPS:
                    give_back()
            except Exception:  # our own mistake: it may cost a sweep, never the thread
                log.exception("sweeping failed")
