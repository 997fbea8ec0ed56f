"""What a node holds, asked by the protocol of peers; at this host (see `Network.at`), unless another is named."""

from gossip.data.entry import Entry
from gossip.data.limits import StoreLimits
from gossip.sync import wire
from gossip.sync.address import Address
from gossip.sync.giving import START, is_end
from gossip.sync.message import Message, PeerFault, Sender
from gossip.sync.transport import Transport
from tests.chaos.history import Process
from tests.netns.network import PEER_PORT

CLUSTER = "gossip"
"""The cluster's name: as no other is given, the DNS name that the nodes look up."""

_LARGEST = StoreLimits().value_bytes
_SENDER = Sender(CLUSTER, origin=0xC4A05, time=0, latest=0, fingerprint=0, largest=_LARGEST, leaving=False)
_TRANSPORT = Transport(limit=4 * _LARGEST)


HERE = "127.0.0.1"


def ask(message: Message, seconds: float, host: str = HERE) -> Message:
    """Its answer. Raises PeerFault when there is none within so many seconds."""
    return wire.decode(_TRANSPORT.post(Address(host, PEER_PORT), wire.encode(message), seconds))


def held(keys: list[bytes], seconds: float = 10.0, host: str = HERE) -> tuple[Process, dict[bytes, Entry]]:
    """Who the node is, and which of these keys it holds."""
    answer = ask(Message(_SENDER, wants=keys), seconds, host)
    return answer.sender.origin, dict(answer.entries)


def everything(seconds: float = 10.0) -> tuple[Process, dict[bytes, Entry]]:
    """Who the node is, and all that it holds. Raises PeerFault as `ask` does."""
    origin, entries = held([], seconds)
    place = START
    while not is_end(place):
        answer = ask(Message(_SENDER, place=place), seconds)
        if answer.sender.origin != origin:
            raise PeerFault("the node was restarted meanwhile")
        entries.update(answer.entries)
        assert answer.place
        place = answer.place
    return origin, entries
