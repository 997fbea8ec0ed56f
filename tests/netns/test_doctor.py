"""The doctor beside a node of a cluster that is found by DNS, as in a pod."""

import pytest
import requests

from tests.commands import COMMAND
from tests.doctor import Told
from tests.netns.network import NAME, Network
from tests.nodes import wait_until

pytestmark = pytest.mark.netns


def doctor(network: Network, host: int) -> Told:
    environ = {"SERVICE_DNS_NAME": NAME, "MY_POD_IP": network.address(host), "CLIENT_PORT": "80"}
    return Told([*network.at_host(host), *COMMAND, "doctor"], {"PATH": "/usr/bin:/bin", **environ})


def test_beside_a_node_as_in_a_pod(network: Network) -> None:
    network.dns.run(hosts=network.records(0, 1))
    nodes = [network.node(host, {"SERVICE_DNS_NAME": NAME, "MY_POD_IP": network.address(host)}) for host in range(2)]
    with network.at(0):
        wait_until(lambda: requests.get(f"{nodes[0].url}/peers", timeout=5).json()["agreeing"] == 1)
    told = doctor(network, 0)
    assert (told.status, told.lines[-1]) == (0, "nothing is wrong")
    assert told.about("DNS servers") == [f"ok DNS servers: {network.dns_address}; search list cluster.test"]
    assert told.about(f"name {NAME}")[0].startswith(f"ok name {NAME}: 2 A and 0 AAAA (")
    assert told.about("own address") == [f"ok own address: {network.address(0)} is this machine's (MY_POD_IP)"]
    assert told.about("PEER_PORT 46747") == ["ok PEER_PORT 46747: a node of this cluster runs here"]
    assert told.about(f"peer {network.address(0)}:46747") == []
    (line,) = told.about(f"peer {network.address(1)}:46747")
    assert line.startswith(f"ok peer {network.address(1)}:46747: a node of this cluster; it answers in ")


def test_what_a_firewall_drops(network: Network) -> None:
    network.dns.run(hosts=network.records(0, 1, 2))
    network.node(1, {"SERVICE_DNS_NAME": NAME})
    network.drop(1, "-p tcp --dport 46747")
    told = doctor(network, 0)
    assert (told.status, told.lines[-1]) == (1, "2 things are wrong")
    assert told.about("PEER_PORT 46747") == ["ok PEER_PORT 46747: is free at ::; no node runs here"]
    assert told.about(f"peer {network.address(1)}:46747") == [
        f"wrong peer {network.address(1)}:46747: nothing answers there: is the machine or pod gone, or does a firewall "
        "or network policy drop the way?"
    ]
    assert told.about(f"peer {network.address(2)}:46747") == [
        f"wrong peer {network.address(2)}:46747: nothing listens there: does that node run, and is this its PEER_PORT?"
    ]
