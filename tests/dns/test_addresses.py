"""The peers are the A and AAAA records of a name, as a real DNS server gives them."""

import random
from collections.abc import Iterator
from contextlib import contextmanager

import dns.flags
import dns.message
import dns.name
import dns.query
import pytest

from gossip.sync.address import Address
from gossip.sync.dns_peers import DnsPeers
from gossip.sync.peers import OLDEST_SECONDS, known_peers
from gossip.sync.roster import Roster
from tests.dns.server import Dnsmasq
from tests.nodes import wait_until

pytestmark = pytest.mark.dns

NAME = "gossip.test"
PORT = 46747
INTERVAL = 0.1


def peers_of(server: Dnsmasq, name: str = NAME) -> DnsPeers:
    return DnsPeers(name, PORT, INTERVAL, resolver=lambda: server.resolver)


def hosts_of(peers: DnsPeers) -> set[str]:
    assert len(set(peers.addresses)) == len(peers.addresses)
    assert all(address.port == PORT for address in peers.addresses)
    return {address.host for address in peers.addresses}


@contextmanager
def running(peers: DnsPeers) -> Iterator[DnsPeers]:
    """Its thread runs meanwhile, and has ended afterwards."""
    peers.start()
    try:
        yield peers
        assert peers.alive
    finally:
        peers.stop()
    wait_until(lambda: not peers.alive, 5, "the end of the discovery thread")


def test_a_and_aaaa_records_are_both_found(server: Dnsmasq) -> None:
    server.run(hosts=[f"10.0.0.1 {NAME}", f"10.0.0.2 {NAME}", f"fd00::1 {NAME}", "10.0.0.9 other.test"])
    peers = peers_of(server)
    assert peers.addresses == ()
    peers.refresh()
    assert hosts_of(peers) == {"10.0.0.1", "10.0.0.2", "fd00::1"}


def test_a_name_with_ipv6_addresses_only(server: Dnsmasq) -> None:
    server.run(hosts=[f"fd00:0:0:1::1 {NAME}", f"fd00::2 {NAME}"])
    peers = peers_of(server)
    peers.refresh()
    assert {str(address) for address in peers.addresses} == {f"[fd00:0:0:1::1]:{PORT}", f"[fd00::2]:{PORT}"}


def test_a_name_with_ipv4_addresses_only(server: Dnsmasq) -> None:
    server.run(hosts=[f"10.0.0.1 {NAME}"])
    peers = peers_of(server)
    peers.refresh()
    assert {str(address) for address in peers.addresses} == {f"10.0.0.1:{PORT}"}


def test_a_name_given_with_the_final_dot(server: Dnsmasq) -> None:
    server.run(hosts=[f"10.0.0.1 {NAME}"])
    server.resolver.search = [dns.name.from_text("elsewhere.example")]
    peers = peers_of(server, f"{NAME}.")
    peers.refresh()
    assert hosts_of(peers) == {"10.0.0.1"}


def test_a_name_that_appears_late(server: Dnsmasq, caplog: pytest.LogCaptureFixture) -> None:
    server.run()
    peers = peers_of(server)
    assert peers.refresh() == INTERVAL
    assert peers.addresses == ()
    with running(peers):
        server.hosts(f"10.0.0.1 {NAME}")
        wait_until(lambda: hosts_of(peers) == {"10.0.0.1"}, 5, "the first peer")
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


def test_changed_records_are_picked_up(server: Dnsmasq) -> None:
    server.run(hosts=[f"10.0.0.1 {NAME}"], ttl=1)
    with running(peers_of(server)) as peers:
        wait_until(lambda: hosts_of(peers) == {"10.0.0.1"}, 5, "the first peer")
        server.hosts(f"10.0.0.1 {NAME}", f"10.0.0.2 {NAME}", f"fd00::2 {NAME}")
        wait_until(lambda: hosts_of(peers) == {"10.0.0.1", "10.0.0.2", "fd00::2"}, 5, "peers that came")
        server.hosts(f"10.0.0.2 {NAME}")
        wait_until(lambda: hosts_of(peers) == {"10.0.0.2"}, 5, "peers that went")


def test_names_are_looked_up_as_often_as_their_ttl_allows(server: Dnsmasq) -> None:
    for ttl, pause in ((0, INTERVAL), (1, 1.0), (7, 7.0), (3600, OLDEST_SECONDS)):
        server.run(hosts=[f"10.0.0.1 {NAME}"], ttl=ttl)
        assert peers_of(server).refresh() == pause, f"with a TTL of {ttl} s"


def test_a_name_that_exists_no_more_is_believed_at_once(server: Dnsmasq) -> None:
    server.run(hosts=[f"10.0.0.1 {NAME}", f"fd00::1 {NAME}"])
    peers = peers_of(server)
    peers.refresh()
    server.hosts()
    assert peers.refresh() == INTERVAL
    assert peers.addresses == ()


def test_a_record_type_that_exists_no_more_is_believed_at_once(server: Dnsmasq) -> None:
    server.run(hosts=[f"10.0.0.1 {NAME}", f"fd00::1 {NAME}"])
    peers = peers_of(server)
    peers.refresh()
    server.hosts(f"fd00::1 {NAME}")
    peers.refresh()
    assert hosts_of(peers) == {"fd00::1"}


def test_a_short_name_is_looked_up_in_the_search_list(server: Dnsmasq) -> None:
    server.run(hosts=["10.0.0.1 gossip.b.test", "10.0.0.2 gossip.c.test"])
    server.resolver.search = [dns.name.from_text(suffix) for suffix in ("a.test", "b.test", "c.test")]
    peers = peers_of(server, "gossip")
    peers.refresh()
    assert hosts_of(peers) == {"10.0.0.1"}


def test_a_full_name_is_found_in_spite_of_a_search_list_as_in_a_pod(server: Dnsmasq) -> None:
    name = "gossip.default.svc.cluster.test"
    server.run(hosts=[f"10.0.0.1 {name}"])
    server.resolver.search = [dns.name.from_text(f"{suffix}cluster.test") for suffix in ("default.svc.", "svc.", "")]
    server.resolver.ndots = 5
    peers = peers_of(server, name)
    peers.refresh()
    assert hosts_of(peers) == {"10.0.0.1"}


def test_more_records_than_one_datagram_takes(server: Dnsmasq) -> None:
    ipv4 = {f"10.0.{i // 100}.{i % 100 + 1}" for i in range(200)}
    ipv6 = {f"fd00::{i + 1:x}" for i in range(100)}
    server.run(hosts=[f"{host} {NAME}" for host in (*ipv4, *ipv6)])
    over_udp = dns.query.udp(dns.message.make_query(NAME, "A"), "127.0.0.1", timeout=2, port=server.port)
    assert over_udp.flags & dns.flags.TC
    peers = peers_of(server)
    peers.refresh()
    assert hosts_of(peers) == ipv4 | ipv6


@pytest.mark.parametrize("own", ["10.0.0.2", "fd00::2"])
def test_this_node_is_not_among_its_peers(server: Dnsmasq, own: str) -> None:
    found = {"10.0.0.1", "10.0.0.2", "fd00::1", "fd00::2"}
    server.run(hosts=[f"{host} {NAME}" for host in found])
    peers = peers_of(server)
    roster = Roster(lambda: known_peers((), [peers]), [Address(own, PORT)], random.Random(1))
    peers.refresh()
    assert {address.host for address in roster.known()} == found - {own}
    assert {address.host for address in (roster.pick() for _ in range(200)) if address} == found - {own}
