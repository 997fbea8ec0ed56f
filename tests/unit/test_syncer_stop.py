"""When a node stops, what it holds is left with a peer that stays."""

import logging
import threading
import time

import pytest

from gossip.data.entry import Entry
from gossip.data.limits import StoreLimits
from gossip.sync.address import Address
from gossip.sync.message import NotReachable, PeerFault
from tests.nodes import wait_until
from tests.unit.fakes import NOON, make_store
from tests.unit.gossiping import OTHER, PEER, Bench, failing, peer_of


def test_a_stop_leaves_what_is_held_with_a_peer_and_does_not_wait_for_the_interval() -> None:
    there = make_store(2)
    bench = Bench({PEER: peer_of(there)})
    bench.first_round()
    bench.store.put(b"late", b"write")
    bench.store.freeze()
    start = time.monotonic()
    bench.syncer.stop(10)
    assert time.monotonic() - start < 5
    assert there.get(b"late") == bench.store.get(b"late")


@pytest.mark.parametrize("seed", range(6))
def test_the_last_exchange_is_with_a_peer_that_stays(seed: int) -> None:
    leaving, staying = make_store(2), make_store(3)
    leaving.freeze()
    bench = Bench({PEER: peer_of(leaving), OTHER: peer_of(staying)}, seed=seed)
    bench.first_round()
    bench.store.put(b"late", b"write")
    bench.syncer.stop(10)
    assert staying.get(b"late") is not None


@pytest.mark.parametrize("error", [PeerFault("no answer"), RuntimeError("unthought of")], ids=["fault", "mistake"])
@pytest.mark.parametrize("seed", range(4))
def test_a_failure_in_the_last_exchange_turns_to_the_next_peer(error: Exception, seed: int) -> None:
    there = make_store(2)
    bench = Bench({PEER: failing(error), OTHER: peer_of(there)}, seed=seed)
    bench.store.put(b"late", b"write")
    bench.syncer.stop(10)
    assert there.get(b"late") is not None


def test_a_stop_without_anybody_to_take_the_writes_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    bench = Bench({PEER: failing(PeerFault("no answer"))})
    bench.store.put(b"late", b"write")
    bench.syncer.start()
    bench.syncer.stop(10)
    wait_until(lambda: not bench.syncer.alive)
    assert any("what has not spread yet is lost" in message for message in caplog.messages)


def test_a_stop_whose_time_is_up_says_so_before_it_returns(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    over, answered = threading.Event(), threading.Event()
    answer = peer_of(make_store(2))

    def late(message: bytes, timeout: float) -> bytes:
        over.wait(10)
        answered.set()
        return answer(message, timeout)

    bench = Bench({PEER: late})
    bench.store.put(b"late", b"write")
    bench.syncer.stop(0.2)
    said = "no peer took everything over in time: what has not spread yet is lost with this node"
    assert caplog.messages == [said]
    over.set()
    assert answered.wait(10)
    wait_until(lambda: bench.syncer.last_exchange is not None)
    assert caplog.messages == [said]


def test_a_stop_before_any_peer_was_found_says_that_writes_are_lost(caplog: pytest.LogCaptureFixture) -> None:
    bench = Bench({})
    bench.store.put(b"late", b"write")
    bench.syncer.stop(10)
    assert "what has not spread yet is lost" in caplog.text


def test_a_stop_of_a_node_without_entries_has_nothing_to_say(caplog: pytest.LogCaptureFixture) -> None:
    Bench({PEER: failing(PeerFault("no answer"))}).syncer.stop(10)
    assert not any("lost" in message for message in caplog.messages)


def test_a_stop_waits_for_a_stuck_peer_no_longer_than_told() -> None:
    called, release = threading.Event(), threading.Event()

    def act(message: bytes, timeout: float) -> bytes:
        called.set()
        release.wait(30)
        raise PeerFault("too late")

    bench = Bench({PEER: act})
    bench.syncer.start()
    assert called.wait(10)
    start = time.monotonic()
    bench.syncer.stop(0.2)
    assert time.monotonic() - start < 5
    release.set()
    wait_until(lambda: not bench.syncer.alive)


def test_a_stop_does_not_count_what_a_peer_refused_as_handed_over(caplog: pytest.LogCaptureFixture) -> None:
    full, roomy = make_store(2, StoreLimits(store_bytes=1)), make_store(3)
    bench = Bench({PEER: peer_of(full), OTHER: peer_of(roomy)})
    bench.store.put(b"late", b"write")
    bench.syncer.stop(10)
    assert roomy.get(b"late") is not None
    alone = Bench({PEER: peer_of(full)})
    alone.store.put(b"late", b"write")
    alone.syncer.stop(10)
    assert "no peer took everything over" in caplog.text


def test_a_stop_does_not_count_what_a_peer_is_spared_as_handed_over(caplog: pytest.LogCaptureFixture) -> None:
    """The large value is another node's: this node's own are told whatever the peer accepts, and refused there."""
    bench = Bench({PEER: peer_of(make_store(2, StoreLimits(value_bytes=5)))})
    bench.store.apply([(b"key", Entry(NOON, 3, b"too large"))])
    bench.syncer.stop(10)
    assert "no peer took everything over" in caplog.text


def test_silent_peers_do_not_use_up_the_time_of_a_stop() -> None:
    there = make_store(2)

    def silent(message: bytes, timeout: float) -> bytes:
        time.sleep(timeout)
        raise NotReachable("timed out")

    bench = Bench({**{Address("silent", number): silent for number in range(4)}, PEER: peer_of(there)})
    bench.store.put(b"late", b"write")
    bench.syncer.stop(4)
    assert there.get(b"late") is not None


def test_a_stop_during_a_round_is_not_held_against_its_peer() -> None:
    there, called, release = make_store(2), threading.Event(), threading.Event()
    answer = peer_of(there)

    def slow_at_first(message: bytes, timeout: float) -> bytes:
        if not called.is_set():
            called.set()
            release.wait(10)
            raise NotReachable("too late")
        return answer(message, timeout)

    bench = Bench({PEER: slow_at_first})
    bench.syncer.start()
    assert called.wait(10)
    bench.store.put(b"late", b"write")
    bench.syncer.stop(10)
    assert there.get(b"late") is not None
    release.set()
    wait_until(lambda: not bench.syncer.alive)
    assert bench.faults.counts == {}
