"""What many peers cost one node: `python bench/peers.py`. Time by their number, and what DNS must carry to name them.

Times are the quickest of several: what the work takes by itself, without those who press this machine.
"""

import random
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import dns.message
import dns.rdataclass
import dns.rdatatype
import dns.rrset

from gossip.sync.address import Address
from gossip.sync.message import Spread
from gossip.sync.peers import known_peers
from gossip.sync.roster import Roster
from gossip.sync.spread import RING, shares, whole_ring

SIZES = (100, 1_000, 10_000)
RECORDS = (100, 1_000, 2_000, 4_000)
NAME = "gossip.default.svc.cluster.local."
LIMITS = ((512, "UDP"), (1_232, "UDP with EDNS"), (65_535, "TCP"))
"""How much an answer may have by which way."""


def micros(act: Callable[[], object], times: int = 30) -> float:
    best = float("inf")
    for _ in range(times):
        began = time.perf_counter()
        act()
        best = min(best, time.perf_counter() - began)
    return best * 1e6


def peers(count: int) -> list[Address]:
    return [Address(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}", 46747) for number in range(count)]


def work(count: int) -> Iterator[tuple[str, float]]:
    """What is done for each round, and for each piece of news, by name, in microseconds."""
    found = peers(count)
    roster = Roster(partial(known_peers, found, ()), found[:1], random.Random(1))
    for address in found:
        roster.succeeded(address, random.getrandbits(64))
    yield "each round: pick a peer", micros(roster.pick)
    yield "each piece of news: who is worth telling", micros(lambda: roster.in_good_standing(but=1))
    few = Spread(7, RING // 2, RING // 2 + RING // count)
    yield "each piece of news: who of them is in a small range", micros(lambda: shares(found, few, 3))
    yield "each own write: all of them, in order", micros(lambda: shares(found, whole_ring(7), 3))


def answer(count: int, kind: str) -> bytes:
    """A DNS server's answer that names so many peers."""
    hosts = [address.host if kind == "A" else f"fd00::{address.host.replace('.', ':')}" for address in peers(count)]
    response = dns.message.make_response(dns.message.make_query(NAME, kind))
    response.answer.append(dns.rrset.from_text(NAME, 5, dns.rdataclass.IN, dns.rdatatype.from_text(kind), *hosts))
    return response.to_wire(max_size=LIMITS[-1][0])


def most(limit: int, kind: str) -> int:
    """How many records of a kind an answer of so many bytes holds."""
    one, two = len(answer(1, kind)), len(answer(2, kind))
    return 1 + (limit - one) // (two - one)


def main() -> None:
    figures = {count: dict(work(count)) for count in SIZES}
    print(f"| microseconds, with peers | {' | '.join(f'{count:,}' for count in SIZES)} |")
    print(f"| --- |{' ---: |' * len(SIZES)}")
    for name in figures[SIZES[0]]:
        print(f"| {name} | {' | '.join(f'{figures[count][name]:,.0f}' for count in SIZES)} |")
    print(f"\n| an answer for `{NAME}` by | bytes | A records | AAAA records |\n| --- | ---: | ---: | ---: |")
    for limit, way in LIMITS:
        print(f"| {way} | {limit:,} | {most(limit, 'A'):,} | {most(limit, 'AAAA'):,} |")
    print("\n| A records | bytes | to read them, ms |\n| ---: | ---: | ---: |")
    for count in RECORDS:
        body = answer(count, "A")
        print(f"| {count:,} | {len(body):,} | {micros(partial(dns.message.from_wire, body), 10) / 1000:.0f} |")


if __name__ == "__main__":
    main()
