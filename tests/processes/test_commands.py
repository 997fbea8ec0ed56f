"""Commands, as people and scripts run them: what they print, and the status they end with."""

import json
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from tests.commands import begun, done
from tests.nodes import ROOT, RunningNode, wait_until

ABSENT = (1, "", "gossipcar: none of the keys asked for is in the map\n")
QUIET = (0, "", "")

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def node() -> Iterator[RunningNode]:
    with RunningNode("--max-value-bytes=1000") as running:
        yield running


@pytest.fixture
def run(node: RunningNode) -> Run:
    """Status, output and errors of a command."""

    def run(*arguments: str | bytes, given: bytes = b"") -> tuple[int, str, str]:
        status, output, errors = done(node.url, *arguments, given=given)
        return status, output.decode(), errors

    return run


def test_put_get_delete(run: Run) -> None:
    assert run("get", "one") == ABSENT
    assert run("put", "one", "1") == QUIET
    assert run("get", "one") == (0, "1", "")
    assert run("put", "two", "2") == QUIET
    assert run("get", "two", "none", "one") == (0, "two=2\none=1\n", "")
    assert run("delete", "one", "none") == QUIET
    assert run("delete", "one", "none") == ABSENT
    assert run("get", "one", "none") == ABSENT


def test_values_are_bytes_just_as_they_are(run: Run, node: RunningNode) -> None:
    everything = bytes(range(256))
    assert run("put", "bytes", "-", given=everything) == QUIET
    assert done(node.url, "get", "bytes") == (0, everything, "")
    assert run("put", "bytes", b"\xff") == QUIET
    assert done(node.url, "get", "bytes") == (0, b"\xff", "")
    assert run("put", "bytes", "") == QUIET
    assert run("get", "bytes") == (0, "", "")
    assert run("put", "bytes", "--", "-x") == QUIET
    assert run("get", "bytes") == (0, "-x", "")


def test_get_as_json(run: Run) -> None:
    run("put", "json", "é", "--ttl", "60")
    run("put", "json two", b"\xff")
    status, output, _ = run("get", "--json", "json", "none", "json two")
    one, two = map(json.loads, output.splitlines())
    assert (status, one["key"], one["value"]) == (0, "json", "é")
    assert one["stamp"] < one["expiry"] <= one["stamp"] + 61_000_000
    assert (two["key"], two["base64"], two["expiry"]) == ("json two", "/w==", None)
    assert two["etag"] == f'"{two["stamp"]}-{two["origin"]}"'
    assert run("get", "--json", "none") == ABSENT


def test_conditions(run: Run) -> None:
    failed = (1, "", "gossipcar: the value here is not the one that the condition asks for; read it anew\n")
    assert run("put", "lock", "me", "--if-absent") == QUIET
    assert run("put", "lock", "you", "--if-absent") == failed
    etag = json.loads(run("get", "--json", "lock")[1])["etag"]
    assert run("put", "lock", "me again", "--if-match", etag) == QUIET
    assert run("put", "lock", "you", "--if-match", etag.strip('"')) == failed
    assert run("put", "lock", "whoever", "--if-match", "*") == QUIET
    assert run("get", "lock") == (0, "whoever", "")


def test_ttl(run: Run) -> None:
    assert run("put", "brief", "1", "--ttl", "0.05") == QUIET
    wait_until(lambda: run("get", "brief") == ABSENT)


def test_wait(run: Run) -> None:
    assert run("put", "awaited", "1", "--wait", "majority") == QUIET
    assert run("put", "awaited", "1", "--wait", "all", "--timeout", "3") == QUIET
    too_few = (1, "", "gossipcar: written, but when the time was up 0 peers were known to hold it\n")
    assert run("put", "awaited", "1", "--wait", "1", "--timeout", "0.05") == too_few
    assert run("delete", "awaited", "--wait", "1", "--timeout", "0.05") == too_few


def test_keys(run: Run) -> None:
    assert run("keys", "--prefix", "listed/") == QUIET
    run("put", "listed/b", "2")
    run("put", "listed/é", "3")
    run("put", "listed/a", "1")
    assert run("keys", "--prefix", "listed/") == (0, "listed/a\nlisted/b\nlisted/é\n", "")
    assert run("keys", "--prefix", "listed/", "--values") == (0, "listed/a=1\nlisted/b=2\nlisted/é=3\n", "")
    assert run("keys")[1].splitlines().count("listed/a") == 1


def test_add(run: Run) -> None:
    assert run("add", "count") == (0, "1\n", "")
    assert run("add", "count", "41", "--ttl", "60") == (0, "42\n", "")
    assert run("add", "count", "-2") == (0, "40\n", "")
    run("put", "no count", "x")
    status, output, errors = run("add", "no count")
    assert (status, output, errors.count("\n")) == (4, "", 1)


def test_peers_and_stats(run: Run, node: RunningNode) -> None:
    status, output, _ = run("peers")
    assert (status, json.loads(output)["agreeing"]) == (0, 0)
    status, output, _ = run("stats")
    assert status == 0
    assert dict(line.split("=", 1) for line in output.splitlines())["origin"] == node.stats()["origin"]


def test_watch_prints_a_line_an_event_and_ends_on_ctrl_c_with_0(node: RunningNode) -> None:
    with begun("watch", "door", "--prefix", "gate/", "--url", node.url) as watching:
        assert watching.stdout
        while not select.select([watching.stdout], [], [], 0.1)[0]:  # until it watches
            node.put("door", b"open")
        node.put("elsewhere", b"1")
        node.put("gate/1", b"\xff")
        events = [json.loads(watching.stdout.readline())]
        while events[-1]["key"] == "door":
            events.append(json.loads(watching.stdout.readline()))
        watching.send_signal(signal.SIGINT)
        _, errors = watching.communicate(timeout=5)
        assert (watching.returncode, errors) == (0, b"")
    first, last = events[0], events[-1]
    assert (first["event"], first["key"], first["value"]) == ("put", "door", "open")
    assert (last["event"], last["key"], last["base64"]) == ("put", "gate/1", "/w==")


def test_the_flag_goes_before_the_environment(node: RunningNode) -> None:
    assert done("http://localhost:1", "keys", "--url", node.url)[0] == 0
    assert done(node.url, "keys", "--url", "http://localhost:1")[0] == 3


def test_help(run: Run) -> None:
    status, output, errors = run("get", "--help")
    assert (status, errors) == (0, "")
    assert output.startswith("usage: gossipcar.py get [-h] [--url URL] [--token-file FILE] [--json]\n")
    assert "Exit status: 0 done; 1 the key is absent" in output
    text = " ".join(run("--help")[1].split())
    assert "get, put, delete, keys, watch, add, peers or stats" in text
    assert "demo shows some nodes, and doctor finds what is wrong" in text
    assert "Exit status: 0 nothing is wrong; 1 something is" in " ".join(run("doctor", "--help")[1].split())
    assert "k 3 or r 3 and Enter" in " ".join(run("demo", "--help")[1].split())


def test_a_command_loads_nothing_of_the_node(node: RunningNode) -> None:
    program = (
        "import runpy, sys; sys.argv[1:] = ['get', 'none']\n"
        "try: runpy.run_path('gossipcar.py', run_name='__main__')\n"
        "except SystemExit: print(*sorted(m for m in sys.modules if m.startswith('gossip')))"
    )
    process = subprocess.run(
        [sys.executable, "-c", program],
        env={"GOSSIPCAR_URL": node.url},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert {name.split(".")[1] for name in process.stdout.split()[1:]} == {"client", "commands"}
