"""What nodes tell of each other: who agrees, and who is missed."""

import requests

from tests.nodes import RunningNode, wait_until
from tests.processes.cluster import SIZE, Cluster, write_one_each


def test_every_node_sees_that_all_agree_at_both_ports(cluster: Cluster) -> None:
    write_one_each(cluster)
    origins = {node.stats()["origin"] for node in cluster.nodes}

    def sees_agreement(node: RunningNode, url: str) -> bool:
        seen = requests.get(f"{url}/peers", timeout=5).json()
        others = origins - {seen["origin"]}
        agreeing = {peer["origin"] for peer in seen["peers"] if peer["agrees"] and peer["address"]}
        return (
            agreeing == others and seen["agreeing"] == SIZE - 1 and seen["fingerprint"] == node.stats()["fingerprint"]
        )

    for node in cluster.nodes:
        for url in (node.url, node.peer_url):
            wait_until(lambda: sees_agreement(node, url))  # noqa: B023 - called before the next turn
    peers = requests.get(f"{cluster.nodes[0].url}/peers", timeout=5).json()["peers"]
    assert all(abs(peer["clockOffsetMs"]) < 1000 and 0 < peer["roundTripMs"] < 5000 for peer in peers)


def test_a_killed_node_is_missed_within_some_rounds(cluster: Cluster) -> None:
    def seen() -> tuple[int, list[str]]:
        told = requests.get(f"{cluster.nodes[0].url}/peers", timeout=5).json()
        return told["agreeing"], told["notHeard"]

    wait_until(lambda: seen() == (SIZE - 1, []), what="that all agree")
    cluster.nodes[1].process.kill()
    wait_until(lambda: seen() == (SIZE - 2, [f"127.0.0.1:{cluster.ports[1]}"]), what="that it is missed")
