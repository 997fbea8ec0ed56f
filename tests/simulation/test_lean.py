"""The lean model that carries the figures to a million nodes agrees with the real code, where both can be had."""

from statistics import mean

import pytest

from bench.lean import rounds, rounds_to_all, tell
from bench.spreading import told_at_once
from tests.simulation import synchronous

SEEDS = {10: 20, 100: 8, 1_000: 3}


@pytest.mark.parametrize("loss", [0.0, 0.2])
@pytest.mark.parametrize("nodes", SEEDS)
def test_both_need_as_many_rounds(nodes: int, loss: float) -> None:
    real = mean(synchronous.rounds_to_all(nodes, seed, loss) for seed in range(SEEDS[nodes]))
    lean = mean(rounds_to_all(nodes, seed, loss) for seed in range(50))
    print(f"{nodes} nodes, loss {loss}: {real:.2f} rounds by the real code, {lean:.2f} by the lean model")
    assert abs(real - lean) < 1


@pytest.mark.parametrize(("nodes", "theory"), [(10, 3.5), (100, 6.5), (1_000, 9.2), (10_000, 11.6)])
def test_the_lean_model_gives_what_theory_says(nodes: int, theory: float) -> None:
    assert abs(mean(rounds_to_all(nodes, seed) for seed in range(20)) - theory) < 0.5


def test_under_churn_both_have_as_many_that_hold_the_write() -> None:
    real = [held for held, _ in zip(synchronous.rounds(200, 1, churn=0.05), range(30), strict=False)]
    lean = [held for held, _ in zip(rounds(200, 1, churn=0.05), range(30), strict=False)]
    assert abs(mean(real[15:]) - mean(lean[15:])) < 4
    assert 180 < mean(lean[15:]) < 195


@pytest.mark.parametrize("fanout", [2, 3, 4])
@pytest.mark.parametrize("nodes", SEEDS)
def test_both_tell_each_once_in_as_many_steps(nodes: int, fanout: int) -> None:
    real, lean = told_at_once(nodes, fanout, 1), tell(nodes, fanout, 1)
    assert (real.held, lean.reached) == (nodes, nodes)
    assert (lean.messages, real.messages) == (nodes - 1, nodes - 1)
    assert lean.steps == real.steps


@pytest.mark.parametrize("loss", [0.1, 0.2])
def test_both_reach_as_many_where_messages_are_lost(loss: float) -> None:
    real = mean(told_at_once(200, 3, seed, loss, seconds=20).held for seed in range(20)) / 200
    lean = mean(tell(200, 3, seed, loss).reached for seed in range(200)) / 200
    print(f"loss {loss}: {real:.3f} are told by the real code, {lean:.3f} by the lean model")
    assert abs(real - lean) < 0.05
