"""How fast clients are served, beside reference servers: `python bench/serving.py`. Needs Debian's wrk.

Every figure is a median over interleaved runs, and every target a ratio of two figures of one session: the machine's
speed drifts, its ratios much less. References beyond the first four are measured where they are installed.
"""

import argparse
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.references import KINDS, LARGE, SMALL
from gossip.commands.demo.nodes import free_ports
from tests.nodes import ROOT, RunningNode, wait_until

MANY = 50


class Load(NamedTuple):
    """What wrk is to do."""

    name: str
    url: str
    connections: int = 8
    flags: tuple[str, ...] = ()


class Figure(NamedTuple):
    """What one run of wrk came to."""

    rate: float
    """Requests a second."""
    p99: float
    """Milliseconds."""


def measure(load: Load, seconds: int) -> Figure:
    command = ["wrk", "-t1", f"-c{load.connections}", f"-d{seconds}s", "--latency", *load.flags, load.url]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rate = re.search(r"Requests/sec:\s+([\d.]+)", printed)
    p99 = re.search(r"99%\s+([\d.]+)(us|ms|s)", printed)
    assert rate, printed
    assert p99, printed
    unit = {"us": 0.001, "ms": 1.0, "s": 1000.0}[p99[2]]
    if "Non-2xx" in printed:
        raise SystemExit(f"{load.name} answers with errors:\n{printed}")
    return Figure(float(rate[1]), float(p99[1]) * unit)


@contextmanager
def process(*command: str, port: int) -> Iterator[int]:
    """A server in a process of its own, once it listens at its port."""
    running = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: listens(port), what=f"{command[0]} at port {port}")
        yield port
    finally:
        running.terminate()
        running.wait()


def listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


NGINX = """
daemon off; pid {folder}/pid; error_log /dev/null; worker_processes 1;
events {{ worker_connections 1024; }}
http {{ access_log off; keepalive_requests 100000000;
  server {{ listen 127.0.0.1:{port}; location / {{ default_type application/octet-stream; return 200 '{body}'; }} }} }}
"""


class Bench:
    """The servers, and the loads put on them."""

    def __init__(self, stack: ExitStack) -> None:
        self.ports = dict(zip(KINDS, free_ports(len(KINDS)), strict=True))
        for kind, port in self.ports.items():
            stack.enter_context(process(sys.executable, "-m", "bench.references", kind, str(port), port=port))
        self.node = stack.enter_context(RunningNode("--max-value-bytes=2000000"))
        self.scripts = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        self.nginx = self._start_nginx(stack) if shutil.which("nginx") else None
        self._fill()

    def _fill(self) -> None:
        self.node.put("key", SMALL[4:-1])
        self.node.put("big", LARGE[4:-1])
        for number in range(MANY):
            self.node.put(f"key{number}", b"v" * 100)
        (self.scripts / "put.lua").write_text('wrk.method = "PUT"\nwrk.body = string.rep("v", 100)\n')

    def _start_nginx(self, stack: ExitStack) -> int:
        (port,) = free_ports(1)
        conf = self.scripts / "nginx.conf"
        conf.write_text(NGINX.format(folder=self.scripts, port=port, body=SMALL.decode().strip()))
        return stack.enter_context(process("nginx", "-c", str(conf), "-e", "/dev/null", port=port))

    def _at(self, kind: str) -> str:
        return f"http://127.0.0.1:{self.ports[kind]}/"

    def loads(self) -> dict[str, Load]:
        put = ("-s", str(self.scripts / "put.lua"))
        closing = ("-H", "Connection: close")
        key, many = f"{self.node.url}/map?k=key", "&".join(f"k=key{number}" for number in range(MANY))
        loads = [
            Load("get", key), Load("loop", self._at("loop")),
            Load("put", key, flags=put), Load("empty", self._at("empty"), flags=put),
            Load("get 64", key, 64), Load("loop 64", self._at("loop"), 64),
            Load("get close", key, flags=closing), Load("plain", self._at("plain"), flags=closing),
            Load("get 50 keys", f"{self.node.url}/map?{many}"),
            Load("get 1 MiB", f"{self.node.url}/map?k=big"), Load("copy 1 MiB", self._at("copy")),
        ]  # fmt: skip
        if self.nginx:
            loads.append(Load("nginx", f"http://127.0.0.1:{self.nginx}/"))
        return {load.name: load for load in loads}


class Target(NamedTuple):
    """A ratio of two figures, and what it should come to."""

    what: str
    ratio: float
    at_least: float | None = None
    at_most: float | None = None

    def row(self) -> str:
        met = (self.at_least is None or self.ratio >= self.at_least) and (
            self.at_most is None or self.ratio <= self.at_most
        )
        bound = f">= {self.at_least}" if self.at_least is not None else f"<= {self.at_most}"
        return f"| {self.what} | {self.ratio:.2f} | {bound} | {'met' if met else 'MISSED'} |"


def targets(runs: dict[str, list[Figure]]) -> list[Target]:
    rate = {name: median(figure.rate for figure in figures) for name, figures in runs.items()}
    p99 = {name: median(figure.p99 for figure in figures) for name, figures in runs.items()}
    return [
        Target("GET / loop, 8 connections", rate["get"] / rate["loop"], 0.75),
        Target("PUT of 100 B / loop", rate["put"] / rate["empty"], 0.65),
        Target("GET / loop, 64 connections", rate["get 64"] / rate["loop 64"], 0.65),
        Target("p99 of GET / of loop, 64 connections", p99["get 64"] / p99["loop 64"], at_most=4),
        Target("GET / plain http.server, a connection each", rate["get close"] / rate["plain"], 3),
        Target("keys a second, 50 at once / one by one", MANY * rate["get 50 keys"] / rate["get"], 15),
        Target("time of a 1 MiB value / of a socket copy", rate["copy 1 MiB"] / rate["get 1 MiB"], at_most=1.5),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="interleaved runs of each load; default 5")
    parser.add_argument("--seconds", type=int, default=2, help="length of each; default 2")
    options = parser.parse_args()
    if not shutil.which("wrk"):
        raise SystemExit("wrk is needed: apt-get install wrk")
    with ExitStack() as stack:
        loads = Bench(stack).loads()
        runs: dict[str, list[Figure]] = {name: [] for name in loads}
        for number in range(options.runs):
            print(f"run {number + 1} of {options.runs}", file=sys.stderr)
            for name, load in loads.items():
                runs[name].append(measure(load, options.seconds))
                time.sleep(0.1)
    print("| load | requests/s | p99 ms |\n| --- | ---: | ---: |")
    for name, figures in runs.items():
        print(f"| {name} | {median(f.rate for f in figures):,.0f} | {median(f.p99 for f in figures):.2f} |")
    print("\n| ratio | figure | target | |\n| --- | ---: | ---: | --- |")
    print("\n".join(target.row() for target in targets(runs)))


if __name__ == "__main__":
    main()
