"""Nodes on hosts of their own find each other through DNS, as pods do."""

import pytest

from tests.netns.clients import get, peers, put, stop, wait_for
from tests.netns.network import DOMAIN, NAME, PEER_PORT, Network
from tests.nodes import wait_until

pytestmark = pytest.mark.netns

both_families = pytest.mark.parametrize("network", ["ipv4", "ipv6"], indirect=True)


@both_families
def test_three_nodes_read_what_each_has_written(network: Network) -> None:
    network.dns.run(hosts=network.records(0, 1, 2))
    nodes = [network.node(host, {"MY_POD_IP": network.address(host)}) for host in range(3)]
    entries = {f"key-{host}": b"from host %d" % host for host in range(3)}
    for host, (key, value) in enumerate(entries.items()):
        put(network, host, nodes[host], key, value)
    wait_for(network, nodes, entries)
    assert [peers(network, host, node) for host, node in enumerate(nodes)] == [2, 2, 2]
    for node in nodes:
        stop(node)


@both_families
def test_nodes_that_were_not_told_their_own_address(network: Network) -> None:
    network.dns.run(hosts=network.records(0, 1, 2))
    nodes = [network.node(host) for host in range(3)]
    put(network, 0, nodes[0], "key", b"value")
    wait_for(network, nodes, {"key": b"value"})
    for host, node in enumerate(nodes):
        wait_until(lambda: peers(network, host, node) == 2, 10, "to find out which address is its own")  # noqa: B023


@both_families
def test_srv_records_find_nodes_too(network: Network) -> None:
    service = f"_gossip._tcp.{DOMAIN}"
    network.dns.run(
        *(f"srv-host={service},node-{host}.{DOMAIN},{PEER_PORT}" for host in range(3)),
        hosts=[f"{network.address(host)} node-{host}.{DOMAIN}" for host in range(3)],
    )
    nodes = [network.node(host, {"SERVICE_DNS_NAME": service}) for host in range(3)]
    put(network, 2, nodes[2], "key", b"value")
    wait_for(network, nodes, {"key": b"value"})


def test_a_node_whose_record_is_added_later_is_called_by_the_others(network: Network) -> None:
    network.dns.run(hosts=network.records(0, 1))
    cluster = {"CLUSTER_NAME": "one"}
    nodes = [network.node(0, cluster), network.node(1, cluster)]
    put(network, 0, nodes[0], "before", b"1")
    wait_for(network, nodes, {"before": b"1"})
    nodes.append(network.node(2, {**cluster, "SERVICE_DNS_NAME": ""}))  # it calls nobody
    put(network, 2, nodes[2], "late", b"2")
    assert get(network, 2, nodes[2], "before") is None
    network.dns.hosts(*network.records(0, 1, 2))
    wait_for(network, nodes, {"before": b"1", "late": b"2"})


def test_a_name_without_records_at_first(network: Network) -> None:
    network.dns.run()
    nodes = [network.node(host) for host in range(2)]
    for host, node in enumerate(nodes):
        put(network, host, node, f"key-{host}", b"value")
        assert peers(network, host, node) == 0
    network.dns.hosts(*network.records(0, 1))
    wait_for(network, nodes, {"key-0": b"value", "key-1": b"value"})


def test_a_node_whose_record_is_removed_is_called_no_more(network: Network) -> None:
    network.dns.run(hosts=network.records(0, 1, 2))
    nodes = [network.node(host, {"MY_POD_IP": network.address(host)}) for host in range(2)]
    wait_until(lambda: peers(network, 0, nodes[0]) == 2, 10, "two peers, of which one is not there")
    network.dns.hosts(*network.records(0, 1))
    wait_until(lambda: peers(network, 0, nodes[0]) == 1, 10, "one peer")
    put(network, 0, nodes[0], "key", b"value")
    wait_for(network, nodes, {"key": b"value"})


@both_families
def test_a_killed_node_gets_its_data_back(network: Network) -> None:
    network.dns.run(hosts=network.records(0, 1, 2))
    nodes = [network.node(host) for host in range(3)]
    put(network, 2, nodes[2], "key", b"value")
    wait_for(network, nodes, {"key": b"value"})
    nodes[2].kill()
    put(network, 0, nodes[0], "meanwhile", b"value 2")
    nodes[2] = network.node(2)
    wait_for(network, nodes, {"key": b"value", "meanwhile": b"value 2"})


def test_clients_of_other_hosts_are_not_served(network: Network) -> None:
    network.dns.run(hosts=network.records(0))
    node = network.node(0)
    with network.at(0):
        assert node.get("key") is None
    node.url = f"http://{network.address(0)}:80"
    with network.at(1), pytest.raises(OSError):
        node.get("key")


def test_the_name_in_full_is_the_same_name(network: Network) -> None:
    network.dns.run(hosts=network.records(0, 1, 2))
    names = ("gossip", NAME, f"{NAME}.")
    nodes = [network.node(host, {"SERVICE_DNS_NAME": name, "CLUSTER_NAME": "one"}) for host, name in enumerate(names)]
    for host, node in enumerate(nodes):
        put(network, host, node, f"key-{host}", b"value")
    wait_for(network, nodes, {f"key-{host}": b"value" for host in range(3)})
    for node in nodes:
        stop(node)


def test_nodes_that_were_parted_agree_once_they_hear_each_other(network: Network) -> None:
    network.dns.run(hosts=network.records(0, 1, 2))
    nodes = [network.node(host) for host in range(3)]
    put(network, 0, nodes[0], "key", b"before")
    wait_for(network, nodes, {"key": b"before"})
    network.drop(2, f"-s {network.address(0)}", f"-s {network.address(1)}")
    put(network, 0, nodes[0], "key", b"meanwhile")
    put(network, 2, nodes[2], "other", b"value")
    wait_for(network, nodes[:2], {"key": b"meanwhile"})
    assert get(network, 2, nodes[2], "key", "other") == b"key=before\nother=value\n"
    assert get(network, 0, nodes[0], "other") is None
    network.drop(2)
    wait_for(network, nodes, {"key": b"meanwhile", "other": b"value"})
