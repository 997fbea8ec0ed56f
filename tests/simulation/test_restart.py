"""Nodes keep nothing over a restart: what they held comes back from the others."""

import pytest

from tests.simulation.world import World, contents

SEEDS = range(3)


@pytest.mark.parametrize("seed", SEEDS)
def test_restarted_nodes_get_everything_back(seed: int) -> None:
    world = World(60, seed)
    written = {b"key %d" % n: world.rng.choice(world.nodes).put(b"key %d" % n, b"value") for n in range(200)}
    world.rounds_until(world.agreed, most=10)
    origins = {node.store.origin for node in world.nodes}
    crashed = world.nodes[:40]
    for node in crashed:
        node.crash()
    world.run(5)
    for node in crashed:
        node.start()
        assert contents(node) == {}
        assert node.store.origin not in origins
    world.rounds_until(world.agreed, most=10)
    assert all(contents(node) == written for node in world.nodes)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_rolling_restart_of_every_node_loses_nothing(seed: int) -> None:
    world = World(12, seed)
    written = {b"key %d" % n: world.rng.choice(world.nodes).put(b"key %d" % n, b"value") for n in range(50)}
    world.rounds_until(world.agreed, most=8)
    for node in world.nodes:
        node.crash()
        world.run(1)
        node.start()
        world.run(4)
    world.rounds_until(world.agreed, most=8)
    assert all(contents(node) == written for node in world.nodes)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_a_node_writes_after_a_restart_wins_over_what_it_wrote_before(seed: int) -> None:
    """Even when its clock was 25 s ahead before and is 25 s behind after: it got its former stamps back first."""
    world = World(30, seed)
    node = world.nodes[0]
    node.skew = 25
    former = node.put(b"key", b"former")
    world.rounds_until(world.agreed, most=8)
    node.crash()
    node.skew = -25
    world.run(2)
    node.start()
    world.rounds_until(lambda: node.store.get(b"key") == former, most=8)
    later = node.put(b"key", b"later")
    assert later.origin != former.origin
    assert later.time == former.time + 1
    world.rounds_until(world.agreed, most=8)
    assert all(peer.store.get(b"key") == later for peer in world.nodes)


def test_a_write_made_before_anything_came_back_wins_by_the_clock() -> None:
    world = World(30, seed=1)
    node = world.nodes[0]
    node.put(b"key", b"former")
    world.rounds_until(world.agreed, most=8)
    node.crash()
    node.start()
    later = node.put(b"key", b"later")
    world.rounds_until(world.agreed, most=8)
    assert all(peer.store.get(b"key") == later for peer in world.nodes)


def test_a_write_outlives_its_node_once_one_peer_has_it() -> None:
    world = World(20, seed=2)
    written = world.nodes[0].put(b"key", b"value")
    world.converse(world.nodes[0], world.nodes[7])
    world.nodes[0].crash()
    world.nodes[0].start()
    world.rounds_until(world.agreed, most=8)
    assert all(node.store.get(b"key") == written for node in world.nodes)
