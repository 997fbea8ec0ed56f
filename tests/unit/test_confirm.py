"""Confirmed writes among fake peers."""

import random
import threading
import time
from collections.abc import Iterator

import pytest

from gossip.faults import Faults
from gossip.metrics import Metrics
from gossip.sync import wire
from gossip.sync.address import Address
from gossip.sync.calls import Calls
from gossip.sync.confirm import Confirmer
from gossip.sync.message import Message, NotReachable
from gossip.sync.roster import Roster
from tests.nodes import wait_until
from tests.unit.fakes import items_of, make_exchange, make_store


class Peers:
    """Peers of a node that writes; each is a store of its own."""

    def __init__(self, count: int) -> None:
        self.store = make_store(100)
        self.stores = {Address(f"10.0.0.{number}", 1): make_store(number) for number in range(1, count + 1)}
        self.addresses = list(self.stores)
        self.down: set[Address] = set()
        self.refusing: set[Address] = set()
        self.silent: set[Address] = set()
        self.over = threading.Event()
        self.asked = self.most_asked = 0
        """How many are asked now, and were at most at once."""
        self._lock = threading.Lock()
        self.faults = Faults()
        roster = Roster(lambda: self.addresses, set(), random.Random(1))
        calls = Calls(roster, self._post, self.faults, Metrics())
        self.confirm = Confirmer(make_exchange(self.store, budget=1000), calls).confirm

    def _post(self, address: Address, message: bytes, timeout: float) -> bytes:
        with self._lock:
            self.asked += 1
            self.most_asked = max(self.most_asked, self.asked)
        try:
            return self._answer(address, message, timeout)
        finally:
            with self._lock:
                self.asked -= 1

    def _answer(self, address: Address, message: bytes, timeout: float) -> bytes:
        if address in self.silent:
            self.over.wait(timeout)
        if address in self.down | self.silent:
            raise NotReachable("nobody there")
        if address not in self.stores:
            return wire.encode(make_exchange(self.store).opening())
        exchange = make_exchange(self.stores[address])
        answer, _ = exchange.answer(wire.decode(message))
        return wire.encode(Message(answer.sender, refused=int(address in self.refusing)))

    @property
    def holders(self) -> int:
        return sum(items_of(store).get(b"k") == b"v" for store in self.stores.values())


@pytest.fixture
def peers(request: pytest.FixtureRequest) -> Iterator[Peers]:
    peers = Peers(getattr(request, "param", 5))
    peers.store.put(b"k", b"v")
    yield peers
    peers.over.set()


@pytest.mark.parametrize(
    ("peers", "wanted", "count"),
    [(5, "0", 0), (5, "1", 1), (5, "3", 3), (5, "all", 5), (20, "all", 20), (5, "majority", 3), (4, "majority", 2),
     (2, "majority", 1), (1, "majority", 1), (0, "majority", 0), (0, "all", 0)],
    indirect=["peers"],
)  # fmt: skip
def test_so_many_peers_hold_it(peers: Peers, wanted: str, count: int) -> None:
    confirmed, enough = peers.confirm([b"k"], wanted, 5)
    assert enough
    assert count <= confirmed <= peers.holders


def test_more_than_there_are_is_never_enough(peers: Peers) -> None:
    began = time.monotonic()
    assert peers.confirm([b"k"], "6", 1.5) == (5, False)
    assert 1.5 <= time.monotonic() - began < 4


def test_peers_that_are_down_or_refuse_do_not_count(peers: Peers) -> None:
    peers.down, peers.refusing = {*peers.addresses[:1]}, {*peers.addresses[1:3]}
    assert peers.confirm([b"k"], "2", 5) == (2, True)
    assert peers.confirm([b"k"], "3", 1.5) == (2, False)
    assert peers.faults.counts["peer not reachable"] >= 1


def test_silent_peers_keep_nobody_waiting_while_others_answer(peers: Peers) -> None:
    peers.silent = {*peers.addresses[:3]}
    began = time.monotonic()
    assert peers.confirm([b"k"], "2", 10) == (2, True)
    assert time.monotonic() - began < 3


def test_a_peer_that_comes_back_in_time_counts(peers: Peers) -> None:
    peers.down = {*peers.addresses}
    threading.Timer(0.2, peers.down.clear).start()
    assert peers.confirm([b"k"], "all", 10) == (5, True)


def test_a_peer_that_is_leaving_is_no_safe_place(peers: Peers) -> None:
    peers.stores[peers.addresses[0]].freeze()
    assert peers.confirm([b"k"], "all", 1.5) == (4, False)


@pytest.mark.parametrize(("wanted", "count"), [("all", 5), ("majority", 3)])
def test_the_node_itself_is_no_peer(peers: Peers, wanted: str, count: int) -> None:
    peers.addresses.insert(0, Address("10.9.9.9", 1))
    confirmed, enough = peers.confirm([b"k"], wanted, 2)
    assert enough
    assert confirmed >= count
    assert peers.confirm([b"k"], "6", 1.5) == (5, False)


def test_two_addresses_of_one_peer_are_one_peer(peers: Peers) -> None:
    again = Address("fd00::1", 1)
    peers.stores[again] = peers.stores[peers.addresses[0]]
    peers.addresses.append(again)
    assert peers.confirm([b"k"], "all", 2) == (5, True)


def test_keys_that_fill_several_messages_are_all_held(peers: Peers) -> None:
    keys = [b"key %d" % number for number in range(100)]
    for key in keys:
        peers.store.put(key, b"value")
    assert peers.confirm(keys, "all", 5) == (5, True)
    assert all(len(items_of(store)) == 100 for store in peers.stores.values())


def test_a_deleted_key_is_confirmed_as_well(peers: Peers) -> None:
    peers.store.delete([b"k"])
    assert peers.confirm([b"k"], "all", 5) == (5, True)
    assert all(items_of(store) == {b"k": None} for store in peers.stores.values())


def confirm_at_once(peers: Peers, count: int, wanted: str, seconds: float) -> list[threading.Thread]:
    """So many writes that wait at once."""
    waiting = [threading.Thread(target=peers.confirm, args=([b"k"], wanted, seconds)) for _ in range(count)]
    for thread in waiting:
        thread.start()
    return waiting


@pytest.mark.parametrize("peers", [9], indirect=True)
def test_many_writes_that_wait_for_silent_peers_take_few_threads(peers: Peers) -> None:
    peers.silent = {*peers.addresses}
    for thread in confirm_at_once(peers, 50, "all", 1):
        thread.join()
    assert 8 <= peers.most_asked <= 40


@pytest.mark.parametrize("peers", [9], indirect=True)
def test_who_waits_for_peers_that_failed_of_late_keeps_nobody_waiting_who_asks_the_others(peers: Peers) -> None:
    peers.silent = {*peers.addresses[:8]}
    assert peers.confirm([b"k"], "all", 1.5) == (1, False)
    waiting = confirm_at_once(peers, 50, "all", 4)
    wait_until(lambda: peers.asked == 8, what="those that failed are asked, a few at once")
    assert peers.confirm([b"k"], "1", 2) == (1, True)
    peers.over.set()
    peers.silent = set()
    for thread in waiting:
        thread.join()


def test_where_no_thread_can_be_begun_nobody_is_asked(peers: Peers, monkeypatch: pytest.MonkeyPatch) -> None:
    def start(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", start)
        assert peers.confirm([b"k"], "1", 0.2) == (0, False)
    assert peers.confirm([b"k"], "1", 5) == (1, True)
