"""How an exchange went, for the node that began it."""

from dataclasses import dataclass, field

from gossip.data.merged import Merged
from gossip.sync.message import Sender


@dataclass
class Outcome:
    """How an exchange went, for the node that began it."""

    peer: Sender | None = None
    """What the peer last said of itself."""
    agreed: bool = False
    """Whether both held the same at the end."""
    requests: int = 0
    sent: int = 0
    """Entries sent to the peer."""
    refused_there: int = 0
    """How many of these it did not take."""
    withheld: int = 0
    """Entries not sent, as the peer accepts only smaller values."""
    merged: Merged = field(default_factory=Merged)
    """What became of the entries that the peer sent."""
    whole: bool = False
    """Whether the last conversation came to its end with nothing left out."""

    @property
    def result(self) -> str:
        """What came of it, in a word.

        `agreed`: both held the same at the end. `complete`: all that either side lacked has crossed, and the other was
        written to meanwhile. `partial`: something was left out, or refused.
        """
        if self.agreed:
            return "agreed"
        return "complete" if self.whole and not self.refused and not self.withheld else "partial"

    @property
    def taken(self) -> int:
        """Entries that crossed, either way, and were not refused."""
        return self.merged.news + self.sent - self.refused_there

    @property
    def refused(self) -> int:
        """Entries that crossed for nothing, either way."""
        return self.refused_there + sum(self.merged.refused.values())

    @property
    def handed_over(self) -> bool:
        """Whether the peer lacks nothing that is held here."""
        return self.agreed or (self.whole and not self.refused_there and not self.withheld)
