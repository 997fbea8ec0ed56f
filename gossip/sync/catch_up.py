"""How a node that was just started comes to hold what the others hold: it asks one peer for everything, newest first.

While one message is merged the next is on its way. `gossip.sync.giving` is the other side of it.
"""

import threading
from collections.abc import Callable

from gossip.sync.exchange import Exchange
from gossip.sync.giving import END, is_end
from gossip.sync.message import Message, Place
from gossip.sync.outcome import Outcome


def catch_up(
    exchange: Exchange,
    place: Place,
    send: Callable[[Message], Message],
    more: Callable[[], bool],
    outcome: Outcome,
    reached: Callable[[Place], None],
) -> None:
    """Ask a peer for all that follows this place. `reached` is told how far it came, after each message.

    `send`, `more`, `outcome` and what is raised are as of `Exchange.converse`.
    """
    coming = _Coming(send, exchange.asking(place))
    while True:
        reply = coming.wait()
        exchange.check(reply)
        place = reply.place or END  # a peer that knows no places gives nothing this way
        going_on = not is_end(place) and more()
        if going_on:
            coming = _Coming(send, exchange.asking(place))
        outcome.requests += 1
        outcome.merged += exchange.take(reply)
        reached(place)
        if not going_on:
            return


class _Coming:
    """An answer that is on its way, on a thread of its own."""

    def __init__(self, send: Callable[[Message], Message], message: Message) -> None:
        self._send = send
        self._message = message
        self._answer: Message | Exception | None = None
        self._thread = threading.Thread(target=self._ask, name="catch-up", daemon=True)
        self._thread.start()

    def _ask(self) -> None:
        try:
            self._answer = self._send(self._message)
        except Exception as error:
            self._answer = error

    def wait(self) -> Message:
        """The answer, or what went wrong, raised."""
        self._thread.join()
        if isinstance(self._answer, Message):
            return self._answer
        raise self._answer or AssertionError("the thread has set it")
