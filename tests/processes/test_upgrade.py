"""A rolling upgrade: nodes of earlier releases beside those of this version, until all are replaced."""

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest
import requests

from gossip.commands.demo.nodes import free_ports
from tests.nodes import ROOT, RunningNode, wait_until

RELEASES = {
    "0.1.0": "c7983e9dea219f97c7bcab36031ef94989f283ac",
    "0.2.0": "a989af45a558e35d37eaeacb27469d2c28a20997",
}
"""The commits of earlier releases."""


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that has the code of 0.1.0, which knew values only."""
    return code_of("0.1.0", tmp_path_factory)


@pytest.fixture(scope="module", params=RELEASES)
def any_release(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """The folder that has an earlier release's code."""
    return code_of(request.param, tmp_path_factory)


def code_of(version: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not shutil.which("git") or not shutil.which("tar"):
        pytest.skip("unavoidable: without git and tar an earlier release's code is not to be had")
    command = ["git", "-C", str(ROOT), "archive", RELEASES[version], "gossipcar.py", "gossip"]
    archive = subprocess.run(command, capture_output=True, check=False)
    if archive.returncode:
        pytest.skip("unavoidable: this copy's history does not reach back to that release")
    folder = tmp_path_factory.mktemp("release")
    subprocess.run(["tar", "-x", "-C", str(folder)], input=archive.stdout, check=True)
    return folder


def value(node: RunningNode, key: str) -> requests.Response:
    """What a node of this version tells of one value."""
    return requests.get(f"{node.url}/map/{key}", timeout=5)


def is_ready(node: RunningNode) -> bool:
    return requests.get(f"{node.peer_url}/readyz", timeout=5).status_code == 200


def added(node: RunningNode, key: str, amount: int) -> str:
    return requests.post(f"{node.url}/map?k={key}&add={amount}", timeout=5).text


Start = Callable[[int, Path], RunningNode]


def starter(stack: ExitStack, ports: list[int], *flags: str) -> Start:
    peers = ",".join(f"127.0.0.1:{port}" for port in ports)

    def start(port: int, root: Path) -> RunningNode:
        return stack.enter_context(
            RunningNode(f"--peers={peers}", "--gossip-interval=0.1", *flags, root=root, peer_port=port)
        )

    return start


def everywhere(nodes: list[RunningNode], written: dict[str, str]) -> bool:
    lines = "".join(f"{key}={text}\n" for key, text in written.items()).encode()
    return all(node.get(*written) == lines for node in nodes)


def test_nodes_are_replaced_one_by_one_and_nothing_is_lost(any_release: Path) -> None:
    with ExitStack() as stack:
        ports = free_ports(4)
        start = starter(stack, ports)
        nodes = [start(port, any_release) for port in ports[:3]] + [start(ports[3], ROOT)]
        fill_with_what_the_release_does_not_know(nodes[3])
        written: dict[str, str] = {}
        for turn in range(3):
            for number, node in enumerate(nodes):
                for key in (f"{turn}-{number}", f"{(number + turn) % 4}"):
                    assert node.put(key, f"{turn} at {number}".encode()) in (201, 204)
                    written[key] = f"{turn} at {number}"
            wait_until(lambda: everywhere(nodes, written), what="that all read all")
            replaced = nodes[turn]
            assert replaced.put(f"last-{turn}", b"words") == 201
            written[f"last-{turn}"] = "words"
            replaced.process.terminate()
            assert replaced.process.wait(timeout=10) == 0
            assert "lost with this node" not in replaced.log
            nodes[turn] = start(ports[turn], ROOT)
            wait_until(partial(is_ready, nodes[turn]), seconds=5, what="that the new one is ready")
            wait_until(lambda: everywhere(nodes, written), what="that the new one reads all")
        wait_until(lambda: len({node.stats()["fingerprint"] for node in nodes}) == 1, what="that all agree")
        assert {node.get("hits", "brief", "gone") for node in nodes} == {b"hits=5\n"}
        assert not [node.log for node in nodes if "Traceback" in node.log]


def fill_with_what_the_release_does_not_know(node: RunningNode) -> None:
    """A counter, a value that has expired, and a delete."""
    assert added(node, "hits", 5) == "5\n"
    assert requests.put(f"{node.url}/map?k=brief&ttl=0.2", b"1", timeout=5).status_code == 201
    assert node.put("gone", b"1") == 201
    assert requests.delete(f"{node.url}/map?k=gone", timeout=5).status_code == 204
    wait_until(lambda: node.get("brief") is None)


class Chain:
    """Two nodes of this version that have only one of the last release between them."""

    def __init__(self, stack: ExitStack, release: Path, *flags: str) -> None:
        """The flags are for those of this version."""
        left, middle, right = free_ports(3)
        self.left = starter(stack, [middle], *flags)(left, ROOT)
        self.old = starter(stack, [left, right])(middle, release)
        self.right = starter(stack, [middle], *flags)(right, ROOT)


@pytest.fixture
def chain(release: Path) -> Iterator[Chain]:
    with ExitStack() as stack:
        chain = Chain(stack, release)
        assert chain.left.put("a", b"1") == 201
        wait_until(lambda: chain.right.get("a") == b"a=1\n")
        yield chain


def test_a_delete_reaches_the_release_and_passes_through_it(chain: Chain) -> None:
    assert requests.delete(f"{chain.left.url}/map?k=a", timeout=5).status_code == 204
    wait_until(lambda: chain.old.get("a") is None and chain.right.get("a") is None)


def test_tombstones_that_the_release_keeps_are_not_taken_back(release: Path) -> None:
    with ExitStack() as stack:
        chain = Chain(stack, release, "--tombstone-ttl=10")
        assert chain.left.put("a", b"1") == 201
        assert requests.delete(f"{chain.left.url}/map?k=a", timeout=5).status_code == 204
        wait_until(lambda: chain.right.stats()["entries"] == chain.left.stats()["entries"] == "0", seconds=20)
        offered = int(chain.right.stats()["nEntriesIn"])
        wait_until(lambda: int(chain.right.stats()["nEntriesIn"]) >= offered + 3)
        assert [node.stats()["entries"] for node in (chain.left, chain.old, chain.right)] == ["0", "1", "0"]
        assert chain.right.stats()["nPeerFaults"] == "0"


def test_what_expires_passes_through_the_release_and_is_gone_on_time_at_the_other_side(chain: Chain) -> None:
    put = requests.put(f"{chain.left.url}/map/brief?ttl=6", b"1", headers={"Content-Type": "text/brief"}, timeout=5)
    assert put.status_code == 201
    wait_until(lambda: value(chain.right, "brief").status_code == 200, seconds=5)
    there, here = value(chain.right, "brief"), value(chain.left, "brief")
    for field in ("ETag", "Gossip-Expiry", "Content-Type"):
        assert there.headers[field] == here.headers[field]
    assert there.headers["Content-Type"] == "text/brief"
    expiry = int(there.headers["Gossip-Expiry"]) / 1e6
    wait_until(lambda: value(chain.right, "brief").status_code == 404)
    assert 0 <= time.time() - expiry < 1
    assert value(chain.left, "brief").status_code == 404
    assert chain.old.get("brief") == b"brief=1\n", "what docs/protocol.md says of the last release"
    time.sleep(1)  # the old node goes on to offer it, ten times a second
    assert value(chain.right, "brief").status_code == 404


def test_shares_of_counters_pass_through_the_release(chain: Chain) -> None:
    assert added(chain.left, "hits", 5) == "5\n"
    wait_until(lambda: chain.right.get("hits") == b"hits=5\n")
    assert added(chain.right, "hits", 7) == "12\n"
    wait_until(lambda: chain.left.get("hits") == b"hits=12\n")
    assert chain.old.get("hits") is None, "what docs/protocol.md says of the last release"
    assert chain.old.put("hits", b"100") == 201
    wait_until(lambda: chain.left.get("hits") == chain.right.get("hits") == b"hits=100\n")
    assert added(chain.right, "hits", 1) == "101\n"
    wait_until(lambda: chain.left.get("hits") == b"hits=101\n")


def test_a_node_of_the_release_confirms_writes(chain: Chain) -> None:
    put = requests.put(f"{chain.left.url}/map?k=b&wait=1&timeout=5", b"1", timeout=10)
    assert (put.status_code, put.headers["Gossip-Confirmed"]) == (201, "1")
    assert chain.old.get("b") == b"b=1\n"


def test_a_node_that_stops_hands_over_to_one_of_the_release(chain: Chain) -> None:
    fill_with_what_the_release_does_not_know(chain.left)
    assert chain.left.put("last", b"words") == 201
    chain.left.process.terminate()
    assert chain.left.process.wait(timeout=5) == 0
    assert chain.old.get("last", "a") == b"last=words\na=1\n"
    assert f'msg="handed over" peer=127.0.0.1:{chain.old.peer_port} ' in chain.left.log
