"""What a node weighs: `python bench/memory.py`. Linux only, as it reads /proc.

Memory per entry is the growth of a fresh process's resident memory beyond keys and values; the rest is of a started
node. Small stores pay more for an entry, as few share each of the digest's 65,536 leaves; the bound is for large
ones.
"""

import argparse
import os
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from statistics import median

import requests

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from gossip.data.entry import Entry
from gossip.data.limits import StoreLimits
from gossip.data.store import Store
from tests.nodes import RunningNode, wait_until

KIB, MIB = 2**10, 2**20
IDLE_SECONDS = 20
CONNECTIONS = 512


def resident(pid: int | str = "self") -> int:
    """The bytes of memory that a process has in use."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def per_entry(way: str, count: int, value_bytes: int) -> None:
    """Fill a store, in this process, and print the bytes each entry takes beyond its key and value."""
    store = Store(1, limits=StoreLimits(store_bytes=2**40))
    before = resident()
    items = ((b"key-%07d" % number, b"%0*d" % (value_bytes, number)) for number in range(count))
    if way == "written":
        for key, value in items:
            store.put(key, value)
    else:
        now = store.clock.wall()
        store.apply((key, Entry(now + number, 2, value)) for number, (key, value) in enumerate(items))
    store.fingerprint()
    print((resident() - before - store.total_bytes) / count)


def row(what: str, figure: float, unit: str, most: float | None = None) -> None:
    bound = "" if most is None else f"<= {most:g} {unit}"
    verdict = "" if most is None else "met" if figure <= most else "MISSED"
    print(f"| {what} | {figure:,.1f} {unit} | {bound} | {verdict} |", flush=True)


def entries(counts: list[int]) -> None:
    for way in ("written", "received"):
        for count in counts:
            for value_bytes in (10, 100):
                command = [sys.executable, __file__, "--fill", way, str(count), str(value_bytes)]
                figure = float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
                most = 300 if count >= 1_000_000 else None
                row(f"an entry of {count:,}, values of {value_bytes} B, {way}", figure, "B", most)


def start_milliseconds() -> float:
    began = time.monotonic()
    with RunningNode() as node:
        requests.get(f"{node.url}/stats", timeout=5)
        return (time.monotonic() - began) * 1000


def idle() -> None:
    row("start to first answer", median(start_milliseconds() for _ in range(9)), "ms", 250)
    with RunningNode() as node, ExitStack() as stack:
        pid = node.process.pid
        wait_until(lambda: "is up" in node.log)
        row("resident after the start", resident(pid) / MIB, "MiB", 26)
        row("threads", len(os.listdir(f"/proc/{pid}/task")), "", 8)
        before = cpu_seconds(pid)
        time.sleep(IDLE_SECONDS)
        row("a core, idle, without peers", (cpu_seconds(pid) - before) / IDLE_SECONDS * 100, "%", 0.3)
        light = resident(pid)
        for _ in range(CONNECTIONS):
            session = stack.enter_context(requests.Session())
            session.get(f"{node.url}/map?k=a", timeout=5)
        row(f"{CONNECTIONS} connections at rest", (resident(pid) - light) / MIB, "MiB", 20)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--most", type=int, default=1_000_000, help="entries at most; default a million")
    parser.add_argument("--fill", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.fill:
        per_entry(options.fill[0], int(options.fill[1]), int(options.fill[2]))
        return
    print("| what | figure | target | |\n| --- | ---: | ---: | --- |")
    idle()
    entries([count for count in (10_000, 100_000, 1_000_000) if count <= options.most])


if __name__ == "__main__":
    main()
