"""News is told at once, over a tree; what it does not reach, the rounds bring."""

from collections import Counter
from collections.abc import Iterable

import pytest

from gossip.data.entry import Entry
from tests.simulation.world import Node, World, contents

SEEDS = range(3)
NEVER = 1e6
"""An interval after which these tests have long ended: what is told at once is all there is."""


def quiet_world(nodes: int, seed: int, fanout: int = 3) -> World:
    """One without rounds, where a message takes up to two milliseconds."""
    world = World(nodes, seed, fanout=fanout, interval=NEVER)
    world.network.delay = 0.002
    return world


def pass_seconds(world: World, seconds: float) -> None:
    world.run(seconds / world.interval)


def holders(nodes: Iterable[Node], written: Entry) -> int:
    return sum(node.store.get(b"key") == written for node in nodes)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("fanout", [1, 2, 3, 4, 64])
def test_everyone_is_told_once(seed: int, fanout: int) -> None:
    world = quiet_world(200, seed, fanout)
    written = world.nodes[7].put(b"key", b"value")
    pass_seconds(world, 1.0)
    assert holders(world.nodes, written) == 200
    assert Counter(told for _, _, told in world.told) == dict.fromkeys(range(200), 1), (
        "the writer too, as nobody has learned yet whose address that is"
    )


def test_who_wrote_it_is_not_told_by_those_who_know_its_address() -> None:
    world = quiet_world(50, seed=1)
    writer = world.nodes[7]
    for node in world.nodes:
        node.roster.succeeded(writer.address, writer.store.origin)
    writer.put(b"key", b"value")
    pass_seconds(world, 1.0)
    assert Counter(told for _, _, told in world.told) == {number: 1 for number in range(50) if number != 7}


def test_three_tell_a_thousand_in_a_twentieth_of_a_second() -> None:
    world = quiet_world(1_000, seed=1)
    written = world.nodes[0].put(b"key", b"value")
    pass_seconds(world, 0.05)
    assert holders(world.nodes, written) == 1_000
    assert max(Counter(teller for _, teller, _ in world.told).values()) == 3


def test_without_a_fanout_nobody_is_told() -> None:
    world = quiet_world(20, seed=1, fanout=0)
    written = world.nodes[0].put(b"key", b"value")
    pass_seconds(world, 10.0)
    assert world.told == []
    assert holders(world.nodes, written) == 1


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_written_at_many_nodes_at_one_moment_is_everywhere(seed: int) -> None:
    world = quiet_world(50, seed)
    written = {key: node.put(key, b"value") for node in world.nodes for key in [b"key %d" % node.number]}
    pass_seconds(world, 2.0)
    assert all(contents(node) == written for node in world.nodes)
    assert 50 * 49 <= len(world.told) <= 50 * 50


@pytest.mark.parametrize("seed", SEEDS)
def test_the_range_of_one_that_is_dead_is_told_by_the_next(seed: int) -> None:
    world = quiet_world(100, seed)
    dead = world.rng.sample(world.nodes[1:], 10)
    for node in dead:
        node.crash()
    written = world.nodes[0].put(b"key", b"value")
    pass_seconds(world, 15.0)
    assert holders(world.nodes, written) == 90
    assert len(world.told) == 90, "nobody is told twice"


@pytest.mark.parametrize("seed", SEEDS)
def test_one_that_dies_after_it_was_told_leaves_its_range_to_the_rounds(seed: int) -> None:
    world = World(100, seed, fanout=3)
    world.network.delay = 0.002
    written = world.nodes[0].put(b"key", b"value")
    while not world.told:
        world.run(0.001)
    first = world.nodes[world.told[0][2]]
    first.crash()
    pass_seconds(world, 0.5)
    left = [node for node in world.nodes if node.up]
    assert 50 <= holders(left, written) < 99
    world.rounds_until(lambda: holders(left, written) == 99, most=5)


@pytest.mark.parametrize("seed", SEEDS)
def test_with_a_fifth_of_the_messages_lost_the_rounds_bring_the_rest(seed: int) -> None:
    world = World(200, seed, fanout=3)
    world.network.delay, world.network.loss = 0.002, 0.2
    written = world.nodes[0].put(b"key", b"value")
    world.rounds_until(lambda: holders(world.nodes, written) == 200, most=10)
    assert len(world.told) < 3 * 200


@pytest.mark.parametrize("seed", SEEDS)
def test_where_each_knows_a_tenth_of_the_others_some_are_told_and_the_rounds_bring_the_rest(seed: int) -> None:
    world = World(500, seed, fanout=3)
    world.network.delay = 0.002
    for node in world.nodes:
        world.known_to[node.number] = world.rng.sample(world.addresses, 50)
    written = world.nodes[0].put(b"key", b"value")
    pass_seconds(world, 0.2)
    assert 25 < holders(world.nodes, written) < 400
    world.rounds_until(lambda: holders(world.nodes, written) == 500, most=10)


def test_a_node_that_was_restarted_is_told_as_any_other() -> None:
    world = quiet_world(20, seed=1)
    world.nodes[5].crash()
    world.nodes[5].start()
    written = world.nodes[0].put(b"key", b"value")
    pass_seconds(world, 1.0)
    assert holders(world.nodes, written) == 20
