"""The doctor beside a node whose settings are not those that it was given: it says so, and ends no healthy node."""

from collections.abc import Callable
from pathlib import Path

import pytest

from gossip.commands.demo.nodes import free_ports
from tests.authority import Authority
from tests.doctor import doctor
from tests.nodes import RunningNode

HEALTH = "--health-port=0"
SECRET = "it does not believe this node, or cannot be believed: give all nodes one PEER_SECRET_FILE ("
TLS = "TLS fails: give all nodes certificates of one authority, PEER_TLS_CERT and its like ("
APART = "what has it does not get on with these settings (is it a node with others?): "
PLAIN = "it wants TLS, and this node has none: give all nodes PEER_TLS_CERT and its like (127.0.0.1:"


def nothing(folder: Path) -> list[str]:
    return []


def secret(folder: Path) -> list[str]:
    (folder / "secret").write_text("a secret, drawn by lot\n")
    return [f"--peer-secret-file={folder}/secret"]


def another_secret(folder: Path) -> list[str]:
    (folder / "another").write_text("another secret, drawn by lot\n")
    return [f"--peer-secret-file={folder}/another"]


def tls(folder: Path) -> list[str]:
    authority = Authority(folder / "ours")
    authority.issue()
    return [HEALTH, *authority.flags()]


Flags = Callable[[Path], list[str]]


@pytest.mark.parametrize(
    ("of_node", "of_doctor", "why"),
    [
        (secret, nothing, SECRET),
        (secret, another_secret, SECRET),
        (nothing, secret, SECRET),
        (tls, nothing, PLAIN),
        (nothing, tls, TLS),
    ],
)
def test_settings_that_do_not_get_on_with_those_of_the_node_here(
    of_node: Flags, of_doctor: Flags, why: str, tmp_path: Path
) -> None:
    client, peer = free_ports(2)
    with RunningNode(*of_node(tmp_path), client_port=client, peer_port=peer):
        told = doctor(f"--client-port={client}", f"--peer-port={peer}", *of_doctor(tmp_path))
    assert told.status == 1
    (line,) = told.about(f"PEER_PORT {peer}")
    assert line.startswith(f"wrong PEER_PORT {peer}: {APART}{why}"), line


def test_a_node_whose_certificate_has_run_out_is_a_node(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    authority.issue(days=-1)
    client, peer = free_ports(2)
    with RunningNode(HEALTH, *authority.flags(), client_port=client, peer_port=peer):
        told = doctor(f"--client-port={client}", f"--peer-port={peer}", HEALTH, *authority.flags())
    (line,) = told.about(f"PEER_PORT {peer}")
    assert line.startswith(f"wrong PEER_PORT {peer}: {APART}the certificate of 127.0.0.1:{peer} has run out: "), line


def test_a_node_that_wants_a_token_is_a_node(tmp_path: Path) -> None:
    """Though it does not tell the doctor so at the port for clients."""
    (tmp_path / "tokens").write_text("sesame\n")
    client, peer = free_ports(2)
    flags = [f"--client-token-file={tmp_path}/tokens", *tls(tmp_path)]
    with RunningNode(*flags, client_port=client, peer_port=peer):
        told = doctor(f"--client-port={client}", f"--peer-port={peer}")
    (line,) = told.about(f"PEER_PORT {peer}")
    assert line.startswith(f"wrong PEER_PORT {peer}: {APART}{PLAIN}"), line
