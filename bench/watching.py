"""What watchers cost: `python bench/watching.py`. Linux only, as it reads /proc.

The memory of so many watchers, and how long a GET takes while they are all told of so many writes a second. They are
read by a process of its own, that does nothing else.
"""

import argparse
import selectors
import socket
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.convergence import Client, Flood
from bench.memory import KIB, cpu_seconds, resident
from tests.nodes import RunningNode, wait_until

MOST_MEMORY = 100.0
"""KiB for each watcher."""
MOST_P99 = 10.0
"""Milliseconds."""


def read_all(port: int, count: int) -> None:
    """Watch so many times over, say when all are watching, and print how many events came until the node ended them."""
    selector = selectors.DefaultSelector()
    for _ in range(count):
        connection = socket.create_connection(("127.0.0.1", port))
        connection.sendall(b"GET /watch HTTP/1.1\r\nHost: localhost\r\n\r\n")
        while b"\nid: " not in connection.recv(65536):
            pass
        selector.register(connection, selectors.EVENT_READ)
    print("watching", flush=True)
    events = 0
    while selector.get_map():
        for key, _ in selector.select():
            assert isinstance(key.fileobj, socket.socket)
            piece = key.fileobj.recv(2**18)
            events += piece.count(b"\nevent: put\n")
            if not piece:
                selector.unregister(key.fileobj)
    print(events)


def asked(node: RunningNode, rate: float, seconds: float) -> tuple[list[float], float]:
    """The milliseconds that each of many GETs took, sorted, while so much was written; and writes a second."""
    client, took = Client(node), []
    client.put("asked", "v" * 100)
    with Flood(Client(node), rate) as writes:
        began = time.perf_counter()
        while time.perf_counter() - began < seconds:
            asks = time.perf_counter()
            client.get("asked")
            took.append((time.perf_counter() - asks) * 1000)
            time.sleep(0.001)
        kept = writes.written / seconds
    return sorted(took), kept


def row(what: str, figure: str, target: str = "", met: bool | None = None) -> None:
    print(f"| {what} | {figure} | {target} | {'' if met is None else 'met' if met else 'MISSED'} |", flush=True)


def loaded(node: RunningNode, what: str, rate: float, seconds: float, most: float | None = None) -> float:
    """Prints the rows for so many writes a second, and gives how many there were."""
    before = cpu_seconds(node.process.pid)
    took, kept = asked(node, rate, seconds)
    busy = (cpu_seconds(node.process.pid) - before) / seconds * 100
    p99 = took[int(len(took) * 0.99)]
    row(f"GET with {kept:,.0f} writes/s {what}, median", f"{median(took):.2f} ms")
    target = "" if most is None else f"<= {most:g} ms"
    row(f"GET with {kept:,.0f} writes/s {what}, p99", f"{p99:.2f} ms", target, None if most is None else p99 <= most)
    row(f"a core, with {kept:,.0f} writes/s {what}", f"{busy:.0f} %")
    return kept * seconds


def memory(node: RunningNode, light: int, watchers: int, when: str) -> None:
    each = (resident(node.process.pid) - light) / KIB / watchers
    row(f"memory of each of {watchers} watchers {when}", f"{each:.1f} KiB", f"<= {MOST_MEMORY:g} KiB",
        each <= MOST_MEMORY)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--watchers", type=int, default=200, help="default 200")
    parser.add_argument("--rate", type=float, default=1000, help="writes a second; default 1000")
    parser.add_argument("--seconds", type=float, default=10.0, help="for so long; default 10")
    parser.add_argument("--read", nargs=2, type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.read:
        read_all(*options.read)
        return
    print("| what | figure | target | |\n| --- | ---: | ---: | --- |")
    with RunningNode() as node:
        loaded(node, "and no watchers", options.rate, options.seconds)
    with RunningNode() as node:
        wait_until(lambda: "is up" in node.log)
        light = resident(node.process.pid)
        command = [sys.executable, __file__, "--read", str(node.client_port), str(options.watchers)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as reader:
            assert reader.stdout
            assert reader.stdout.readline() == "watching\n"
            memory(node, light, options.watchers, "at rest")
            written = loaded(node, f"and {options.watchers} watchers", options.rate, options.seconds, MOST_P99)
            memory(node, light, options.watchers, "after that, with what was written and is remembered")
            node.process.terminate()
            told = int(reader.stdout.read()) / options.watchers
        row("events told to each, for each write (the clock of the flood is written besides)", f"{told / written:.2f}")


if __name__ == "__main__":
    main()
