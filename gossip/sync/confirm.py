"""Writes that are answered once peers have them: the entries go straight to peers, who say whether they took them."""

import threading
import time
from collections import deque
from collections.abc import Callable, Collection

from gossip.sync.address import Address
from gossip.sync.calls import Calls
from gossip.sync.exchange import Exchange
from gossip.sync.message import Message, PeerFault

AT_ONCE = 8
"""So many peers are asked at the same time at most, for one write."""

ASK_SECONDS = 1.0
"""A peer has so long to answer; meanwhile others are asked."""

ALL_AT_ONCE, DOUBTFUL_AT_ONCE = 32, 8
"""So many for all writes together, as each ask takes a thread and a copy of what was written; and so many more that
failed of late: who waits for those keeps nobody waiting who asks the others."""

AGAIN_SECONDS = 0.05
"""When all have been asked and not enough had it, so much passes before those are asked again that did not."""


class Confirmer:
    """Has peers take entries, and counts those that did. Safe to use from any thread."""

    def __init__(self, exchange: Exchange, calls: Calls) -> None:
        self._exchange = exchange
        self._calls = calls
        self._places = threading.Semaphore(ALL_AT_ONCE)
        self._doubtful_places = threading.Semaphore(DOUBTFUL_AT_ONCE)

    def confirm(self, keys: Collection[bytes], wanted: str, seconds: float) -> tuple[int, bool]:
        """Wait until so many peers hold the entries of these keys, or later ones, for so many seconds at most.

        `wanted` is a number, `all` for all peers known now, or `majority` for so many that they are, with this node,
        more than half of all. How many hold them, and whether those are enough.
        """
        return _Asking(self._calls, self._messages(keys), wanted, seconds, self._place_for).wait()

    def _place_for(self, address: Address) -> threading.Semaphore:
        """What whoever asks this peer must have meanwhile."""
        return self._doubtful_places if self._calls.roster.is_doubtful(address) else self._places

    def _messages(self, keys: Collection[bytes]) -> list[Message]:
        left = deque(keys)
        messages = []
        while left:
            messages.append(self._exchange.news(left))
        return messages


class _Asking:
    """One write, on its way to enough peers."""

    def __init__(
        self,
        calls: Calls,
        messages: list[Message],
        wanted: str,
        seconds: float,
        place_for: Callable[[Address], threading.Semaphore],
    ) -> None:
        self._calls = calls
        self._place_for = place_for
        self._messages = messages
        self._wanted = wanted
        self._peers = len(calls.roster.known())
        """How many there are: as many as addresses, less those that turn out to be this node's or another one's."""
        self._end = time.monotonic() + seconds
        self._changed = threading.Condition()
        self._have: set[int] = set()
        """The origins of the peers that have it."""
        self._addresses: set[Address] = set()
        """Where they are."""
        self._asking = 0
        """How many are asked now."""

    @property
    def _enough(self) -> int:
        if self._wanted == "all":
            return self._peers
        return (self._peers + 1) // 2 if self._wanted == "majority" else int(self._wanted)

    def wait(self) -> tuple[int, bool]:
        while not self._over:
            self._ask_all()
            with self._changed:
                if not self._over:
                    self._changed.wait(min(AGAIN_SECONDS, self._left))
        return len(self._have), len(self._have) >= self._enough

    @property
    def _left(self) -> float:
        return max(0.0, self._end - time.monotonic())

    @property
    def _over(self) -> bool:
        return len(self._have) >= self._enough or time.monotonic() >= self._end

    def _ask_all(self) -> None:
        """Ask those that do not have it, until enough have it, all were asked, or time is up."""
        at_once = min(AT_ONCE, self._enough - len(self._have))
        addresses = [address for address in self._calls.roster.best_first() if address not in self._addresses]
        for address in addresses:
            with self._changed:
                self._changed.wait_for(lambda: self._over or self._asking < at_once, self._left)
            if self._over:
                return
            place = self._place_for(address)
            while not self._over:
                if place.acquire(timeout=AGAIN_SECONDS):
                    self._begin(address, place)
                    break
        with self._changed:
            self._changed.wait_for(lambda: self._over or not self._asking, self._left)

    def _begin(self, address: Address, place: threading.Semaphore) -> None:
        """Ask a peer on a thread of its own, where the system lets one begin."""
        with self._changed:
            self._asking += 1
        try:
            threading.Thread(target=self._ask_at, args=(address, place), name="confirm", daemon=True).start()
        except RuntimeError:
            self._end_at(place)

    def _ask_at(self, address: Address, place: threading.Semaphore) -> None:
        try:
            self._ask(address)
        finally:
            self._end_at(place)

    def _end_at(self, place: threading.Semaphore) -> None:
        place.release()
        with self._changed:
            self._asking -= 1
            self._changed.notify_all()

    def _ask(self, address: Address) -> None:
        """Give one peer what was written, and note whether it has it."""
        try:
            for message in self._messages:
                left = min(ASK_SECONDS, self._end - time.monotonic())
                if left <= 0:
                    return
                reply = self._calls.ask(address, message, left).message
                if reply.refused or reply.sender.leaving:
                    return
        except PeerFault as fault:
            if not self._over:  # that there is no time left is not the peer's fault
                self._calls.failed(address, fault)
            return
        with self._changed:
            self._addresses.add(address)
            if reply.sender.origin == message.sender.origin:
                self._calls.roster.is_self(address)
                self._peers -= 1
            elif reply.sender.origin in self._have:
                self._peers -= 1
            else:
                self._have.add(reply.sender.origin)
            self._changed.notify_all()
