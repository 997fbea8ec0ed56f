"""What becomes of a write in a simulated cluster of real nodes, for `bench/simulate.py`."""

import math
from collections.abc import Callable
from statistics import mean
from typing import NamedTuple

from gossip.data.entry import Entry
from tests.simulation.world import World

KEY, VALUE = b"key", b"v" * 100
DELAY = 0.002
"""The most seconds that a message takes; half of it on average."""
NEVER = 1e6
"""Rounds that far apart are none."""
IDLE_KEYS = 20
"""So many keys are held where nothing is new: enough that they are summarised, not listed."""

Known = Callable[[World], None]
"""Says which addresses discovery gives each node."""


class Spread(NamedTuple):
    """What became of one write."""

    held: int
    """So many nodes held it in the end."""
    rounds: float
    """Rounds, or without rounds seconds, until they did; without end when not all came to hold it."""
    bytes: float
    """Sent by each node meanwhile."""
    copies: float
    """Of the value, that came to each node."""
    messages: int
    """By which it was told at once."""
    steps: int
    """From how many hands the last one had it that was told at once."""
    half: float
    """Seconds after which half of those that were told at once had been."""
    last: float
    """And the last of them."""


def _outcome(world: World, written: Entry, rounds: float, began: float) -> Spread:
    depth = {0: 0}
    times: dict[int, float] = {}
    for at, teller, told in world.told:
        depth.setdefault(told, depth[teller] + 1)
        times.setdefault(told, at - began)
    nodes = len(world.nodes)
    copies = sum(node.merged.news + node.merged.stale for node in world.nodes) / nodes
    took = sorted(times.values()) or [0.0]
    held = sum(node.store.get(KEY) == written for node in world.nodes)
    sent = sum(node.sent for node in world.nodes) / nodes
    return Spread(held, rounds, sent, copies, len(world.told), max(depth.values()), took[len(took) // 2], took[-1])


def spread(nodes: int, seed: int, loss: float = 0.0, fanout: int = 0, known: Known | None = None) -> Spread:
    """A write at one node of a cluster at work, until all hold it. Each node knows all others, or as told."""
    world = World(nodes, seed, fanout=fanout)
    if known:
        known(world)
    world.run(1)
    for node in world.nodes:
        node.sent = 0
    world.network.loss, world.network.delay = loss, DELAY * bool(fanout)
    began = world.now
    written = world.nodes[0].put(KEY, VALUE)
    left = world.nodes
    while left := [node for node in left if node.store.get(KEY) != written]:
        world.run(0.1)
    return _outcome(world, written, world.now - began, began)


def told_at_once(
    nodes: int, fanout: int, seed: int, loss: float = 0.0, known: Known | None = None, seconds: float = 2.0
) -> Spread:
    """A write at one node that all others have met before, and what comes of it without any round."""
    world = World(nodes, seed, fanout=fanout, interval=NEVER)
    if known:
        known(world)
    for node in world.nodes:
        node.roster.succeeded(world.nodes[0].address, world.nodes[0].store.origin)
    world.network.loss, world.network.delay = loss, DELAY
    written = world.nodes[0].put(KEY, VALUE)
    world.run(seconds / NEVER)
    return _outcome(world, written, math.inf, 0.0)


def by_lot(part: float) -> Known:
    """Each node knows that part of all nodes, drawn anew for each."""

    def know(world: World) -> None:
        for node in world.nodes:
            world.known_to[node.number] = world.rng.sample(world.addresses, round(part * len(world.nodes)))

    return know


def the_same(part: float) -> Known:
    """All know the same part of all nodes; the one that writes is not in it."""

    def know(world: World) -> None:
        some = world.addresses[-round(part * len(world.nodes)) :]
        world.known_to = {node.number: some for node in world.nodes}

    return know


def idle(nodes: int, rounds: int = 10) -> tuple[float, float]:
    """Bytes that a node sends in a round in which nothing is new: on average, and the busiest of them."""
    world = World(nodes, seed=1)
    first = world.nodes[0]
    for number in range(IDLE_KEYS):
        first.put(b"key %d" % number, VALUE)
    for node in world.nodes[1:]:
        node.store.apply(first.store.items())
    world.run(rounds)
    sent = [node.sent / rounds for node in world.nodes]
    return mean(sent), max(sent)
