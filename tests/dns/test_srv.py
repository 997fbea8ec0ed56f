"""A name that begins with `_` has SRV records: peers with ports of their own."""

import time

import dns.name
import dns.rcode
import pytest

from gossip.sync.address import Address
from gossip.sync.dns_peers import DnsPeers
from gossip.sync.peers import KEEP_SECONDS
from tests.dns.server import Clock, Constant, Dnsmasq

pytestmark = pytest.mark.dns

NAME = "_gossip._tcp.pods.test"


def peers_of(server: Dnsmasq, name: str = NAME, now: Clock | None = None) -> DnsPeers:
    return DnsPeers(name, 46747, 0.1, resolver=lambda: server.resolver, now=now or Clock())


def test_targets_that_come_along(server: Dnsmasq) -> None:
    server.run(
        f"srv-host={NAME},zero.pods.test,7000",
        f"srv-host={NAME},one.pods.test,7001",
        hosts=["10.0.0.1 zero.pods.test", "fd00::1 zero.pods.test", "10.0.0.2 one.pods.test"],
    )
    assert server.resolver.resolve(NAME, "SRV").response.additional
    peers = peers_of(server)
    assert peers.refresh() == 1.0
    assert set(peers.addresses) == {
        Address("10.0.0.1", 7000),
        Address("fd00::1", 7000),
        Address("10.0.0.2", 7001),
    }


def test_targets_that_have_to_be_looked_up(server: Dnsmasq) -> None:
    server.run(
        f"srv-host={NAME},zero.pods.test,7000",
        f"srv-host={NAME},one.pods.test,7001",
        "address=/zero.pods.test/10.0.0.1",
        "address=/zero.pods.test/fd00::1",
        "address=/one.pods.test/10.0.0.2",
    )
    assert not server.resolver.resolve(NAME, "SRV").response.additional
    peers = peers_of(server)
    peers.refresh()
    assert set(peers.addresses) == {
        Address("10.0.0.1", 7000),
        Address("fd00::1", 7000),
        Address("10.0.0.2", 7001),
    }


def test_two_peers_at_one_address(server: Dnsmasq) -> None:
    server.run(
        f"srv-host={NAME},zero.pods.test,7000",
        f"srv-host={NAME},zero.pods.test,7001",
        hosts=["10.0.0.1 zero.pods.test"],
    )
    peers = peers_of(server)
    peers.refresh()
    assert set(peers.addresses) == {Address("10.0.0.1", 7000), Address("10.0.0.1", 7001)}


def test_a_target_that_does_not_exist_costs_no_other(server: Dnsmasq) -> None:
    server.run(
        f"srv-host={NAME},gone.pods.test,7000", f"srv-host={NAME},one.pods.test,7001", hosts=["10.0.0.2 one.pods.test"]
    )
    peers = peers_of(server)
    peers.refresh()
    assert peers.addresses == (Address("10.0.0.2", 7001),)


def test_more_targets_than_one_datagram_takes(server: Dnsmasq) -> None:
    count = 60
    server.run(
        *(f"srv-host={NAME},node-{i}.pods.test,{7000 + i}" for i in range(count)),
        hosts=[f"10.0.0.{i + 1} node-{i}.pods.test" for i in range(count)],
    )
    peers = peers_of(server)
    peers.refresh()
    assert set(peers.addresses) == {Address(f"10.0.0.{i + 1}", 7000 + i) for i in range(count)}


def test_the_search_list_is_respected(server: Dnsmasq) -> None:
    server.run(f"srv-host={NAME},zero.pods.test,7000", hosts=["10.0.0.1 zero.pods.test"])
    server.resolver.search = [dns.name.from_text("pods.test")]
    server.resolver.ndots = 5
    peers = peers_of(server, "_gossip._tcp")
    peers.refresh()
    assert peers.addresses == (Address("10.0.0.1", 7000),)


def test_a_service_that_exists_no_more_is_believed_at_once(server: Dnsmasq) -> None:
    server.run(f"srv-host={NAME},zero.pods.test,7000", hosts=["10.0.0.1 zero.pods.test"])
    peers = peers_of(server)
    peers.refresh()
    assert len(peers.addresses) == 1
    server.run()
    peers.refresh()
    assert not peers.addresses


def test_a_silent_server_leaves_the_last_good_answer(server: Dnsmasq, short_lookups: float) -> None:
    server.run(f"srv-host={NAME},zero.pods.test,7000", hosts=["10.0.0.1 zero.pods.test"])
    clock = Clock()
    peers = peers_of(server, now=clock)
    peers.refresh()
    server.silence()
    clock.move(KEEP_SECONDS - 1)
    peers.refresh()
    assert set(peers.addresses) == {Address("10.0.0.1", 7000)}
    clock.move(1)
    peers.refresh()
    assert not peers.addresses


def test_targets_that_cannot_be_looked_up_leave_the_last_good_answer(server: Dnsmasq, short_lookups: float) -> None:
    records = (f"srv-host={NAME},zero.far.test,7000", f"srv-host={NAME},one.far.test,7001")
    server.run(*records, "address=/zero.far.test/10.0.0.1", "address=/one.far.test/10.0.0.2")
    peers = peers_of(server)
    peers.refresh()
    good = set(peers.addresses)
    assert good == {Address("10.0.0.1", 7000), Address("10.0.0.2", 7001)}
    with Constant(dns.rcode.SERVFAIL) as upstream:
        server.run(*records, f"server=/far.test/127.0.0.1#{upstream.port}")
        peers.refresh()
        assert upstream.asked
    assert set(peers.addresses) == good


def test_many_targets_that_nobody_answers_for_take_bounded_time(server: Dnsmasq, short_lookups: float) -> None:
    with Constant(None) as upstream:
        server.run(
            *(f"srv-host={NAME},node-{i}.far.test,7000" for i in range(8)),
            f"server=/far.test/127.0.0.1#{upstream.port}",
        )
        peers = peers_of(server)
        begun = time.monotonic()
        peers.refresh()
        assert time.monotonic() - begun < 6 * short_lookups
