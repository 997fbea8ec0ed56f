"""Which faults come when: drawn beforehand, so that a seed says it all."""

import random
from typing import NamedTuple

PARTITION = "partition"
DEAFNESS = "one-way loss"
LOSS = "loss"
DELAY = "delay"
PAUSE = "pause"
KILL = "kill"
RESTART = "rolling restart"
STOPS_AT_ONCE = "stops at once"
CLOCK_STEP = "clock step"
CALM = "calm"

LONGEST = {
    PARTITION: 5.0,
    DEAFNESS: 5.0,
    LOSS: 8.0,
    DELAY: 8.0,
    PAUSE: 3.0,
    KILL: 2.0,
    RESTART: 1.0,
    STOPS_AT_ONCE: 1.0,
    CLOCK_STEP: 10.0,
}
"""Every kind of fault, and for how many seconds it is in force at the most; of a stop, how long the host is down."""

EVERY_SECONDS = 0.6
"""A fault begins so often, on average."""

CALM_SECONDS = 4.0
"""So long nothing fails before each third turn: what was acknowledged before is everywhere then. A kill follows."""

MOST_STEP = 10.0
"""By how many seconds a clock is put forwards or backwards at the most."""


class Fault(NamedTuple):
    """One fault, from its beginning to its end."""

    at: float
    """Seconds from the beginning of the run."""
    seconds: float
    kind: str
    groups: tuple[tuple[int, ...], ...]
    """The hosts concerned: of a partition its sides; of a one-way loss the deaf ones and those whom they do not hear;
    of a calm none; of all others one group, which a rolling restart goes through in order."""
    step: float = 0.0
    """Of a clock step: by how many seconds the clock is ahead meanwhile."""

    def __str__(self) -> str:
        groups = " | ".join(" ".join(map(str, group)) for group in self.groups)
        step = f" by {self.step:+.1f} s" if self.step else ""
        of = f" of {groups}" if groups else ""
        return f"{self.kind}{of}{step} for {self.seconds:.1f} s"


def plan(seed: int, seconds: float, hosts: int) -> list[Fault]:
    """The faults of a run, in the order of their beginnings. Kinds come in turns, each in random order."""
    rng = random.Random(seed)
    faults: list[Fault] = []
    kinds: list[str] = []
    turns = 0
    at = rng.uniform(0, 2 * EVERY_SECONDS)
    while at < seconds:
        if not kinds:
            kinds = rng.sample([*LONGEST], len(LONGEST))
            turns += 1
            if turns % 3 == 0:
                faults.append(Fault(at, CALM_SECONDS, CALM, ()))
                at += CALM_SECONDS
                kinds = [*kinds, KILL]
        kind = kinds.pop()
        step = rng.uniform(-MOST_STEP, MOST_STEP) if kind == CLOCK_STEP else 0.0
        faults.append(Fault(at, rng.uniform(0.1, 1) * LONGEST[kind], kind, _groups(kind, hosts, rng), step))
        at += rng.uniform(0, 2 * EVERY_SECONDS)
    return faults


def _groups(kind: str, hosts: int, rng: random.Random) -> tuple[tuple[int, ...], ...]:
    order = rng.sample(range(hosts), hosts)
    if kind in (PARTITION, DEAFNESS):
        cut = rng.randint(1, hosts - 1)
        deaf_to = rng.randint(cut + 1, hosts) if kind == DEAFNESS else hosts
        return tuple(order[:cut]), tuple(order[cut:deaf_to])
    most = {LOSS: hosts, DELAY: hosts, RESTART: hosts, STOPS_AT_ONCE: 4}.get(kind, 1)
    return (tuple(order[: rng.randint(1, most)]),)
