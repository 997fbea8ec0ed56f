"""How a node starts, what it says, and how it refuses to."""

import os
import re
import shutil
import socket
import subprocess
import sys

import pytest
import requests

from gossip.commands.demo.nodes import free_ports
from tests.nodes import ROOT, RunningNode, wait_until


def run(*flags: str, **environ: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "gossipcar.py"), *flags]
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=20, check=False)


def test_two_lines_say_where_it_listens() -> None:
    with RunningNode() as node:
        port, peer_port = node.client_port, node.peer_port
        assert node.lines[0].startswith(f"gossipcar: clients at http://127.0.0.1:{port}")
        assert node.lines[1] == f"gossipcar: peers at http://[::]:{peer_port} (all addresses)"


def test_both_loopbacks_are_served_on_one_port() -> None:
    with RunningNode() as node:
        if "[::1]" not in node.lines[0]:
            pytest.skip("unavoidable: this machine has no ::1")
        requests.put(f"http://[::1]:{node.client_port}/map?k=a", data=b"1", timeout=5)
        assert node.get("a") == b"a=1\n"


def test_clients_are_not_served_beyond_loopback() -> None:
    with RunningNode() as node:
        listening = subprocess.run(["ss", "-Hltn"], capture_output=True, text=True, check=True).stdout
        local = [line.split()[3] for line in listening.splitlines() if line.split()[3].endswith(f":{node.client_port}")]
        assert sorted(local) == [f"127.0.0.1:{node.client_port}", f"[::1]:{node.client_port}"][: len(local)]


def test_it_runs_without_any_installed_package() -> None:
    """`-S` hides every package that is not the standard library's."""
    with RunningNode(python_flags=["-S"]) as node:
        assert node.put("a", b"1") == 201


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("unshare"), reason="needs root, for a network of its own")
def test_without_rights_to_port_80_it_takes_8080_and_says_so() -> None:
    inner = (
        f"ip link set lo up && exec setpriv --bounding-set=-net_bind_service {sys.executable} -u {ROOT}/gossipcar.py"
    )
    node = subprocess.Popen(
        ["unshare", "--net", "sh", "-c", inner],
        stdout=subprocess.PIPE,
        text=True,
        cwd="/",
        env={"PATH": os.environ["PATH"]},
    )
    try:
        assert node.stdout
        line = node.stdout.readline().strip()
        assert line.endswith(":8080 (port 80 needs rights that this process lacks)")
        assert line.startswith("gossipcar: clients at http://127.0.0.1:8080")
    finally:
        node.kill()
        node.communicate()


def test_a_chosen_port_that_is_taken_ends_with_one_line_and_status_1() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run("--client-port", str(port), "--peer-port", "0")
    assert done.returncode == 1
    assert (
        done.stderr == f"gossipcar: CLIENT_PORT {port} cannot be bound at 127.0.0.1 and ::1 (Address already in use)\n"
    )
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("flags", "environ", "line"),
    [
        (["--client-port", "http"], {}, "--client-port 'http' is not allowed: give a whole number from 0 to 65535, "
         "where 0 means any free port"),
        ([], {"PEERS": "a:b"},
         "PEERS=a:b is not allowed: give host:port or host, separated by commas, IPv6 in brackets"),
        ([], {"GOSSIP_INTERVAL": "soon"}, "GOSSIP_INTERVAL=soon is not allowed: give a number from 0.01 to 3600"),
        (["--no-such-thing"], {}, "unrecognized arguments: --no-such-thing; see --help"),
    ],
)  # fmt: skip
def test_a_bad_setting_ends_with_one_line_and_status_2(flags: list[str], environ: dict[str, str], line: str) -> None:
    done = run(*flags, **environ)
    assert (done.returncode, done.stderr) == (2, f"gossipcar: {line}\n")


def test_a_dns_name_without_dnspython_is_a_bad_setting() -> None:
    done = subprocess.run(
        [sys.executable, "-S", str(ROOT / "gossipcar.py"), "--service-dns-name=gossipcar", "--client-port=0"],
        capture_output=True, text=True, timeout=20, check=False, env={},
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr == (
        "gossipcar: SERVICE_DNS_NAME=gossipcar cannot be looked up: "
        "it needs the package dnspython: pip install dnspython\n"
    )


def test_help_gives_each_setting_with_unit_default_and_reason() -> None:
    text = re.sub(r"\s+", " ", run("--help").stdout)
    assert "--peer-port PORT the port for peers, health and metrics" in text
    assert "Unit: seconds. Default: 1.0. [GOSSIP_INTERVAL]" in text


def test_alone_it_is_ready_at_once() -> None:
    with RunningNode() as node:
        assert requests.get(f"{node.peer_url}/healthz", timeout=5).text == "alive\n"
        assert requests.get(f"{node.peer_url}/readyz", timeout=5).status_code == 200


def test_with_peers_it_is_ready_after_its_first_exchange() -> None:
    with RunningNode() as peer:
        peer.put("a", b"1")
        with RunningNode(f"--peers=127.0.0.1:{peer.peer_port}") as node:
            wait_until(lambda: requests.get(f"{node.peer_url}/readyz", timeout=5).status_code == 200)
            assert node.get("a") == b"a=1\n"


def test_with_peers_that_do_not_answer_it_is_ready_after_ten_seconds() -> None:
    with RunningNode("--peers=127.0.0.1:1") as node:
        response = requests.get(f"{node.peer_url}/readyz", timeout=5)
        assert (response.status_code, response.text) == (503, "this node does not yet hold what its peers hold\n")
        wait_until(lambda: requests.get(f"{node.peer_url}/readyz", timeout=5).status_code == 200, seconds=12)
        assert float(node.stats()["upTimeSecs"]) >= 9


def test_a_port_that_is_given_twice_ends_with_one_line_and_status_2() -> None:
    (port,) = free_ports(1)
    done = run("--client-port", str(port), "--peer-port", str(port))
    sentence = f"PEER_PORT={port} is not allowed: CLIENT_PORT has it; give each a port of its own"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"gossipcar: {sentence}\n")
