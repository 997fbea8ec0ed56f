"""Where a demo is shown: on a terminal, in place; elsewhere, line by line."""

import os
import shutil
import sys
from collections import deque
from collections.abc import Sequence
from typing import Protocol

from gossip.commands.demo.table import Row, table
from gossip.commands.output import tell

TITLE = "These nodes share one map. Each address is where one serves clients, and a page to open in a browser."
HINT = "k 3 and Enter kills node 3, r 3 revives it; q or Ctrl-C ends the demo"
_LATEST = 6
"""So many of the latest sentences stand below the table."""

_CLEAR, _TO_THE_END, _REST_OF_LINE, _KEEP, _BACK = "\x1b[2J", "\x1b[J", "\x1b[K", "\x1b7", "\x1b8"


class Show(Protocol):
    """Shows a demo to somebody. Each raises OSError when nobody can see it."""

    def introduce(self, addresses: Sequence[str]) -> None:
        """All nodes are up, and this is where."""

    def say(self, sentence: str) -> None:
        """Something has happened."""

    def draw(self, rows: Sequence[Row], typed: bool) -> None:
        """This is how things are; `typed` is whether a line was typed since they were last drawn."""


class Lines:
    """A line for each sentence. The table is for those who can see it change."""

    def introduce(self, addresses: Sequence[str]) -> None:
        for line in (TITLE, *addresses, HINT):
            tell(line)

    def say(self, sentence: str) -> None:
        tell(sentence)

    def draw(self, rows: Sequence[Row], typed: bool) -> None:
        pass


class Screen:
    """A terminal: the table, the latest sentences below it, and a line to type on, which drawing leaves alone."""

    def __init__(self) -> None:
        self._sentences: deque[str] = deque(maxlen=_LATEST)
        self._drawn = False

    def introduce(self, addresses: Sequence[str]) -> None:
        """It shows them all the time."""

    def say(self, sentence: str) -> None:
        self._sentences.append(sentence)

    def draw(self, rows: Sequence[Row], typed: bool) -> None:
        blank = [""] * (_LATEST - len(self._sentences))
        lines = [TITLE, "", *table(rows), "", *self._sentences, *blank, "", HINT]
        width = shutil.get_terminal_size().columns
        drawn = "".join(f"{_at(row)}{line[:width]}{_REST_OF_LINE}" for row, line in enumerate(lines, 1))
        to_type_at = f"{_at(len(lines) + 1)}{_TO_THE_END}> "
        if not self._drawn:
            tell(f"{_CLEAR}{drawn}{to_type_at}", end="")
        else:
            tell(f"{drawn}{to_type_at}" if typed else f"{_KEEP}{drawn}{_BACK}", end="")
        self._drawn = True


def _at(row: int) -> str:
    return f"\x1b[{row};1H"


def show() -> Show:
    """What suits standard output."""
    is_a_screen = sys.stdout is not None and sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"
    return Screen() if is_a_screen else Lines()
