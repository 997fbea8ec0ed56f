"""The picture of how rounds and steps grow with the cluster, for `bench/simulate.py --plot FILE`."""

import math
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
from matplotlib.axes import Axes

Points = dict[str, list[tuple[int, float]]]
"""For each line: at so many nodes, so much. The one called "real code" is drawn as dots."""

REAL = "real code"
COLOURS = ["#0072b2", "#e69f00", "#009e73", "#cc4778"]


def theory(nodes: int) -> float:
    """Rounds that push-pull gossip takes (Karp et al. 2000)."""
    return math.log(nodes, 3) + math.log2(math.log(nodes))


def draw(path: Path, rounds: Points, steps: Points) -> None:
    """Two plots side by side, on white, whatever the viewer's own colours."""
    mpl.use("Agg")
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.2), facecolor="white", layout="constrained")
    _lines(left, rounds)
    sizes = [nodes for nodes, _ in next(iter(rounds.values()))]
    left.plot(sizes, [theory(nodes) for nodes in sizes], "--", color="#555555", label="log$_3$ N + log$_2$ ln N")
    left.set(title="By rounds alone", ylabel="rounds until all hold a write", ylim=(0, None))
    _lines(right, steps)
    right.set(title="Told at once", ylabel="steps until all are told", ylim=(0, None))
    for axes in (left, right):
        axes.legend(frameon=False, fontsize=9)
    figure.savefig(path, dpi=110)


def _lines(axes: Axes, points: Points) -> None:
    colours = iter(COLOURS)
    for name, line in points.items():
        if name != REAL:
            axes.plot(*zip(*line, strict=True), "-", color=next(colours), lw=2, label=f"{name}, lean model")
    dots = zip(*points[REAL], strict=True)
    axes.plot(*dots, "o", color="black", mfc="none", ms=7, label="real code, simulated", zorder=3)
    axes.set(xscale="log", xlabel="nodes", facecolor="white")
    axes.grid(color="#dddddd")
