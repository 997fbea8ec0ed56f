"""While DNS is silent, nodes gossip on, and no client, round or shutdown waits for it."""

import time

import pytest
import requests

from tests.netns.clients import QUICK_SECONDS, get, peers, put, stop, wait_for
from tests.netns.network import Network
from tests.nodes import RunningNode, wait_until

pytestmark = pytest.mark.netns

START_SECONDS = 12.0
"""Three nodes start within this time, on a busy machine too. Each would wait 5 s for DNS."""

NOBODY = "10.77.0.99"
"""An address on the network that no host has."""

UNREACHABLE = "192.0.2.1"
"""An address that no route leads to."""


def cluster_whose_dns_falls_silent(network: Network) -> list[RunningNode]:
    """Three nodes that have found each other, and whose look-ups fail by now."""
    network.dns.run(hosts=network.records(0, 1, 2))
    nodes = [network.node(host, {"MY_POD_IP": network.address(host)}) for host in range(3)]
    for host, node in enumerate(nodes):
        wait_until(lambda: peers(network, host, node) == 2, 10, "two peers")  # noqa: B023
    network.dns.silence()
    for node in nodes:
        wait_until(lambda: 'msg="DNS fails" asked="gossip' in node.log, 10, "a failed look-up")  # noqa: B023
    return nodes


def test_gossip_goes_on_with_the_last_good_answer(network: Network) -> None:
    nodes = cluster_whose_dns_falls_silent(network)
    for host, node in enumerate(nodes):
        put(network, host, node, f"key-{host}", b"value")
    wait_for(network, nodes, {f"key-{host}": b"value" for host in range(3)}, seconds=5)
    assert [peers(network, host, node) for host, node in enumerate(nodes)] == [2, 2, 2]
    with network.at(0):
        assert requests.get(f"{nodes[0].peer_url}/healthz", timeout=QUICK_SECONDS).status_code == 200
    put(network, 2, nodes[2], "last", b"words")
    stop(nodes[2])
    wait_for(network, nodes[:2], {"last": b"words"}, seconds=5)
    for node in nodes[:2]:
        stop(node)
    for node in nodes:
        assert node.log.count("DNS fails") == 1
        assert "Traceback" not in node.log


def test_nodes_that_start_while_dns_is_silent(network: Network) -> None:
    network.dns.run(hosts=network.records(0, 1))
    network.dns.silence()
    begun = time.monotonic()
    nodes = [network.node(host) for host in range(3)]
    assert time.monotonic() - begun < START_SECONDS
    for number in range(20):
        put(network, 0, nodes[0], f"key-{number}", b"value")
        assert get(network, 0, nodes[0], f"key-{number}") == b"key-%d=value\n" % number
    stop(nodes[2])
    wait_until(lambda: 'msg="DNS fails" asked="gossip' in nodes[0].log, 10, "a failed look-up")
    put(network, 0, nodes[0], "key", b"value")
    stop(nodes[1])
    assert "Traceback" not in nodes[1].log
    nodes[1] = network.node(1)
    network.dns.speak()
    wait_for(network, nodes[:2], {"key": b"value"})


@pytest.mark.parametrize("server", [NOBODY, UNREACHABLE])
def test_a_dns_server_that_is_not_there_at_all(network: Network, server: str) -> None:
    network.set_dns_server(0, server)
    node = network.node(0)
    put(network, 0, node, "key", b"value")
    wait_until(lambda: 'msg="DNS fails" asked="gossip' in node.log, 10, "a failed look-up")
    assert get(network, 0, node, "key") == b"key=value\n"
    stop(node)
    assert node.log.count("DNS fails") == 1
    assert "Traceback" not in node.log


def test_peers_given_by_name_keep_no_client_waiting(network: Network) -> None:
    network.dns.run(hosts=network.records(0))
    network.dns.silence()
    node = network.node(0, {"SERVICE_DNS_NAME": "", "PEERS": "gossip"})
    for number in range(20):
        put(network, 0, node, f"key-{number}", b"value")
        assert get(network, 0, node, f"key-{number}") == b"key-%d=value\n" % number
    stop(node)


def test_a_peer_given_by_name_costs_little_of_the_gossip_with_others(network: Network) -> None:
    network.dns.run(hosts=network.records(0))
    network.dns.silence()
    alone = {"SERVICE_DNS_NAME": ""}
    network.node(1, alone)
    node = network.node(0, {**alone, "PEERS": f"gossip,{network.address(1)}"})
    with network.at(0):
        wait_until(lambda: int(node.stats()["nOutSyncs"]) >= 6, 10, "six exchanges")
