"""How many rounds a write takes to reach every node, against the theory of push-pull gossip.

Karp, Schindelhauer, Shenker and Voecking (2000, "Randomized rumor spreading") count in synchronous rounds: in each,
every node calls one random other, and each call passes the rumour either way when one of the two had it *as the round
began*. About log3 N + log2 ln N rounds are needed; drawing such rounds gives means of 3.5, 6.5 and 9.2 for 10, 100 and
1,000 nodes.
"""

import math
from statistics import mean

import pytest

from tests.simulation.synchronous import rounds_to_all
from tests.simulation.world import World

THEORY = {10: 3.5, 100: 6.5, 1_000: 9.2}
SEEDS = {10: 40, 100: 12, 1_000: 6}


def free_rounds(nodes: int, seed: int) -> int:
    """In how many intervals a write reaches all when each node has its rounds at its own time and passes news on."""
    world = World(nodes, seed)
    world.run(1)
    written = world.nodes[0].put(b"key", b"value")
    return world.rounds_until(lambda: all(node.store.get(b"key") == written for node in world.nodes), most=20)


@pytest.mark.parametrize("nodes", THEORY)
def test_a_write_reaches_all_nodes_in_as_many_synchronous_rounds_as_theory_says(nodes: int) -> None:
    measured = mean(rounds_to_all(nodes, seed) for seed in range(SEEDS[nodes]))
    print(f"{nodes} nodes: {measured:.2f} synchronous rounds, theory {THEORY[nodes]}")
    assert abs(measured - THEORY[nodes]) < 1


@pytest.mark.parametrize("nodes", THEORY)
def test_the_formula_of_the_theory_gives_its_figures(nodes: int) -> None:
    formula = math.log(nodes, 3) + math.log2(math.log(nodes))
    assert abs(formula - THEORY[nodes]) < 0.5


@pytest.mark.parametrize(("nodes", "seeds"), [(10, 40), (100, 8)])
def test_nodes_that_do_not_march_in_step_are_no_slower(nodes: int, seeds: int) -> None:
    measured = mean(free_rounds(nodes, seed) for seed in range(seeds))
    print(f"{nodes} nodes: {measured:.2f} intervals out of step, theory of synchronous rounds {THEORY[nodes]}")
    assert measured < THEORY[nodes]
