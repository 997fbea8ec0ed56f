"""The gossip thread survives whatever its peers do."""

import pytest

from gossip.data.clock import MICROS
from gossip.data.limits import StoreLimits
from gossip.sync import wire
from gossip.sync.address import Address
from gossip.sync.message import NotReachable, PeerFault, Refused
from tests.nodes import wait_until
from tests.unit.fakes import NOON, Wall, make_exchange, make_store
from tests.unit.gossiping import OTHER, PEER, Act, Bench, answers_of, failing, peer_of
from tests.unit.logged import logged


def test_a_round_is_one_exchange_with_a_peer() -> None:
    there = make_store(2)
    bench = Bench({PEER: peer_of(there)})
    bench.store.put(b"mine", b"1")
    there.put(b"theirs", b"2")
    assert bench.syncer.last_exchange is None
    bench.syncer.round()
    assert bench.store.fingerprint() == there.fingerprint()
    assert bench.store.entries == 2
    assert bench.metrics.exchanges_out.totals == {"agreed": 1, "complete": 0, "partial": 0}
    assert bench.syncer.last_exchange is not None


def test_a_clock_that_was_set_back_is_named_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    bench = Bench({})
    bench.store.clock.observe(NOON + 7260 * MICROS)
    bench.syncer.round()
    assert bench.faults.counts == {"clock set back": 1}
    assert "7200 s too far ahead of its clock" in logged(caplog)[0]


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
    assert (bench.metrics.exchanges_out.total, bench.metrics.exchanges_failed.total) == (0, 2)
    assert bench.syncer.last_exchange is None


def test_refused_entries_are_counted() -> None:
    there = make_store(2, wall=lambda: 2_000_000_000_000_000)
    there.put(b"k", b"from the far future")
    bench = Bench({PEER: peer_of(there)})
    bench.syncer.round()
    assert bench.faults.counts == {"entry refused, future": 2}, "it is given, then found again by comparison"
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
    assert "give all nodes one MAX_VALUE_BYTES" in logged(caplog)[0]
