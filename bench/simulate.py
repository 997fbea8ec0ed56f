"""How far news carries in large clusters: `python bench/simulate.py`. The real code, on one thread, in virtual time.

Every message passes through `wire`, and its bytes are counted; what HTTP adds is not. A lean model of the same laws
(`bench/lean.py`) goes on where the real code takes too long, and is printed beside it where both run.
"""

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from statistics import mean

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import lean, scale_plot, spreading
from gossip.sync.push import TELL_SECONDS
from tests.simulation import synchronous

SEEDS = {10: 20, 100: 10, 1_000: 3, 10_000: 1}
"""So many clusters of each size are simulated."""
LEAN_SEEDS = {10: 200, 100: 200, 1_000: 100, 10_000: 50, 100_000: 10, 1_000_000: 3}
LOSSES = (0.0, 0.1, 0.2, 0.4)
FANOUTS = (1, 2, 3, 4)
CHURN, LATER = 0.01, slice(20, 30)
"""That part of the nodes is replaced after each round; how many hold the write is looked at in these rounds."""
PARTS = {
    "10 %, by lot": spreading.by_lot(0.1),
    "41 %, by lot": spreading.by_lot(0.41),
    "41 %, the same": spreading.the_same(0.41),
}
"""Of all nodes, that each knows: a tenth, and as many of 10,000 as the largest DNS answer names."""

Points = dict[str, list[tuple[int, float]]]
"""For each line of the picture: at so many nodes, so much."""


def table(title: str, heads: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    heads = list(heads)
    print(f"\n{title}\n\n| {' | '.join(heads)} |\n|{' ---: |' * len(heads)}")
    for row in rows:
        print("| " + " | ".join(map(str, row)) + " |", flush=True)


def percent(part: float) -> str:
    return f"{part * 100:.3g} %"


def both(figures: Iterable[float], form: str = ".1f") -> str:
    """The mean, and the worst."""
    figures = list(figures)
    return f"{mean(figures):{form}} / {max(figures):{form}}"


def by_rounds() -> Iterator[list[object]]:
    for nodes, seeds in SEEDS.items():
        for loss in LOSSES:
            made = [spreading.spread(nodes, seed, loss) for seed in range(seeds)]
            sent, copies = mean(one.bytes for one in made), max(one.copies for one in made)
            yield [f"{nodes:,}", percent(loss), both(one.rounds for one in made), f"{sent:,.0f}", f"{copies:.2f}"]


def in_step(points: Points) -> Iterator[list[object]]:
    for nodes, lean_seeds in LEAN_SEEDS.items():
        for loss in LOSSES:
            drawn = mean(lean.rounds_to_all(nodes, seed, loss) for seed in range(lean_seeds))
            points.setdefault(f"{percent(loss)} lost", []).append((nodes, drawn))
            real = ""
            if nodes in SEEDS and loss in (0.0, 0.2):
                figure = mean(synchronous.rounds_to_all(nodes, seed, loss) for seed in range(SEEDS[nodes]))
                points.setdefault("real code", []).append((nodes, figure))
                real = f"{figure:.1f}"
            theory = f"{scale_plot.theory(nodes):.1f}" if not loss else ""
            yield [f"{nodes:,}", percent(loss), real, f"{drawn:.1f}", theory]


def at_once(points: Points) -> Iterator[list[object]]:
    for nodes in LEAN_SEEDS:
        for fanout in FANOUTS:
            if fanout == 1 and nodes > 1_000:
                continue  # a chain
            drawn = lean.tell(nodes, fanout, seed=1).steps
            if fanout > 1:
                points.setdefault(f"fan-out {fanout}", []).append((nodes, drawn))
            cells: list[object] = ["", "", "", ""]
            if nodes in SEEDS and (nodes < 10_000 or fanout == 3):  # there the real code takes a minute each
                real = [spreading.told_at_once(nodes, fanout, seed) for seed in range(min(3, SEEDS[nodes]))]
                assert all(one.held == nodes for one in real)
                if fanout > 1:
                    points.setdefault("real code", []).append((nodes, real[0].steps))
                half, last = max(one.half for one in real) * 1000, max(one.last for one in real) * 1000
                cells = [max(one.steps for one in real), f"{half:.0f}", f"{last:.0f}", f"{real[0].copies:.2f}"]
            yield [f"{nodes:,}", fanout, *cells, drawn]


def at_once_with_losses() -> Iterator[list[object]]:
    for nodes, lean_seeds in LEAN_SEEDS.items():
        for loss in LOSSES[1:]:
            drawn = [lean.tell(nodes, 3, seed, loss) for seed in range(min(10, lean_seeds))]
            reach = mean(one.reached for one in drawn) / nodes
            half = TELL_SECONDS * mean(one.silences for one in drawn)
            cells = ["", "", ""]
            if nodes in SEEDS and nodes <= 1_000:
                real = [spreading.told_at_once(nodes, 3, seed, loss, seconds=60) for seed in range(SEEDS[nodes])]
                cells = [percent(mean(one.held for one in real) / nodes), f"{mean(one.half for one in real):.1f}"]
                cells.append(both(spreading.spread(nodes, seed, loss, 3).rounds for seed in range(SEEDS[nodes])))
            yield [f"{nodes:,}", percent(loss), *cells, percent(reach), f"{half:.1f}"]


def churning() -> Iterator[list[object]]:
    ways: tuple[Callable[..., Iterator[int]], ...] = (synchronous.rounds, lean.rounds)
    for nodes in list(LEAN_SEEDS)[1:]:
        cells: list[object] = []
        for rounds in ways if nodes in SEEDS else ways[1:]:
            held = list(islice(rounds(nodes, 1, churn=CHURN), LATER.stop))
            reached = next(number for number, count in enumerate(held, 1) if count >= 0.98 * nodes)
            cells += [reached, percent(mean(held[LATER]) / nodes)]
        yield [f"{nodes:,}", *(["", ""] * (len(cells) == 2)), *cells]


def partly_known() -> Iterator[list[object]]:
    for nodes in list(SEEDS)[1:]:
        for name, known in PARTS.items():
            seeds = range(min(3, SEEDS[nodes]))
            told = mean(spreading.told_at_once(nodes, 3, seed, known=known).held for seed in seeds) / nodes
            alone = both(spreading.spread(nodes, seed, known=known).rounds for seed in seeds)
            helped = both(spreading.spread(nodes, seed, fanout=3, known=known).rounds for seed in seeds)
            yield [f"{nodes:,}", name, percent(told), helped, alone]


def idle() -> Iterator[list[object]]:
    for nodes in SEEDS:
        average, busiest = spreading.idle(nodes)
        yield [f"{nodes:,}", f"{average:.0f}", f"{busiest:.0f}"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--most", type=int, default=1_000_000, help="the largest cluster; default 1,000,000")
    parser.add_argument("--plot", type=Path, help="draw the rounds and steps into this file, too")
    options = parser.parse_args()
    for sizes in (SEEDS, LEAN_SEEDS):
        for nodes in [nodes for nodes in sizes if nodes > options.most]:
            del sizes[nodes]
    rounds: Points = {}
    steps: Points = {}
    table(
        "Rounds alone (`GOSSIP_FANOUT=0`), until all hold a write of 100 bytes",
        ["nodes", "lost", "rounds, mean / worst", "bytes sent by a node", "copies"],
        by_rounds(),
    )
    table("Rounds in step", ["nodes", "lost", "real code", "lean model", "theory"], in_step(rounds))
    table("Told at once, without rounds; a message takes 1 ms", ["nodes", "fan-out", "steps", "half told, ms",
          "all told, ms", "copies", "steps, lean model"], at_once(steps))  # fmt: skip
    table("Told at once by three, while messages are lost", ["nodes", "lost", "told at once", "half of them within s",
          "all hold it within s", "told at once, lean model", "half within s"], at_once_with_losses())  # fmt: skip
    table(f"{percent(CHURN)} of the nodes replaced by empty ones after each round", ["nodes", "98 % hold it after",
          "and from then on", "lean model: after", "and from then on"], churning())  # fmt: skip
    table("Each node knows a part of all nodes", ["nodes", "known", "told at once by three", "all hold it within s",
          "rounds alone"], partly_known())  # fmt: skip
    table("Nothing new: bytes sent by a node in a round", ["nodes", "on average", "the busiest"], idle())
    if options.plot:
        scale_plot.draw(options.plot, rounds, steps)


if __name__ == "__main__":
    main()
