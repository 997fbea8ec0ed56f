"""Names with many records: what does not fit into a datagram comes by TCP, and what does not fit there is not known."""

import random
from collections.abc import Sequence

import dns.flags
import dns.message
import dns.query
import pytest

from gossip.sync.address import Address
from gossip.sync.dns_peers import DnsPeers
from gossip.sync.peers import known_peers
from gossip.sync.roster import Roster
from tests.dns.server import Dnsmasq
from tests.nodes import wait_until

pytestmark = pytest.mark.dns

NAME = "gossip.test"
PORT = 46747
MOST = 4_094
"""A records that one message of 64 KiB holds, with a name as short as this."""


def ipv4(count: int) -> list[str]:
    return [f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}" for number in range(1, count + 1)]


def found_by(server: Dnsmasq, hosts: Sequence[str]) -> set[str]:
    """The peers that a name with these records gives."""
    server.run(hosts=[f"{host} {NAME}" for host in hosts])
    peers = DnsPeers(NAME, PORT, 0.1, resolver=lambda: server.resolver)

    def found() -> bool:
        peers.refresh()  # dnsmasq takes long over its first answer, longer than we wait for one
        return bool(peers.addresses)

    wait_until(found, 30, "an answer")
    assert len(set(peers.addresses)) == len(peers.addresses)
    return {address.host for address in peers.addresses}


def is_cut(server: Dnsmasq, tcp: bool = False) -> bool:
    ask = dns.query.tcp if tcp else dns.query.udp
    answer = ask(dns.message.make_query(NAME, "A"), "127.0.0.1", timeout=10, port=server.port)
    return bool(answer.flags & dns.flags.TC)


@pytest.mark.parametrize(("count", "by_tcp"), [(29, False), (30, False), (31, True), (100, True), (1_000, True)])
def test_all_are_known_whether_they_fit_into_a_datagram_of_512_bytes_or_not(
    server: Dnsmasq, count: int, by_tcp: bool
) -> None:
    assert found_by(server, ipv4(count)) == set(ipv4(count))
    assert is_cut(server) == by_tcp


def test_four_thousand_are_known(server: Dnsmasq) -> None:
    assert found_by(server, ipv4(4_000)) == set(ipv4(4_000))
    assert not is_cut(server, tcp=True)


def test_a_thousand_ipv6_addresses_are_known(server: Dnsmasq) -> None:
    hosts = {f"fd00::{number:x}" for number in range(1, 1_001)}
    assert found_by(server, sorted(hosts)) == hosts


def test_of_more_than_64_kib_hold_those_are_known_that_they_hold(server: Dnsmasq) -> None:
    found = found_by(server, ipv4(5_000))
    assert is_cut(server, tcp=True)
    assert len(found) == MOST
    assert found < set(ipv4(5_000))
    peers = [Address(host, PORT) for host in sorted(found)]
    roster = Roster(lambda: known_peers(peers, ()), (), random.Random(1))
    assert len({roster.pick() for _ in range(100)}) > 90, "and each of them may be picked"
