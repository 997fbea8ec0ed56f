"""Peers that prove themselves: real nodes, a secret that is replaced under load, and those who lack it."""

import re
import subprocess
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import requests

from gossip.data.store import Store
from gossip.sync import wire
from gossip.sync.proof import Proofs
from tests.nodes import ROOT, RunningNode, wait_until
from tests.processes.peers import Load, cluster, hold_all, refusals
from tests.unit.fakes import make_exchange

OLD, NEW = "the old secret, drawn by lot", "the new secret, drawn by lot"
WARNING = "whoever reaches the peer port can read and write the map"


class Mounted:
    """A Secret as Kubernetes mounts it: behind two links, one of which is swapped."""

    def __init__(self, folder: Path, *secrets: str) -> None:
        self._folder = folder
        self._versions = 0
        folder.mkdir()
        self.write(*secrets)
        (folder / "secrets").symlink_to("..data/secrets")
        self.flag = f"--peer-secret-file={folder}/secrets"

    def write(self, *secrets: str) -> None:
        self._versions += 1
        version = self._folder / f"..{self._versions}"
        version.mkdir()
        (version / "secrets").write_text("".join(f"{secret}\n" for secret in secrets))
        (self._folder / "..new").symlink_to(version.name)
        (self._folder / "..new").replace(self._folder / "..data")


def proofs(secret: str) -> Proofs:
    return Proofs(lambda: (secret.encode(),), "gossipcar")


def post(node: RunningNode, body: bytes, proof: str) -> int:
    fields = {"Gossip-Proof": proof} if proof else {}
    return requests.post(f"{node.peer_url}/exchange", data=body, headers=fields, timeout=10).status_code


def opening() -> bytes:
    return wire.encode(make_exchange(Store(7), cluster="gossipcar").opening())


def proven(node: RunningNode, secret: str) -> int:
    body = opening()
    return post(node, body, proofs(secret).of_request("POST", "/exchange", "", body)[1])


def read_again(nodes: Sequence[RunningNode], times: int) -> bool:
    return all(node.log.count("changed files were read again") == times for node in nodes)


def test_a_secret_is_replaced_under_load_without_a_gap(tmp_path: Path) -> None:
    mounted = [Mounted(tmp_path / str(number), OLD) for number in range(5)]

    def change(turn: int, *secrets: str) -> None:
        """Two nodes read it first, the others a while later."""
        for some in (slice(0, 2), slice(2, 5)):
            for secret in mounted[some]:
                secret.write(*secrets)
            wait_until(partial(read_again, nodes[some], turn), what="that the secrets are read")
            load.more()

    with cluster([[secret.flag] for secret in mounted]) as nodes:
        with Load(nodes) as load:
            load.more()
            assert [proven(nodes[0], secret) for secret in (OLD, NEW)] == [200, 401]
            before = [refusals([node]) for node in nodes]
            change(1, OLD, NEW)
            change(2, NEW, OLD)
            change(3, NEW)
        wait_until(hold_all(nodes, load.written), 20)
        assert [refusals([node]) for node in nodes] == before
        assert refusals(nodes[1:]) == []
        assert [proven(nodes[4], secret) for secret in (OLD, NEW)] == [401, 200]
        assert not [node for node in nodes if OLD in node.log or NEW in node.log or WARNING in node.log]


def test_a_file_that_breaks_leaves_the_secrets_that_were_there(tmp_path: Path) -> None:
    mounted = Mounted(tmp_path / "secret", OLD)
    with cluster([[mounted.flag]] * 2) as nodes:
        mounted.write("short")
        wait_until(
            lambda: all("changed files cannot be used; what was read before stands" in node.log for node in nodes)
        )
        assert nodes[0].put("a", b"1") == 201
        wait_until(lambda: nodes[1].get("a") == b"a=1\n")


def test_who_has_another_secret_or_none_gets_nothing_and_gives_nothing(tmp_path: Path) -> None:
    mounted, other = Mounted(tmp_path / "secret", OLD), Mounted(tmp_path / "other", NEW)
    with RunningNode(mounted.flag, "--gossip-interval=0.1") as node:
        node.put("ours", b"1")
        flags = (f"--peers=127.0.0.1:{node.peer_port}", "--gossip-interval=0.1")
        for own, there in (([], "a request needs a proof"), ([other.flag], "the proof is by another secret")):
            with RunningNode(*flags, *own) as stranger:
                stranger.put("theirs", b"1")
                wait_until(lambda said=there: said in stranger.log and said in node.log)  # type: ignore[misc]
                assert (stranger.get("ours"), node.get("theirs")) == (None, None)


def test_who_asks_one_without_a_secret_takes_nothing_from_it(tmp_path: Path) -> None:
    mounted = Mounted(tmp_path / "secret", OLD)
    with RunningNode() as stranger:
        stranger.put("theirs", b"1")
        with RunningNode(f"--peers=127.0.0.1:{stranger.peer_port}", "--gossip-interval=0.1", mounted.flag) as node:
            wait_until(lambda: "its answer has no proof; give it this cluster's secret" in node.log)
            assert node.get("theirs") is None


def test_a_message_that_was_recorded_is_not_taken_again(tmp_path: Path) -> None:
    with RunningNode(Mounted(tmp_path / "secret", OLD).flag) as node:
        body = opening()
        proof = proofs(OLD).of_request("POST", "/exchange", "", body)[1]
        assert [post(node, body, proof) for _ in range(3)] == [200, 401, 401]
        assert "the message was sent before" in node.log


def test_a_clock_that_is_off_is_named(tmp_path: Path) -> None:
    with RunningNode(Mounted(tmp_path / "secret", OLD).flag) as node:
        body = opening()
        late = Proofs(lambda: (OLD.encode(),), "gossipcar", lambda: Store(1).clock.wall() - 3_600_000_000)
        assert post(node, body, late.of_request("POST", "/exchange", "", body)[1]) == 401
        assert re.search(r"the sender's clock is off by -36\d\d s", node.log)


def test_health_and_peers_need_no_proof(tmp_path: Path) -> None:
    with RunningNode(Mounted(tmp_path / "secret", OLD).flag) as node:
        paths = ("healthz", "readyz", "peers")
        assert [requests.get(f"{node.peer_url}/{path}", timeout=5).status_code for path in paths] == [200] * 3


def test_without_a_secret_one_line_warns_where_the_port_is_open() -> None:
    with RunningNode() as node, RunningNode("--peer-host=localhost") as hidden:
        wait_until(lambda: "is up" in node.log and "is up" in hidden.log)
        assert (node.log.count(WARNING), hidden.log.count(WARNING)) == (1, 0)


def test_a_file_that_cannot_be_used_ends_the_start_with_one_line_and_status_2(tmp_path: Path) -> None:
    path = tmp_path / "secrets"
    command = [sys.executable, str(ROOT / "gossipcar.py"), f"--peer-secret-file={path}", "--client-port=0"]
    for content, why in (
        (None, "No such file or directory"),
        ("short\n", "line 1 has 5 bytes, but a secret has 16 at least"),
    ):
        if content:
            path.write_text(content)
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
        assert (done.returncode, done.stderr) == (2, f"gossipcar: PEER_SECRET_FILE cannot be used: {path}: {why}\n")
