"""Deleted keys do not return, whoever was out of touch for however long.

`HISTORIES=10000 python -m pytest tests/simulation/test_resurrection.py` tries so many.
"""

import os
import random

import pytest

from gossip.data.clock import MICROS
from gossip.data.limits import StoreLimits
from gossip.sync.touch import ALONE_SECONDS, Touch
from tests.simulation.world import Node, World

HISTORIES = int(os.environ.get("HISTORIES", "60"))
TTL = 20.0
"""Seconds. Those that are alone are so for up to four times as long."""
KEYS = [b"key %d" % number for number in range(5)]
NODES = 5


class History:
    """Nodes write and delete; one after the other is alone for a while, or starts anew."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.world = World(NODES, seed, limits=StoreLimits(tombstone_micros=round(TTL * MICROS)))
        for node in self.world.nodes:
            node.skew = self.rng.uniform(-0.5, 0.5)
        self.alone: Node | None = None
        self.deleted = dict.fromkeys(KEYS, 0)
        """For each key the greatest time of a delete that those who are in touch have seen."""
        self.written_alone: set[tuple[int, int]] = set()
        """Stamps of writes at those who were alone: they stay, if nobody knows any more of a later delete."""
        self.returned: list[str] = []

    @property
    def together(self) -> list[Node]:
        return [node for node in self.world.nodes if node is not self.alone]

    def happen(self, steps: int = 20) -> None:
        for key in KEYS:
            self.world.nodes[0].store.put(key, b"at first")
        self.world.run(ALONE_SECONDS + 5)  # new nodes are the cluster when they have found no other for so long
        happens = [self._write, self._delete, self._delete, self._part, self._part, self._wait, self._join]
        for _ in range(steps):
            self.rng.choice([*happens, self._restart] if self.rng.random() < 0.5 else happens)()
            self._look()
        self._join()
        self.world.run(10)
        self._look()

    def _write(self) -> None:
        node = self.rng.choice(self.world.nodes)
        entry = node.put(self.rng.choice(KEYS), b"%d" % self.rng.getrandbits(30))
        if node is self.alone:
            self.written_alone.add(entry[:2])
        self.world.run(self.rng.uniform(0, 8))

    def _delete(self) -> None:
        node, key = self.rng.choice(self.together), self.rng.choice(KEYS)
        if node.store.delete([key]):
            entry = node.store.get(key)
            assert entry
            self.world.run(8)
            self.deleted[key] = max(self.deleted[key], entry.time)

    def _part(self) -> None:
        """Somebody is alone from now on, unless somebody is already."""
        if self.alone is None:
            self.world.run(8)  # what was written is everywhere before: nobody knows better than others
            self.alone = self.rng.choice(self.world.nodes)
            self.world.network.split([self.alone.number])

    def _wait(self) -> None:
        self.world.run(self.rng.choice([5.0, TTL, 1.5 * TTL, 4 * TTL]))

    def _join(self) -> None:
        """All are together again, and each has had a few rounds."""
        self.world.network.heal()
        self.alone = None
        self.world.run(self.rng.uniform(4, 8))

    def _restart(self) -> None:
        self.rng.choice(self.world.nodes).start()
        self.world.run(self.rng.uniform(0, 6))

    def _look(self) -> None:
        for node in self.together:
            for key in KEYS:
                entry = node.store.present(key)
                if entry and entry.time < self.deleted[key] and entry[:2] not in self.written_alone:
                    self.returned.append(f"{key!r} at node {node.number}, {self.world.now:.1f} s")


def returned(seeds: range) -> list[str]:
    found = []
    for seed in seeds:
        history = History(seed)
        history.happen()
        found += [f"seed {seed}: {sentence}" for sentence in history.returned]
    return found


def test_no_deleted_key_returns() -> None:
    assert returned(range(HISTORIES)) == []


def test_they_would_return_if_nobody_minded_who_was_out_of_touch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Or nothing is shown by the test above."""
    monkeypatch.setattr(Touch, "hear", lambda *_: False)
    monkeypatch.setattr(Touch, "is_behind", lambda *_: False)
    assert len(returned(range(40))) > 3
