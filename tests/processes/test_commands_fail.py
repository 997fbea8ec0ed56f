"""How commands end when something is wrong: one line on standard error, a status, and never a traceback."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from gossip.commands.demo.nodes import free_ports
from tests.commands import COMMAND, begun, done
from tests.nodes import ROOT, RunningNode
from tests.unit.conversing import answer, conversing

NOBODY = "http://localhost:1"


@pytest.fixture(scope="module")
def node() -> Iterator[RunningNode]:
    with RunningNode("--max-value-bytes=1000") as running:
        yield running


def test_ctrl_c_ends_other_commands_as_it_ends_any() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with begun("get", "a", "--url", url) as waiting, silent.accept()[0] as connection:
            connection.recv(1000)
            waiting.send_signal(signal.SIGINT)
            _, errors = waiting.communicate(timeout=5)
    assert (waiting.returncode, errors) == (-signal.SIGINT, b"")


USAGE = {
    "no key": (["get"], "the following arguments are required: KEY; see gossipcar.py get --help"),
    "no value": (["put", "a"], "the following arguments are required: VALUE; see gossipcar.py put --help"),
    "no key to delete": (["delete"], "the following arguments are required: KEY; see gossipcar.py delete --help"),
    "a key that is not UTF-8": (["get", b"\xff"], "argument KEY: a key is UTF-8; see gossipcar.py get --help"),
    "no number": (["add", "a", "x"], "argument N: invalid int value: 'x'; see gossipcar.py add --help"),
    "no seconds": (
        ["put", "a", "1", "--ttl", "0"],
        "argument --ttl: '0' is not a positive number of seconds; see gossipcar.py put --help",
    ),
    "no peers": (
        ["put", "a", "1", "--wait", "most"],
        "argument --wait: 'most' is not a number of peers, majority or all; see gossipcar.py put --help",
    ),
    "two conditions": (
        ["put", "a", "1", "--if-absent", "--if-match", "*"],
        "argument --if-match: not allowed with argument --if-absent; see gossipcar.py put --help",
    ),
    "a stray option": (["keys", "--pre", "a"], "unrecognized arguments: --pre a; see gossipcar.py --help"),
    "no url": (
        ["get", "a", "--url", "https://a"],
        "'https://a' is not the URL of a node, such as http://localhost:8080",
    ),
}


@pytest.mark.parametrize(("arguments", "line"), USAGE.values(), ids=USAGE.keys())
def test_wrong_usage_is_one_line_and_status_2(arguments: list[str | bytes], line: str) -> None:
    assert done(NOBODY, *arguments) == (2, b"", f"gossipcar: {line}\n")


def test_an_unknown_command_is_wrong_usage() -> None:
    status, output, errors = done(NOBODY, "start")
    assert (status, output, errors.count("\n")) == (2, b"", 1)
    assert errors.startswith("gossipcar: argument COMMAND: invalid choice: 'start'")


COMMANDS = [["get", "a"], ["put", "a", "1"], ["delete", "a"], ["keys"], ["watch"], ["add", "a"], ["peers"], ["stats"]]


@pytest.mark.parametrize("arguments", COMMANDS, ids=lambda arguments: str(arguments[0]))
def test_no_node_is_one_line_and_status_3(arguments: list[str]) -> None:
    url = f"http://localhost:{free_ports(1)[0]}"
    assert done(url, *arguments) == (3, b"", f"gossipcar: no node answers at {url}: Connection refused\n")


@pytest.mark.parametrize("arguments", [["get", "a", "b"], ["keys"], ["add", "a"], ["peers"], ["stats"]])
def test_what_is_no_node_is_one_line_and_status_3(arguments: list[str]) -> None:
    with conversing([answer(200, b"<html>\n</html>")]) as web:
        status, output, errors = done(web.url, *arguments)
    assert (status, output, errors.count("\n")) == (3, b"", 1)
    assert errors.startswith("gossipcar: what answers there is no node: ")


def test_what_the_node_refuses_is_one_line_and_status_4(node: RunningNode) -> None:
    too_large = (4, b"", "gossipcar: a value may have 1000 bytes at most\n")
    assert done(node.url, "put", "large", "-", given=b"x" * 5_000_000) == too_large
    assert done(node.url, "get", "") == (4, b"", "gossipcar: a key is empty; give it as k=<key>\n")


def test_output_that_nobody_reads(node: RunningNode) -> None:
    for number in range(100):
        node.put(f"page/{number}", b"x" * 1000)
    reading, writing = os.pipe()
    os.close(reading)
    for arguments in (["keys", "--values"], ["get", "page/1"], ["stats"], ["get", "--help"]):
        process = subprocess.run(
            [*COMMAND, *arguments], env={"GOSSIPCAR_URL": node.url}, stdout=writing, stderr=subprocess.PIPE, check=False
        )
        assert (process.returncode, process.stderr) == (0, b"")
    os.close(writing)


@pytest.mark.parametrize(
    ("redirection", "line"),
    [
        ("get full >/dev/full", "standard output: No space left on device"),
        ("get full >&-", "standard output: Bad file descriptor"),
    ],
)
def test_output_that_cannot_be_written_is_one_line_and_status_4(node: RunningNode, redirection: str, line: str) -> None:
    node.put("full", b"x" * 900)
    process = shell(node, redirection)
    assert (process.returncode, process.stderr) == (4, f"gossipcar: {line}\n")


def test_closed_input_and_output(node: RunningNode) -> None:
    process = shell(node, "put a - <&-")
    assert (process.returncode, process.stderr) == (2, "gossipcar: standard input: Bad file descriptor\n")
    process = shell(node, "put quiet 1 <&- >&-")
    assert (process.returncode, process.stderr, node.get("quiet")) == (0, "", b"quiet=1\n")


def shell(node: RunningNode, words: str) -> subprocess.CompletedProcess[str]:
    command = f"{sys.executable} {ROOT}/gossipcar.py {words}"
    return subprocess.run(
        ["sh", "-c", command], env={"GOSSIPCAR_URL": node.url}, capture_output=True, text=True, timeout=20, check=False
    )


def test_a_node_that_wants_a_token_is_told_of_with_how_to_give_it_here() -> None:
    wants = answer(401, b"this node wants a token: send Authorization: Bearer <token>\n")
    with conversing([wants]) as asked:
        status, _, errors = done(asked.url, "get", "a")
    how = "(here: by --token-file or GOSSIPCAR_TOKEN_FILE)"
    said = f"gossipcar: this node wants a token: send Authorization: Bearer <token> {how}\n"
    assert (status, errors) == (4, said)


def test_the_port_for_peers_does_not_know_of_keys(node: RunningNode) -> None:
    node.put("a", b"1")
    status, _, errors = done(node.peer_url, "get", "a")
    assert status == 4
    assert errors.startswith("gossipcar: nothing is here; ask for one of /")
