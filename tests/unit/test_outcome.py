"""What came of an exchange, in a word."""

from gossip.data.clock import MICROS
from gossip.data.entry import Entry
from gossip.data.limits import StoreLimits
from gossip.sync.message import Message
from gossip.sync.outcome import Outcome
from tests.unit.fakes import NOON, exchange_between, filled, make_exchange, make_store, over_the_wire


def test_both_hold_the_same_at_the_end() -> None:
    assert exchange_between(filled(1, 10), make_store(2)).result == "agreed"
    assert exchange_between(make_store(1), make_store(2)).result == "agreed"


def test_there_were_writes_meanwhile() -> None:
    here, there = filled(1, 10), make_store(2)
    send = over_the_wire(make_exchange(there))

    def send_and_write(message: Message) -> Message:
        reply = send(message)
        there.put(b"another", b"%d" % there.clock.latest)
        return reply

    assert make_exchange(here).converse(send_and_write, more=lambda: True).result == "complete"


def test_the_peer_refuses_what_is_ahead_of_its_clock() -> None:
    here = make_store(1, wall=lambda: NOON + 100 * MICROS)
    here.put(b"k", b"v")
    assert exchange_between(here, make_store(2)).result == "partial"


def test_what_the_peer_gives_is_refused_here() -> None:
    there = make_store(2, wall=lambda: NOON + 100 * MICROS)
    there.put(b"k", b"v")
    assert exchange_between(make_store(1), there).result == "partial"


def test_a_value_is_withheld_as_the_peer_accepts_only_smaller_ones() -> None:
    here = make_store(1)
    here.apply([(b"large", Entry(NOON, 9, b"v" * 101))])
    assert exchange_between(here, make_store(2, StoreLimits(value_bytes=100))).result == "partial"


def test_an_exchange_that_was_cut_short() -> None:
    assert Outcome().result == "partial"
