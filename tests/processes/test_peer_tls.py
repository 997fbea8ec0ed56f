"""Peers under TLS: real nodes, certificates that are renewed under load, strangers, and those who dawdle."""

import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
import requests

from tests.authority import Authority
from tests.nodes import ROOT, RunningNode, wait_until
from tests.processes.peers import Load, agreeing, cluster, hold_all, refusals

HEALTH = "--health-port=0"


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    made = Authority(tmp_path / "ours")
    made.issue()
    return made


@pytest.fixture
def node(authority: Authority) -> Iterator[RunningNode]:
    with RunningNode(HEALTH, *authority.flags()) as running:
        yield running


def client(authority: Authority, name: str = "tls") -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.load_verify_locations(authority.path("ca.crt"))
    if name:
        context.load_cert_chain(authority.path(f"{name}.crt"), authority.path(f"{name}.key"))
    return context


def ask(node: RunningNode, context: ssl.SSLContext, path: str = "/healthz") -> bytes:
    """What the peer port answers under TLS; raises OSError when it does not."""
    with (
        socket.create_connection(("127.0.0.1", node.peer_port), timeout=10) as plain,
        context.wrap_socket(plain) as connection,
    ):
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        answer = connection.recv(1000)
        if not answer:
            raise OSError("nothing is answered")
        return answer


def certificate_of(node: RunningNode, context: ssl.SSLContext) -> bytes | None:
    with (
        socket.create_connection(("127.0.0.1", node.peer_port), timeout=10) as plain,
        context.wrap_socket(plain) as connection,
    ):
        return connection.getpeercert(binary_form=True)


def test_nodes_agree_under_tls_and_keep_health_in_the_clear(authority: Authority) -> None:
    with cluster([[HEALTH, *authority.flags()]] * 3) as nodes:
        assert nodes[0].lines[1] == f"gossipcar: peers at https://[::]:{nodes[0].peer_port} (all addresses)"
        assert nodes[0].lines[2].startswith("gossipcar: health at http://[::]:")
        assert nodes[0].put("large", bytes(500_000)) == 201
        wait_until(lambda: all((node.get("large") or b"")[6:-1] == bytes(500_000) for node in nodes))
        paths = {"healthz": 200, "readyz": 200, "peers": 200, "exchange": 404, "map?k=large": 404}
        answers = {path: requests.get(f"{nodes[0].health_url}/{path}", timeout=5).status_code for path in paths}
        assert answers == paths
        assert not [node for node in nodes if "whoever reaches the peer port" in node.log]


def test_tls_and_a_secret_go_together(authority: Authority, tmp_path: Path) -> None:
    (tmp_path / "secrets").write_text("a secret, drawn by lot\n")
    with cluster([[HEALTH, *authority.flags(), f"--peer-secret-file={tmp_path}/secrets"]] * 2) as nodes:
        assert nodes[0].put("a", b"1") == 201
        wait_until(lambda: nodes[1].get("a") == b"a=1\n")
        assert refusals(nodes[1:]) == []


def test_certificates_are_renewed_under_load_and_no_exchange_fails(authority: Authority) -> None:
    with cluster([[HEALTH, *authority.flags()]] * 3) as nodes:
        before = [refusals([node]) for node in nodes]
        first = certificate_of(nodes[0], client(authority))
        with Load(nodes) as load:
            for turn in (1, 2):
                load.more()
                authority.issue()
                wait_until(lambda turn=turn: all(n.log.count("were read again") >= turn for n in nodes))  # type: ignore[misc]
                load.more()
        wait_until(hold_all(nodes, load.written), 20)
        assert [[line for line in refusals([node]) if "cannot be used" not in line] for node in nodes] == before
        assert certificate_of(nodes[0], client(authority)) not in (first, None)
        wait_until(lambda: agreeing(nodes))


def test_only_who_has_a_certificate_of_the_authority_is_served(
    authority: Authority, node: RunningNode, tmp_path: Path
) -> None:
    stranger = Authority(tmp_path / "theirs")
    stranger.issue()
    authority.issue("expired", days=-1)
    foreign = client(authority, "")
    foreign.load_cert_chain(stranger.path("tls.crt"), stranger.path("tls.key"))
    old = client(authority)
    old.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    for context in (client(authority, ""), foreign, client(authority, "expired"), old):
        with pytest.raises(OSError, match=r"."):
            ask(node, context)
    assert ask(node, client(authority)).startswith(b"HTTP/1.1 200 OK\r\n")
    assert 'msg="TLS failed" error="no TLS with 127.0.0.1: ' in node.log


def test_plain_http_to_the_tls_port_does_no_harm(authority: Authority, node: RunningNode) -> None:
    for _ in range(3):
        with pytest.raises(requests.exceptions.RequestException):
            requests.get(f"{node.peer_url}/healthz", timeout=5)
    assert ask(node, client(authority)).startswith(b"HTTP/1.1 200 OK\r\n")
    assert "Traceback" not in node.log


def test_nodes_with_and_without_tls_get_nothing_of_each_other(authority: Authority, node: RunningNode) -> None:
    node.put("ours", b"1")
    with RunningNode(f"--peers=127.0.0.1:{node.peer_port}", "--gossip-interval=0.1") as plain:
        flags = (f"--peers=127.0.0.1:{plain.peer_port}", "--gossip-interval=0.1", HEALTH)
        with RunningNode(*flags, *authority.flags()) as other:
            wait_until(lambda: 'msg="TLS failed" error="no TLS with' in node.log)
            wait_until(lambda: f"127.0.0.1:{plain.peer_port} and this node do not get on by TLS: " in other.log)
            assert plain.get("ours") is None


def test_who_dawdles_over_a_handshake_is_cut_and_holds_up_nobody(authority: Authority, node: RunningNode) -> None:
    with socket.create_connection(("127.0.0.1", node.peer_port), timeout=10) as slow:
        began = time.monotonic()
        slow.sendall(b"\x16")
        assert ask(node, client(authority)).startswith(b"HTTP/1.1 200 OK\r\n")
        assert time.monotonic() - began < 1.5
        assert slow.recv(1) == b""
        assert 1.5 < time.monotonic() - began < 8


def test_who_speaks_no_tls_is_heard_out_for_two_seconds_at_most(node: RunningNode) -> None:
    with socket.create_connection(("127.0.0.1", node.peer_port), timeout=10) as plain:
        began = time.monotonic()
        plain.sendall(b"GET /healthz HTTP/1.1\r\n\r\n")

        def connections() -> str:
            with suppress(OSError):
                plain.sendall(b"x")  # a byte more gives it no more time
            figures = requests.get(f"{node.health_url}/metrics", timeout=5).text
            return figures.partition('gossipcar_connections{port="peers"} ')[2][0]

        wait_until(lambda: connections() == "1")
        wait_until(lambda: connections() == "0")
        assert 1.5 < time.monotonic() - began < 8


def test_half_open_handshakes_keep_neither_health_nor_for_long_a_peer(authority: Authority, node: RunningNode) -> None:
    with ExitStack() as stack:
        for _ in range(70):
            stack.enter_context(socket.create_connection(("127.0.0.1", node.peer_port), timeout=10))
        assert requests.get(f"{node.health_url}/healthz", timeout=10).text == "alive\n"
        with pytest.raises(OSError, match=r"."):
            ask(node, client(authority))

        def served() -> bool:
            try:
                return ask(node, client(authority)).startswith(b"HTTP/1.1 200 OK\r\n")
            except OSError:
                return False

        wait_until(served)


def test_a_connection_may_ask_several_times(authority: Authority, node: RunningNode) -> None:
    get = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    with (
        socket.create_connection(("127.0.0.1", node.peer_port), timeout=10) as plain,
        client(authority).wrap_socket(plain) as connection,
    ):
        for requests_at_once in (1, 2, 1):
            connection.sendall(get * requests_at_once)
            answers = b""
            while answers.count(b"alive\n") < requests_at_once:
                answers += connection.recv(1000)


def test_a_node_under_tls_stops_in_time_and_hands_over(authority: Authority) -> None:
    with cluster([[HEALTH, *authority.flags()]] * 2) as nodes:
        with (
            socket.create_connection(("127.0.0.1", nodes[0].peer_port), timeout=10) as plain,
            client(authority).wrap_socket(plain),
        ):
            nodes[0].put("late", b"1")
            nodes[0].process.terminate()
            assert nodes[0].process.wait(5) == 0
        assert nodes[1].get("late") == b"late=1\n"


def test_files_that_break_leave_what_was_read_before(authority: Authority) -> None:
    with cluster([[HEALTH, *authority.flags()]] * 2) as nodes:
        Path(authority.path("tls.key")).write_text("broken")
        stands = "changed files cannot be used; what was read before stands"
        wait_until(lambda: all(stands in node.log for node in nodes))
        assert nodes[0].put("a", b"1") == 201
        wait_until(lambda: nodes[1].get("a") == b"a=1\n")


def test_the_health_port_is_46748_where_none_is_chosen(authority: Authority) -> None:
    with RunningNode("--peer-host=127.46.7.48", *authority.flags()) as node:  # an address that nobody else uses
        assert node.lines[2] == "gossipcar: health at http://127.46.7.48:46748"
        assert requests.get("http://127.46.7.48:46748/healthz", timeout=5).text == "alive\n"


def test_a_health_port_may_be_chosen_without_tls() -> None:
    with RunningNode(HEALTH) as node:
        for url in (node.health_url, node.peer_url):
            assert requests.get(f"{url}/healthz", timeout=5).text == "alive\n"


@pytest.mark.parametrize("broken", ["cert", "key", "ca", "missing", "two of three"])
def test_a_start_with_files_that_do_not_serve_ends_with_one_line_and_status_2(
    authority: Authority, broken: str
) -> None:
    flags = authority.flags()
    name = {"cert": "tls.crt", "key": "tls.key", "ca": "ca.crt", "missing": "tls.crt"}.get(broken)
    if broken == "two of three":
        flags.pop()
    elif broken == "missing":
        Path(authority.path("tls.crt")).unlink()
    elif name:
        Path(authority.path(name)).write_text("broken")
    command = [sys.executable, str(ROOT / "gossipcar.py"), *flags, "--client-port=0"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    ends = {
        "two of three": " go together: give all three, or none",
        "ca": f" cannot be used: {authority.path('ca.crt')}: it has no certificate of an authority in PEM",
        "missing": f" cannot be used: {authority.path('tls.crt')}: No such file or directory",
    }
    pair = f"{authority.path('tls.crt')} and {authority.path('tls.key')}"
    why = ends.get(broken, f" cannot be used: {pair} are no PEM files that go together (")
    assert done.returncode == 2
    assert done.stderr.startswith(f"gossipcar: PEER_TLS_CERT, PEER_TLS_KEY, PEER_TLS_CA{why}")
    assert done.stderr.count("\n") == 1
