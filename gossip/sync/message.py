"""What two nodes say to each other, as values: no bytes, no sockets. `docs/protocol.md` tells how they talk."""

from dataclasses import dataclass, field
from typing import NamedTuple

from gossip.data.entry import Entry


class PeerFault(Exception):
    """A peer did or said something wrong. It costs one round; the text is one sentence for the log."""

    kind = "exchange failed"
    """Under what the fault is counted and logged."""


class NotReachable(PeerFault):
    """Nobody answers at the peer's address."""

    kind = "peer not reachable"


class Refused(PeerFault):
    """The peer answered that it will not take part."""

    kind = "peer refused"


class OtherCluster(PeerFault):
    """The peer belongs to another cluster."""

    kind = "another cluster"


class Unproven(PeerFault):
    """Nothing proves that what was said is from a node of this cluster, and was not said before."""

    def __init__(self, kind: str, sentence: str) -> None:
        super().__init__(sentence)
        self.kind = kind


class NotBelieved(Refused):
    """The peer wants a proof, and what it was given is none to it."""


class TlsFailed(PeerFault):
    """A connection was made, but no TLS on it: one of the two does not trust the other, or speaks something else."""

    kind = "TLS failed"


class RanOut(TlsFailed):
    """The certificate of one of the two has run out; the text says whose."""


class MetItself(PeerFault):
    """The peer is this very node, under an address that discovery gave."""


class Touched(NamedTuple):
    """When a node was in touch with others, in microseconds since the Unix epoch; zeros when it never was."""

    since: int
    """Of deletes since then it has heard."""
    until: int
    """Until then: the greater of its wall clock and the greatest stamp time that it had seen, when it last was."""


class Sender(NamedTuple):
    """What a node says of itself in each message."""

    cluster: str
    """The name of its cluster: nodes of different clusters exchange nothing."""
    origin: int
    """Its origin."""
    time: int
    """Its wall clock, in microseconds since the Unix epoch."""
    latest: int
    """The greatest stamp time it has issued or seen."""
    fingerprint: int
    """The fingerprint of its whole store."""
    largest: int
    """The largest value that it accepts, in bytes."""
    leaving: bool
    """Whether it is stopping, so that it is no safe place for a last copy."""
    touched: Touched = Touched(0, 0)
    """When it was in touch with others."""


class Listed(NamedTuple):
    """One line of a listing: enough to tell which of two entries is newer, or that they are the same."""

    time: int
    """The entry's stamp time."""
    check: int
    """The lower 32 bits of the entry's fingerprint."""


class Listing(NamedTuple):
    """The keys that the sender holds in one part."""

    part: int
    keys: dict[bytes, Listed]
    partial: bool
    """Whether keys were left out, so that a key missing here may be held all the same."""


class Spread(NamedTuple):
    """What the receiver of news is to pass on: to the peers in a range of the ring (see `gossip.sync.spread`)."""

    salt: int
    """Says where on the ring each peer is."""
    after: int
    """The place before the first one of the range."""
    until: int
    """The last place of the range."""


class Place(NamedTuple):
    """How far a node has been given all that a peer holds (see `gossip.sync.catch_up`)."""

    before: int
    """Entries whose time is below this, and not below `since`, are being given."""
    since: int
    leaf: int
    """The next leaf, counted from 0; 65,536 when those entries have all been given."""


Summary = tuple[int, ...]
"""The fingerprints of the 16 children of a part, in order."""


@dataclass
class Message:
    """One message of an exchange: the sender, what it holds, what it wants, what it gives."""

    sender: Sender
    opening: bool = False
    """Whether this message begins a conversation."""
    cut: bool = False
    """Whether the sender had more to say than fits."""
    refused: int = 0
    """How many entries of the message that this one answers the sender did not take."""
    withheld: int = 0
    """How many entries were left out as the peer accepts only smaller values. Not sent: it is for the sender's log."""
    summaries: dict[int, Summary] = field(default_factory=dict)
    """For parts that may differ: the fingerprints of their children."""
    listings: list[Listing] = field(default_factory=list)
    """For parts that may differ and are small: their keys."""
    wants: list[bytes] = field(default_factory=list)
    """Keys whose entries the sender asks for."""
    entries: list[tuple[bytes, Entry]] = field(default_factory=list)
    """The delta: entries that the other side lacks."""
    spread: Spread | None = None
    """Whom the receiver is to pass the entries on to, if anybody."""
    place: Place | None = None
    """In a request: from where on the sender asks for everything, if it does. In an answer: how far it was given."""

    @property
    def says_nothing(self) -> bool:
        """Whether the conversation is over: nothing is given, asked, or left to compare."""
        return not (self.summaries or self.listings or self.wants or self.entries)
