"""The laws by which news spreads, and nothing else: arrays in place of nodes, so that a million fit.

Rounds: each node calls one random other; the call passes the news either way if one of the two had it as the round
began. Who lacks it gets it in the answer; who has it is asked for it first, and gives it in a second request.

Telling: the law of `gossip.sync.spread`: a range of the ring is cut into shares, the first of a share is told and left
the rest of it; where it does not answer within TELL_SECONDS, the next one is told. What is told again is not passed on.

`tests/simulation/test_lean.py` holds both against the real code.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]
Flags = NDArray[np.bool_]


def rounds(nodes: int, seed: int, loss: float = 0.0, churn: float = 0.0, first: int = 1) -> Iterator[int]:
    """How many nodes hold a write, as each round ends, without end. `first` of them hold it as the first one begins.

    `loss` is the chance of each message; by `churn`, that part of the nodes is replaced by empty ones after each round,
    never one of the first.
    """
    rng = np.random.default_rng(seed)
    numbers = np.arange(nodes)
    holds = numbers < first
    while True:
        peers = rng.integers(0, nodes - 1, nodes)
        peers += peers >= numbers
        answered = rng.random(nodes) >= 1 - (1 - loss) ** 2
        asked_back = rng.random(nodes) >= loss
        there = holds[peers]
        gets = ~holds & there & answered
        gives = holds & ~there & answered & asked_back
        holds[gets] = True
        holds[peers[gives]] = True
        holds[first + rng.choice(nodes - first, round(churn * nodes), replace=False)] = False
        yield int(holds.sum())


def rounds_to_all(nodes: int, seed: int, loss: float = 0.0, first: int = 1) -> int:
    """In how many rounds a write at one node reaches all."""
    return next(number for number, held in enumerate(rounds(nodes, seed, loss, first=first), 1) if held == nodes)


class Told(NamedTuple):
    """What telling comes to, when no round helps."""

    reached: int
    """How many nodes hold the write, the one that wrote it among them."""
    messages: int
    """How many times a node was told."""
    steps: int
    """From how many hands the last one had it."""
    silences: float
    """How many answers that did not come were waited for, one after the other, before half of the nodes were told."""


class _Due(NamedTuple):
    """Nodes that are told, by their place in the order of the ring."""

    node: Numbers
    last: Numbers
    """The last one of the range that it is left."""
    silences: Numbers
    """How many answers that did not come were waited for on the way to it."""
    step: Numbers
    """From how many hands it has it."""

    def only(self, which: Flags | Numbers) -> "_Due":
        return _Due(*(each[which] for each in self))


def tell(nodes: int, fanout: int, seed: int, loss: float = 0.0) -> Told:
    """A write at one node is told to all."""
    rng = np.random.default_rng(seed)
    silences = np.full(nodes - 1, -1)
    messages = steps = 0
    due = _Due(*(np.array([number]) for number in (-1, nodes - 2, 0, 0)))  # who wrote it stands before all others
    while due.node.size:
        now = due.silences == due.silences.min()
        told = _told_by(due.only(now), fanout, loss, rng)
        messages += told.node.size
        fresh = told.only(silences[told.node] < 0)
        fresh = fresh.only(np.unique(fresh.node, return_index=True)[1])
        silences[fresh.node] = fresh.silences
        steps = max(steps, int(fresh.step.max(initial=0)))
        due = _joined([due.only(~now), fresh])
    reached = silences[silences >= 0]
    return Told(reached.size + 1, messages, steps, float(np.median(reached)) if reached.size else 0.0)


def _told_by(tellers: _Due, fanout: int, loss: float, rng: np.random.Generator) -> _Due:
    """Whom these tell, one share after the other, and what they leave to those."""
    within = tellers.last - tellers.node
    count = np.minimum(fanout, within)
    silences = tellers.silences.copy()
    told = [tellers.only(count < 0)]
    for number in range(fanout):
        has = np.flatnonzero(count > number)
        node, last = (tellers.node[has] + within[has] * n // count[has] for n in (number, number + 1))
        node += 1
        while has.size:
            arrives, answered = (rng.random(has.size) >= loss for _ in range(2))
            told.append(_Due(node, last, silences[has], tellers.step[has] + 1).only(arrives))
            fails = ~(arrives & answered)
            silences[has[fails]] += 1
            left = fails & (node < last)
            has, node, last = has[left], node[left] + 1, last[left]
    return _joined(told)


def _joined(parts: list[_Due]) -> _Due:
    return _Due(*map(np.concatenate, zip(*parts, strict=True)))
