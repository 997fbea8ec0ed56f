"""The push thread: what is written here is told to peers at once, and what peers tell is passed on.

Rule 1: this makes news fast, not safe. Whatever goes wrong here, the rounds of gossip find what is missing.
Rule 2: so every queue is bounded, and what does not fit is dropped and counted.
Rule 3: a write waits a moment for others to go along with; after a telling, as long as keeps this thread at rest for
        most of the time. The more is written, the more goes along.
Rule 4: peers that failed of late are told nothing for a while, so that no news waits for them.
"""

import logging
import queue
import random
import threading
import time
from contextlib import suppress

from gossip.data.store import Store
from gossip.sync.address import Address
from gossip.sync.calls import Calls
from gossip.sync.exchange import Exchange
from gossip.sync.message import Message, PeerFault
from gossip.sync.telling import Teller, Telling

GATHER_SECONDS = 0.004
"""A write waits so long for others to go along with it."""

REST = 3.0
"""After telling news for so long, this many times as long passes before the next telling of this node's own news."""

TELL_SECONDS = 0.3
"""A peer has so long to take news; then the next one is told in its place. Those that are told after it wait for it."""

MOST_WAITING, MOST_WAITING_BYTES = 100, 4 * 2**20
"""So many messages may wait to be passed on, and so much memory may their keys take; one that has more waits alone."""

_BESIDES_KEY = 64
"""Bytes of memory that a key takes besides what it says."""

log = logging.getLogger("gossipcar.push")


class Push:
    """Tells peers of writes, at most `fanout` of them, who tell the others."""

    def __init__(self, store: Store, exchange: Exchange, calls: Calls, fanout: int) -> None:
        """With a `fanout` of 0 nothing is told to anybody."""
        self._store = store
        self._calls = calls
        self._fanout = fanout
        self._teller = Teller(exchange, calls.roster, fanout, random.Random())
        self._queue: queue.SimpleQueue[tuple[Telling, int] | None] = queue.SimpleQueue()
        """What is to be passed on, and the memory that it takes; None says that there are writes of this node's own."""
        self._waiting_bytes = 0
        """The memory that all that waits there takes."""
        self._lock = threading.Lock()
        self._due: float | None = None
        """When this node's own news is to be told, on the monotonic clock; None while there is none."""
        self._rested = 0.0
        """From when on it may be told."""
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="push", daemon=True)

    def start(self) -> None:
        if self._fanout:
            self._store.news.tell(lambda: self._queue.put(None))
            self._thread.start()

    def stop(self) -> None:
        """End the thread soon, without waiting for it."""
        self._stopping = True
        self._queue.put(None)

    @property
    def alive(self) -> bool:
        return self._thread.is_alive() or not self._fanout

    def pass_on(self, message: Message) -> None:
        """Tell others what a peer told, as far as it asks for that. From any thread; does not wait."""
        telling = self._teller.passed_on(message)
        if telling is None:
            return
        cost = sum(_BESIDES_KEY + len(key) for key, _ in message.entries)
        with self._lock:
            fits = self._queue.qsize() < MOST_WAITING and (
                not self._waiting_bytes or self._waiting_bytes + cost <= MOST_WAITING_BYTES
            )
            if fits:
                self._waiting_bytes += cost
                self._queue.put((telling, cost))
        if not fits:
            self._calls.metrics.news_dropped.add()

    def _run(self) -> None:
        while not self._stopping:
            try:
                self._step()
            except Exception:  # our own mistake: it may cost a piece of news, never the thread
                log.exception("telling news failed")

    def _step(self) -> None:
        """Wait for something to tell, and tell it."""
        try:
            waited = self._queue.get(timeout=self._due and max(0.0, self._due - time.monotonic()))
        except queue.Empty:
            pass
        else:
            if waited:
                telling, cost = waited
                with self._lock:
                    self._waiting_bytes -= cost
                self._run_through(telling)
            elif self._due is None:
                self._due = max(time.monotonic() + GATHER_SECONDS, self._rested)
        if self._due is not None and time.monotonic() >= self._due:
            self._due = None
            self._tell_own()

    def _tell_own(self) -> None:
        """Tell what has been written here."""
        began = time.monotonic()
        self._run_through(self._teller.tell(self._store.take_news()))
        now = time.monotonic()
        self._rested = now + REST * (now - began)

    def _run_through(self, telling: Telling) -> None:
        """Send what is to be told, each message once the one before was answered."""
        taken = None
        with suppress(StopIteration):
            while not self._stopping:
                taken = self._take_to(*telling.send(taken))

    def _take_to(self, address: Address, message: Message) -> bool:
        try:
            reply = self._calls.ask(address, message, TELL_SECONDS).message
        except PeerFault as fault:
            self._calls.failed(address, fault)
            return False
        if reply.sender.origin == self._store.origin:
            self._calls.roster.is_self(address)
            return False
        self._calls.roster.succeeded(address, reply.sender.origin)
        self._calls.metrics.news_out.add()
        return True
