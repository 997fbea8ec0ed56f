"""How clients are served while a large store goes from one node to another: `python bench/receiving.py`. Needs wrk.

A node without entries joins one that has them all. One of the two is read by 8 connections, in short runs of wrk, while
that goes on and while nothing does.
"""

import argparse
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from statistics import median
from typing import NamedTuple

import requests

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.serving import Figure, Load, measure
from gossip import config
from gossip.cli import SWITCH_SECONDS
from gossip.data.entry import Entry
from gossip.node import Node
from tests.nodes import ROOT, RunningNode, free_ports, wait_until

STORE_BYTES = 2**30
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


class Run(NamedTuple):
    """What wrk saw at a node before and while the entries crossed, and how many seconds they took."""

    before: list[Figure]
    during: list[Figure]
    seconds: float


def run(count: int, at_giver: bool) -> Run:
    peer_port, client_port = free_ports(2)
    command = [sys.executable, __file__, "--give", str(peer_port), str(client_port), "--entries", str(count)]
    giver = subprocess.Popen(command, cwd=ROOT)
    try:
        wait_until(lambda: answers(client_port), seconds=120, what="the giver")
        url = f"http://127.0.0.1:{client_port}/map?k=key"
        before = [measure(Load("GET", url), 1) for _ in range(3)] if at_giver else []
        with RunningNode(
            f"--peers=127.0.0.1:{peer_port}", "--gossip-interval=0.1", f"--max-store-bytes={STORE_BYTES}"
        ) as node:
            began = time.monotonic()
            node.put("key", b"v" * 100)
            if not at_giver:
                url = f"{node.url}/map?k=key"
            during: list[Figure] = []
            while int(node.stats()["entries"]) < count:
                during.append(measure(Load("GET", url), 1))
            seconds = time.monotonic() - began
            if not at_giver:
                before = [measure(Load("GET", url), 1) for _ in range(3)]
            return Run(before, during, seconds)
    finally:
        giver.kill()
        giver.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=500_000, help="how many the peer has; default 500,000")
    parser.add_argument("--give", type=int, nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.give:
        give(options.give[0], options.give[1], options.entries)
        return
    if not shutil.which("wrk"):
        raise SystemExit("wrk is needed: apt-get install wrk")
    print("| GET, 8 connections | requests/s | p99 ms, median | p99 ms, worst second | target | |")
    print("| --- | ---: | ---: | ---: | ---: | --- |")
    for at_giver in (False, True):
        done = run(options.entries, at_giver)
        name = "gives" if at_giver else "receives"
        for what, figures in ((f"a node at rest, that {name}", done.before), (f"while it {name}", done.during)):
            p99 = [figure.p99 for figure in figures]
            verdict = "met" if max(p99) < MOST_P99 else "MISSED"
            rate = median(figure.rate for figure in figures)
            print(f"| {what} | {rate:,.0f} | {median(p99):.2f} | {max(p99):.2f} | {MOST_P99:g} | {verdict} |")
        print(f"| {options.entries / done.seconds:,.0f} entries/s meanwhile | | | | | |", flush=True)


if __name__ == "__main__":
    main()
