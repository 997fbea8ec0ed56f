"""Each peer's address, tried as a node would: reachable, a node, of this cluster, with a clock that fits?

Rule 1: a peer is asked by a message that says who asks, and nothing else: it compares, gives and wants nothing. The
        peer does not take whoever sends it for a node.
Rule 2: it goes the way that all messages go, so whatever a peer asks of those is shown to be right, too.
"""

import random
import secrets
import socket
import ssl
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from gossip.api.exchange import message_limit
from gossip.commands.doctor.finding import Finding, ok, warning, wrong
from gossip.config import Settings
from gossip.data.clock import MICROS, wall_micros
from gossip.data.limits import StoreLimits
from gossip.faults import Faults
from gossip.metrics import Metrics
from gossip.sync.address import Address
from gossip.sync.calls import Calls, Reply
from gossip.sync.message import (
    Message,
    NotBelieved,
    OtherCluster,
    PeerFault,
    RanOut,
    Refused,
    Sender,
    TlsFailed,
    Unproven,
)
from gossip.sync.roster import Roster
from gossip.sync.transport import Transport
from gossip.sync.wire import WireError
from gossip.trust import trust

AT_ONCE = 20
MOST = 200
"""Of more peers, so many are tried, drawn by lot."""

PATIENCE_SECONDS = 2.0
"""As long as a node waits for an answer."""

OFF_SECONDS = 1.0
"""From here on a clock that differs is worth a word: values expire by each node's own."""


class Doctor:
    """Calls peers by the settings of a node."""

    def __init__(self, settings: Settings) -> None:
        """Raises SettingError where the files by which peers know each other cannot be used."""
        limits = StoreLimits(value_bytes=settings.max_value_bytes)
        self.trusted = trusted = trust(settings)
        # as Node makes its own
        transport = Transport(message_limit(limits), proofs=trusted.proofs, tls=trusted.client_tls)
        self._calls = Calls(Roster(list, (), random.Random()), transport.post, Faults(), Metrics())
        self._settings = settings

    def ask(self, address: Address) -> Reply:
        """Who is there? Raises PeerFault."""
        return self._calls.ask(address, self._message(), PATIENCE_SECONDS)

    def _message(self) -> Message:
        """Its fingerprint is no store's, or the peer would think that it agrees with one more node."""
        fingerprint, wall = secrets.randbits(64), wall_micros()
        sender = Sender(self._settings.cluster_name, secrets.randbits(64), wall, 0, fingerprint, 0, leaving=False)
        return Message(sender)

    def look_at_all(self, addresses: Sequence[Address], own: int | None) -> Iterator[Finding]:
        """A finding for each address, as they come in order. `own` is the origin of the node that runs here, if any."""
        tried = addresses
        if len(addresses) > MOST:
            tried = random.sample(addresses, MOST)
            yield ok("peers", f"of {len(addresses)}, {MOST} are tried, drawn by lot")
        with ThreadPoolExecutor(AT_ONCE) as pool:
            yield from pool.map(lambda address: self.look_at(address, own), tried)

    def look_at(self, address: Address, own: int | None) -> Finding:
        """How it is with one peer."""
        about = f"peer {address}"
        if no_way := unreachable(address):
            return wrong(about, no_way)
        try:
            reply = self.ask(address)
        except OtherCluster as fault:
            name = self._settings.cluster_name
            return wrong(about, f"refuses this cluster, {name!r}: give all nodes one CLUSTER_NAME (it says: {fault})")
        except PeerFault as fault:
            return wrong(about, self.why(address, fault))
        if reply.message.sender.origin == own:
            return ok(about, "is the node that runs here")
        return judged(about, reply, self._settings)

    def why(self, address: Address, fault: PeerFault) -> str:
        """Why there was no answer that can be used, although somebody listens."""
        if isinstance(fault, (NotBelieved, Unproven)):
            return (
                f"it does not believe this node, or cannot be believed: give all nodes one PEER_SECRET_FILE ({fault})"
            )
        if isinstance(fault, RanOut):
            return str(fault)
        if isinstance(fault, TlsFailed):
            return f"TLS fails: give all nodes certificates of one authority, PEER_TLS_CERT and its like ({fault})"
        if isinstance(fault, (Refused, WireError)):
            return f"what listens there is no node, not one of this version, or too busy ({fault})"
        if not self._settings.peer_tls_cert and _speaks_tls(address):
            return f"it wants TLS, and this node has none: give all nodes PEER_TLS_CERT and its like ({fault})"
        return f"somebody listens there, but {fault}"


def judged(about: str, reply: Reply, settings: Settings) -> Finding:
    """What an answer tells."""
    said, off = reply.message.sender, reply.offset / MICROS
    if said.cluster != settings.cluster_name:
        return wrong(about, f"is of the cluster {said.cluster!r}: give all nodes one CLUSTER_NAME")
    clock = f"its clock is {abs(off):,.1f} s {'ahead of' if off > 0 else 'behind'} this machine's"
    if abs(off) > settings.max_clock_skew:
        refused = "what is written there is refused here" if off > 0 else "what is written here is refused there"
        return wrong(about, f"{clock}, more than MAX_CLOCK_SKEW: {refused}; set both clocks, by NTP for example")
    if abs(off) > OFF_SECONDS:
        return warning(about, f"{clock}, and values expire by each node's own: set both, by NTP for example")
    if said.largest != settings.max_value_bytes:
        theirs = f"takes values of up to {said.largest:,} bytes, and this node of up to {settings.max_value_bytes:,}"
        return warning(about, f"{theirs}: give all nodes one MAX_VALUE_BYTES")
    state = "a node that is stopping" if said.leaving else "a node of this cluster"
    way = f"it answers in {reply.round_trip * 1000:.1f} ms, and its clock differs by {abs(off) * 1000:.1f} ms"
    return ok(about, f"{state}; {way}")


def unreachable(address: Address) -> str | None:
    """Why no connection can be made, if so."""
    try:
        socket.create_connection(address, PATIENCE_SECONDS).close()
    except ConnectionRefusedError:
        return "nothing listens there: does that node run, and is this its PEER_PORT?"
    except TimeoutError:
        return "nothing answers there: is the machine or pod gone, or does a firewall or network policy drop the way?"
    except OSError as error:
        return f"no way leads there ({error.strerror or error})"
    return None


def _speaks_tls(address: Address) -> bool:
    """Whether TLS can be begun with whoever listens there. It is ended at once: nobody is to be believed by it."""
    anybody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
    try:
        with socket.create_connection(address, PATIENCE_SECONDS) as plain, anybody.wrap_socket(plain):
            return True
    except OSError:
        return False
