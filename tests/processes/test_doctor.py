"""The doctor, as a person runs it: what it finds, in which words, and the status that it ends with."""

import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests

from gossip.commands.demo.nodes import free_ports
from tests.commands import COMMAND
from tests.doctor import Told, doctor
from tests.nodes import ROOT, RunningNode, wait_until
from tests.unit.fakes import TinyServer


@pytest.fixture(scope="module")
def pair() -> Iterator[list[RunningNode]]:
    """Two nodes that agree."""
    ports = free_ports(4)
    peers = f"--peers=127.0.0.1:{ports[2]},127.0.0.1:{ports[3]}"
    with ExitStack() as stack:
        nodes = [
            stack.enter_context(RunningNode(peers, "--gossip-interval=0.1", client_port=client, peer_port=peer))
            for client, peer in zip(ports[:2], ports[2:], strict=True)
        ]
        nodes[0].put("a", b"1")
        wait_until(lambda: all(requests.get(f"{n.url}/peers", timeout=5).json()["agreeing"] == 1 for n in nodes))
        yield nodes


def settings_of(node: RunningNode, *others: RunningNode) -> list[str]:
    peers = ",".join(f"127.0.0.1:{one.peer_port}" for one in (node, *others))
    return [f"--client-port={node.client_port}", f"--peer-port={node.peer_port}", f"--peers={peers}"]


def test_all_is_well_beside_a_node_that_runs(pair: list[RunningNode]) -> None:
    node, other = pair
    told = doctor(*settings_of(node, other))
    assert (told.status, told.errors, told.lines[-1]) == (0, "", "nothing is wrong")
    assert {line.split()[0] for line in told.lines[:-1]} == {"ok"}
    assert told.about("settings") == [
        "ok settings: CLIENT_PORT, PEER_PORT, PEERS given, the rest by default; the cluster is 'gossipcar'"
    ]
    assert told.about(f"CLIENT_PORT {node.client_port}") == [
        f"ok CLIENT_PORT {node.client_port}: a node runs here, at {node.url}"
    ]
    assert told.about(f"PEER_PORT {node.peer_port}") == [
        f"ok PEER_PORT {node.peer_port}: a node of this cluster runs here"
    ]
    assert told.about("agreement") == ["ok agreement: the node that runs here agrees with 1 of 1 peers it hears"]
    assert told.about(f"peer 127.0.0.1:{node.peer_port}") == []
    (line,) = told.about(f"peer 127.0.0.1:{other.peer_port}")
    assert re.fullmatch(
        r"ok .*: a node of this cluster; it answers in [\d.]+ ms, and its clock differs by [\d.]+ ms", line
    )


def test_no_node_takes_the_doctor_for_a_node(pair: list[RunningNode]) -> None:
    origins = {node.stats()["origin"] for node in pair}
    for _ in range(2):
        assert doctor(*settings_of(*pair)).status == 0
    for node in pair:
        told = requests.get(f"{node.url}/peers", timeout=5).json()
        assert {told["origin"], *(peer["origin"] for peer in told["peers"])} == origins
        assert node.stats()["entries"] == "1"


def test_settings_that_are_not_those_of_the_node_here(pair: list[RunningNode]) -> None:
    told = doctor(f"--client-port={pair[0].client_port}", f"--peer-port={free_ports(1)[0]}", "--cluster-name=mine")
    assert [line.split(": ", 1)[1] for line in told.lines if "PEER_PORT" in line.split(": ")[0]] == [
        "no node has it, but one runs here: give the doctor the settings of that one"
    ]
    told = doctor(f"--peer-port={pair[0].peer_port}", "--cluster-name=mine")
    assert told.status == 1
    assert told.about(f"PEER_PORT {pair[0].peer_port}")[0].startswith(
        f"wrong PEER_PORT {pair[0].peer_port}: a node of another cluster has it; give the doctor that node's settings"
    )


def test_before_a_node_is_started_its_ports_are_tried() -> None:
    client, peer = free_ports(2)
    told = doctor(f"--client-port={client}", f"--peer-port={peer}")
    assert told.status == 0
    assert told.about(f"CLIENT_PORT {client}")[0].startswith(f"ok CLIENT_PORT {client}: is free at 127.0.0.1")
    assert told.about(f"PEER_PORT {peer}") == [f"ok PEER_PORT {peer}: is free at ::; no node runs here"]
    assert told.about("names") == [
        "warning names: neither PEERS nor SERVICE_DNS_NAME is set, so a node is alone: set one of them"
    ]
    assert told.lines[-1] == "nothing is wrong; 1 warning"
    with RunningNode(client_port=client, peer_port=peer):
        pass  # the doctor has let go of them


def test_it_asks_with_the_token_that_the_node_here_wants(tmp_path: Path) -> None:
    path = tmp_path / "tokens"
    path.write_text("sesame\n")
    client, peer = free_ports(2)
    ports = [f"--client-port={client}", f"--peer-port={peer}"]
    with RunningNode(f"--client-token-file={path}", client_port=client, peer_port=peer):
        told = doctor(*ports, f"--client-token-file={path}")
        nobody = "the node that runs here hears no peer, so there is nobody to agree with"
        assert told.about("agreement") == [f"ok agreement: {nobody}"]
        assert told.about(f"CLIENT_PORT {client}")[0].startswith("ok")
        assert "this node wants a token" in doctor(*ports).about(f"CLIENT_PORT {client}")[0]


def test_ports_that_were_mixed_up(pair: list[RunningNode]) -> None:
    told = doctor(f"--client-port={pair[0].peer_port}", f"--peer-port={pair[0].client_port}")
    assert told.status == 1
    assert told.about(f"CLIENT_PORT {pair[0].peer_port}")[0].startswith(
        f"wrong CLIENT_PORT {pair[0].peer_port}: cannot be bound"
    )


def test_the_port_for_health_is_tried_where_a_node_would_want_it() -> None:
    with socket.create_server(("", 0)) as taken:
        port = taken.getsockname()[1]
        (line,) = doctor(f"--health-port={port}").about(f"HEALTH_PORT {port}")
        assert line.startswith(f"wrong HEALTH_PORT {port}: cannot be bound")
    assert doctor().about("HEALTH_PORT 46748") == []


def test_an_address_that_is_not_of_this_machine() -> None:
    (port,) = free_ports(1)
    (line,) = doctor("--client-host=192.0.2.1", f"--client-port={port}").about(f"CLIENT_PORT {port}")
    assert line.endswith("(Cannot assign requested address): give an address of this machine as CLIENT_HOST")


def hang_up(connection: socket.socket) -> None:
    """As a program that wants no HTTP."""


def say_nearly_as_a_node(connection: socket.socket) -> None:
    """As a program whose pages are named as a node's."""
    page = b'{"notHeard": [], "peers": []}' if b"/peers" in connection.recv(65536) else b"uptime=1\n"
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%b" % (len(page), page))


@pytest.mark.parametrize("act", [hang_up, say_nearly_as_a_node])
def test_a_port_that_another_program_has(act: Callable[[socket.socket], None]) -> None:
    with TinyServer(act) as program:
        port = program.address.port
        told = doctor(f"--client-port={port}")
    assert told.status == 1
    assert told.about(f"CLIENT_PORT {port}") == [
        f"wrong CLIENT_PORT {port}: cannot be bound at 127.0.0.1 and ::1 (Address already in use): "
        "end the program that has it, or choose another CLIENT_PORT"
    ]


def without_rights(*flags: str, **environ: str) -> Told:
    """In a network where all ports are free, as one that may not bind the low ones."""
    if not all(map(shutil.which, ("unshare", "setpriv", "ip"))) or subprocess.run(["unshare", "-n", "true"]).returncode:
        pytest.skip("needs root, for a network of its own")
    inner = f"ip link set lo up && exec setpriv --bounding-set=-net_bind_service {sys.executable} {ROOT}/gossipcar.py"
    path = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
    return Told(["unshare", "--net", "sh", "-c", f"{inner} doctor {' '.join(flags)}"], {**path, **environ})


def test_a_port_that_needs_rights() -> None:
    told = without_rights(CLIENT_PORT="80")
    assert told.status == 1
    assert told.about("CLIENT_PORT 80") == [
        "wrong CLIENT_PORT 80: cannot be bound at 127.0.0.1 and ::1 (Permission denied): choose a "
        "CLIENT_PORT above 1023, or allow it (root, or the sysctl net.ipv4.ip_unprivileged_port_start)"
    ]
    told = without_rights()
    assert told.status == 0
    assert told.about("CLIENT_PORT 80") == [
        "ok CLIENT_PORT 80: needs rights that this process lacks, and 8080 is free for it instead"
    ]


def test_an_address_that_is_not_this_machines() -> None:
    told = doctor("--my-pod-ip=192.0.2.1")
    assert told.status == 1
    assert told.about("own address") == [
        "wrong own address: MY_POD_IP=192.0.2.1 is not this machine's (Cannot assign requested address), and a node "
        "never calls the peer there: set it from status.podIP, or leave it out"
    ]
    assert doctor(MY_POD_IP="127.0.0.1").about("own address") == [
        "ok own address: 127.0.0.1 is this machine's (MY_POD_IP)"
    ]


def test_too_few_open_files() -> None:
    limited = ["sh", "-c", f"ulimit -n 300; exec {' '.join(COMMAND)} doctor --client-port=0 --peer-port=0"]
    told = Told(limited, {})
    assert told.status == 0
    assert told.about("open files") == [
        "warning open files: 300 (ulimit -n), for 512 clients, 64 peers and the rest: raise it to 626 at least, or "
        "lower MAX_CONNECTIONS"
    ]


def test_without_dnspython() -> None:
    command = [sys.executable, "-S", str(ROOT / "gossipcar.py"), "doctor", "--client-port=0", "--peer-port=0"]
    assert Told(command, {}).status == 0
    told = Told(command, {"SERVICE_DNS_NAME": "gossip"})
    assert told.status == 1
    assert told.about("name gossip") == [
        "wrong name gossip: cannot be looked up: it needs the package dnspython: pip install dnspython"
    ]


def test_a_setting_that_is_wrong_is_all_that_is_said() -> None:
    told = doctor(CLIENT_HOST="everywhere")
    assert (told.status, told.errors) == (1, "")
    assert told.lines == [
        "wrong    settings: CLIENT_HOST=everywhere is not allowed: give IP addresses or localhost, separated by commas",
        "1 thing is wrong",
    ]


def test_a_setting_that_kubernetes_has_put_there() -> None:
    told = Told([*COMMAND, "doctor"], {"CLIENT_PORT": "tcp://10.0.0.1:80"})
    assert told.status == 1
    assert told.lines[0].endswith(
        "; a Service of that name sets this variable unless the pod has `enableServiceLinks: false`"
    )


def test_wrong_usage_is_status_2() -> None:
    told = Told([*COMMAND, "doctor", "--colour=red"], {})
    assert (told.status, told.lines) == (2, [])
    assert told.errors == "gossipcar: unrecognized arguments: --colour=red; see gossipcar.py --help\n"
