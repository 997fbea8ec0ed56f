"""The network of a simulated cluster: how messages fare."""

import math
import random
from collections.abc import Iterable
from dataclasses import dataclass, field

LATE_SECONDS = 10.0
"""A late message arrives so much later, when its sender has long given up."""


@dataclass
class Network:
    """How messages fare. All chances are of one message, be it a request or an answer."""

    loss: float = 0.0
    """The chance that it is lost."""
    late: float = 0.0
    """The chance that it arrives ten seconds after its sender gave up. The peer still takes in a late request."""
    delay: float = 0.0
    """The most seconds that it takes otherwise."""
    sides: dict[int, int] = field(default_factory=dict)
    """On which side of a partition each node is, by number; 0 unless told. Nothing passes between sides."""

    def split(self, *sides: Iterable[int]) -> None:
        """Part these groups of nodes from each other, and from all nodes not named."""
        self.sides = {number: side for side, numbers in enumerate(sides, 1) for number in numbers}

    def heal(self) -> None:
        self.sides = {}

    def connects(self, a: int, b: int) -> bool:
        return self.sides.get(a, 0) == self.sides.get(b, 0)

    def seconds(self, rng: random.Random) -> float:
        """How long a message takes: without end when it is lost."""
        if rng.random() < self.loss:
            return math.inf
        return LATE_SECONDS if rng.random() < self.late else rng.uniform(0, self.delay)
