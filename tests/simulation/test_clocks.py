"""Wrong clocks: what a hybrid logical clock bears, and what is refused."""

from collections.abc import Iterable

import pytest

from tests.simulation.world import EPOCH, Node, World, contents

HOUR = 3_600.0


def refused(nodes: Iterable[Node]) -> set[str]:
    """For which reasons these nodes refused entries."""
    return {reason for node in nodes for reason in node.merged.refused}


@pytest.mark.parametrize("seed", range(3))
def test_clocks_half_a_minute_off_either_way_refuse_nothing(seed: int) -> None:
    world = World(50, seed)
    for node in world.nodes:
        node.skew = world.rng.uniform(-30, 30)
    written = {b"key %d" % node.number: node.put(b"key %d" % node.number, b"value") for node in world.nodes}
    world.rounds_until(world.agreed, most=10)
    assert all(contents(node) == written for node in world.nodes)
    assert refused(world.nodes) == set()


@pytest.mark.parametrize("seed", range(3))
def test_a_write_that_follows_from_another_wins_though_its_clock_is_a_minute_behind(seed: int) -> None:
    world = World(50, seed)
    fast, slow = world.nodes[0], world.nodes[1]
    fast.skew, slow.skew = 30, -30
    first = fast.put(b"key", b"first")
    world.rounds_until(lambda: slow.store.get(b"key") == first, most=10)
    then = slow.put(b"key", b"then")
    assert then.time == first.time + 1
    world.rounds_until(world.agreed, most=10)
    assert all(node.store.get(b"key") == then for node in world.nodes)


@pytest.mark.parametrize("seed", range(3))
def test_entries_from_a_clock_hours_ahead_are_refused_until_their_time_comes(seed: int) -> None:
    world = World(20, seed, interval=30.0)
    broken, others = world.nodes[0], world.nodes[1:]
    before = others[0].put(b"shared", b"before")
    world.rounds_until(world.agreed, most=10)

    broken.skew = 2 * HOUR
    ahead = broken.put(b"shared", b"ahead"), broken.put(b"own", b"ahead")
    later = others[1].put(b"other", b"later")
    world.run(10)
    assert world.agreed(others)
    assert all(contents(node) == {b"shared": before, b"other": later} for node in others)
    assert contents(broken) == {b"shared": ahead[0], b"own": ahead[1], b"other": later}
    assert refused(others) == {"future"}
    assert refused([broken]) == set()
    assert all(node.store.clock.latest <= node.wall() for node in others), "a refused time is not learned"
    fresh = others[2].put(b"shared", b"still writable")
    world.run(10)
    assert all(node.store.get(b"shared") == fresh for node in others)

    world.run(2 * HOUR / world.interval)
    assert world.agreed()
    assert contents(world.nodes[9]) == {b"shared": ahead[0], b"own": ahead[1], b"other": later}


def test_a_clock_just_outside_what_is_taken_is_taken_a_moment_later() -> None:
    world = World(10, seed=1)
    ahead = world.nodes[0]
    ahead.skew = 65
    written = ahead.put(b"key", b"value")
    world.run(4)
    assert all(node.store.get(b"key") is None for node in world.nodes[1:])
    world.run(8)
    assert all(node.store.get(b"key") == written for node in world.nodes)


def test_stamps_only_grow_when_the_wall_clock_steps_back() -> None:
    world = World(10, seed=2)
    node = world.nodes[0]
    times = []
    for skew in (0, 20, -20, -HOUR, 5, -30):
        node.skew = skew
        times += [node.put(b"key", b"at %d, %d" % (skew, n)).time for n in range(3)]
        world.run(1)
    assert times == sorted(set(times))
    assert times[:3] == [EPOCH, EPOCH + 1, EPOCH + 2]
    assert times[5:9] == [times[5], times[5] + 1, times[5] + 2, times[5] + 3], "it counts on from where it was"
    world.rounds_until(world.agreed, most=8)
    assert {node.store.get(b"key") for node in world.nodes} == {node.store.get(b"key")}
    assert contents(world.nodes[5])[b"key"].value == b"at -30, 2"


@pytest.mark.parametrize("seed", range(3))
def test_a_flood_of_refused_entries_starves_no_others(seed: int) -> None:
    """The node holds ten messages full of entries that all others refuse, and twenty that they lack."""
    world = World(10, seed, budget=4_000)
    node, others = world.nodes[0], world.nodes[1:]
    world.network.split([0])
    good = {b"good %d" % n: node.put(b"good %d" % n, bytes(50)) for n in range(20)}
    node.skew = 24 * HOUR
    flood = {b"flood %d" % n: node.put(b"flood %d" % n, bytes(100)) for n in range(400)}
    world.network.heal()
    good |= {b"other %d" % peer.number: peer.put(b"other %d" % peer.number, bytes(50)) for peer in others}

    world.rounds_until(lambda: all(contents(peer) == good for peer in others), most=60)
    world.rounds_until(lambda: contents(node) == good | flood, most=10)
    assert refused(others) == {"future"}


def test_an_exchange_ends_when_all_that_it_moves_is_refused() -> None:
    """Each message is cut, so that more is left to say; but saying it again would not help, whoever begins."""
    world = World(2, seed=1, budget=4_000)
    ahead, peer = world.nodes
    ahead.skew = 24 * HOUR
    for n in range(400):
        ahead.put(b"flood %d" % n, bytes(100))
    for begins, answers in ((ahead, peer), (peer, ahead)):
        outcome = world.converse(begins, answers)
        assert outcome.requests <= 5
        assert not outcome.agreed
    assert peer.merged.refused["future"] > 20
    assert contents(peer) == {}
