"""The push thread among fake peers."""

import random
import threading
import time
from collections.abc import Iterator

import pytest

from gossip.data.entry import Entry
from gossip.faults import Faults
from gossip.metrics import Metrics
from gossip.sync import wire
from gossip.sync.address import Address
from gossip.sync.calls import Calls
from gossip.sync.message import Message, PeerFault, Spread
from gossip.sync.push import MOST_WAITING, Push
from gossip.sync.roster import Roster
from gossip.sync.spread import RING, place
from tests.nodes import wait_until
from tests.unit.fakes import NOON, Watch, make_exchange, make_store

ALL = RING - 1


class Cast:
    """A pushing node, and peers that note what they are told."""

    def __init__(self, peers: int, fanout: int = 3) -> None:
        self.peers = [Address(f"10.0.0.{number}", 1) for number in range(1, peers + 1)]
        self.told: list[tuple[Address, Message]] = []
        self.down: set[Address] = set()
        self.own: set[Address] = set()
        self.may_go_on = threading.Event()
        self.may_go_on.set()
        self.store = make_store(1)
        self.metrics, self.faults = Metrics(), Faults()
        self.roster = Roster(lambda: self.peers, set(), random.Random(1), Watch())
        calls = Calls(self.roster, self._post, self.faults, self.metrics)
        self.push = Push(self.store, make_exchange(self.store), calls, fanout)

    def _post(self, address: Address, message: bytes, timeout: float) -> bytes:
        self.may_go_on.wait(10)
        if address in self.down:
            raise PeerFault("nobody there")
        self.told.append((address, wire.decode(message)))
        return wire.encode(make_exchange(make_store(1 if address in self.own else 2)).opening())

    @property
    def keys(self) -> list[tuple[bytes, ...]]:
        return [tuple(key for key, _ in message.entries) for _, message in self.told]


@pytest.fixture
def cast(request: pytest.FixtureRequest) -> Iterator[Cast]:
    cast = Cast(*request.param) if hasattr(request, "param") else Cast(9)
    cast.push.start()
    yield cast
    cast.may_go_on.set()
    cast.push.stop()


def test_a_write_is_told_to_three_who_are_to_tell_the_rest(cast: Cast) -> None:
    cast.store.put(b"a", b"1")
    wait_until(lambda: len(cast.told) == 3)
    spreads = [message.spread for _, message in cast.told if message.spread]
    assert cast.keys == [(b"a",)] * 3
    assert [spread.after for spread in spreads] == [
        place(s.salt, a) for s, (a, _) in zip(spreads, cast.told, strict=True)
    ]
    assert spreads[-1].until == ALL
    wait_until(lambda: cast.metrics.news_out.total == 3)
    assert (cast.metrics.news_out.total, cast.metrics.entries_out.total) == (3, 3)


def test_writes_close_to_each_other_go_together(cast: Cast) -> None:
    for number in range(50):
        cast.store.put(b"%d" % number, b"1")
        cast.store.put(b"counter", b"%d" % number)
    wait_until(lambda: sum(key != b"counter" for keys in cast.keys for key in keys) == 3 * 50)
    assert len(cast.told) < 30


@pytest.mark.parametrize("cast", [(1,)], indirect=True)
def test_while_one_telling_takes_its_time_writes_gather(cast: Cast) -> None:
    cast.may_go_on.clear()
    cast.store.put(b"first", b"1")
    wait_until(lambda: cast.push._queue.empty() and not cast.store.take_news())
    for number in range(100):
        cast.store.put(b"%d" % number, b"1")
    cast.may_go_on.set()
    wait_until(lambda: len(cast.told) >= 1 and sum(map(len, cast.keys)) >= 100)
    assert len(cast.told) <= 3


@pytest.mark.parametrize("cast", [(40,)], indirect=True)
def test_what_a_peer_tells_is_passed_on_within_the_range_it_gives(cast: Cast) -> None:
    cast.store.apply([(b"a", Entry(NOON, 9, b"1"))])
    spread = Spread(7, ALL // 2, ALL // 4 * 3)
    cast.push.pass_on(
        Message(make_exchange(cast.store).opening().sender, entries=[(b"a", Entry(NOON, 9, b"1"))], spread=spread)
    )
    wait_until(lambda: len(cast.told) == 3)
    for address, message in cast.told:
        assert message.spread is not None
        assert spread.after < place(7, address) == message.spread.after <= message.spread.until <= spread.until
    assert cast.keys == [(b"a",)] * 3


@pytest.mark.parametrize("cast", [(40,)], indirect=True)
def test_what_is_told_again_as_its_answer_was_lost_is_passed_on_once(cast: Cast) -> None:
    entry = Entry(NOON, 9, b"1")
    cast.store.apply([(b"a", entry)])
    for salt, until in ((7, ALL), (7, ALL // 2), (8, ALL)):
        cast.push.pass_on(
            Message(make_exchange(cast.store).opening().sender, entries=[(b"a", entry)], spread=Spread(salt, 0, until))
        )
    wait_until(lambda: len(cast.told) == 6)
    assert [message.spread.salt for _, message in cast.told if message.spread] == [7, 7, 7, 8, 8, 8]


def test_what_was_refused_here_is_not_passed_on(cast: Cast) -> None:
    refused = Message(
        make_exchange(cast.store).opening().sender, entries=[(b"a", Entry(NOON, 9, b"1"))], spread=Spread(1, 0, ALL)
    )
    cast.push.pass_on(refused)
    cast.store.put(b"then", b"1")
    wait_until(lambda: len(cast.told) == 3)
    assert cast.keys == [(b"then",)] * 3


@pytest.mark.parametrize("cast", [(2, 1)], indirect=True)
def test_where_one_does_not_answer_the_next_is_told_in_its_place_and_the_first_left_alone_for_a_while(
    cast: Cast,
) -> None:
    cast.down = {cast.peers[0]}
    for number in range(20):
        cast.store.put(b"%d" % number, b"1")
        wait_until(lambda: len(cast.told) == number + 1)  # noqa: B023 - called before the next turn
    assert {address for address, _ in cast.told} == {cast.peers[1]}
    assert cast.faults.counts == {"exchange failed": 1}


@pytest.mark.parametrize("cast", [(2,)], indirect=True)
def test_an_address_that_leads_back_here_is_passed_over(cast: Cast) -> None:
    cast.own = {cast.peers[0]}
    cast.store.put(b"a", b"1")
    wait_until(lambda: len(cast.told) == 2)
    cast.store.put(b"b", b"1")
    wait_until(lambda: len(cast.told) == 3)
    assert [address for address, _ in cast.told][2] == cast.peers[1]


def test_what_waits_to_be_passed_on_is_bounded(cast: Cast) -> None:
    cast.store.apply([(b"a", Entry(NOON, 9, b"1"))])
    cast.may_go_on.clear()
    sender = make_exchange(cast.store).opening().sender
    for salt in range(MOST_WAITING + 11):
        cast.push.pass_on(Message(sender, entries=[(b"a", Entry(NOON, 9, b"1"))], spread=Spread(salt, 0, ALL)))
    assert 10 <= cast.metrics.news_dropped.total <= 11, "one may have been taken up at once"


def test_so_is_the_memory_that_their_keys_take(cast: Cast) -> None:
    entries = [(b"%02d" % number + b"k" * 65_000, Entry(NOON, 9, b"")) for number in range(48)]
    cast.store.apply(entries)
    cast.may_go_on.clear()
    sender = make_exchange(cast.store).opening().sender
    for salt in range(40):
        cast.push.pass_on(Message(sender, entries=entries, spread=Spread(salt, 0, ALL)))
    assert 37 <= cast.metrics.news_dropped.total <= 39, "of some 3 MiB each, one is at work and one waits"


def test_who_wrote_it_is_not_told(cast: Cast) -> None:
    cast.roster.succeeded(cast.peers[4], 9)
    cast.store.apply([(b"a", Entry(NOON, 9, b"1"))])
    for salt in range(20):
        cast.push.pass_on(
            Message(
                make_exchange(cast.store).opening().sender,
                entries=[(b"a", Entry(NOON, 9, b"1"))],
                spread=Spread(salt, 0, ALL),
            )
        )
    wait_until(lambda: len(cast.told) == 60)
    assert {address for address, _ in cast.told} == {*cast.peers} - {cast.peers[4]}


@pytest.mark.parametrize("cast", [(9, 0)], indirect=True)
def test_with_no_fanout_nothing_is_told(cast: Cast) -> None:
    cast.store.put(b"a", b"1")
    cast.push.pass_on(
        Message(
            make_exchange(cast.store).opening().sender, entries=[(b"a", Entry(NOON, 9, b"1"))], spread=Spread(1, 0, ALL)
        )
    )
    assert cast.push.alive
    time.sleep(0.05)
    assert cast.told == []
    assert cast.store.take_news() == []


def test_a_mistake_of_our_own_costs_one_telling(cast: Cast, caplog: pytest.LogCaptureFixture) -> None:
    cast.down = {Address("10.0.0.1", 1)}
    calls = iter([OSError("a mistake")])
    known = cast.roster.in_good_standing

    def mistaken(but: int | None = None) -> list[Address]:
        for error in calls:
            raise error
        return known(but)

    cast.roster.in_good_standing = mistaken  # type: ignore[method-assign]
    cast.store.put(b"a", b"1")
    wait_until(lambda: "telling news failed" in caplog.text)
    cast.store.put(b"b", b"1")
    wait_until(lambda: cast.told)
    assert set(cast.keys) == {(b"b",)}
