"""The peers that DNS gives, with a resolver that says what the test says; `tests/dns` asks a real server."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import dns.name
import dns.resolver
import pytest
from dns.exception import Timeout
from dns.rdatatype import A
from dns.resolver import NXDOMAIN, NoAnswer

from gossip.sync.address import Address
from gossip.sync.dns_peers import DnsPeers, DnsUnavailable
from tests.unit.fakes import Watch


class FakeAnswer:
    def __init__(self, records: list[Any], ttl: int, additional: list[Any]) -> None:
        self.rrset = SimpleNamespace(ttl=ttl)
        self.response = SimpleNamespace(additional=additional)
        self._records = records

    def __iter__(self) -> Iterator[Any]:
        return iter(self._records)


class FakeDns:
    """Answers with what the test puts in `says`, by record type or by (name, type); an exception there is raised."""

    search: tuple[Any, ...] = ()
    domain = dns.name.root
    ndots = None
    timeout = 0.0

    def __init__(self, **says: Any) -> None:
        self.says: dict[Any, Any] = says

    def __call__(self) -> dns.resolver.Resolver:
        return cast(dns.resolver.Resolver, self)

    def resolve(self, name: Any, kind: Any, search: bool, lifetime: float) -> FakeAnswer:
        assert 0 < lifetime <= 2
        said = self.says.get((str(name), kind), self.says.get(kind, NoAnswer))
        if isinstance(said, FakeAnswer):
            return said
        raise said


def hosts(*addresses: str, ttl: int = 5) -> FakeAnswer:
    return FakeAnswer([SimpleNamespace(address=address) for address in addresses], ttl, [])


def peers_of(fake: FakeDns, now: Watch | None = None, name: str = "cars", interval: float = 1.0) -> DnsPeers:
    return DnsPeers(name, 99, interval, fake, now or Watch())


def test_both_families_with_the_default_port() -> None:
    peers = peers_of(FakeDns(A=hosts("10.0.0.1", "10.0.0.2"), AAAA=hosts("fd00::1")))
    assert not peers.addresses
    peers.refresh()
    assert peers.addresses == (Address("10.0.0.1", 99), Address("10.0.0.2", 99), Address("fd00::1", 99))


@pytest.mark.parametrize(
    ("ttls", "interval", "pause"),
    [((5, 7), 1.0, 5.0), ((5, 2), 1.0, 2.0), ((0, 0), 1.0, 1.0), ((300, 300), 1.0, 30.0), ((5, 5), 60.0, 30.0)],
    ids=[
        "lowest TTL",
        "lowest TTL of AAAA",
        "never below the interval",
        "never above 30 s",
        "nor with a long interval",
    ],
)
def test_the_next_look_up_is_due_when_the_answers_are_old(ttls: tuple[int, int], interval: float, pause: float) -> None:
    fake = FakeDns(A=hosts("10.0.0.1", ttl=ttls[0]), AAAA=hosts("fd00::1", ttl=ttls[1]))
    assert peers_of(fake, interval=interval).refresh() == pause


@pytest.mark.parametrize("nothing", [NoAnswer, NXDOMAIN, Timeout])
def test_without_answers_the_next_look_up_is_due_after_the_interval(nothing: type[Exception]) -> None:
    assert peers_of(FakeDns(A=nothing, AAAA=nothing)).refresh() == 1.0


@pytest.mark.parametrize("nobody", [NoAnswer, NXDOMAIN])
def test_nobody_is_believed_at_once(nobody: type[Exception]) -> None:
    fake = FakeDns(A=hosts("10.0.0.1"))
    peers = peers_of(fake)
    peers.refresh()
    fake.says["A"] = nobody
    peers.refresh()
    assert not peers.addresses


@pytest.mark.parametrize("outage", [Timeout, dns.resolver.NoNameservers, OSError("no network")])
def test_the_last_good_answer_stands_for_five_minutes_of_an_outage(outage: Any) -> None:
    fake, now = FakeDns(A=hosts("10.0.0.1")), Watch(1000.0)
    peers = peers_of(fake, now)
    peers.refresh()
    fake.says["A"] = outage
    now.now = 1299.9
    peers.refresh()
    assert peers.addresses == (Address("10.0.0.1", 99),)
    now.now = 1300.0
    peers.refresh()
    assert not peers.addresses


def test_an_outage_of_one_record_type_leaves_the_other() -> None:
    fake = FakeDns(A=hosts("10.0.0.1"), AAAA=hosts("fd00::1"))
    peers = peers_of(fake)
    peers.refresh()
    fake.says.update(A=hosts("10.0.0.2"), AAAA=Timeout)
    peers.refresh()
    assert peers.addresses == (Address("10.0.0.2", 99), Address("fd00::1", 99))


def srv(port: int, target: str, additional: list[Any] | None = None) -> FakeAnswer:
    return FakeAnswer([SimpleNamespace(port=port, target=dns.name.from_text(target))], 5, additional or [])


def test_service_records_give_ports_and_addresses_that_came_along() -> None:
    class Along(list[Any]):
        name, rdtype = dns.name.from_text("a.cars."), A

    fake = FakeDns(SRV=srv(7000, "a.cars.", [Along([SimpleNamespace(address="10.0.0.1")])]))
    peers = peers_of(fake, name="_peer._tcp.cars")
    peers.refresh()
    assert peers.addresses == (Address("10.0.0.1", 7000),)


def test_service_records_whose_addresses_must_be_looked_up() -> None:
    fake = FakeDns(SRV=srv(7000, "a.cars."))
    fake.says.update({("a.cars.", "A"): NoAnswer, ("a.cars.", "AAAA"): hosts("fd00::1")})
    peers = peers_of(fake, name="_peer._tcp.cars")
    peers.refresh()
    assert peers.addresses == (Address("fd00::1", 7000),)


def test_what_can_never_work_is_said_at_once() -> None:
    def unavailable() -> dns.resolver.Resolver:
        raise DnsUnavailable("no DNS here")

    with pytest.raises(DnsUnavailable, match="no DNS here"):
        DnsPeers("cars", 99, 1.0, unavailable)
