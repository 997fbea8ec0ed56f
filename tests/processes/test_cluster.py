"""Real nodes on loopback: they converge, they survive kills, and a stop loses nothing."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack

import pytest
import requests

from gossip.commands.demo.nodes import free_ports
from tests.nodes import ROOT, RunningNode, wait_until
from tests.processes.cluster import ALL_LINES, KEYS, SIZE, Cluster, write_one_each


def agree(cluster: Cluster) -> bool:
    return all(node.get(*KEYS) == ALL_LINES for node in cluster.nodes)


def test_what_is_written_anywhere_is_read_everywhere(cluster: Cluster) -> None:
    write_one_each(cluster)
    wait_until(lambda: agree(cluster))
    fingerprints = {node.stats()["fingerprint"] for node in cluster.nodes}
    assert len(fingerprints) == 1
    assert {node.stats()["peers"] for node in cluster.nodes} <= {"4", "5"}  # 5 until a node has met itself


def test_news_waits_for_no_round_and_comes_once() -> None:
    with ExitStack() as stack:
        cluster = Cluster(stack, "--gossip-interval=3600")

        def everywhere_at_once() -> bool:
            """Those who were called before they listened are left alone for a second or two."""
            before = [int(node.stats()["nEntriesIn"]) for node in cluster.nodes]
            write_one_each(cluster)
            time.sleep(0.2)
            return [
                int(node.stats()["nEntriesIn"]) - count for node, count in zip(cluster.nodes, before, strict=True)
            ] == [SIZE - 1] * SIZE

        wait_until(everywhere_at_once)
        assert agree(cluster)
        assert {node.stats()["nNewsDropped"] for node in cluster.nodes} == {"0"}


def test_a_killed_node_comes_back_and_has_everything(cluster: Cluster) -> None:
    write_one_each(cluster)
    wait_until(lambda: agree(cluster))
    cluster.nodes[2].kill()
    assert cluster.nodes[0].put("key-2", b"value two") == 204
    assert cluster.nodes[0].put("key-2", b"value 2") == 204
    cluster.nodes[2] = cluster.start(cluster.ports[2])
    wait_until(lambda: agree(cluster))


def test_the_later_write_wins_everywhere(cluster: Cluster) -> None:
    for number, node in enumerate(cluster.nodes):
        node.put("shared", f"from {number}".encode())
    wait_until(lambda: {node.get("shared") for node in cluster.nodes} == {b"shared=from 4\n"})


def test_a_write_acknowledged_right_before_sigterm_is_not_lost() -> None:
    first, second = free_ports(2)
    with (
        RunningNode(f"--peers=127.0.0.1:{second}", "--gossip-interval=3600", peer_port=first) as leaver,
        RunningNode("--gossip-interval=3600", peer_port=second) as stayer,
    ):
        assert leaver.put("last", b"words") == 201
        began = time.monotonic()
        leaver.process.terminate()
        assert leaver.process.wait(timeout=5) == 0
        assert time.monotonic() - began < 5
        assert stayer.get("last") == b"last=words\n"


def test_a_stop_passes_over_a_peer_that_is_stopping_too() -> None:
    """Two of three nodes stop at once: what either acknowledged is at the third."""
    ports = free_ports(3)
    peers = ",".join(f"127.0.0.1:{port}" for port in ports)
    with ExitStack() as stack:
        a, b, c = (
            stack.enter_context(RunningNode(f"--peers={peers}", "--gossip-interval=3600", peer_port=port))
            for port in ports
        )
        a.put("a", b"1")
        b.put("b", b"2")
        a.process.terminate()
        b.process.terminate()
        assert a.process.wait(timeout=5) == 0
        assert b.process.wait(timeout=5) == 0
        assert c.get("a", "b") == b"a=1\nb=2\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_without_peers_is_prompt(number: signal.Signals) -> None:
    with RunningNode() as node:
        node.process.send_signal(number)
        assert node.process.wait(timeout=5) == 0


@pytest.mark.skipif(sys.platform != "linux", reason="unavoidable: only Linux lets a signal be sent to one thread")
def test_a_signal_stops_the_node_whichever_thread_it_is_delivered_to() -> None:
    with RunningNode() as node:
        pid = node.process.pid
        wait_until(lambda: "is up" in node.log)
        time.sleep(0.3)  # its main thread has nothing left to do but wait
        threads = [int(name) for name in os.listdir(f"/proc/{pid}/task") if int(name) != pid]
        assert ctypes.CDLL(None).tgkill(pid, threads[-1], signal.SIGTERM) == 0
        assert node.process.wait(timeout=5) == 0


def test_a_second_signal_exits_at_once() -> None:
    """A peer that accepts and never answers keeps the first stop busy."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with RunningNode(f"--peers=127.0.0.1:{port}", "--gossip-interval=3600") as node:
            node.process.terminate()
            wait_until(lambda: requests.put(f"{node.url}/map?k=a", data=b"1", timeout=5).status_code == 503)
            node.process.terminate()
            assert node.process.wait(timeout=10) == 128 + signal.SIGTERM


def test_reads_go_on_and_writes_are_refused_while_stopping() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with RunningNode(f"--peers=127.0.0.1:{port}", "--gossip-interval=3600") as node:
            node.put("a", b"1")
            node.process.terminate()
            wait_until(lambda: node.put("a", b"1") == 503)
            assert node.put("b", b"2") == 503
            assert node.get("a", "b") == b"a=1\n"
            assert requests.get(f"{node.peer_url}/readyz", timeout=5).status_code == 503
            assert node.process.wait(timeout=5) == 0


def test_nodes_of_different_clusters_exchange_nothing_and_say_so() -> None:
    first, second = free_ports(2)
    with (
        RunningNode(f"--peers=127.0.0.1:{second}", "--gossip-interval=0.05", "--cluster-name=a", peer_port=first) as a,
        RunningNode("--cluster-name=b", peer_port=second) as b,
    ):
        a.put("mine", b"1")
        b.put("yours", b"2")
        wait_until(lambda: "another cluster" in b.log and int(a.stats()["nPeerFaults"]) >= 20)
        assert a.get("yours") is None
        assert b.get("mine") is None
        assert a.log.count("another cluster") == 1, "one line a minute, however many rounds fail"
        assert "answered 403: the peer's cluster is 'a', this one's is 'b'" in a.log
        assert "the peer's cluster is 'a', this one's is 'b'" in b.log


def test_a_paused_peer_costs_its_rounds_alone() -> None:
    ports = free_ports(3)
    peers = ",".join(f"127.0.0.1:{port}" for port in ports)
    with ExitStack() as stack:
        a, b, paused = (
            stack.enter_context(RunningNode(f"--peers={peers}", "--gossip-interval=0.05", peer_port=port))
            for port in ports
        )
        os.kill(paused.process.pid, signal.SIGSTOP)
        a.put("news", b"1")
        wait_until(lambda: b.get("news") == b"news=1\n", seconds=20)
        os.kill(paused.process.pid, signal.SIGCONT)
        wait_until(lambda: paused.get("news") == b"news=1\n", seconds=20)


def test_an_answer_on_its_way_is_finished_by_a_stop() -> None:
    with RunningNode() as node:
        value = b"x" * 1_000_000
        node.put("large", value)
        asked = (
            b"GET /map?" + b"&".join([b"k=large"] * 20) + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        )
        with socket.create_connection(("127.0.0.1", node.client_port), timeout=5) as connection:
            connection.sendall(asked)
            received = len(connection.recv(1000))
            node.process.terminate()
            time.sleep(0.3)  # the reader is slow, not the node
            while piece := connection.recv(1 << 20):
                received += len(piece)
        assert received > 20 * len(value)
        assert node.process.wait(timeout=5) == 0


@pytest.mark.parametrize("milliseconds", [30, 60, 90, 120, 160])
def test_a_signal_during_the_start_ends_it_cleanly(milliseconds: int) -> None:
    command = [sys.executable, str(ROOT / "gossipcar.py"), "--client-port=0", "--peer-port=0"]
    node = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    time.sleep(milliseconds / 1000)
    node.terminate()
    _, complaint = node.communicate(timeout=10)
    assert "Traceback" not in complaint
    assert node.returncode in (0, -signal.SIGTERM)  # the latter before Python runs any code of ours
