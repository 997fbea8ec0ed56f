"""What became of entries that came from a peer."""

from collections.abc import Iterator
from dataclasses import dataclass, field

REASONS = ("future", "large", "full")
"""Why an entry is not taken: it is stamped too far ahead, its value is too large, or there is no room."""


def fault_of(reason: str) -> str:
    """As which kind of fault it counts that an entry was not taken."""
    return f"entry refused, {reason}"


@dataclass
class Merged:
    """What became of a batch of entries from a peer."""

    news: int = 0
    """Entries that were fresher than what was held, and are held now."""
    stale: int = 0
    """Entries that were already here, or older than what is here."""
    refused: dict[str, int] = field(default_factory=dict)
    """Entries not taken, counted by reason (see `REASONS`)."""
    details: dict[str, str] = field(default_factory=dict)
    """For each reason, a sentence about the first entry refused for it."""

    def refuse(self, reason: str, detail: str) -> None:
        self.refused[reason] = self.refused.get(reason, 0) + 1
        self.details.setdefault(reason, detail)

    def faults(self) -> Iterator[tuple[str, str, int]]:
        """What to report: for each reason, its kind of fault, a sentence, and how many entries."""
        for reason, count in self.refused.items():
            yield fault_of(reason), self.details[reason], count

    def __iadd__(self, other: "Merged") -> "Merged":
        self.news += other.news
        self.stale += other.stale
        for reason, count in other.refused.items():
            self.refused[reason] = self.refused.get(reason, 0) + count
            self.details.setdefault(reason, other.details[reason])
        return self
