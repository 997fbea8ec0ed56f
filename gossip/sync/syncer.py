"""The gossip thread: pick a peer, run one exchange, survive anything.

Rule 1: whatever a peer does costs one round, bounded in time, one count, and at most one line a minute in the log.
Rule 2: intervals vary by a fifth either way, so that nodes do not march in step.
Rule 3: when the node stops, the thread's last act is an exchange with a peer that stays, so that the writes
        acknowledged here live on there.
"""

import logging
import random
import threading
import time
from collections.abc import Callable
from functools import partial

from gossip.data.clock import MICROS
from gossip.data.store import Store
from gossip.faults import Faults
from gossip.metrics import Metrics
from gossip.sync import wire
from gossip.sync.address import Address
from gossip.sync.exchange import Exchange, Outcome
from gossip.sync.message import Message, MetItself, PeerFault
from gossip.sync.roster import Roster

REQUEST_SECONDS = 2.0
"""One request to a peer may take this long: a message of a few MiB on a slow link, no more."""

ROUND_SECONDS = 10.0
"""After so long no further conversation is begun within a round, however much is left to say; the next one goes on."""

JITTER = 0.2
"""By which part the interval varies, either way."""

_STEPPED_BACK = (
    "this node's stamps are {:.0f} s too far ahead of its clock, which has been set back; "
    "peers refuse its writes for so long, unless it is restarted"
)

log = logging.getLogger("gossipcar.gossip")

Post = Callable[[Address, bytes, float], bytes]
"""Takes a message to an address, within so many seconds, and brings the answer back; or raises PeerFault."""


class Syncer:
    """Runs one round of gossip each interval, on a daemon thread."""

    def __init__(
        self,
        store: Store,
        exchange: Exchange,
        roster: Roster,
        post: Post,
        interval: float,
        rng: random.Random,
        faults: Faults,
        metrics: Metrics,
    ) -> None:
        self._store = store
        self._exchange = exchange
        self._roster = roster
        self._post = post
        self._interval = interval
        self._rng = rng
        self._faults = faults
        self._metrics = metrics
        self._stopping = threading.Event()
        self._stop_by = 0.0
        self._thread = threading.Thread(target=self._run, name="gossip", daemon=True)
        self.last_exchange: float | None = None
        """When the last exchange was completed, on the monotonic clock; None before the first."""

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout: float) -> None:
        """End the thread after a last exchange; wait for that `timeout` seconds at most."""
        self._stop_by = time.monotonic() + timeout
        self._stopping.set()
        self._thread.join(timeout)

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._guarded(self.round)
            self._stopping.wait(self._interval * self._rng.uniform(1 - JITTER, 1 + JITTER))
        self._guarded(self._last_exchange)

    def _guarded(self, act: Callable[[], Outcome | None]) -> Outcome | None:
        """What `act` comes to. A mistake of our own may cost this turn, never the thread."""
        try:
            return act()
        except Exception:
            log.exception("a round of gossip failed")
            return None

    def round(self) -> Outcome | None:
        """One turn: an exchange with a random peer, if there is one."""
        if self._store.ahead:
            self._faults.note("clock stepped back", _STEPPED_BACK.format(self._store.ahead / MICROS))
        address = self._roster.pick()
        if address is None:
            return None
        end = time.monotonic() + ROUND_SECONDS
        return self._talk_to(address, lambda: end if not self._stopping.is_set() else 0.0)

    def _last_exchange(self) -> Outcome | None:
        """Leave what is held here with one peer that is not leaving itself."""
        for address in self._roster.best_first():
            outcome = self._guarded(partial(self._talk_to, address, lambda: self._stop_by))
            if outcome and outcome.peer and not outcome.peer.leaving:
                log.info("last exchange, with %s: %d entries sent", address, outcome.sent)
                return outcome
            if time.monotonic() >= self._stop_by:
                break
        if self._roster.known():
            log.warning("no peer took part in a last exchange: writes not yet spread are lost with this node")
        return None

    def _talk_to(self, address: Address, end: Callable[[], float]) -> Outcome | None:
        """One exchange with a peer, over by the moment that `end` gives on the monotonic clock. None when it failed."""

        def send(message: Message) -> Message:
            left = end() - time.monotonic()
            if left <= 0:
                raise PeerFault(f"the exchange with {address} was cut short: no time left")
            return wire.decode(self._post(address, wire.encode(message), min(left, REQUEST_SECONDS)))

        try:
            outcome = self._exchange.converse(send, more=lambda: time.monotonic() < end())
        except MetItself:
            log.info("%s is this node itself", address)
            self._roster.is_self(address)
            return None
        except PeerFault as fault:
            self._roster.failed(address)
            if not self._stopping.is_set():
                self._faults.note(fault.kind, str(fault))
            return None
        self._roster.succeeded(address)
        self._faults.note_all(outcome.merged.faults())
        self._metrics.exchanges_out.add()
        self.last_exchange = time.monotonic()
        return outcome
