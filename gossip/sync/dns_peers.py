"""Peers by DNS: the records of one name, such as a headless Service's. The only importer of `dns`.

The search list is walked here and not by dnspython, which ends the walk at the first name that fails: in a pod, a
company's domain whose server is down would hide the cluster's own names.
"""

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from gossip.sync.address import Address
from gossip.sync.peers import OLDEST_SECONDS, Discovery, LastGood

if TYPE_CHECKING:
    import dns.name
    import dns.rdtypes.IN.SRV
    import dns.resolver

LOOKUP_SECONDS = 2.0
"""One question to DNS may take this long, and each try at one server a quarter of it: datagrams get lost."""

REFRESH_SECONDS = 5.0
"""All questions of one refresh together may take this long."""


class DnsUnavailable(Exception):
    """Names cannot be looked up on this machine at all; the text says what to do."""


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


class DnsPeers(Discovery):
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
        super().__init__()
        resolver()  # what can never work should say so at start-up
        self._name = name
        self._port = port
        self._interval = interval
        self._resolver = resolver
        self._answers = {kind: LastGood(now) for kind in (("SRV",) if name.startswith("_") else ("A", "AAAA"))}

    def refresh(self) -> float:
        """Look the name up once. The seconds until it should be looked up again, as the answers' TTL allows."""
        import dns.exception

        questions = _Questions(self._resolver)
        ttls: list[float] = []
        failing: list[str] = []
        failure: Exception | None = None
        for kind, answer in self._answers.items():
            try:
                addresses, ttl = self._ask(questions, kind)
                answer.heard(addresses)
                ttls += [ttl] if addresses else []
            except (dns.exception.DNSException, DnsUnavailable, OSError) as error:
                failure = error
                failing.append(kind)
                answer.failed()
            self._publish([*self._answers.values()])
        self._report(f"{self._name} ({', '.join(failing)})" if failing else self._name, bool(self.addresses), failure)
        return min(OLDEST_SECONDS, max(self._interval, min(ttls, default=0.0)))

    def _ask(self, questions: "_Questions", kind: str) -> tuple[list[Address], float]:
        answer = questions.ask(self._name, kind)
        if answer is None:
            return [], 0.0
        ttl = float(answer.rrset.ttl) if answer.rrset else 0.0
        if kind != "SRV":
            return [Address(record.address, self._port) for record in answer], ttl
        return [Address(host, record.port) for record in answer for host in questions.hosts_of(answer, record)], ttl


class _Questions:
    """The questions of one refresh, which share a resolver and a deadline."""

    def __init__(self, resolver: Callable[[], "dns.resolver.Resolver"]) -> None:
        self._make_resolver = resolver
        self._deadline = time.monotonic() + REFRESH_SECONDS

    def ask(self, name: "str | dns.name.Name", kind: str) -> "dns.resolver.Answer | None":
        """The answer of the first name that the search list makes of this one and that has such records.

        None when there is none. Raises DNSException, DnsUnavailable or OSError when one that might have them fails.
        """
        import dns.exception
        import dns.resolver

        resolver = self._make_resolver()
        resolver.timeout = LOOKUP_SECONDS / 4
        failure: Exception | None = None
        for candidate in _candidates(resolver, name):
            lifetime = min(LOOKUP_SECONDS, self._deadline - time.monotonic())
            if lifetime <= 0:
                raise failure or TimeoutError(f"no time left to ask for {candidate}")
            try:
                return resolver.resolve(candidate, kind, search=False, lifetime=lifetime)
            except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
                continue
            except (dns.exception.DNSException, OSError) as error:
                failure = error
        if failure:
            raise failure
        return None

    def hosts_of(self, answer: "dns.resolver.Answer", record: "dns.rdtypes.IN.SRV.SRV") -> Iterator[str]:
        """The IP addresses of an SRV record's target: those that came with the answer, else looked up."""
        from dns.rdatatype import AAAA, A

        came_along = [
            host.address
            for rrset in answer.response.additional
            if rrset.name == record.target and rrset.rdtype in (A, AAAA)
            for host in rrset
        ]
        yield from came_along
        for kind in () if came_along else ("A", "AAAA"):
            yield from (host.address for host in self.ask(record.target, kind) or ())


def _candidates(resolver: "dns.resolver.Resolver", name: "str | dns.name.Name") -> "list[dns.name.Name]":
    """The full names to ask for, in order: as resolv.conf(5) has it, a name with few dots is searched for first."""
    import dns.name

    relative = dns.name.from_text(name, origin=None) if isinstance(name, str) else name
    if relative.is_absolute():
        return [relative]
    as_written = relative.concatenate(dns.name.root)
    searched = []
    for suffix in resolver.search or [resolver.domain]:
        try:
            searched.append(relative.concatenate(suffix))
        except dns.name.NameTooLong:
            continue
    first = len(relative.labels) > (resolver.ndots or 1)
    return list(dict.fromkeys([as_written, *searched] if first else [*searched, as_written]))
