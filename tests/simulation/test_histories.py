"""Random histories: everything at once, and at the end one content everywhere."""

from dataclasses import dataclass, field

import pytest

from gossip.data.entry import Entry
from gossip.data.store import Store
from tests.simulation.world import Node, World, contents, merged_by_law

NODES = 60
STEPS = 60
KEYS = [b"key %d" % number for number in range(40)]


@dataclass
class History:
    """What happened in a world, and what the stores must not contradict."""

    world: World
    written: dict[bytes, list[tuple[Entry, Store]]] = field(default_factory=dict)
    """All writes by key, each with the store of the process that wrote it."""
    seen: dict[tuple[int, bytes], tuple[int, int]] = field(default_factory=dict)
    """By origin of the holder and key: the greatest stamp found so far."""

    def step(self) -> None:
        """Something happens, mostly writes; then part of a round passes."""
        world = self.world
        happens = world.rng.choices([self._write, self._crash, self._split, self._heal], [12, 2, 1, 1])[0]
        happens()
        world.run(world.rng.uniform(0, 1))
        self._check_growth()

    def _write(self) -> None:
        for _ in range(10):
            node = self.world.rng.choice(self.world.nodes)
            key = self.world.rng.choice(KEYS)
            if node.up:
                bury = self.world.rng.random() < 0.2
                entry = node.bury(key) if bury else node.put(key, self.world.rng.randbytes(8))
                self.written.setdefault(key, []).append((entry, node.store))

    def _crash(self) -> None:
        """Some nodes crash; those that were down come back."""
        for node in self.world.nodes:
            if not node.up:
                node.start()
        for node in self.world.rng.sample(self.world.nodes, 5):
            node.crash()

    def _split(self) -> None:
        numbers = self.world.rng.sample(range(NODES), NODES)
        self.world.network.split(numbers[:15], numbers[15:30])

    def _heal(self) -> None:
        self.world.network.heal()

    def _check_growth(self) -> None:
        """No key's stamp ever goes backwards within one process."""
        for node in self.world.nodes:
            for key, entry in node.store.items():
                place = node.store.origin, key
                assert entry[:2] >= self.seen.get(place, (0, 0))
                self.seen[place] = entry[:2]


def happened(seed: int, steps: int = STEPS) -> History:
    """A history of writes, tombstones, loss, delay, partitions, restarts and skewed clocks."""
    world = World(NODES, seed, budget=2_000)
    world.network.loss, world.network.late, world.network.delay = 0.2, 0.05, 0.1
    for node in world.nodes:
        node.skew = world.rng.uniform(-25, 25)
    history = History(world)
    for _ in range(steps):
        history.step()
    return history


def survivors(history: History, nodes: list[Node]) -> dict[bytes, Entry]:
    """What all must come to hold, at the least: the greatest write of each key whose process still runs."""
    running = {node.store.origin for node in nodes}
    stand: dict[bytes, Entry] = {}
    for key, writes in history.written.items():
        kept = [entry for entry, store in writes if store.origin in running]
        if kept:
            stand[key] = max(kept, key=lambda entry: entry[:2])
    return stand


@pytest.mark.parametrize("seed", range(5))
def test_after_any_history_all_nodes_hold_the_greatest_stamp_that_survived(seed: int) -> None:
    history = happened(seed)
    world = history.world
    for node in world.nodes:
        if not node.up:
            node.start()
    world.network.loss = 1.0
    world.run(11)  # late messages still arrive: what they carry survived on the way, if nowhere else
    held = merged_by_law(world.nodes)
    least = survivors(history, world.nodes)
    assert len(held) > 30
    assert not world.agreed(), "the history ends amid unrest, or nothing is shown"

    world.network.heal()
    world.network.loss = 0.2
    world.rounds_until(world.agreed, most=25)
    world.run(15)  # the last late messages arrive, and bring nothing new
    assert all(contents(node) == held for node in world.nodes)
    for key, entry in held.items():
        assert entry in [entry for entry, _ in history.written[key]], "nothing is held that nobody wrote"
    for key, entry in least.items():
        assert held[key][:2] >= entry[:2], "a write was lost though the process that made it still runs"


def test_one_seed_gives_one_history() -> None:
    first, second = happened(3, steps=20), happened(3, steps=20)
    assert [contents(node) for node in first.world.nodes] == [contents(node) for node in second.world.nodes]
