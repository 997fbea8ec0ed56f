"""Whole nodes in this process: wired, started, found by each other, stopped."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import requests

from gossip.config import load
from gossip.node import Node
from tests.nodes import wait_until


def make_node(**environ: str) -> Node:
    loopback = {"CLIENT_HOST": "127.0.0.1", "CLIENT_PORT": "0", "PEER_HOST": "127.0.0.1", "PEER_PORT": "0"}
    return Node(load({}, {**loopback, "GOSSIP_INTERVAL": "0.05", **environ}))


@contextmanager
def running(**environ: str) -> Iterator[Node]:
    node = make_node(**environ)
    node.start()
    try:
        yield node
    finally:
        node.stop()


def peer_url(node: Node, path: str) -> str:
    return f"http://127.0.0.1:{node.peer_servers[0].port}{path}"


def client_url(node: Node, path: str) -> str:
    return f"http://127.0.0.1:{node.client_servers[0].port}{path}"


def get(url: str) -> tuple[int, str]:
    response = requests.get(url, timeout=10)
    return response.status_code, response.text


def test_a_node_alone_is_alive_and_ready_at_once() -> None:
    with running() as node:
        assert get(peer_url(node, "/healthz")) == (200, "alive\n")
        assert get(peer_url(node, "/readyz")) == (200, "ready\n")


def test_each_port_answers_its_own_paths_only() -> None:
    with running() as node:
        assert get(client_url(node, "/readyz")) == (
            404,
            "nothing is here; ask for one of /, /map, /map/, /keys, /watch, /stats, /peers, /openapi.json\n",
        )
        assert get(peer_url(node, "/map?k=a"))[0] == 404
        assert get(peer_url(node, "/exchange"))[0] == 405


def test_client_requests_are_counted_and_peer_requests_are_not() -> None:
    with running() as node:
        get(peer_url(node, "/healthz"))
        get(client_url(node, "/map?k=a"))
        stats = get(client_url(node, "/stats"))[1]
    assert "nBadHttpReqs=1\nnGoodHttpReqs=0\n" in stats


def test_a_node_with_peers_is_ready_after_its_first_exchange() -> None:
    with running() as first:
        first.store.put(b"k", b"v")
        with running(PEERS=f"127.0.0.1:{first.peer_servers[0].port}") as second:
            wait_until(lambda: get(peer_url(second, "/readyz"))[0] == 200)
            assert get(client_url(second, "/map?k=k")) == (200, "k=v\n")


def test_a_node_whose_peers_do_not_answer_is_not_ready_yet() -> None:
    with running(PEERS="127.0.0.1:1") as node:
        assert get(peer_url(node, "/readyz")) == (503, "this node does not yet hold what its peers hold\n")
        wait_until(lambda: node.faults.counts.get("peer not reachable"))


def test_another_cluster_gets_nothing() -> None:
    with running(CLUSTER_NAME="ours") as first:
        first.store.put(b"k", b"v")
        with running(CLUSTER_NAME="theirs", PEERS=f"127.0.0.1:{first.peer_servers[0].port}") as second:
            wait_until(lambda: second.faults.counts.get("another cluster"))
            wait_until(lambda: first.faults.counts.get("another cluster"))
            assert second.store.entries == 0


def test_a_stop_hands_over_the_last_write_and_ends_every_thread() -> None:
    with running() as first:
        second = make_node(PEERS=f"127.0.0.1:{first.peer_servers[0].port}", GOSSIP_INTERVAL="3600")
        before = set(threading.enumerate())
        second.start()
        wait_until(lambda: second.metrics.exchanges_out.total)
        assert requests.put(client_url(second, "/map?k=late"), b"write", timeout=10).status_code == 201
        second.stop()
        assert get(client_url(first, "/map?k=late")) == (200, "late=write\n")
        wait_until(lambda: not {t.name for t in set(threading.enumerate()) - before} & {"gossip", "clients", "peers"})


def test_origins_are_fresh() -> None:
    with running() as first, running() as second:
        assert first.store.origin != second.store.origin
