"""Statistics, line by line."""

import random

from gossip.api.stats import StatsApi
from gossip.data.clock import MICROS
from gossip.faults import Faults
from gossip.metrics import Metrics
from gossip.sync.address import Address
from gossip.sync.calls import Calls
from gossip.sync.message import PeerFault
from gossip.sync.roster import Roster
from gossip.sync.sightings import Sightings
from gossip.sync.syncer import Syncer
from tests.unit.fakes import NOON, Wall, Watch, get_of, make_exchange, make_store, text_of


def unreachable(address: Address, message: bytes, timeout: float) -> bytes:
    raise PeerFault("nobody there")


def test_every_line() -> None:
    now = Watch(100.0)
    store = make_store(0xAB, wall=Wall(NOON))
    metrics, faults = Metrics(), Faults()
    roster = Roster(lambda: [Address("a", 1), Address("b", 1)], {Address("a", 1)}, random.Random(1))
    exchange = make_exchange(store)
    calls = Calls(roster, unreachable, faults, metrics)
    syncer = Syncer(store, exchange, calls, Sightings(), 1.0, random.Random(1))
    stats = StatsApi("pod-1", store, roster, syncer, metrics, faults, now)

    assert text_of(stats.get(get_of("/stats"))) == (
        "upTimeSecs=0\nupSince=2023-11-14T22:13:20Z\nnOutSyncs=0\nnInSyncs=0\nnBadHttpReqs=0\nnGoodHttpReqs=0\n"
        "name=pod-1\norigin=00000000000000ab\nentries=0\nbytes=0\nfingerprint=0000000000000000\npeers=1\n"
        "lastExchangeSecsAgo=never\nnPeerFaults=0\nnEntriesIn=0\nnEntriesOut=0\nnNewsOut=0\nnNewsDropped=0\n"
        "travelSecsP50=0\ntravelSecsP99=0\n"
    )

    store.put(b"key", b"value")
    metrics.exchanges_out.add("agreed")
    metrics.exchanges_out.add("partial")
    counters = (metrics.exchanges_in, metrics.entries_in, metrics.entries_out)
    for count, counter in enumerate((*counters, metrics.news_out, metrics.news_dropped), start=3):
        counter.add(count)
    for seconds in (0.3, 0.4, 400):
        store.travel.add(round(seconds * MICROS))
    for method, status in (("GET", 404), ("GET", 200), ("PUT", 201)):
        metrics.requests.mine.count(method, status)
    syncer.round()
    syncer.last_exchange = 160.0
    now.now = 161.96

    answer = stats.get(get_of("/stats"))
    assert (answer.status, answer.content_type) == (200, "text/plain; charset=UTF-8")
    assert text_of(answer) == (
        "upTimeSecs=61\nupSince=2023-11-14T22:13:20Z\nnOutSyncs=2\nnInSyncs=3\nnBadHttpReqs=1\nnGoodHttpReqs=2\n"
        f"name=pod-1\norigin=00000000000000ab\nentries=1\nbytes=8\nfingerprint={store.fingerprint():016x}\npeers=1\n"
        "lastExchangeSecsAgo=2.0\nnPeerFaults=1\nnEntriesIn=4\nnEntriesOut=5\nnNewsOut=6\nnNewsDropped=7\n"
        "travelSecsP50=0.5\ntravelSecsP99=inf\n"
    )
