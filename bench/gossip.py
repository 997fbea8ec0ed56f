"""What agreement costs: `python bench/gossip.py`. Bytes, requests and processor time by what two stores hold.

Two stores of n entries that differ in d exchange over a real HTTP connection; everything that crosses is counted, HTTP
heads in both directions included. Both sides run in this one process, so that its processor time is that of both. At
last, what the digest adds to a write.
"""

import argparse
import logging
import random
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from gossip import config
from gossip.data.entry import Entry, size
from gossip.data.limits import StoreLimits
from gossip.data.store import Store
from gossip.garbage import put_aside
from gossip.node import Node
from gossip.sync import connection, transport, wire
from gossip.sync.address import Address
from gossip.sync.draft import ENTRY_BYTES
from gossip.sync.exchange import Exchange
from gossip.sync.message import Message
from gossip.sync.outcome import Outcome

NOISE = random.Random(1).randbytes(2**20)
SETTINGS = {"client_port": "0", "peer_port": "0", "peer_host": "127.0.0.1", "max_store_bytes": str(2**32)}

IDLE_BYTES = 700
"""An exchange of equal stores may take so many."""
ONE_BYTES, EACH_BYTES = 4096, 1024
"""Beside the entries themselves: one difference may take so many, and each of ten to a thousand."""
REQUESTS = 4
DIGEST_MICROS = 3.0
"""A write may take so much longer for the digest's sake."""


class Crossed:
    """Counts what crosses."""

    def __init__(self) -> None:
        self.bytes = 0
        crossed = self

        class Counting(connection.DeadlineSocket):
            def sendall(self, data: Any, *flags: int) -> None:
                crossed.bytes += len(data)
                super().sendall(data, *flags)

            def recv_into(self, *args: Any, **kwargs: Any) -> int:
                count = int(super().recv_into(*args, **kwargs))  # type: ignore[no-untyped-call]
                crossed.bytes += count
                return count

        connection.DeadlineSocket = Counting  # type: ignore[misc]


class Cost(NamedTuple):
    """What one exchange came to."""

    differ: int
    bytes: int
    entries: int
    """Bytes of the entries that crossed, their records included."""
    requests: int
    cpu: float
    """Milliseconds of processor time, of both sides together."""

    @property
    def beside(self) -> int:
        return self.bytes - self.entries

    @property
    def met(self) -> bool:
        if not self.differ:
            return self.bytes <= IDLE_BYTES
        bound = ONE_BYTES if self.differ == 1 else EACH_BYTES * self.differ
        return self.beside <= bound and self.requests <= REQUESTS


def key(number: int) -> bytes:
    return b"key-%010d" % number


def value(number: int) -> bytes:
    """100 bytes that cannot be compressed."""
    at = number * 7919 % (len(NOISE) - 100)
    return NOISE[at : at + 100]


class Pair:
    """A node that answers, and a store that asks, with the same n entries."""

    def __init__(self, n: int, crossed: Crossed) -> None:
        self._crossed = crossed
        self._node = Node(config.load(SETTINGS, {}))
        self._there = self._node.store
        self._here = Store(1, limits=self._there.limits)
        self._n = n
        self._begin = self._here.clock.wall() - 10_000_000
        for store in (self._here, self._there):
            store.apply((key(number), Entry(self._begin + number % 1000, 3, value(number))) for number in range(n))
            store.fingerprint()
        put_aside()
        server = self._node.peer_servers[0]
        server.start()
        self._address = Address("127.0.0.1", server.port)
        self._post = transport.Transport(2**24).post
        self._exchange = Exchange(self._here, "gossipcar", random.Random(1))

    def close(self) -> None:
        self._node.stop(1.0)

    def exchange(self, differ: int, new: bool = False) -> Cost:
        """One exchange after so many keys were written here: again, or for the first time."""
        numbers = range(self._n, self._n + differ) if new else random.Random(differ).sample(range(self._n), differ)
        now = self._here.clock.wall()
        written = [(key(number), Entry(now, 3, value(number + 1))) for number in numbers]
        self._here.apply(written)
        self._crossed.bytes = 0
        cpu = time.process_time()
        outcome = self._exchange.converse(self._send, lambda: True, Outcome())
        cpu = time.process_time() - cpu
        assert outcome.agreed, "the stores agree"
        entries = sum(ENTRY_BYTES + size(*item) for item in written)
        return Cost(differ, self._crossed.bytes, entries, outcome.requests, cpu * 1000)

    def _send(self, message: Message) -> Message:
        return wire.decode(self._post(self._address, wire.encode(message), 30.0))


def row(n: int, name: str, cost: Cost, judged: bool = True) -> str:
    verdict = ("met" if cost.met else "MISSED") if judged else ""
    each = f"{cost.beside / cost.differ:,.0f}" if cost.differ else ""
    return (
        f"| {n:,} | {name} | {cost.bytes:,} | {cost.beside:,} | {each} | {cost.requests} | {cost.cpu:.1f} | {verdict} |"
    )


def store_without_digest() -> Store:
    """What a store takes longer than this one is the digest's price."""
    store = Store(1, limits=StoreLimits(2**40))
    leaves = store._held.leaves
    leaves.settle = leaves._unsettled.clear  # type: ignore[method-assign]
    return store


def micros_a_write(store: Store, keys: list[bytes]) -> float:
    began = time.perf_counter()
    for name in keys:
        store.put(name, NOISE[:100])
    store.fingerprint()
    return (time.perf_counter() - began) / len(keys) * 1e6


def writes(n: int) -> None:
    """Print what the digest adds to a write, of a new key and again, in a store of so many: medians of ten turns."""
    keys = [key(number) for number in random.Random(2).sample(range(n), n)]
    print("\n| writes | microseconds | without a digest | the digest adds | target | |")
    print("| --- | ---: | ---: | ---: | ---: | --- |")
    stores = [Store(1, limits=StoreLimits(2**40)), store_without_digest()]
    for what in ("new keys", "the same again"):
        turns = [[micros_a_write(store, keys[turn::10]) for store in stores] for turn in range(10)]
        with_it, without = (median(figures) for figures in zip(*turns, strict=True))
        verdict = "met" if with_it - without <= DIGEST_MICROS else "MISSED"
        print(f"| {what} | {with_it:.1f} | {without:.1f} | {with_it - without:.1f} | {DIGEST_MICROS:g} | {verdict} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="*", default=[1_000, 10_000, 100_000, 1_000_000])
    options = parser.parse_args()
    logging.disable(logging.WARNING)  # that these nodes take their stores with them when they end, as they should
    crossed = Crossed()
    print("| n | d | bytes | beside the entries | of that for each d | requests | CPU of both, ms | |")
    print("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |")
    for n in options.sizes:
        pair = Pair(n, crossed)
        pair.exchange(0)
        for differ in (0, 1, 10, 100, 1000):
            print(row(n, f"{differ:,}", pair.exchange(differ)), flush=True)
        print(row(n, "all new", pair.exchange(n, new=True), judged=False), flush=True)
        pair.close()
    writes(max(options.sizes))


if __name__ == "__main__":
    main()
