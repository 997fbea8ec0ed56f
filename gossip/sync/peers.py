"""Who may be out there, by name: looked up again and again, on a thread of its own.

Rule 1: peers are what discovery says now. Nothing is learned from peers about peers, and nobody is remembered.
Rule 2: a look-up that fails is no news about peers: the last good answer stands for five minutes. An answer "nobody"
        is believed at once.
Rule 3: no request, round or shutdown ever waits for a look-up: the gossip thread is given IP addresses only.
"""

import logging
import random
import socket
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from itertools import chain

from gossip.sync.address import Address, is_ip

SOONEST_SECONDS = 1.0
"""Names are looked up no more often than this, however short the gossip interval: DNS servers serve others, too."""

OLDEST_SECONDS = 30.0
"""Names are looked up at least this often, whatever their TTL says: pods come and go faster than long TTLs."""

LATER = 0.2
"""Each look may be later by this part of the pause, by lot: a cache gives all nodes a TTL that ends at one moment, and
thousands of them must not all ask then."""

KEEP_SECONDS = 300.0
"""How long the last good answer stands while look-ups fail."""

_NOBODY = (socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME))

log = logging.getLogger("gossipcar.peers")


class LastGood:
    """The last good answer to one question, for as long as it may stand."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._stands_until = 0.0
        self.addresses: tuple[Address, ...] = ()

    def heard(self, addresses: Sequence[Address]) -> None:
        self.addresses = tuple(addresses)
        self._stands_until = self._now() + KEEP_SECONDS

    def failed(self) -> None:
        if self._now() >= self._stands_until:
            self.addresses = ()


class Discovery(ABC):
    """A way to find peers, and the thread that keeps at it."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="discovery", daemon=True)
        self._reported = ("", "")
        self.addresses: tuple[Address, ...] = ()
        """The peers as last heard; replaced as a whole, never changed."""
        self.failure: Exception | None = None
        """Why the last look failed, if it did."""

    @abstractmethod
    def refresh(self) -> float:
        """Look once, in bounded time. The seconds until the next look is due."""

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End the thread soon, without waiting for it."""
        self._stopping.set()

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                pause = self.refresh()
            except Exception:  # our own mistake: it may cost a look, never the thread
                log.exception("looking for peers failed")
                pause = OLDEST_SECONDS
            self._stopping.wait(pause * random.uniform(1, 1 + LATER))

    def _publish(self, answers: Sequence[LastGood]) -> None:
        self.addresses = tuple(dict.fromkeys(address for answer in answers for address in answer.addresses))

    def _report(self, name: str, found: bool, failure: Exception | None) -> None:
        """Say how looking up a name goes, once each time that this changes."""
        self.failure = failure
        state = "failing" if failure else "found" if found else "nobody"
        if (state, name) == self._reported:
            return
        before, self._reported = self._reported, (state, name)
        if failure:
            held = "the last good answer stands" if found else "no peer is known by it"
            log.warning("DNS fails", extra={"asked": name, "so": held, "error": failure})
        elif not found:
            log.info("DNS has no addresses yet", extra={"asked": name})
        elif before[0] == "failing":
            log.info("DNS answers again", extra={"asked": name})


class HostPeers(Discovery):
    """Peers known beforehand, by host name; this machine's own ways of looking names up serve."""

    def __init__(self, peers: Sequence[Address], now: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._answers = {peer: LastGood(now) for peer in peers}

    def refresh(self) -> float:
        failing: list[str] = []
        failure: Exception | None = None
        for peer, answer in self._answers.items():
            try:
                answer.heard(_resolve(peer))
            except (OSError, UnicodeError) as error:  # UnicodeError: a name that cannot be one, such as `a..b`
                if isinstance(error, socket.gaierror) and error.errno in _NOBODY:
                    answer.heard(())
                else:
                    failure = error
                    failing.append(peer.host)
                    answer.failed()
            self._publish([*self._answers.values()])
        missing = [peer.host for peer, answer in self._answers.items() if not answer.addresses]
        names = failing or missing or [peer.host for peer in self._answers]
        self._report(", ".join(names), not missing, failure)
        return SOONEST_SECONDS if missing else OLDEST_SECONDS


def _resolve(peer: Address) -> list[Address]:
    """The addresses of a host; the IPv4 ones if it has any, as nodes listen on both and one each is enough."""
    found = socket.getaddrinfo(peer.host, peer.port, type=socket.SOCK_STREAM)
    v4 = [sockaddr for family, _, _, _, sockaddr in found if family == socket.AF_INET]
    v6 = [sockaddr for family, _, _, _, sockaddr in found if family == socket.AF_INET6]
    return [Address(str(sockaddr[0]), peer.port) for sockaddr in v4 or v6]


def split_by_kind(peers: Sequence[Address]) -> tuple[list[Address], list[Address]]:
    """The peers given by IP address, and those given by name, each once."""
    once_each = list(dict.fromkeys(peers))
    return [peer for peer in once_each if is_ip(peer.host)], [peer for peer in once_each if not is_ip(peer.host)]


def known_peers(fixed: Sequence[Address], discoveries: Sequence[Discovery]) -> Sequence[Address]:
    """All addresses that are known now, each once. Where they are all of one source, the very thing that it gave."""
    sources = [source for source in (fixed, *(found.addresses for found in discoveries)) if source]
    return sources[0] if len(sources) == 1 else list(dict.fromkeys(chain(*sources)))
