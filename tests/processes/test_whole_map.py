"""The rest of the map API at real nodes: deletes, expiry, one value by its path, many at once, confirmed writes."""

import time
from collections.abc import Iterator

import pytest
import requests

from gossip.commands.demo.nodes import free_ports
from tests.nodes import RunningNode, wait_until

SECONDS = 5


@pytest.fixture(scope="module")
def nodes() -> Iterator[list[RunningNode]]:
    """Three nodes that know each other."""
    ports = free_ports(3)
    peers = "--peers=" + ",".join(f"127.0.0.1:{port}" for port in ports)
    started = [RunningNode(peers, "--gossip-interval=0.2", peer_port=port) for port in ports]
    yield started
    for node in started:
        node.kill()


def test_a_delete_reaches_all(nodes: list[RunningNode]) -> None:
    nodes[0].put("gone", b"1")
    wait_until(lambda: all(node.get("gone") for node in nodes), what="the value")
    assert requests.delete(f"{nodes[1].url}/map?k=gone", timeout=SECONDS).status_code == 204
    wait_until(lambda: not any(node.get("gone") for node in nodes), what="the delete")
    response = requests.delete(f"{nodes[2].url}/map?k=gone", timeout=SECONDS)
    assert (response.status_code, response.text) == (404, "none of the keys asked for is in the map\n")
    assert nodes[2].put("gone", b"2") == 201


def seconds_to_expire(nodes: list[RunningNode], key: str, ttl: int) -> float:
    """How long it takes until a value that is written with this time to live is gone everywhere."""
    written = time.monotonic()
    put = requests.put(f"{nodes[0].url}/map?k={key}&ttl={ttl}", data=b"v" * 100_000, timeout=SECONDS)
    assert put.status_code == 201
    wait_until(lambda: all(node.get(key) for node in nodes), what="the value")
    wait_until(lambda: not any(node.get(key) for node in nodes), what="its end")
    took = time.monotonic() - written
    assert took >= ttl
    return took


def test_a_value_expires_everywhere_within_a_second_and_its_memory_comes_back(nodes: list[RunningNode]) -> None:
    before = [int(node.stats()["bytes"]) for node in nodes]
    assert any(seconds_to_expire(nodes, f"brief{number}", ttl=2) < 3 for number in range(3)), "none within a second"
    wait_until(
        lambda: all(int(node.stats()["bytes"]) - held < 1000 for node, held in zip(nodes, before, strict=True)),
        what="the memory to come back",
    )
    wait_until(lambda: len({node.stats()["fingerprint"] for node in nodes}) == 1, what="agreement")


def test_one_value_by_its_path(nodes: list[RunningNode]) -> None:
    url = f"{nodes[0].url}/map/a%20path/with/slashes"
    response = requests.put(url, data=b"\0\xff", headers={"Content-Type": "image/png"}, timeout=SECONDS)
    etag = response.headers["ETag"]
    assert response.status_code == 201
    response = requests.get(url, timeout=SECONDS)
    assert (response.content, response.headers["Content-Type"]) == (b"\0\xff", "image/png")
    assert response.headers["ETag"] == etag
    assert nodes[0].get("a path/with/slashes") == b"a path/with/slashes=\0\xff\n"
    response = requests.get(url, headers={"If-None-Match": etag}, timeout=SECONDS)
    assert (response.status_code, response.content, response.headers["ETag"]) == (304, b"", etag)
    assert "Content-Length" not in response.headers
    assert requests.put(url, data=b"x", headers={"If-None-Match": "*"}, timeout=SECONDS).status_code == 412
    assert requests.put(url, data=b"x", headers={"If-Match": etag}, timeout=SECONDS).status_code == 204
    assert requests.delete(url, headers={"If-Match": etag}, timeout=SECONDS).status_code == 412
    assert requests.head(url, timeout=SECONDS).headers["Content-Length"] == "1"
    assert requests.delete(url, timeout=SECONDS).status_code == 204
    assert requests.get(url, timeout=SECONDS).status_code == 404
    assert requests.post(url, timeout=SECONDS).headers["Allow"] == "DELETE, GET, HEAD, PUT"


def test_many_at_once_as_json(nodes: list[RunningNode]) -> None:
    items = {f"many{number}": {"value": f"line\n{number}"} for number in range(500)}
    response = requests.post(f"{nodes[0].url}/map", json=items, timeout=SECONDS)
    assert (response.status_code, response.json()) == (200, {"created": 500, "overwritten": 0})
    as_json = {"Accept": "application/json"}

    def read() -> dict[str, str]:
        response = requests.get(f"{nodes[2].url}/map?k=many0&k=many499&k=no", headers=as_json, timeout=SECONDS)
        return {key: entry["value"] for key, entry in response.json().items()} if response.ok else {}

    wait_until(lambda: read() == {"many0": "line\n0", "many499": "line\n499"}, what="the values elsewhere")


def test_a_confirmed_write_is_at_so_many_peers_when_it_is_answered(nodes: list[RunningNode]) -> None:
    for number in range(20):
        response = requests.put(f"{nodes[0].url}/map?k=sure{number}&wait=all&timeout=10", data=b"v", timeout=15)
        assert (response.status_code, response.headers["Gossip-Confirmed"]) == (201, "2")
        assert [node.get(f"sure{number}") for node in nodes] == [b"sure%d=v\n" % number] * 3


def test_a_confirmed_write_that_too_few_can_have_is_accepted_when_its_time_is_up(nodes: list[RunningNode]) -> None:
    began = time.monotonic()
    response = requests.put(f"{nodes[0].url}/map?k=few&wait=7&timeout=2", data=b"v", timeout=15)
    assert (response.status_code, response.headers["Gossip-Confirmed"]) == (202, "2")
    assert time.monotonic() - began >= 2
    assert nodes[1].get("few") == b"few=v\n"
