"""What the doctor says of name lookup, by what a real DNS server answers."""

import re

import dns.name
import dns.rcode
import dns.resolver
import pytest

from gossip import config
from gossip.commands.doctor.names import Names
from tests.dns.server import Constant, Dnsmasq, resolver_at

pytestmark = pytest.mark.dns

PORT_53 = "are the servers up, and does a network policy let port 53 through?"


def said(resolver: dns.resolver.Resolver, name: str = "gossip.test", **environ: str) -> tuple[list[str], list[str]]:
    """Its lines, with all times alike, and the addresses that it found."""
    names = Names(config.load({}, {"SERVICE_DNS_NAME": name, **environ}), lambda: resolver)
    lines = [re.sub(r"in \d+ ms", "in 1 ms", re.sub(" +", " ", str(finding))) for finding in names.look_up()]
    return lines, [str(address) for address in names.addresses]


def test_a_name_with_addresses(server: Dnsmasq) -> None:
    server.run(hosts=["10.0.0.1 gossip.test", "10.0.0.2 gossip.test", "fd00::1 gossip.test"])
    server.resolver.search = [dns.name.from_text("nowhere.test"), dns.name.from_text("test")]
    lines, addresses = said(server.resolver, "gossip")
    assert re.fullmatch(rf"ok DNS servers: .*\b{server.port}; search list nowhere\.test test", lines[0])
    assert re.fullmatch(r"ok name gossip: 2 A and 1 AAAA \(10\.0\.0\.\d, 10\.0\.0\.\d, fd00::1\), in 1 ms", lines[1])
    assert sorted(addresses) == ["10.0.0.1:46747", "10.0.0.2:46747", "[fd00::1]:46747"]


def test_a_name_with_srv_records(server: Dnsmasq) -> None:
    server.run("srv-host=_peers._tcp.gossip.test,one.test,7001", hosts=["10.0.0.1 one.test"])
    lines, addresses = said(server.resolver, "_peers._tcp.gossip.test")
    assert lines[1:] == ["ok name _peers._tcp.gossip.test: 1 by SRV (10.0.0.1), in 1 ms"]
    assert addresses == ["10.0.0.1:7001"]


def test_of_many_addresses_the_first_are_named(server: Dnsmasq) -> None:
    server.run(hosts=[f"10.0.0.{host} gossip.test" for host in range(1, 8)])
    lines, addresses = said(server.resolver)
    assert re.fullmatch(
        r"ok name gossip\.test: 7 A and 0 AAAA \((10\.0\.0\.\d(, )?){5} and 2 more\), in 1 ms", lines[1]
    )
    assert len(addresses) == 7


def test_a_name_that_does_not_exist(server: Dnsmasq) -> None:
    server.run()
    lines, addresses = said(server.resolver)
    assert lines[1:] == [
        "wrong name gossip.test: has no addresses, in 1 ms: is it the name of a headless Service (`clusterIP: None`) "
        "in this pod's namespace, with `publishNotReadyAddresses: true` and a selector that fits the pods?"
    ]
    assert addresses == []


def test_a_server_that_is_silent(short_lookups: float) -> None:
    with Constant(None) as silent:
        lines, addresses = said(resolver_at(silent.port))
        assert silent.asked
    (line,) = lines[1:]
    assert line.startswith("wrong name gossip.test: cannot be looked up, in 1 ms (The resolution lifetime expired")
    assert line.endswith(f"): {PORT_53}")
    assert addresses == []


def test_a_server_that_gives_an_error(short_lookups: float) -> None:
    with Constant(dns.rcode.SERVFAIL) as bad:
        (line,) = said(resolver_at(bad.port))[0][1:]
    assert re.fullmatch(
        rf"wrong name gossip\.test: cannot be looked up, in 1 ms \(.*SERVFAIL.*\): {re.escape(PORT_53)}", line
    )


def test_one_record_type_that_fails(server: Dnsmasq, short_lookups: float) -> None:
    with Constant(None) as upstream:
        server.run("address=/gossip.far.example/10.0.0.1", f"server=/gossip.far.example/127.0.0.1#{upstream.port}")
        lines, addresses = said(server.resolver, "gossip.far.example")
    assert lines[1].startswith(
        "warning name gossip.far.example: 1 A and 0 AAAA (10.0.0.1), in 1 ms, but not all could "
    )
    assert addresses == ["10.0.0.1:46747"]


def test_a_service_that_does_not_lead_here(server: Dnsmasq) -> None:
    server.run(hosts=["10.0.0.1 gossip.test"])
    assert len(said(server.resolver, MY_POD_IP="10.0.0.1")[0]) == 2
    assert said(server.resolver, MY_POD_IP="10.0.0.9")[0][2] == (
        "warning name gossip.test: this node's own address, 10.0.0.9 (MY_POD_IP), is not among them, so others cannot "
        "find it there: the Service needs `clusterIP: None`, `publishNotReadyAddresses: true`, and a selector that "
        "fits this pod"
    )
