"""The metrics, figure by figure."""

import random

import pytest
from prometheus_client.parser import text_string_to_metric_families

from gossip import process
from gossip.api.metrics import MetricsApi
from gossip.data.clock import MICROS
from gossip.data.entry import Entry
from gossip.data.limits import StoreLimits
from gossip.faults import Faults
from gossip.metrics import Metrics
from gossip.serving.streams import Streams
from gossip.sync.address import Address
from gossip.sync.calls import Calls
from gossip.sync.message import PeerFault, Sender
from gossip.sync.roster import Roster
from gossip.sync.sightings import Sightings
from gossip.sync.syncer import Syncer
from tests.unit.fakes import NOON, Wall, Watch, get_of, make_exchange, make_store, text_of

Figures = dict[tuple[str, frozenset[tuple[str, str]]], float]

A, B, C, D = (Address(name, 1) for name in "abcd")


def sender(origin: int, leaving: bool = False) -> Sender:
    return Sender("c", origin, NOON, NOON, 5, 9, leaving)


def unreachable(address: Address, message: bytes, timeout: float) -> bytes:
    raise PeerFault("nobody there")


class Told:
    """A node's parts, and what its metrics say of them."""

    def __init__(self) -> None:
        self.now = Watch(100.0)
        self.store = make_store(0xAB, StoreLimits(store_bytes=64_000_000), Wall(NOON))
        self.metrics, self.faults, self.sightings = Metrics(), Faults(), Sightings(self.now)
        roster = Roster(lambda: [A, B, C], {A}, random.Random(1))
        calls = Calls(roster, unreachable, self.faults, self.metrics)
        self.syncer = Syncer(self.store, make_exchange(self.store), calls, self.sightings, 1.0, random.Random(1))
        self.streams = Streams(lambda: None, 5, 1.0)
        connections = {"clients": 3, "peers": 4}
        self.api = MetricsApi(
            self.store, calls, self.syncer, self.sightings, self.streams, lambda: connections, self.now
        )

    def figures(self) -> Figures:
        families = text_string_to_metric_families(text_of(self.api.get(get_of("/metrics"))))
        return {(s.name, frozenset(s.labels.items())): s.value for family in families for s in family.samples}

    def of(self, name: str, **labels: str) -> float:
        return self.figures()["gossipcar_" + name, frozenset(labels.items())]


@pytest.fixture
def told() -> Told:
    return Told()


def test_the_answer_is_of_the_type_that_prometheus_wants(told: Told) -> None:
    answer = told.api.get(get_of("/metrics"))
    assert (answer.status, answer.content_type) == (200, "text/plain; version=0.0.4; charset=utf-8")


def test_requests_by_method_and_status_and_their_time(told: Told) -> None:
    tally = told.metrics.requests.mine
    for method, status in (("GET", 200), ("GET", 200), ("GET", 404), ("other", 405)):
        tally.count(method, status)
    tally.time(0.0)
    assert told.of("http_requests_total", method="GET", status="200") == 2
    assert told.of("http_requests_total", method="GET", status="404") == 1
    assert told.of("http_requests_total", method="other", status="405") == 1
    assert told.of("http_request_duration_seconds_count") == 4
    assert told.of("http_request_duration_seconds_bucket", le="10.0") == 0, "it is long since the clock began"
    assert told.of("http_request_duration_seconds_bucket", le="+Inf") == 4
    assert told.of("connections", port="clients") == 3
    assert told.of("connections", port="peers") == 4
    assert told.of("watchers") == 0


def test_what_is_held_and_what_may_be(told: Told) -> None:
    told.store.put(b"a", b"12345")
    told.store.put(b"b", b"12345")
    told.store.delete([b"b"])
    assert told.of("store_entries") == 2
    assert told.of("store_tombstones") == 1
    assert told.of("store_bytes") == 7
    assert told.of("store_limit_entries") == 1_000_000
    assert told.of("store_limit_bytes") == 64_000_000


def test_exchanges_by_result_and_bytes(told: Told) -> None:
    assert told.of("last_exchange_age_seconds") == float("inf")
    told.metrics.exchanges_out.add("agreed", 5)
    told.metrics.exchanges_out.add("partial", 2)
    told.metrics.exchanges_in.add(9)
    told.metrics.bytes_out.add(1000)
    told.metrics.bytes_in.add(2000)
    told.syncer.round()
    told.syncer.last_exchange = 98.0
    results = {result: told.of("exchanges_begun_total", result=result) for result in ("agreed", "complete", "partial")}
    assert results == {"agreed": 5, "complete": 0, "partial": 2}
    assert told.of("exchanges_begun_total", result="failed") == 1
    assert told.of("faults_total", kind="exchange failed") == 1
    assert told.of("exchanges_answered_total") == 9
    assert told.of("last_exchange_age_seconds") == 2.0
    assert told.of("peer_sent_bytes_total") == 1000
    assert told.of("peer_received_bytes_total") == 2000


def test_entries_and_why_they_are_refused(told: Told) -> None:
    told.metrics.entries_out.add(3)
    told.metrics.entries_in.add(4)
    merged = told.store.apply([(b"ahead", Entry(NOON + 61 * MICROS, 9, b"v")), (b"k", Entry(NOON - 1500, 9, b"v"))])
    told.faults.note_all(merged.faults())
    told.faults.note_withheld(6)
    assert told.of("entries_sent_total") == 3
    assert told.of("entries_received_total") == 4
    assert told.of("entries_refused_total", reason="future") == 1
    assert told.of("entries_refused_total", reason="large") == told.of("entries_refused_total", reason="full") == 0
    assert told.of("faults_total", kind="entry withheld") == 6
    assert told.of("entry_travel_seconds_bucket", le="0.001") == 0
    assert told.of("entry_travel_seconds_bucket", le="0.002") == told.of("entry_travel_seconds_count") == 1
    assert told.of("entry_travel_seconds_sum") == 0.0015


def test_news_that_is_sent_and_dropped(told: Told) -> None:
    told.metrics.news_out.add(3)
    told.metrics.news_dropped.add(2)
    told.store.news.dropped = 7
    assert told.of("news_sent_total") == 3
    assert told.of("news_dropped_total", queue="own") == 7
    assert told.of("news_dropped_total", queue="passed_on") == 2


def test_peers_that_are_heard_and_agree_and_the_clock_that_is_off_most(told: Told) -> None:
    assert told.of("clock_offset_seconds") == 0
    told.sightings.answered(sender(1), True, B, 0.1, -1_500_000)
    told.sightings.answered(sender(2), False, C, 0.1, 200_000)
    told.sightings.called(sender(3), True)
    told.sightings.answered(sender(4, leaving=True), True, D, 0.1, 9_000_000)
    assert told.of("peers_known") == 2
    assert told.of("peers_heard") == 3
    assert told.of("peers_agreeing") == 2
    assert told.of("clock_offset_seconds") == 1.5
    assert told.of("clock_offset_limit_seconds") == 60


def test_the_node_itself(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "threads", lambda: 12)
    figures = told.figures()
    build = next(dict(labels) for name, labels in figures if name == "gossipcar_build_info")
    assert build.keys() == {"version", "python"}
    assert told.of("threads") == 12
    assert figures["process_start_time_seconds", frozenset()] == NOON / MICROS


def test_no_figure_takes_a_walk_through_the_store(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(1000):
        told.store.put(b"key %d" % number, b"value")
    for walk in ("items", "leaf", "get", "get_all", "keys_since"):
        monkeypatch.setattr(told.store, walk, lambda *_: pytest.fail("the store was walked through"))
    assert told.of("store_entries") == 1000


def test_there_are_as_many_figures_for_many_keys_and_peers_as_for_few(told: Told) -> None:
    before = told.figures().keys()
    for number in range(500):
        told.store.put(b"key %d" % number, b"value")
        told.sightings.called(sender(number), True)
    assert told.figures().keys() == before
