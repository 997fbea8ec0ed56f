"""A large store goes from one node to another: `python bench/receiving.py`. Needs wrk; Linux only, as it reads /proc.

A node without entries joins one that has them all: at first undisturbed, a million of them; then half a million, while
one of the two is read by 8 connections, in short runs of wrk. What wrk sees of a node at rest is for comparison.
"""

import argparse
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import NamedTuple

import requests

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.memory import IDLE_SECONDS, KIB, MIB, cpu_seconds, resident, row
from bench.serving import Figure, Load, measure
from gossip import config
from gossip.cli import SWITCH_SECONDS
from gossip.commands.demo.nodes import free_ports
from gossip.data.entry import Entry
from gossip.node import Node
from tests.nodes import ROOT, RunningNode, wait_until

STORE_BYTES = 2**30
LEAST_RATE = 100_000
"""Entries a second."""
MOST_EXTRA = 64.0
"""MiB."""
MOST_IDLE = 0.3
"""Per cent of a core."""
MOST_P99 = 10.0
"""Milliseconds."""


def give(peer_port: int, client_port: int, count: int) -> None:
    """Be the peer that has it all."""
    flags = {"client_port": str(client_port), "peer_port": str(peer_port), "max_store_bytes": str(STORE_BYTES)}
    sys.setswitchinterval(SWITCH_SECONDS)  # as `gossipcar.py` does
    node = Node(config.load(flags, {}))
    now = node.store.clock.wall()
    node.store.apply((b"key-%07d" % number, Entry(now + number, 2, b"v" * 100)) for number in range(count))
    node.store.put(b"key", b"v" * 100)
    node.start()
    threading.Event().wait()


def answers(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/stats", timeout=1).ok
    except requests.RequestException:
        return False


@contextmanager
def giver_and_receiver(count: int) -> Iterator[tuple[int, str, RunningNode]]:
    """The giver's process and URL for clients, and the receiver, which has just been started."""
    peer_port, client_port = free_ports(2)
    command = [sys.executable, __file__, "--give", str(peer_port), str(client_port), "--entries", str(count)]
    giver = subprocess.Popen(command, cwd=ROOT)
    try:
        wait_until(lambda: answers(client_port), seconds=120, what="the giver")
        flags = (f"--peers=127.0.0.1:{peer_port}", f"--max-store-bytes={STORE_BYTES}")
        with RunningNode(*flags) as node:
            yield giver.pid, f"http://127.0.0.1:{client_port}", node
    finally:
        giver.kill()
        giver.wait()


def peak(pid: int) -> int:
    """The most bytes of memory that a process has had in use."""
    kib = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    assert kib
    return int(kib[1]) * KIB


def is_ready(node: RunningNode) -> bool:
    return requests.get(f"{node.peer_url}/readyz", timeout=5).ok


def undisturbed(count: int) -> None:
    """Print how soon a node has everything, what memory that takes at its height, and what is spent afterwards."""
    with giver_and_receiver(count) as (giver, _, node):
        began, before = time.monotonic(), resident(giver)
        wait_until(lambda: int(node.stats()["entries"]) >= count, 300, "all entries")
        seconds = time.monotonic() - began
        wait_until(lambda: is_ready(node), 300, "readiness")
        ready = time.monotonic() - began
        pids = (giver, node.process.pid)
        extra = peak(node.process.pid) - resident(node.process.pid), peak(giver) - before
        before_rest = [*map(cpu_seconds, pids)]
        time.sleep(IDLE_SECONDS)
        busy = [after - before for after, before in zip(map(cpu_seconds, pids), before_rest, strict=True)]
    print("| what | figure | target | |\n| --- | ---: | ---: | --- |")
    verdict = "met" if count / seconds >= LEAST_RATE else "MISSED"
    print(f"| entries/s, {count:,} in all | {count / seconds:,.0f} | >= {LEAST_RATE:,} | {verdict} |")
    row("ready after", ready, "s")
    row("memory of the receiver at its height, beyond what stays", extra[0] / MIB, "MiB", MOST_EXTRA)
    row("memory of the giver at its height, beyond what it had", extra[1] / MIB, "MiB", MOST_EXTRA)
    for what, seconds_busy in zip(("answers", "begins"), busy, strict=True):
        row(
            f"a core, at rest, where a node {what} an exchange a second",
            seconds_busy / IDLE_SECONDS * 100,
            "%",
            MOST_IDLE,
        )


class Run(NamedTuple):
    """What wrk saw at a node while the entries crossed and afterwards, and how many seconds they took."""

    during: list[Figure]
    after: list[Figure]
    seconds: float


def read_meanwhile(count: int, at_giver: bool) -> Run:
    with giver_and_receiver(count) as (_, giver_url, node):
        began = time.monotonic()
        node.put("key", b"v" * 100)
        load = Load("GET", f"{giver_url if at_giver else node.url}/map?k=key")
        during: list[Figure] = []
        while int(node.stats()["entries"]) < count:
            during.append(measure(load, 1))
        seconds = time.monotonic() - began
        wait_until(lambda: is_ready(node), 300, "readiness")
        return Run(during, [measure(load, 1) for _ in range(3)], seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--entries", type=int, default=500_000, help="how many the peer has; default 500,000, and twice that at first"
    )
    parser.add_argument("--give", type=int, nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.give:
        give(options.give[0], options.give[1], options.entries)
        return
    if not shutil.which("wrk"):
        raise SystemExit("wrk is needed: apt-get install wrk")
    undisturbed(2 * options.entries)
    print("\n| GET, 8 connections | requests/s | p99 ms, median | p99 ms, worst second | target | |")
    print("| --- | ---: | ---: | ---: | ---: | --- |")
    for at_giver in (False, True):
        done = read_meanwhile(options.entries, at_giver)
        name = "gives" if at_giver else "receives"
        for what, figures in ((f"while a node {name}", done.during), ("the same node at rest", done.after)):
            p99 = [figure.p99 for figure in figures]
            verdict = "met" if max(p99) < MOST_P99 else "MISSED"
            rate = median(figure.rate for figure in figures)
            print(f"| {what} | {rate:,.0f} | {median(p99):.2f} | {max(p99):.2f} | {MOST_P99:g} | {verdict} |")
        print(f"| {options.entries / done.seconds:,.0f} entries/s meanwhile | | | | | |", flush=True)


if __name__ == "__main__":
    main()
