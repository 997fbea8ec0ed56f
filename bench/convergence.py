"""How soon a write is everywhere: `python bench/convergence.py`. Real nodes on loopback, all on this machine.

One write at a time is made at one node after the other, and looked for at all, until it is there. Then one node of
eight is written to as fast as asked, and the age of what each node shows is looked at.
"""

import argparse
import socket
import sys
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from gossip.commands.demo.nodes import free_ports
from tests.nodes import RunningNode, wait_until

TARGETS = {8: (40.0, 400.0), 32: (150.0, 1500.0)}
"""For so many nodes: the median and the worst, in milliseconds."""
MOST_TRANSFERS = 1.5
"""Entries that each node is sent for each write, at 32 nodes."""
MOST_BEHIND = 1.0
"""Seconds."""
MOST_P99 = 10.0
"""Milliseconds."""


class Client:
    """One kept-alive connection to a node, as plain as can be: it must not be what is measured."""

    def __init__(self, node: RunningNode) -> None:
        self._socket = socket.create_connection(("127.0.0.1", node.client_port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def put(self, key: str, value: str) -> bool:
        return (
            self._ask(f"PUT /map?k={key} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(value)}\r\n\r\n{value}")[
                9:11
            ]
            == b"20"
        )

    def get(self, key: str) -> bytes:
        """The value; empty when there is none."""
        answer = self._ask(f"GET /map?k={key} HTTP/1.1\r\nHost: localhost\r\n\r\n")
        return answer.partition(b"=")[2].rstrip(b"\n") if answer[9:12] == b"200" else b""

    def _ask(self, request: str) -> bytes:
        self._socket.sendall(request.encode())
        return self._socket.recv(65536)


class Cluster:
    """So many nodes that know each other, and a client of each."""

    def __init__(self, stack: ExitStack, size: int, *flags: str) -> None:
        ports = free_ports(size)
        peers = "--peers=" + ",".join(f"127.0.0.1:{port}" for port in ports)
        self.nodes = [stack.enter_context(RunningNode(peers, *flags, peer_port=port)) for port in ports]
        self.clients = [Client(node) for node in self.nodes]
        wait_until(self._know_each_other, seconds=120, what="a cluster that tells news at once")

    def _know_each_other(self) -> bool:
        """Whether ten writes on end are everywhere sooner than any round brings them."""
        return all(self.spread(f"warm{number}") < 0.5 for number in range(10))

    def spread(self, key: str, at: int = 0) -> float:
        """Seconds from a write at one node until all nodes have it."""
        assert self.clients[at].put(key, "v")
        began = time.perf_counter()
        left = self.clients
        while left := [client for client in left if not client.get(key)]:
            time.sleep(0.001)
        return time.perf_counter() - began

    def total(self, name: str) -> int:
        return sum(int(node.stats()[name]) for node in self.nodes)


def one_write(size: int, writes: int, flags: list[str]) -> list[str]:
    """The table's row for so many nodes."""
    with ExitStack() as stack:
        cluster = Cluster(stack, size, *flags)
        before = cluster.total("nEntriesIn")
        took = []
        for number in range(writes):
            time.sleep(0.02)
            took.append(cluster.spread(f"key{number}", at=number % size) * 1000)
        transfers = (cluster.total("nEntriesIn") - before) / size / writes
    limit, worst = TARGETS.get(size, (float("inf"), float("inf")))
    met = median(took) <= limit and max(took) <= worst and transfers <= MOST_TRANSFERS
    return [str(size), f"{median(took):.1f}", f"{limit:g}", f"{max(took):.1f}", f"{worst:g}", f"{transfers:.2f}",
            f"{MOST_TRANSFERS:g}", "met" if met else "MISSED"]  # fmt: skip


class Flood:
    """Writes at one node, so many a second, whose values are the moment of writing."""

    def __init__(self, client: Client, rate: float) -> None:
        self.written = 0
        self._client = client
        self._rate = rate
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._write)

    def __enter__(self) -> "Flood":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _write(self) -> None:
        began = time.perf_counter()
        while not self._ended.is_set():
            due = int((time.perf_counter() - began) * self._rate)
            for number in range(self.written, due):
                self._client.put(f"key{number % 5000}", "v" * 100)
            self.written = max(self.written, due)
            self._client.put("now", f"{time.perf_counter():.6f}")
            time.sleep(0.002)


def flood(rate: int, seconds: float, flags: list[str]) -> list[str]:
    """The row for eight nodes of which one is written to."""
    with ExitStack() as stack:
        cluster = Cluster(stack, 8, *flags)
        asked, behind = [], []
        began = time.perf_counter()
        with Flood(Client(cluster.nodes[0]), rate) as writes:
            while time.perf_counter() - began < seconds:
                for client in cluster.clients[1:]:
                    asks = time.perf_counter()
                    shown = float(client.get("now") or began)
                    asked.append((time.perf_counter() - asks) * 1000)
                    behind.append(time.perf_counter() - shown)
                time.sleep(0.005)
        rate_kept = writes.written / seconds
    p99 = sorted(asked)[int(len(asked) * 0.99)]
    met = max(behind) <= MOST_BEHIND and p99 <= MOST_P99
    return [f"{rate_kept:,.0f}", f"{median(behind) * 1000:.0f}", f"{max(behind) * 1000:.0f}", f"{MOST_BEHIND * 1000:g}",
            f"{p99:.1f}", f"{MOST_P99:g}", "met" if met else "MISSED"]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, nargs="*", default=[8, 32], help="cluster sizes; default 8 32")
    parser.add_argument("--writes", type=int, default=200, help="writes for each; default 200")
    parser.add_argument("--rate", type=int, default=2000, help="writes a second at one of eight; 0 for none")
    parser.add_argument("--seconds", type=float, default=10.0, help="for so long; default 10")
    options, flags = parser.parse_known_args()
    if options.nodes:
        print("| nodes | median ms | target | worst ms | target | values sent to a node for each write | target | |")
        print("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |")
    for size in options.nodes:
        print("| " + " | ".join(one_write(size, options.writes, flags)) + " |", flush=True)
    if options.rate:
        print("\n| writes/s at one of 8 | behind, median ms | worst ms | target | GET p99 ms | target | |")
        print("| ---: | ---: | ---: | ---: | ---: | ---: | --- |")
        print("| " + " | ".join(flood(options.rate, options.seconds, flags)) + " |")


if __name__ == "__main__":
    main()
