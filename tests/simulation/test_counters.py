"""Counters amid partitions, loss and skewed clocks: at the end every node knows the exact total."""

import pytest

from tests.simulation.world import World

NODES = 8
COUNTERS = [b"hits", b"visits", b"errors"]


@pytest.mark.parametrize("seed", range(20))
def test_what_was_added_anywhere_is_in_the_total_everywhere(seed: int) -> None:
    world = World(NODES, seed)
    world.network.loss, world.network.delay = 0.2, 0.1
    for node in world.nodes:
        node.skew = world.rng.uniform(-25, 25)
    added = dict.fromkeys(COUNTERS, 0)
    for _ in range(30):
        numbers = world.rng.sample(range(NODES), NODES)
        world.network.split(*world.rng.choice([[], [numbers[:4]], [numbers[:1], numbers[1:3]]]))
        for _ in range(10):
            node, key, amount = world.rng.choice(world.nodes), world.rng.choice(COUNTERS), world.rng.randint(-50, 100)
            known = node.store.present(key)
            assert node.store.add(key, amount) == int(known.value or b"" if known else 0) + amount
            added[key] += amount
        world.run(world.rng.uniform(0, 2))
    world.network.heal()
    world.rounds_until(world.agreed, most=40)
    for node in world.nodes:
        totals = {key: node.store.present(key) for key in COUNTERS}
        assert {key: int(total.value or b"") for key, total in totals.items() if total} == added


def test_a_process_that_starts_anew_adds_to_a_share_of_its_own() -> None:
    world = World(NODES, seed=1)
    for _ in range(5):
        for node in world.nodes:
            node.store.add(b"hits", 1)
        world.rounds_until(world.agreed, most=10)
        world.nodes[3].start()
    world.rounds_until(world.agreed, most=10)
    assert [entry and entry.value for entry in (node.store.present(b"hits") for node in world.nodes)] == [b"40"] * NODES
