"""What the network does to messages costs rounds, never agreement."""

import pytest

from gossip.data.entry import Entry
from tests.simulation.world import World, contents

SEEDS = range(3)


def write_everywhere(world: World) -> dict[bytes, Entry]:
    """Each node writes a key of its own; what all should hold then."""
    return {key: node.put(key, b"of %d" % node.number) for node in world.nodes for key in [b"key %d" % node.number]}


@pytest.mark.parametrize("seed", SEEDS)
def test_a_hundred_nodes_agree_within_8_rounds(seed: int) -> None:
    world = World(100, seed)
    written = write_everywhere(world)
    world.rounds_until(world.agreed, most=8)
    assert all(contents(node) == written for node in world.nodes)


@pytest.mark.parametrize("seed", SEEDS)
def test_with_a_fifth_of_the_messages_lost_they_agree_within_24_rounds(seed: int) -> None:
    world = World(100, seed)
    world.network.loss = 0.2
    written = write_everywhere(world)
    world.rounds_until(world.agreed, most=24)
    assert all(contents(node) == written for node in world.nodes)


@pytest.mark.parametrize("seed", SEEDS)
def test_messages_slow_and_late_by_rounds_do_no_harm(seed: int) -> None:
    """Writes go on while others' news is under way, and requests arrive long after their sender gave up."""
    world = World(50, seed)
    world.network.delay, world.network.late = 0.4, 0.1
    last = {}
    for version in range(10):
        node = world.rng.choice(world.nodes)
        last[b"shared"] = node.put(b"shared", b"version %d" % version)
        last[b"key %d" % version] = node.put(b"key %d" % version, b"value")
        world.run(3)
        world.rounds_until(lambda: all(node.store.get(b"shared") == last[b"shared"] for node in world.nodes), most=17)
    world.rounds_until(world.agreed, most=20)
    assert all(contents(node) == last for node in world.nodes)


@pytest.mark.parametrize("seed", SEEDS)
def test_after_a_partition_all_hold_the_newest_of_both_sides(seed: int) -> None:
    world = World(60, seed)
    left, right = world.nodes[:20], world.nodes[20:]
    left[0].put(b"before", b"common")
    world.rounds_until(world.agreed, most=10)
    world.network.split(range(20))

    left[1].put(b"left", b"1")
    right[1].put(b"right", b"1")
    left[2].put(b"left last", b"loses")
    right[2].put(b"right last", b"loses")
    world.run(10)
    right[3].put(b"right last", b"right, later")
    left[3].put(b"left last", b"left, much later")
    left[4].put(b"before", b"left")
    world.run(1)
    right[4].put(b"before", b"right")
    right[5].put(b"left last", b"right, latest")
    left[5].put(b"right last", b"left, latest")
    world.run(10)
    left[3].put(b"left last", b"left, at last")
    world.run(30)
    assert world.agreed(left)
    assert world.agreed(right)
    assert not world.agreed()
    assert left[0].store.get(b"right") is None

    world.network.heal()
    world.rounds_until(world.agreed, most=10)
    held = {key: entry.value for key, entry in contents(world.nodes[0]).items()}
    assert held == {
        b"before": b"right",
        b"left": b"1",
        b"right": b"1",
        b"left last": b"left, at last",
        b"right last": b"left, latest",
    }
    assert all(contents(node) == contents(world.nodes[0]) for node in world.nodes)


def test_a_write_and_a_tombstone_on_two_sides_are_settled_by_their_stamps() -> None:
    world = World(20, seed=1)
    world.nodes[0].put(b"buried last", b"1")
    world.nodes[0].put(b"written last", b"1")
    world.rounds_until(world.agreed, most=8)
    world.network.split(range(10))
    world.nodes[0].put(b"buried last", b"2")
    world.nodes[19].bury(b"written last")
    world.run(1)
    world.nodes[19].bury(b"buried last")
    world.nodes[0].put(b"written last", b"2")
    world.run(5)
    world.network.heal()
    world.rounds_until(world.agreed, most=10)
    held = {key: entry.value for key, entry in contents(world.nodes[5]).items()}
    assert held == {b"buried last": None, b"written last": b"2"}


def test_two_writes_at_one_moment_are_settled_alike_everywhere() -> None:
    """Equal times are settled by origin: by chance, but by the same chance for all."""
    world = World(30, seed=2)
    written = [node.put(b"key", b"of %d" % node.number) for node in world.nodes]
    assert len({entry.time for entry in written}) == 1
    world.rounds_until(world.agreed, most=10)
    assert all(node.store.get(b"key") == max(written) for node in world.nodes)


def test_all_nodes_know_each_other_again_after_a_long_partition() -> None:
    """Peers that failed for long are picked less often, never given up."""
    world = World(20, seed=3)
    world.network.split(range(10))
    world.run(100)
    written = world.nodes[0].put(b"key", b"value")
    world.network.heal()
    world.rounds_until(lambda: all(node.store.get(b"key") == written for node in world.nodes), most=10)
