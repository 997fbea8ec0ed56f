"""Certificates that have run out: both sides, and the doctor, say whose it is."""

import select
import socket
import ssl
from collections.abc import Iterator

import pytest

from tests.authority import Authority
from tests.doctor import doctor
from tests.nodes import RunningNode, wait_until

HEALTH = "--health-port=0"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    made = Authority(tmp_path_factory.mktemp("ours"))
    made.issue("valid")
    made.issue("old", days=-1)
    return made


@pytest.fixture(scope="module")
def valid(authority: Authority) -> Iterator[RunningNode]:
    with RunningNode(HEALTH, *authority.flags("valid")) as running:
        yield running


@pytest.fixture(scope="module")
def old(authority: Authority, valid: RunningNode) -> Iterator[RunningNode]:
    peer = f"--peers=127.0.0.1:{valid.peer_port}"
    with RunningNode(HEALTH, peer, "--gossip-interval=0.1", *authority.flags("old")) as running:
        yield running


def test_this_nodes_own(authority: Authority, valid: RunningNode, old: RunningNode) -> None:
    peer = f"127.0.0.1:{valid.peer_port}"
    words = f"{peer} says that this node's certificate has run out: renew PEER_TLS_CERT ([SSL: "
    wait_until(lambda: f'msg="TLS failed" error="{words}' in old.log)
    for _ in range(3):
        (line,) = doctor(HEALTH, f"--peers={peer}", *authority.flags("old")).about(f"peer {peer}")
        assert line.startswith(f"wrong peer {peer}: {words}"), line


def test_a_peers(authority: Authority, old: RunningNode) -> None:
    peer = f"127.0.0.1:{old.peer_port}"
    words = f"the certificate of {peer} has run out: renew PEER_TLS_CERT there ([SSL: "
    with RunningNode(HEALTH, f"--peers={peer}", "--gossip-interval=0.1", *authority.flags("valid")) as node:
        wait_until(lambda: f'msg="TLS failed" error="{words}' in node.log)
    (line,) = doctor(HEALTH, f"--peers={peer}", *authority.flags("valid")).about(f"peer {peer}")
    assert line.startswith(f"wrong peer {peer}: {words}"), line


def test_who_is_refused_can_read_why_whatever_it_sends_meanwhile(authority: Authority, valid: RunningNode) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.load_verify_locations(authority.path("ca.crt"))
    context.load_cert_chain(authority.path("old.crt"), authority.path("old.key"))
    with (
        socket.create_connection(("127.0.0.1", valid.peer_port), timeout=10) as plain,
        context.wrap_socket(plain) as connection,
    ):
        wait_until(lambda: _has_arrived(connection))
        for _ in range(3):
            connection.sendall(b"POST /exchange HTTP/1.1\r\n")
        with pytest.raises(ssl.SSLError, match="alert certificate expired"):
            connection.recv(1)


def _has_arrived(connection: ssl.SSLSocket) -> bool:
    """Whether there is something to read, the end of the connection included."""
    return bool(select.select([connection], [], [], 0)[0])
