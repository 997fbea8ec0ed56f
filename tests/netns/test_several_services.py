"""A cluster too large for one DNS answer is given by several names, in `PEERS`."""

import pytest

from tests.netns.clients import get, peers, put
from tests.netns.network import DOMAIN, Network
from tests.nodes import wait_until

pytestmark = pytest.mark.netns

SERVICES = [f"gossip-{number}.{DOMAIN}" for number in range(6)]
SETTINGS = {"SERVICE_DNS_NAME": "", "PEERS": ",".join(SERVICES), "CLUSTER_NAME": "large"}


def test_six_services_of_a_thousand_pods_make_six_thousand_peers(network: Network) -> None:
    pods = [(service, number) for service in range(6) for number in range(1_000)]
    hosts = [f"10.{78 + service}.{number >> 8}.{number & 255} {SERVICES[service]}" for service, number in pods]
    network.dns.run(hosts=hosts)
    node = network.node(0, SETTINGS)
    wait_until(lambda: peers(network, 0, node) == 6_000, 60, "to know the pods of all services")


def test_nodes_of_different_services_are_one_cluster(network: Network) -> None:
    network.dns.run(hosts=[f"{network.address(host)} {SERVICES[host]}" for host in range(3)])
    nodes = [network.node(host, SETTINGS) for host in range(3)]
    put(network, 0, nodes[0], "key", b"value")
    for host in (1, 2):
        wait_until(lambda: get(network, host, nodes[host], "key") == b"key=value\n", 30)  # noqa: B023
