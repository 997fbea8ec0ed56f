"""Peers by host name, and what every way to find peers has in common."""

import logging
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from gossip.sync.address import Address
from gossip.sync.peers import Discovery, HostPeers, LastGood, known_peers, split_by_kind
from tests.nodes import wait_until
from tests.unit.fakes import Watch
from tests.unit.logged import logged

A, B = Address("10.0.0.1", 1), Address("10.0.0.2", 2)

NO_NAME = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
OUTAGE = socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")


class Found(Discovery):
    """Finds what the test says; an exception there is raised."""

    def __init__(self, *says: tuple[Address, ...] | Exception) -> None:
        super().__init__()
        self._says = iter(says)

    def refresh(self) -> float:
        said = next(self._says, None)
        if isinstance(said, Exception):
            raise said
        if said is not None:
            self.addresses = said
        return 0.01


@pytest.fixture
def hosts(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """What this machine finds for each host name: IP addresses, or an exception."""
    known: dict[str, Any] = {}

    def getaddrinfo(host: str, port: int, type: int) -> list[Any]:
        said = known[host]
        if isinstance(said, Exception):
            raise said
        return [(socket.AF_INET6 if ":" in ip else socket.AF_INET, type, 6, "", (ip, port)) for ip in said]

    with monkeypatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", getaddrinfo)
        yield known


def test_a_good_answer_stands_for_five_minutes_of_failures() -> None:
    now = Watch(1000.0)
    answer = LastGood(now)
    answer.failed()
    assert not answer.addresses
    answer.heard([A])
    now.now = 1299.9
    answer.failed()
    assert answer.addresses == (A,)
    now.now = 1300.0
    answer.failed()
    assert not answer.addresses


def test_hearing_of_nobody_is_believed_at_once() -> None:
    answer = LastGood(Watch())
    answer.heard([A])
    answer.heard([])
    assert not answer.addresses


def test_hosts_keep_the_port_that_they_were_given_with(hosts: dict[str, Any]) -> None:
    hosts.update({"a": ["10.0.0.1"], "b": ["10.0.0.2", "10.0.0.3"]})
    peers = HostPeers([Address("a", 1), Address("b", 2)], Watch())
    assert not peers.addresses
    assert peers.refresh() == 30.0
    assert peers.addresses == (Address("10.0.0.1", 1), Address("10.0.0.2", 2), Address("10.0.0.3", 2))


def test_a_host_of_both_families_is_one_peer(hosts: dict[str, Any]) -> None:
    hosts.update({"both": ["::1", "127.0.0.1"], "six": ["fd00::1"]})
    peers = HostPeers([Address("both", 1), Address("six", 2)], Watch())
    peers.refresh()
    assert peers.addresses == (Address("127.0.0.1", 1), Address("fd00::1", 2))


def test_a_host_that_is_gone_is_forgotten_and_looked_for_often(hosts: dict[str, Any]) -> None:
    hosts.update({"a": ["10.0.0.1"], "b": ["10.0.0.2"]})
    peers = HostPeers([Address("a", 1), Address("b", 2)], Watch())
    peers.refresh()
    hosts["a"] = NO_NAME
    assert peers.refresh() == 1.0
    assert peers.addresses == (B,)


def test_an_outage_leaves_the_last_good_answer_for_five_minutes(hosts: dict[str, Any]) -> None:
    now = Watch(1000.0)
    hosts["a"] = ["10.0.0.1"]
    peers = HostPeers([Address("a", 1)], now)
    peers.refresh()
    hosts["a"] = OUTAGE
    now.now = 1299.9
    peers.refresh()
    assert peers.addresses == (A,)
    now.now = 1300.0
    assert peers.refresh() == 1.0
    assert not peers.addresses


@pytest.mark.parametrize("trouble", [NO_NAME, OUTAGE, UnicodeError("label empty or too long"), OSError("no network")])
def test_a_host_that_cannot_be_looked_up_hides_no_other(hosts: dict[str, Any], trouble: Exception) -> None:
    """`socket.getaddrinfo` raises UnicodeError for names such as `a..b`, which `parse_address` lets through."""
    hosts.update({"a..b": trouble, "b": ["10.0.0.2"]})
    peers = HostPeers([Address("a..b", 1), Address("b", 2)], Watch())
    peers.refresh()
    assert peers.addresses == (B,)


def test_what_becomes_of_a_look_up_is_logged_when_it_changes(
    hosts: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "gossipcar.peers")
    peers = HostPeers([Address("a", 1)], Watch())
    for said in (NO_NAME, NO_NAME, ["10.0.0.1"], OUTAGE, OUTAGE, ["10.0.0.1"]):
        hosts["a"] = said
        peers.refresh()
    assert logged(caplog) == [
        'level=info logger=peers msg="DNS has no addresses yet" asked=a',
        f'level=warning logger=peers msg="DNS fails" asked=a so="the last good answer stands" error="{OUTAGE}"',
        'level=info logger=peers msg="DNS answers again" asked=a',
    ]


def test_looks_are_up_to_a_fifth_later_than_due_by_chance(monkeypatch: pytest.MonkeyPatch) -> None:
    """A DNS server's cache gives all nodes a TTL that ends at one moment: they must not all ask at once then."""
    found = Found(*[(A,)] * 50)
    waits: list[float] = []
    monkeypatch.setattr(found._stopping, "wait", lambda seconds: waits.append(seconds / 0.01))
    found.start()
    wait_until(lambda: len(waits) >= 40)
    found.stop()
    assert all(1.0 <= wait <= 1.2 for wait in waits[:40])
    assert max(waits[:40]) - min(waits[:40]) > 0.1


def test_the_thread_goes_on_looking_and_stops_when_told() -> None:
    found = Found((A,), (B,))
    found.start()
    wait_until(lambda: found.addresses == (B,))
    assert found.alive
    found.stop()
    wait_until(lambda: not found.alive)


def test_the_thread_survives_what_nobody_thought_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gossip.sync.peers.OLDEST_SECONDS", 0.01)
    found = Found(RuntimeError("unthought of"), (A,))
    found.start()
    wait_until(lambda: found.addresses == (A,))
    found.stop()
    wait_until(lambda: not found.alive)


def test_peers_by_address_and_by_name() -> None:
    named, six = Address("node-1", 3), Address("::1", 4)
    assert split_by_kind([A, named, six]) == ([A, six], [named])
    assert split_by_kind([A, named, A, named]) == ([A], [named]), "each once"


def test_each_known_peer_is_given_once() -> None:
    one, other = Found(), Found()
    one.addresses, other.addresses = (B, A), (A, Address("10.0.0.3", 3))
    assert known_peers([A], [one, other]) == [A, B, Address("10.0.0.3", 3)]
    assert known_peers([A], []) == [A]
