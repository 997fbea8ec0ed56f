"""A DNS server that fails is no news about peers; and it costs bounded time."""

import logging
import time

import dns.rcode
import dns.resolver
import pytest

from gossip.sync.dns_peers import LOOKUP_SECONDS, DnsPeers
from gossip.sync.peers import KEEP_SECONDS
from tests.dns.server import Clock, Constant, Dnsmasq, resolver_at
from tests.nodes import wait_until
from tests.unit.logged import logged

pytestmark = pytest.mark.dns

NAME = "gossip.test"
HOSTS = [f"10.0.0.1 {NAME}", f"fd00::1 {NAME}"]
FOUND = {"10.0.0.1", "fd00::1"}


class Discovery:
    """Peers from a resolver that a test may exchange, on a clock that a test moves."""

    def __init__(self, resolver: dns.resolver.Resolver, name: str = NAME) -> None:
        self.resolver = resolver
        self.clock = Clock()
        self.peers = DnsPeers(name, 46747, 0.1, resolver=lambda: self.resolver, now=self.clock)

    def hosts(self) -> set[str]:
        """As they are after a look-up."""
        self.peers.refresh()
        return {address.host for address in self.peers.addresses}


@pytest.fixture
def found(server: Dnsmasq) -> Discovery:
    """Peers that have been found once."""
    server.run(hosts=HOSTS)
    discovery = Discovery(server.resolver)
    assert discovery.hosts() == FOUND
    return discovery


def test_a_dead_server_leaves_the_last_good_answer(server: Dnsmasq, found: Discovery, short_lookups: float) -> None:
    server.kill()
    assert found.hosts() == FOUND
    found.clock.move(KEEP_SECONDS - 1)
    assert found.hosts() == FOUND


def test_the_last_good_answer_is_dropped_in_the_end(server: Dnsmasq, found: Discovery, short_lookups: float) -> None:
    server.silence()
    found.clock.move(KEEP_SECONDS - 1)
    assert found.hosts() == FOUND
    found.clock.move(1)
    assert found.hosts() == set()
    server.speak()
    assert found.hosts() == FOUND


def test_each_good_answer_is_kept_anew(server: Dnsmasq, found: Discovery, short_lookups: float) -> None:
    found.clock.move(KEEP_SECONDS - 1)
    assert found.hosts() == FOUND
    server.silence()
    found.clock.move(KEEP_SECONDS - 1)
    assert found.hosts() == FOUND


def test_a_silent_server_costs_bounded_time(server: Dnsmasq, found: Discovery) -> None:
    server.silence()
    begun = time.monotonic()
    assert found.hosts() == FOUND
    assert time.monotonic() - begun < 2 * LOOKUP_SECONDS + 3


@pytest.mark.parametrize("rcode", [dns.rcode.SERVFAIL, dns.rcode.REFUSED, dns.rcode.FORMERR])
def test_a_server_that_gives_an_error_leaves_the_last_good_answer(found: Discovery, rcode: dns.rcode.Rcode) -> None:
    with Constant(rcode) as bad:
        found.resolver = resolver_at(bad.port)
        begun = time.monotonic()
        assert found.hosts() == FOUND
        assert time.monotonic() - begun < LOOKUP_SECONDS
        assert bad.asked
        found.clock.move(KEEP_SECONDS)
        assert found.hosts() == set()


def test_servfail_passed_on_from_the_server_behind(server: Dnsmasq, short_lookups: float) -> None:
    name = "gossip.elsewhere.example"
    server.run(hosts=[f"10.0.0.1 {name}"])
    discovery = Discovery(server.resolver, name)
    assert discovery.hosts() == {"10.0.0.1"}
    with Constant(dns.rcode.SERVFAIL) as upstream:
        server.run(f"server=127.0.0.1#{upstream.port}")
        assert discovery.hosts() == {"10.0.0.1"}
        assert upstream.asked


def test_refused_by_a_server_that_knows_the_name_no_more(server: Dnsmasq) -> None:
    name = "gossip.elsewhere.example"
    server.run(hosts=[f"10.0.0.1 {name}"])
    discovery = Discovery(server.resolver, name)
    assert discovery.hosts() == {"10.0.0.1"}
    server.hosts()
    assert discovery.hosts() == {"10.0.0.1"}


def test_one_record_type_that_fails_costs_nothing_of_the_other(server: Dnsmasq, short_lookups: float) -> None:
    with Constant(None) as upstream:
        server.run(
            "address=/gossip.far.example/10.0.0.1",
            f"server=/gossip.far.example/127.0.0.1#{upstream.port}",
        )
        discovery = Discovery(server.resolver, "gossip.far.example")
        assert discovery.hosts() == {"10.0.0.1"}
        assert upstream.asked, "the question for IPv6 addresses was not passed on"


def test_a_server_that_is_silent_at_first(server: Dnsmasq, short_lookups: float) -> None:
    server.run(hosts=HOSTS)
    server.silence()
    discovery = Discovery(server.resolver)
    assert discovery.hosts() == set()
    server.speak()
    assert discovery.hosts() == FOUND


def test_a_failure_is_logged_once_and_its_end_too(
    server: Dnsmasq, found: Discovery, short_lookups: float, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    server.silence()
    for _ in range(3):
        found.hosts()
    server.speak()
    for _ in range(3):
        found.hosts()
    fails, again = logged(caplog)
    assert f'msg="DNS fails" asked="{NAME} (A, AAAA)"' in fails
    assert again == f'level=info logger=peers msg="DNS answers again" asked={NAME}'


def test_the_second_server_is_asked_when_the_first_is_silent(server: Dnsmasq) -> None:
    server.run(hosts=HOSTS)
    with Constant(None) as silent:
        assert Discovery(resolver_at(silent.port, server.port)).hosts() == FOUND
        assert silent.asked


def test_the_second_server_is_asked_when_the_first_gives_an_error(server: Dnsmasq) -> None:
    server.run(hosts=HOSTS)
    with Constant(dns.rcode.SERVFAIL) as bad:
        assert Discovery(resolver_at(bad.port, server.port)).hosts() == FOUND
        assert bad.asked


@pytest.mark.parametrize("rcode", [None, dns.rcode.SERVFAIL])
def test_a_full_name_is_found_although_the_search_list_has_a_domain_that_fails(
    server: Dnsmasq, rcode: dns.rcode.Rcode | None
) -> None:
    name = "gossip.default.svc.cluster.test"
    with Constant(rcode) as upstream:
        server.run(f"server=/company.example/127.0.0.1#{upstream.port}", hosts=[f"10.0.0.1 {name}"])
        in_a_pod = resolver_at(server.port, search=["default.svc.cluster.test", "company.example"], ndots=5)
        assert Discovery(in_a_pod, name).hosts() == {"10.0.0.1"}
        assert upstream.asked


def test_the_thread_survives_a_server_that_comes_and_goes(server: Dnsmasq, short_lookups: float) -> None:
    server.run(hosts=HOSTS)
    peers = DnsPeers(NAME, 46747, 0.1, resolver=lambda: server.resolver)
    peers.start()
    try:
        wait_until(lambda: len(peers.addresses) == 2, 5, "the first answer")
        server.kill()
        server.run(hosts=[*HOSTS, f"10.0.0.3 {NAME}"])
        wait_until(lambda: len(peers.addresses) == 3, 5, "an answer of the new server")
        assert peers.alive
    finally:
        peers.stop()
