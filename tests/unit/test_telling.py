"""What is told, and to whom, without a thread."""

import random
from collections.abc import Callable

from gossip.data.entry import Entry
from gossip.sync.address import Address
from gossip.sync.message import Message, Spread
from gossip.sync.roster import Roster
from gossip.sync.spread import RING
from gossip.sync.telling import Teller, Telling
from tests.unit.fakes import NOON, make_exchange, make_store

PEERS = [Address(f"10.0.0.{number}", 1) for number in range(1, 10)]
ALL = RING - 1


def teller(fanout: int = 3, budget: int = 10_000) -> Teller:
    """Of a node that holds three entries that another has written."""
    store = make_store(1)
    store.apply((key, Entry(NOON, 9, b"v" * 100)) for key in (b"a", b"b", b"c"))
    roster = Roster(lambda: PEERS, (), random.Random(1))
    return Teller(make_exchange(store, budget=budget), roster, fanout, random.Random(1))


def run(telling: Telling, takes: Callable[[Address], bool] = lambda _: True) -> list[tuple[Address, Message]]:
    """All who are told, and what, when those that `takes` says take it."""
    told: list[tuple[Address, Message]] = []
    taken = None
    while True:
        try:
            address, message = telling.send(taken)
        except StopIteration:
            return told
        taken = takes(address)
        told.append((address, message))


def test_the_first_of_each_share_is_told() -> None:
    told = run(teller().tell([b"a"]))
    assert len(told) == len({address for address, _ in told}) == 3
    assert [key for key, _ in told[0][1].entries] == [b"a"]


def test_each_that_does_not_take_it_is_followed_by_the_next_of_its_share() -> None:
    told = run(teller().tell([b"a"]), lambda address: address == PEERS[4])
    assert PEERS[4] in [address for address, _ in told]
    assert 7 <= len(told) <= 9, "all, but those that follow the one that took it"


def test_what_does_not_fit_into_one_message_is_told_by_several() -> None:
    told = run(teller(fanout=1, budget=200).tell([b"a", b"b", b"c"]))
    assert [[key for key, _ in message.entries] for _, message in told] == [[b"a"], [b"b"], [b"c"]]


def test_keys_that_are_not_held_are_told_to_nobody() -> None:
    assert run(teller().tell([b"absent"])) == []


def test_what_asks_for_it_is_passed_on_once() -> None:
    node = teller()
    sender = make_exchange(make_store(2)).opening().sender
    entries = [(b"a", Entry(NOON, 9, b"v" * 100))]
    telling = node.passed_on(Message(sender, entries=entries, spread=Spread(7, 0, ALL)))
    assert telling is not None
    assert len(run(telling)) == 3
    assert node.passed_on(Message(sender, entries=entries, spread=Spread(7, 0, ALL))) is None
    assert node.passed_on(Message(sender, entries=entries)) is None
    assert node.passed_on(Message(sender, spread=Spread(8, 0, ALL))) is None


def test_without_a_fanout_nothing_is_told() -> None:
    node = teller(fanout=0)
    assert run(node.tell([b"a"])) == []
    sender = make_exchange(make_store(2)).opening().sender
    assert node.passed_on(Message(sender, entries=[(b"a", Entry(NOON, 9, b"1"))], spread=Spread(7, 0, ALL))) is None
