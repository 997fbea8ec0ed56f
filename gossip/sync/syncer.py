"""The gossip thread: pick a peer, run one exchange, survive anything.

Rule 1: whatever a peer does costs one round, bounded in time, and one count.
Rule 2: intervals vary by a fifth either way, so that nodes do not march in step.
Rule 3: when the node stops, one more thread hands over what is held here to a peer that stays, so that the writes
        acknowledged here live on there. It waits for no round that is still on its way.
"""

import logging
import random
import threading
import time
from collections.abc import Callable
from functools import partial

from gossip.data.clock import MICROS
from gossip.data.store import Store
from gossip.sync.address import Address
from gossip.sync.calls import Calls, Reply
from gossip.sync.catch_up import catch_up
from gossip.sync.exchange import Exchange
from gossip.sync.giving import START, is_end
from gossip.sync.message import Message, MetItself, PeerFault, Place
from gossip.sync.outcome import Outcome
from gossip.sync.sightings import Sightings

REQUEST_SECONDS = 2.0
"""One request to a peer may take this long: a message of a few MiB on a slow link, no more."""

PROMPT_SECONDS = 0.5
"""When the node stops, each peer is first given this long a request: silent ones must not use up the time there is."""

ROUND_SECONDS = 10.0
"""After so long no further conversation is begun within a round, however much is left to say; the next one goes on."""

CATCH_UP_SECONDS = 60.0
"""The same for a node that was just started: it takes what there is at one go."""

FEW_OF_ITS_OWN = 1_000
"""A node with fewer entries than this asks for everything when it first meets a peer."""

JITTER = 0.2
"""By which part the interval varies, either way."""

_SET_BACK = (
    "this node's stamps are {:.0f} s too far ahead of its clock, which has been set back; "
    "peers refuse its writes for so long, unless it is restarted"
)

log = logging.getLogger("gossipcar.gossip")


class Syncer:
    """Runs one round of gossip each interval, on a daemon thread."""

    def __init__(
        self,
        store: Store,
        exchange: Exchange,
        calls: Calls,
        sightings: Sightings,
        interval: float,
        rng: random.Random,
    ) -> None:
        self._store = store
        self._exchange = exchange
        self._calls = calls
        self._roster = calls.roster
        self._faults = calls.faults
        self._sightings = sightings
        self._interval = interval
        self._rng = rng
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="gossip", daemon=True)
        self.last_exchange: float | None = None
        """When the last exchange was completed, on the monotonic clock; None before the first."""
        self.has_caught_up = False
        """Whether this node has ever held all that a peer held."""
        self._place = START
        """How far it has been given everything."""
        self._heir: tuple[Address, int] | None = None
        """Who took over what was held here, and how many entries were sent for that; None while nobody has."""

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout: float) -> None:
        """End the thread, hand over what is held here within `timeout` seconds, and say in the log what came of it.

        That is said here, not by the thread that hands over: the process may end as soon as this returns.
        """
        end = time.monotonic() + timeout
        self._stopping.set()
        farewell = threading.Thread(target=self._guarded, args=(partial(self._hand_over, end),), daemon=True)
        farewell.start()
        farewell.join(timeout)
        if self._heir:
            peer, sent = self._heir
            log.info("handed over", extra={"peer": peer, "entries": sent})
        elif self._store.entries:
            log.warning("no peer took everything over in time: what has not spread yet is lost with this node")

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._guarded(self.round)
            self._stopping.wait(self._interval * self._rng.uniform(1 - JITTER, 1 + JITTER))

    def _guarded(self, act: Callable[[], Outcome | None]) -> Outcome | None:
        """What `act` comes to. A mistake of our own may cost this turn, never the thread."""
        try:
            return act()
        except Exception:
            log.exception("a round of gossip failed")
            return None

    def round(self) -> Outcome | None:
        """One turn: an exchange with a random peer, if there is one."""
        if self._store.ahead > MICROS:
            self._faults.note("clock set back", _SET_BACK.format(self._store.ahead / MICROS))
        address = self._roster.pick()
        if address is None:
            return None
        end = time.monotonic() + (ROUND_SECONDS if is_end(self._place) else CATCH_UP_SECONDS)
        return self._talk_to(address, lambda: 0.0 if self._stopping.is_set() else end, REQUEST_SECONDS)

    def _hand_over(self, end: float) -> None:
        """Leave what is held here with one peer that is not leaving itself: the prompt ones first, then all again."""
        for patience in (PROMPT_SECONDS, REQUEST_SECONDS):
            for address in self._roster.best_first():
                outcome = self._guarded(partial(self._talk_to, address, lambda: end, patience))
                if outcome and outcome.peer and outcome.handed_over and not outcome.peer.leaving:
                    self._heir = address, outcome.sent
                    return
                if time.monotonic() >= end:
                    return

    def _talk_to(self, address: Address, end: Callable[[], float], patience: float) -> Outcome | None:
        """One exchange with a peer, over by the moment that `end` gives on the monotonic clock. None when it failed.

        Each request may take `patience` seconds.
        """
        line = _Line(self._calls, address, end, patience)
        outcome = Outcome()
        try:
            leaving = self._stopping.is_set()
            if self._wants_everything and not leaving:
                catch_up(self._exchange, self._place, line.send, line.more, outcome, self._reached)
            self._exchange.converse(line.send, line.more, outcome, leaving)
        except MetItself:
            self._roster.is_self(address)
            return None
        except PeerFault as fault:
            if end():  # a round cut short by the stop is not the peer's fault
                self._calls.failed(address, fault)
                self._calls.metrics.exchanges_failed.add()
            return None
        finally:
            self._faults.note_all(outcome.merged.faults())
            self._faults.note_withheld(outcome.withheld)
        if outcome.peer and line.quickest:
            self._roster.succeeded(address, outcome.peer.origin)
            self._sightings.answered(outcome.peer, outcome.agreed, address, *line.quickest[1:])
        self._calls.metrics.exchanges_out.add(outcome.result)
        self.last_exchange = time.monotonic()
        self.has_caught_up = self.has_caught_up or outcome.agreed or outcome.whole
        return outcome

    @property
    def catching_up(self) -> bool:
        """Whether this node is being given all that a peer holds."""
        return self._place != START and not is_end(self._place) and not self.has_caught_up

    @property
    def _wants_everything(self) -> bool:
        """Whether to ask for everything: this node was just started, and has not been given all yet.

        One that has filled up before it met anybody compares instead: it may hold most of it already.
        """
        first = self._place == START and not self.has_caught_up and self._store.entries < FEW_OF_ITS_OWN
        return first or self.catching_up

    def _reached(self, place: Place) -> None:
        self._place = place


class _Line:
    """The requests of one exchange with a peer: they share a deadline."""

    def __init__(self, calls: Calls, address: Address, end: Callable[[], float], patience: float) -> None:
        self._calls = calls
        self._address = address
        self._end = end
        self._patience = patience
        self.quickest: Reply | None = None
        """The reply that was soonest here: it tells most of the way and of the peer's clock."""

    def more(self) -> bool:
        return time.monotonic() < self._end()

    def send(self, message: Message) -> Message:
        left = self._end() - time.monotonic()
        if left <= 0:
            raise PeerFault(f"the exchange with {self._address} was cut short: no time left")
        reply = self._calls.ask(self._address, message, min(left, self._patience))
        if self.quickest is None or reply.round_trip < self.quickest.round_trip:
            self.quickest = reply
        return reply.message
