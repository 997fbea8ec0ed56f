"""Name lookup, as a node does it: what each name leads to, and how long that took."""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from gossip.commands.doctor.finding import Finding, ok, warning, wrong
from gossip.config import Settings
from gossip.sync.address import Address, is_ip
from gossip.sync.dns_peers import DnsPeers, DnsUnavailable, system_resolver
from gossip.sync.peers import HostPeers, split_by_kind

if TYPE_CHECKING:
    import dns.resolver

_SHOWN = 5
"""So many addresses are named; there may be thousands."""


class Names:
    """Looks all names up once."""

    def __init__(self, settings: Settings, resolver: "Callable[[], dns.resolver.Resolver]" = system_resolver) -> None:
        self._settings = settings
        self._resolver = resolver
        self._fixed, self._named = split_by_kind(settings.peers)
        self._found: list[Address] = list(self._fixed)

    @property
    def addresses(self) -> list[Address]:
        """Where peers may be, as far as names were looked up."""
        return list(dict.fromkeys(self._found))

    def look_up(self) -> Iterator[Finding]:
        """A finding for each name."""
        for host in dict.fromkeys(peer.host for peer in self._named):
            yield self._host(host)
        if self._settings.service_dns_name:
            yield from self._service()
        elif not self._settings.peers:
            yield warning("names", "neither PEERS nor SERVICE_DNS_NAME is set, so a node is alone: set one of them")

    def _host(self, host: str) -> Finding:
        found, began = HostPeers([peer for peer in self._named if peer.host == host]), time.monotonic()
        found.refresh()
        took = _took(began)
        self._found += found.addresses
        about = f"name {host}"
        if found.failure:
            return wrong(about, f"cannot be looked up, {took} ({found.failure}): {_ASK_WHOEVER_RUNS_DNS}")
        if not found.addresses:
            return wrong(about, f"has no address, {took}: is it written as it should be (PEERS)?")
        return ok(about, f"{_shown(list(dict.fromkeys(address.host for address in found.addresses)))}, {took}")

    def _service(self) -> Iterator[Finding]:
        name = self._settings.service_dns_name
        about = f"name {name}"
        try:
            resolver = self._resolver()
            found = DnsPeers(name, self._settings.default_peer_port, 1.0, self._resolver)
        except DnsUnavailable as error:
            yield wrong(about, f"cannot be looked up: {error}")
            return
        yield ok("DNS servers", _servers(resolver))
        began = time.monotonic()
        found.refresh()
        self._found += found.addresses
        yield _judged(about, name, found, _took(began))
        yield from self._itself(found.addresses)

    def _itself(self, found: Sequence[Address]) -> Iterator[Finding]:
        """Whether this node's own address is among those of the Service."""
        own = self._settings.my_pod_ip
        if own and found and all(address.host != own for address in found):
            yield warning(
                f"name {self._settings.service_dns_name}",
                f"this node's own address, {own} (MY_POD_IP), is not among them, so others cannot find it there: the "
                "Service needs `clusterIP: None`, `publishNotReadyAddresses: true`, and a selector that fits this pod",
            )


_ASK_WHOEVER_RUNS_DNS = "are the servers up, and does a network policy let port 53 through?"


def _judged(about: str, name: str, found: DnsPeers, took: str) -> Finding:
    """What a look-up of the Service's name came to."""
    hosts = [address.host for address in found.addresses]
    if found.failure and hosts:
        return warning(about, f"{_kinds(name, hosts)}, {took}, but not all could be asked for ({found.failure})")
    if found.failure:
        return wrong(about, f"cannot be looked up, {took} ({found.failure}): {_ASK_WHOEVER_RUNS_DNS}")
    if not hosts:
        return wrong(
            about,
            f"has no addresses, {took}: is it the name of a headless Service (`clusterIP: None`) in this pod's "
            "namespace, with `publishNotReadyAddresses: true` and a selector that fits the pods?",
        )
    return ok(about, f"{_kinds(name, hosts)}, {took}")


def _kinds(name: str, hosts: Sequence[str]) -> str:
    """How many records there are of which kind, and the first of them."""
    v6 = sum(":" in host for host in hosts)
    kinds = f"{len(hosts)} by SRV" if name.startswith("_") else f"{len(hosts) - v6} A and {v6} AAAA"
    return f"{kinds} ({_shown(hosts)})"


def _shown(hosts: Sequence[str]) -> str:
    more = f" and {len(hosts) - _SHOWN} more" if len(hosts) > _SHOWN else ""
    return f"{', '.join(hosts[:_SHOWN])}{more}"


def _servers(resolver: "dns.resolver.Resolver") -> str:
    servers = ", ".join(map(str, resolver.nameservers))
    searched = " ".join(str(suffix).rstrip(".") for suffix in resolver.search)
    return f"{servers}; {f'search list {searched}' if searched else 'no search list'}"


def _took(began: float) -> str:
    return f"in {(time.monotonic() - began) * 1000:.0f} ms"


def is_loopback(host: str) -> bool:
    return is_ip(host) and (host == "::1" or host.startswith("127."))
