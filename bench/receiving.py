"""How clients are served while a large store is received from a peer: `python bench/receiving.py`. Needs wrk.

A node without entries is read by 8 connections, in short runs of wrk, before and while a peer gives it all that it
holds.
"""

import argparse
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.serving import Figure, Load, measure
from gossip import config
from gossip.data.entry import Entry
from gossip.node import Node
from tests.nodes import ROOT, RunningNode, free_ports

STORE_BYTES = 2**30
MOST_P99 = 10.0
"""Milliseconds."""


def give(port: int, count: int) -> None:
    """Be the peer that has it all."""
    flags = {"client_port": "0", "peer_port": str(port), "max_store_bytes": str(STORE_BYTES)}
    node = Node(config.load(flags, {}))
    now = node.store.clock.wall()
    node.store.apply((b"key-%07d" % number, Entry(now + number, 2, b"v" * 100)) for number in range(count))
    node.start()
    threading.Event().wait()


def receive(count: int) -> tuple[list[Figure], list[Figure], float]:
    """What wrk saw before and while the entries came, and how many seconds they took."""
    (port,) = free_ports(1)
    before: list[Figure] = []
    during: list[Figure] = []
    with RunningNode(f"--peers=127.0.0.1:{port}", "--gossip-interval=0.1", f"--max-store-bytes={STORE_BYTES}") as node:
        node.put("key", b"v" * 100)
        load = Load("GET", f"{node.url}/map?k=key")
        before += [measure(load, 1) for _ in range(3)]
        giver = subprocess.Popen([sys.executable, __file__, "--give", str(port), "--entries", str(count)], cwd=ROOT)
        try:
            while int(node.stats()["entries"]) < 2:
                time.sleep(0.01)
            began = time.monotonic()
            while int(node.stats()["entries"]) < count:
                during.append(measure(load, 1))
            return before, during, time.monotonic() - began
        finally:
            giver.kill()
            giver.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=500_000, help="how many the peer has; default 500,000")
    parser.add_argument("--give", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.give:
        give(options.give, options.entries)
        return
    if not shutil.which("wrk"):
        raise SystemExit("wrk is needed: apt-get install wrk")
    before, during, seconds = receive(options.entries)
    worst = max(figure.p99 for figure in during)
    print("| GET, 8 connections | requests/s | p99 ms, median | p99 ms, worst second |\n| --- | ---: | ---: | ---: |")
    for name, figures in (("before", before), ("while receiving", during)):
        p99 = [figure.p99 for figure in figures]
        print(f"| {name} | {median(f.rate for f in figures):,.0f} | {median(p99):.2f} | {max(p99):.2f} |")
    print(f"\n{options.entries:,} entries in {seconds:.1f} s, {options.entries / seconds:,.0f} a second, while served;")
    print(f"the worst p99 should stay under {MOST_P99:g} ms: {'met' if worst < MOST_P99 else 'MISSED'}")


if __name__ == "__main__":
    main()
