"""What the doctor finds of peers: whether they can be reached, are nodes, of this cluster, and tell the same time."""

import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from gossip.commands.demo.nodes import free_ports
from tests.authority import Authority
from tests.chaos.clock import SteppedClock
from tests.doctor import doctor
from tests.nodes import RunningNode
from tests.unit.fakes import TinyServer, answering

PAGE = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>"


@pytest.fixture(scope="module")
def node() -> Iterator[RunningNode]:
    with RunningNode() as running:
        yield running


def test_a_peer_that_is_down() -> None:
    (port,) = free_ports(1)
    told = doctor(f"--peers=localhost:{port}")
    assert (told.status, told.lines[-1]) == (1, "1 thing is wrong")
    assert told.about("name localhost")[0].startswith("ok name localhost: 127.0.0.1, in ")
    assert told.about(f"peer 127.0.0.1:{port}") == [
        f"wrong peer 127.0.0.1:{port}: nothing listens there: does that node run, and is this its PEER_PORT?"
    ]


def test_a_peer_of_another_cluster(node: RunningNode) -> None:
    peer = f"127.0.0.1:{node.peer_port}"
    told = doctor(f"--peers={peer}", "--cluster-name=mine")
    assert told.status == 1
    assert told.about(f"peer {peer}") == [
        f"wrong peer {peer}: refuses this cluster, 'mine': give all nodes one CLUSTER_NAME (it says: {peer} answered "
        "403: the peer's cluster is 'mine', this one's is 'gossipcar')"
    ]


def serve_page(connection: socket.socket) -> None:
    if connection.recv(1, socket.MSG_PEEK):  # the doctor first tries whether anybody is there
        answering(PAGE)(connection)


def test_a_peer_that_is_no_node(node: RunningNode) -> None:
    with TinyServer(serve_page) as web, TinyServer(lambda connection: connection.close()) as rude:
        clients = f"127.0.0.1:{node.client_port}"
        told = doctor(f"--peers={web.address},{rude.address},{clients}")
    assert (told.status, told.lines[-1]) == (1, "3 things are wrong")
    for address in (str(web.address), clients):
        (line,) = told.about(f"peer {address}")
        assert f"wrong peer {address}: what listens there is no node, not one of this version, or too busy" in line
    (line,) = told.about(f"peer {rude.address}")
    assert line.startswith(f"wrong peer {rude.address}: somebody listens there, but {rude.address} ")


@pytest.mark.parametrize(
    ("ahead", "words"),
    [
        (90.0, r"wrong peer .*: its clock is (89|90)\.\d s ahead of this machine's, more than MAX_CLOCK_SKEW: what is "
         "written there is refused here; set both clocks, by NTP for example"),
        (-90.0, r"wrong peer .*: its clock is 9[01]\.\d s behind this machine's, more than MAX_CLOCK_SKEW: what is "
         "written here is refused there; set both clocks, by NTP for example"),
        (5.0, r"warning peer .*: its clock is [45]\.\d s ahead of this machine's, and values expire by each node's "
         "own: set both, by NTP for example"),
    ],
)  # fmt: skip
def test_a_clock_that_is_off(ahead: float, words: str, tmp_path: Path) -> None:
    clock = SteppedClock(tmp_path / "step")
    clock.set(ahead)
    with RunningNode(environ=clock.environ) as node:
        told = doctor(f"--peers=127.0.0.1:{node.peer_port}")
    (line,) = told.about(f"peer 127.0.0.1:{node.peer_port}")
    assert re.fullmatch(words, line), line
    assert told.status == (1 if abs(ahead) > 60 else 0)


def test_nodes_with_different_bounds_on_values(node: RunningNode) -> None:
    told = doctor(f"--peers=127.0.0.1:{node.peer_port}", "--max-value-bytes=1000")
    assert told.status == 0
    (line,) = told.about(f"peer 127.0.0.1:{node.peer_port}")
    assert line.endswith(
        "takes values of up to 1,048,576 bytes, and this node of up to 1,000: give all nodes one MAX_VALUE_BYTES"
    )


def test_many_addresses_are_tried_by_lot() -> None:
    told = doctor(f"--peers={','.join(f'127.0.0.1:{port}' for port in free_ports(250))}")
    assert told.about("peers") == ["ok peers: of 250, 200 are tried, drawn by lot"]
    assert told.lines[-1] == "200 things are wrong"


def test_a_peer_that_wants_tls(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    authority.issue()
    with RunningNode("--health-port=0", *authority.flags()) as secured:
        peer = f"127.0.0.1:{secured.peer_port}"
        (line,) = doctor(f"--peers={peer}").about(f"peer {peer}")
    assert line.startswith(
        f"wrong peer {peer}: it wants TLS, and this node has none: give all nodes PEER_TLS_CERT and its like ({peer} "
    )
