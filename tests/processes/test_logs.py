"""What a node logs: its settings, where they come from, requests if asked, and one line an event whatever happens."""

import json
import re
import signal
import subprocess
import sys
from typing import Any

import pytest
import requests

from gossip.commands.demo.nodes import free_ports
from tests.nodes import ROOT, RunningNode, wait_until

EVENT = re.compile(r"time=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z level=[a-z]+ logger=[a-z.]+ msg=.*")


def events(log: str, *words: str) -> list[str]:
    """The lines that have all these words, from the level on."""
    lines = log.splitlines()
    assert all(map(EVENT.fullmatch, lines)), log
    return [line.partition(" ")[2] for line in lines if all(word in line for word in words)]


def end(node: RunningNode) -> None:
    node.process.send_signal(signal.SIGTERM)
    assert node.process.wait(timeout=10) == 0


def test_the_start_tells_each_setting_in_force_and_where_it_comes_from() -> None:
    with RunningNode("--max-fields=50", environ={"GOSSIP_INTERVAL": "0.5", "MAX_FIELDS": "60"}) as node:
        wait_until(lambda: "is up" in node.log)
        flags, environment, defaults = events(node.log, "msg=settings")
    assert flags == "level=info logger=node msg=settings from=flags CLIENT_PORT=0 PEER_PORT=0 MAX_FIELDS=50"
    assert environment == "level=info logger=node msg=settings from=environment GOSSIP_INTERVAL=0.5"
    assert " CLIENT_HOST=127.0.0.1,::1 " in defaults
    assert " CLUSTER_NAME=gossipcar " in defaults
    assert defaults.endswith(" LOG_LEVEL=info LOG_FORMAT=logfmt ACCESS_LOG=off")


def test_no_request_is_logged_unless_that_is_asked_for() -> None:
    with RunningNode() as node:
        assert node.put("a", b"1") == 201
        end(node)
        assert events(node.log, "request") == []


@pytest.mark.parametrize("level", ["debug", "error"])
def test_each_request_is_logged_where_that_is_asked_for_whatever_the_level(level: str) -> None:
    with RunningNode("--access-log=on", f"--log-level={level}") as node:
        assert node.put("a b", b"value") == 201
        assert node.get("a b") == b"a b=value\n"
        assert requests.get(f"{node.peer_url}/healthz", timeout=5).status_code == 200
        put, get = events(node.log, "logger=access")
        rest = r" ms=[0-9.]+ client=127\.0\.0\.1:\d+"
        start = "level=info logger=access msg=request method"
        assert re.fullmatch(rf'{start}=PUT path=/map query="k=a\+b" status=201 bytes=0{rest}', put)
        assert re.fullmatch(rf'{start}=GET path=/map query="k=a\+b" status=200 bytes=10{rest}', get)


def test_a_fault_that_comes_again_is_one_line_and_summed_up_in_the_end() -> None:
    (nobody,) = free_ports(1)
    with RunningNode(f"--peers=127.0.0.1:{nobody}", "--gossip-interval=0.02") as node:
        wait_until(lambda: int(node.stats()["nPeerFaults"]) >= 20)
        assert len(events(node.log, "level=warning logger=faults")) == 1
        end(node)
        first, again = events(node.log, 'logger=faults msg="peer not reachable"')
    assert again.startswith(f"{first} count=")
    assert int(again.rpartition("=")[2]) >= 19


class Output:
    """A node of which everything is read, until it ends."""

    def __init__(self, *flags: str) -> None:
        command = [sys.executable, str(ROOT / "gossipcar.py"), "--client-port=0", "--peer-port=0", *flags]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={})

    def next(self) -> dict[str, Any]:
        assert self.process.stderr
        event = json.loads(self.process.stderr.readline())
        assert list(event)[:4] == ["time", "level", "logger", "msg"]
        return dict(event)

    def rest(self) -> tuple[str, str]:
        """What is left to read, on standard output and standard error, once it has ended."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.communicate(timeout=20)


def test_with_json_everything_is() -> None:
    node = Output("--log-format=json", "--client-host=127.0.0.1", "--peer-host=::1", "--access-log=on")
    try:
        clients, peers, flags, defaults, up = (node.next() for _ in range(5))
        assert (clients["msg"], clients["for"], peers["for"]) == ("listening", "clients", "peers")
        url = clients["at"]
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", url)
        assert re.fullmatch(r"http://\[::1\]:\d+", peers["at"])
        assert (flags["from"], flags["CLIENT_PORT"], flags["LOG_FORMAT"]) == ("flags", 0, "json")
        assert (defaults["from"], defaults["MAX_VALUE_BYTES"]) == ("defaults", 1_048_576)
        assert (up["level"], up["msg"], up["cluster"]) == ("info", "node is up", "gossipcar")
        requests.get(f"{url}/map?k=\u00fc%0A", timeout=5)
        asked = node.next()
        assert (asked["query"], asked["status"], asked["bytes"]) == ("k=%C3%BC%0A", 404, 41)
    finally:
        printed, logged = node.rest()
    assert printed == ""
    assert [json.loads(line)["msg"] for line in logged.splitlines()] == ["node is down"]


def test_a_log_that_nobody_reads_keeps_no_request_from_its_answer() -> None:
    node = Output("--access-log=on")
    try:
        assert node.process.stdout
        assert node.process.stderr
        url = node.process.stdout.readline().split()[3]
        node.process.stderr.close()
        assert [requests.get(f"{url}/stats", timeout=5).status_code for _ in range(3)] == [200] * 3
    finally:
        node.process.kill()
        node.process.communicate()


FAILURES = """
import sys, threading, warnings
sys.path.insert(0, sys.argv[1])
from gossip import logs
lines = logs.begin("info", "logfmt")

class Stubborn:
    def __del__(self):
        raise RuntimeError("c\\nd")

thread = threading.Thread(target=lambda: 1 // 0)
thread.start()
thread.join()
warnings.warn("a\\nb")
Stubborn()
raise KeyError("e\\nf")
"""


def test_whatever_python_itself_has_to_say_is_one_line() -> None:
    done = subprocess.run(
        [sys.executable, "-c", FAILURES, str(ROOT)], capture_output=True, text=True, timeout=20, check=False
    )
    assert done.returncode == 1
    ended, warned, stubborn, last = events(done.stderr)
    assert 'msg="a thread ended by a failure" error="ZeroDivisionError: ' in ended
    assert r"UserWarning: a\nb" in warned
    assert r'error="RuntimeError: c\nd" trace="Traceback (most recent call last):\n' in stubborn
    assert last.startswith(
        r"""level=critical logger=node msg="a thread ended by a failure" error="KeyError: 'e\\nf'" trace="Traceback"""
    )
