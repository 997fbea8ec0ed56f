"""Figures in the text format of Prometheus, version 0.0.4: for each metric its HELP, its TYPE and its samples."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from typing import NamedTuple

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

Number = int | float
Labels = tuple[tuple[str, str], ...]


class Sample(NamedTuple):
    """One number."""

    suffix: str
    """What follows the name of the metric."""
    labels: Labels
    value: Number


class Metric(NamedTuple):
    """One metric with all its samples."""

    name: str
    kind: str
    about: str
    samples: Sequence[Sample]


def gauge(name: str, about: str, value: Number | None, labels: Labels = ()) -> Metric:
    """What goes up and down; without a sample where its value is not known."""
    return Metric(name, "gauge", about, [] if value is None else [Sample("", labels, value)])


def counter(name: str, about: str, value: Number) -> Metric:
    """What only grows, until the process ends."""
    return Metric(name, "counter", about, [Sample("", (), value)])


def labelled(kind: str, name: str, about: str, label: str, values: Mapping[str, Number]) -> Metric:
    """A gauge or counter with a value for each of some values of a label."""
    return Metric(name, kind, about, [Sample("", ((label, each),), value) for each, value in values.items()])


def histogram(name: str, about: str, bounds: Sequence[float], counts: Sequence[int], total: float) -> Metric:
    """How many were counted in each interval: those with these upper ends, and one without; and the sum of all."""
    ends = [_told(bound) for bound in (*bounds, float("inf"))]
    buckets = [Sample("_bucket", (("le", end),), upto) for end, upto in zip(ends, accumulate(counts), strict=True)]
    return Metric(name, "histogram", about, [*buckets, Sample("_sum", (), total), Sample("_count", (), sum(counts))])


def text_of(metrics: Iterable[Metric]) -> bytes:
    """All of them, as they are sent."""
    lines: list[str] = []
    for name, kind, about, samples in metrics:
        lines += (f"# HELP {name} {_escaped(about)}", f"# TYPE {name} {kind}")
        lines += (f"{name}{suffix}{_in_braces(labels)} {_told(value)}" for suffix, labels, value in samples)
    return "".join(f"{line}\n" for line in lines).encode()


def _in_braces(labels: Labels) -> str:
    pairs = [f'{name}="{_quotable(value)}"' for name, value in labels]
    return f"{{{','.join(pairs)}}}" if pairs else ""


def _quotable(text: str) -> str:
    return _escaped(text).replace('"', '\\"')


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def _told(value: Number) -> str:
    return "+Inf" if value == float("inf") else str(value)
