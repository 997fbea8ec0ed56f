"""What the doctor finds: a line for each thing that it looked at."""

from enum import Enum
from typing import NamedTuple


class Level(Enum):
    """How a thing is."""

    OK = "ok"
    WARNING = "warning"
    """It works, or may; but somebody should know."""
    WRONG = "wrong"


class Finding(NamedTuple):
    """How one thing is, and what to do about it."""

    level: Level
    about: str
    words: str

    def __str__(self) -> str:
        """One line: others may have had a word in it."""
        line = f"{self.level.value:<7}  {self.about}: {self.words}"
        return "".join(c if c.isprintable() else "?" for c in " ".join(line.split("\n")))


def ok(about: str, words: str) -> Finding:
    return Finding(Level.OK, about, words)


def warning(about: str, words: str) -> Finding:
    return Finding(Level.WARNING, about, words)


def wrong(about: str, words: str) -> Finding:
    return Finding(Level.WRONG, about, words)
