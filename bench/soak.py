"""Whether a node stays as light as it is: `python bench/soak.py --minutes 120`. Linux only, as it reads /proc.

Nodes on loopback are written to at a steady rate, always new keys, which expire; each minute one node ends, by SIGTERM
and by SIGKILL in turns, and starts again. What the first one has in use is looked at: it is never restarted. Exits with
status 1 when that does not stay flat after the warm-up.
"""

import argparse
import http.client
import itertools
import os
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.memory import MIB, resident
from gossip.commands.demo.nodes import free_ports
from tests.nodes import RunningNode, wait_until

TTL_SECONDS = 30
TOMBSTONE_SECONDS = 60
"""An entry is held for as long as both together."""
VALUE = bytes(100)
SAMPLE_SECONDS = 10.0
CHURN_SECONDS = 60.0
WARM_UP = 0.25
"""The part of a run that does not count, at most `LONGEST_WARM_UP` seconds."""
LONGEST_WARM_UP = 600.0
FLAT = 0.05
"""Memory is flat if the medians of the first and the last quarter differ by no more than this part."""
FEW = 2
"""Descriptors and threads are flat if these differ by so many at the most."""
ROWS = 12


class Sample(NamedTuple):
    """What the first node has in use, and what has been written until then."""

    at: float
    memory: float
    """MiB resident."""
    descriptors: int
    threads: int
    entries: int
    written: int


START = Sample(0, 0, 0, 0, 0, 0)


class Soak:
    """The nodes, and those who write and disturb them until it is over."""

    def __init__(self, undo: ExitStack, nodes: int, rate: float) -> None:
        self._undo = undo
        self._ports = free_ports(2 * nodes)
        self._environ = {
            "PEERS": ",".join(f"127.0.0.1:{port}" for port in self._ports[nodes:]),
            "TOMBSTONE_TTL": str(TOMBSTONE_SECONDS),
            "MALLOC_ARENA_MAX": "2",  # as in the image
        }
        self.nodes = [self._start(place) for place in range(nodes)]
        self.restarts = 0
        self.over = threading.Event()
        self._rate = rate
        self._written = [0] * nodes
        """By the writer at each place."""
        self.began = time.monotonic()

    def _start(self, place: int) -> RunningNode:
        client_port, peer_port = self._ports[place], self._ports[place + len(self._ports) // 2]
        node = RunningNode(environ=self._environ, client_port=client_port, peer_port=peer_port)
        return self._undo.enter_context(node)

    def write(self, place: int) -> None:
        """Write at the node at a place, at its part of the rate; where it is down, at the first node."""
        here = http.client.HTTPConnection("127.0.0.1", self._ports[place], timeout=10)
        first = http.client.HTTPConnection("127.0.0.1", self._ports[0], timeout=10)
        for number in itertools.count():
            due = self.began + number * len(self.nodes) / self._rate
            if self.over.wait(max(0.0, due - time.monotonic())):
                return
            target = f"/map?k=soak-{place}-{number}&ttl={TTL_SECONDS}"
            self._written[place] += put(here, target) or put(first, target)

    def disturb(self) -> None:
        """End and start again one node after the other, but for the first."""
        for number in itertools.count():
            if self.over.wait(CHURN_SECONDS):
                return
            node = self.nodes[place := 1 + number % (len(self.nodes) - 1)]
            if number % 2:
                node.kill()
            else:
                node.process.terminate()
                node.process.wait(60)
            self.nodes[place] = self._start(place)
            self.restarts += 1

    def sample(self) -> Sample:
        pid = self.nodes[0].process.pid
        return Sample(
            time.monotonic() - self.began,
            resident(pid) / MIB,
            len(os.listdir(f"/proc/{pid}/fd")),
            len(os.listdir(f"/proc/{pid}/task")),
            int(self.nodes[0].stats()["entries"]),
            sum(self._written),
        )

    def agree(self) -> bool:
        return len({node.stats()["fingerprint"] for node in self.nodes}) == 1


def put(connection: http.client.HTTPConnection, target: str) -> bool:
    """Whether a write was acknowledged."""
    try:
        connection.request("PUT", target, VALUE)
        answer = connection.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException):
        connection.close()
        return False
    assert answer.status in (201, 204, 503), f"a write was answered {answer.status}"
    return answer.status != 503


def run(soak: Soak, seconds: float) -> list[Sample]:
    """Samples of so many seconds of writes and disturbances, told of in rows as they come; then all nodes agree."""
    print("| minutes | memory, MiB | descriptors | threads | entries | writes/s |")
    print("| ---: | ---: | ---: | ---: | ---: | ---: |", flush=True)
    count = round(seconds / SAMPLE_SECONDS)
    samples: list[Sample] = []
    before, part = START, list[Sample]()
    with ThreadPoolExecutor() as pool:
        work = [pool.submit(soak.write, place) for place in range(len(soak.nodes))]
        work.append(pool.submit(soak.disturb))
        try:
            while len(samples) < count and not any(one.done() for one in work):
                time.sleep(max(0.0, soak.began + (len(samples) + 1) * SAMPLE_SECONDS - time.monotonic()))
                samples.append(soak.sample())
                part.append(samples[-1])
                if len(part) == -(-count // ROWS) or len(samples) == count:
                    print(row(before, part), flush=True)
                    before, part = part[-1], []
        finally:
            soak.over.set()
    for one in work:
        one.result()
    wait_until(soak.agree, 30, "agreement")
    return samples


def row(before: Sample, part: Sequence[Sample]) -> str:
    """The medians of a part of the run, for a table."""
    _, memory, descriptors, threads, entries, _ = (median(column) for column in zip(*part, strict=True))
    last = part[-1]
    rate = (last.written - before.written) / (last.at - before.at)
    return (
        f"| {before.at / 60:.1f} to {last.at / 60:.1f} | {memory:.1f} | {descriptors:.0f} | {threads:.0f} "
        f"| {entries:,.0f} | {rate:.0f} |"
    )


def verdict(samples: Sequence[Sample]) -> bool:
    """Print what the samples were like, after the warm-up, and whether they were flat."""
    print("\n| after the warm-up | first quarter | last quarter | least | median | most | flat |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | --- |")
    quarter = max(1, len(samples) // 4)
    flat = []
    for name in ("memory", "descriptors", "threads"):
        column = [float(getattr(sample, name)) for sample in samples]
        first, last, middle = median(column[:quarter]), median(column[-quarter:]), median(column)
        flat.append(abs(last - first) <= (FLAT * first if name == "memory" else FEW))
        figures = " | ".join(f"{value:.1f}" for value in (first, last, min(column), middle, max(column)))
        print(f"| {name} | {figures} | {'yes' if flat[-1] else 'NO'} |")
    return all(flat)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10, help="how long; default 10")
    parser.add_argument("--nodes", type=int, default=5, help="how many nodes; default 5")
    parser.add_argument("--rate", type=float, default=500, help="writes a second, in all; default 500")
    options = parser.parse_args()
    with ExitStack() as undo:
        soak = Soak(undo, options.nodes, options.rate)
        samples = run(soak, options.minutes * 60)
    warm_up = min(WARM_UP * options.minutes * 60, LONGEST_WARM_UP)
    flat = verdict([sample for sample in samples if sample.at > warm_up])
    print(f"\n{options.nodes} nodes, {options.rate:g} writes/s, {options.minutes:g} minutes, {soak.restarts} restarts")
    sys.exit(0 if flat else 1)


if __name__ == "__main__":
    main()
