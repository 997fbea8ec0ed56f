"""What a demo shows: a table of the nodes as lines of text."""

from collections.abc import Sequence
from typing import NamedTuple

HEADINGS = ("node", "address", "state", "entries", "fingerprint", "agrees", "last write seen")
_TO_THE_RIGHT = ("node", "entries")
_GAP = "  "


class Row(NamedTuple):
    """One node, as people read it."""

    node: str
    address: str
    state: str
    entries: str = "-"
    fingerprint: str = "-"
    agrees: str = "-"
    seen: str = "-"


def table(rows: Sequence[Row]) -> list[str]:
    """The headings and the rows, in columns."""
    lines = (HEADINGS, *rows)
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return [_line(line, widths) for line in lines]


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [
        cell.rjust(width) if heading in _TO_THE_RIGHT else cell.ljust(width)
        for heading, cell, width in zip(HEADINGS, cells, widths, strict=True)
    ]
    return _GAP.join(padded).rstrip()


def milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:,.0f} ms"
