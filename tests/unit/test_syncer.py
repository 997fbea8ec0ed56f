"""The gossip thread survives whatever its peers do, and leaves what it holds with one that stays."""

import random
import threading
import time
from collections.abc import Callable

import pytest

from gossip.data.clock import MICROS
from gossip.data.store import Store, StoreLimits
from gossip.faults import Faults
from gossip.metrics import Metrics
from gossip.sync import wire
from gossip.sync.address import Address
from gossip.sync.exchange import Exchange
from gossip.sync.message import NotReachable, PeerFault, Refused
from gossip.sync.roster import Roster
from gossip.sync.syncer import Post, Syncer
from tests.nodes import wait_until
from tests.unit.fakes import NOON, Wall, make_exchange, make_store

NEVER = 3600.0
"""An interval after which no test comes to see a second round."""

PEER, OTHER = Address("peer", 1), Address("other", 1)

Act = Callable[[bytes, float], bytes]
"""What a fake peer does with a message, which may take so many seconds."""


class Bench:
    """A syncer among fake peers, with everything that it counts."""

    def __init__(self, peers: dict[Address, Act], interval: float = NEVER, seed: int = 1) -> None:
        self.store = make_store(1)
        self.exchange = make_exchange(self.store)
        self.roster = Roster(lambda: list(peers), set(), random.Random(seed))
        self.faults = Faults()
        self.metrics = Metrics()
        post: Post = lambda address, message, timeout: peers[address](message, timeout)  # noqa: E731
        self.syncer = Syncer(
            self.store, self.exchange, self.roster, post, interval, random.Random(seed), self.faults, self.metrics
        )

    def first_round(self) -> None:
        self.syncer.start()
        wait_until(lambda: self.syncer.last_exchange is not None, what="the first exchange")


def peer_of(store: Store, cluster: str = "test") -> Act:
    return answers_of(make_exchange(store, cluster))


def answers_of(exchange: Exchange) -> Act:
    return lambda message, _: wire.encode(exchange.answer(wire.decode(message))[0])


def failing(error: Exception) -> Act:
    def act(message: bytes, timeout: float) -> bytes:
        raise error

    return act


def test_a_round_is_one_exchange_with_a_peer() -> None:
    there = make_store(2)
    bench = Bench({PEER: peer_of(there)})
    bench.store.put(b"mine", b"1")
    there.put(b"theirs", b"2")
    assert bench.syncer.last_exchange is None
    bench.syncer.round()
    assert bench.store.fingerprint() == there.fingerprint()
    assert bench.store.entries == 2
    assert bench.metrics.exchanges_out.total == 1
    assert bench.syncer.last_exchange is not None


def test_a_clock_that_was_set_back_is_named_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    bench = Bench({})
    bench.store.clock.observe(NOON + 7260 * MICROS)
    bench.syncer.round()
    assert bench.faults.counts == {"clock set back": 1}
    assert "7200 s too far ahead of its clock" in caplog.text


def test_a_round_without_peers_does_nothing() -> None:
    bench = Bench({})
    bench.syncer.round()
    assert (bench.metrics.exchanges_out.total, bench.faults.counts) == (0, {})


def from_another(message: bytes, timeout: float) -> bytes:
    return wire.encode(make_exchange(make_store(2), "another").opening())


FAILURES: dict[str, tuple[Act, str]] = {
    "no answer": (failing(PeerFault("no answer")), "exchange failed"),
    "nobody there": (failing(NotReachable("nobody")), "peer not reachable"),
    "a refusal": (failing(Refused("go away")), "peer refused"),
    "an empty answer": (lambda message, _: b"", "malformed message"),
    "another protocol": (lambda message, _: b"<html>" * 20, "malformed message"),
    "half an answer": (lambda message, _: peer_of(make_store(2))(message, _)[:-1], "malformed message"),
    "a later version": (lambda message, _: message[:2] + b"\x02" + message[3:], "unknown protocol version"),
    "another cluster": (from_another, "another cluster"),
}


@pytest.mark.parametrize(("act", "kind"), FAILURES.values(), ids=FAILURES.keys())
def test_a_peer_that_fails_costs_a_round_and_a_count(act: Act, kind: str) -> None:
    bench = Bench({PEER: act})
    bench.syncer.round()
    bench.syncer.round()
    assert bench.faults.counts == {kind: 2}
    assert bench.metrics.exchanges_out.total == 0
    assert bench.syncer.last_exchange is None


def test_refused_entries_are_counted() -> None:
    there = make_store(2, wall=lambda: 2_000_000_000_000_000)
    there.put(b"k", b"from the far future")
    bench = Bench({PEER: peer_of(there)})
    bench.syncer.round()
    assert bench.faults.counts == {"entry refused, future": 1}
    assert bench.metrics.exchanges_out.total == 1


def test_a_request_has_two_seconds_at_most() -> None:
    given: list[float] = []

    def act(message: bytes, timeout: float) -> bytes:
        given.append(timeout)
        raise PeerFault("seen enough")

    Bench({PEER: act}).syncer.round()
    assert given == [2.0]


def test_a_node_that_meets_itself_does_not_call_there_again() -> None:
    peers: dict[Address, Act] = {}
    bench = Bench(peers)
    peers.update({PEER: answers_of(bench.exchange), OTHER: peer_of(make_store(2))})
    for _ in range(20):
        bench.syncer.round()
    assert bench.roster.known() == [OTHER]
    assert bench.faults.counts == {}
    assert bench.metrics.exchanges_out.total >= 19


def test_the_thread_survives_what_nobody_thought_of() -> None:
    good = peer_of(make_store(2))
    errors = iter((RuntimeError("one"), OSError("two"), AssertionError("three"), MemoryError(), RecursionError()))

    def act(message: bytes, timeout: float) -> bytes:
        error = next(errors, None)
        if error:
            raise error
        return good(message, timeout)

    bench = Bench({PEER: act}, interval=0.01)
    bench.first_round()
    assert next(errors, None) is None
    assert bench.syncer.alive
    bench.syncer.stop(5)
    wait_until(lambda: not bench.syncer.alive)


def test_the_thread_survives_a_roster_that_fails() -> None:
    bench = Bench({PEER: peer_of(make_store(2))}, interval=0.01)
    pick, failures = bench.roster.pick, iter((RuntimeError("one"), KeyError("two")))

    def failing_pick() -> Address | None:
        for failure in failures:
            raise failure
        return pick()

    bench.roster.pick = failing_pick  # type: ignore[method-assign]
    bench.first_round()
    assert bench.syncer.alive
    bench.syncer.stop(5)


def test_rounds_go_on() -> None:
    bench = Bench({PEER: peer_of(make_store(2))}, interval=0.01)
    bench.syncer.start()
    wait_until(lambda: bench.metrics.exchanges_out.total >= 5)
    bench.syncer.stop(5)


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
    bench.syncer.start()
    bench.syncer.stop(10)
    wait_until(lambda: not bench.syncer.alive)
    assert any("writes not yet spread are lost" in message for message in caplog.messages)


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


def test_what_was_refused_is_counted_when_the_exchange_fails_later() -> None:
    there = make_store(2, wall=Wall(NOON + 3600 * MICROS))
    for number in range(20):
        there.put(b"%d" % number, b"value")
    answer, calls = answers_of(make_exchange(there)), iter(range(2))

    def fails_at_the_second(message: bytes, timeout: float) -> bytes:
        if next(calls):
            raise PeerFault("no more")
        return answer(message, timeout)

    bench = Bench({PEER: fails_at_the_second})
    bench.store.put(b"mine", b"1")
    bench.syncer.round()
    assert bench.faults.counts == {"entry refused, future": 20, "exchange failed": 1}


def test_a_value_that_the_peer_does_not_accept_is_named_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    bench = Bench({PEER: peer_of(make_store(2, StoreLimits(value_bytes=3)))})
    bench.store.put(b"large", b"1234")
    bench.syncer.round()
    assert bench.faults.counts == {"entry withheld": 1}
    assert "give all nodes one MAX_VALUE_BYTES" in caplog.text
