"""Who may be out there: a static list, and a DNS name. The only importer of `dns`.

Rule 1: peers are what discovery says now. Nothing is learned from peers about peers, and nobody is remembered.
Rule 2: a DNS server that fails is no news about peers: the last good answer stands for five minutes. A DNS server that
        answers "nobody" is believed at once.
Rule 3: look-ups run on a thread of their own, each bounded in time: no request, round or shutdown ever waits for DNS.
"""

import ipaddress
import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import dns.name
    import dns.resolver

LOOKUP_SECONDS = 2.0
"""One question to DNS may take this long."""

OLDEST_SECONDS = 30.0
"""Names are looked up at least this often, whatever their TTL says: pods come and go faster than long TTLs."""

KEEP_SECONDS = 300.0
"""How long the last good answer stands while DNS fails."""

log = logging.getLogger("gossipcar.peers")


class DnsUnavailable(Exception):
    """Names cannot be looked up on this machine at all; the text says what to do."""


class Address(NamedTuple):
    """Where a peer listens."""

    host: str
    """An IP address or a host name, without brackets."""
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_address(text: str, default_port: int) -> Address:
    """An address from `host:port` or `host`, IPv6 in brackets. Raises ValueError for anything else."""
    if text.startswith("["):
        host, bracket, rest = text[1:].partition("]")
        ipaddress.IPv6Address(host.partition("%")[0])
        if not bracket or (rest and not rest.startswith(":")):
            raise ValueError(text)
        port = rest[1:] if rest else None
    else:
        host, colon, rest = text.partition(":")
        port = rest if colon else None
    if not host or any(c.isspace() or c in "/@?#[]," for c in host):
        raise ValueError(text)
    if port is None:
        return Address(host, default_port)
    if not (port.isascii() and port.isdecimal() and 0 < int(port) < 65536):
        raise ValueError(text)
    return Address(host, int(port))


def system_resolver() -> "dns.resolver.Resolver":
    """A resolver as /etc/resolv.conf asks for, its search list included. Raises DnsUnavailable."""
    try:
        import dns.resolver
    except ImportError:
        raise DnsUnavailable("it needs the package dnspython: pip install dnspython") from None
    try:
        return dns.resolver.Resolver()
    except dns.resolver.NoResolverConfiguration:
        raise DnsUnavailable("this machine has no DNS server configured in /etc/resolv.conf") from None


class _Records:
    """What is known of one record type of one name: the last good answer, and until when it may stand."""

    def __init__(self) -> None:
        self.addresses: tuple[Address, ...] = ()
        self.stands_until = 0.0


class DnsPeers:
    """The addresses behind a name: its A and AAAA records, or its SRV records when it starts with `_`."""

    def __init__(
        self,
        name: str,
        port: int,
        interval: float,
        resolver: Callable[[], "dns.resolver.Resolver"] = system_resolver,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """`port` is for addresses that come without one; `interval` is the least time between look-ups, in seconds."""
        resolver()  # what can never work should say so at start-up
        self._name = name
        self._port = port
        self._interval = interval
        self._resolver = resolver
        self._now = now
        self._known = {kind: _Records() for kind in (("SRV",) if name.startswith("_") else ("A", "AAAA"))}
        self._failing = False
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="discovery", daemon=True)
        self.addresses: tuple[Address, ...] = ()
        """The peers as last heard; replaced as a whole at each look-up."""

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
            except Exception:
                log.exception("looking up %s failed", self._name)
                pause = self._interval
            self._stopping.wait(pause)

    def refresh(self) -> float:
        """Look the name up once. The seconds until it should be looked up again, as the answers' TTL allows."""
        import dns.exception
        import dns.resolver

        resolver = self._resolver()
        ttls: list[float] = []
        failure: Exception | None = None
        for kind, known in self._known.items():
            try:
                known.addresses, ttl = self._ask(resolver, kind)
                known.stands_until = self._now() + KEEP_SECONDS
                ttls.append(ttl)
            except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
                known.addresses = ()
            except (dns.exception.DNSException, OSError) as error:
                failure = error
                if self._now() >= known.stands_until:
                    known.addresses = ()
        self._report(failure)
        self.addresses = tuple(dict.fromkeys(a for known in self._known.values() for a in known.addresses))
        return max(self._interval, min([*ttls, OLDEST_SECONDS])) if ttls else self._interval

    def _ask(self, resolver: "dns.resolver.Resolver", kind: str) -> tuple[tuple[Address, ...], float]:
        answer = resolver.resolve(self._name, kind, search=True, lifetime=LOOKUP_SECONDS)
        ttl = float(answer.rrset.ttl) if answer.rrset else 0.0
        if kind != "SRV":
            return tuple(Address(record.address, self._port) for record in answer), ttl
        return tuple(
            Address(host, record.port) for record in answer for host in _hosts_of(resolver, answer, record.target)
        ), ttl

    def _report(self, failure: Exception | None) -> None:
        if failure and not self._failing:
            log.warning("DNS fails for %s, so the last good answer stands: %s", self._name, failure)
        elif self._failing and not failure:
            log.info("DNS answers for %s again", self._name)
        self._failing = failure is not None


def _hosts_of(
    resolver: "dns.resolver.Resolver", answer: "dns.resolver.Answer", target: "dns.name.Name"
) -> Iterator[str]:
    """The IP addresses of an SRV record's target: those that came with the answer, else looked up."""
    import dns.exception
    from dns.rdatatype import AAAA, A

    came_along = [
        record.address
        for rrset in answer.response.additional
        if rrset.name == target and rrset.rdtype in (A, AAAA)
        for record in rrset
    ]
    yield from came_along
    for kind in () if came_along else (A, AAAA):
        try:
            yield from (record.address for record in resolver.resolve(target, kind, lifetime=LOOKUP_SECONDS))
        except dns.exception.DNSException:
            continue  # a target without this kind of address; others may have it


def known_peers(static: Iterable[Address], dns_peers: DnsPeers | None) -> list[Address]:
    """All addresses that discovery gives now, each once."""
    return list(dict.fromkeys((*static, *(dns_peers.addresses if dns_peers else ()))))
