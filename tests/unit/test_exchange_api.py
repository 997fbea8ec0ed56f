"""The peer's door: what is let in, and with which status the rest is sent away."""

import zlib

import pytest

from gossip.api.exchange import ExchangeApi, message_limit
from gossip.data.clock import MICROS
from gossip.data.entry import Entry
from gossip.data.limits import StoreLimits
from gossip.data.store import Store
from gossip.faults import Faults
from gossip.metrics import Metrics
from gossip.serving.answer import Answer
from gossip.sync import wire
from gossip.sync.message import Message
from gossip.sync.sightings import Sightings
from tests.unit.fakes import NOON, error_of, make_exchange, make_store, refusal_of, request_of, text_of, with_body

LIMITS = StoreLimits(value_bytes=1000)


class Door:
    def __init__(self, store: Store) -> None:
        self.faults = Faults()
        self.metrics = Metrics()
        self.sightings = Sightings()
        self._api = ExchangeApi(make_exchange(store), LIMITS, self.faults, self.metrics, self.sightings)

    def answer(self, raw: bytes) -> Answer:
        return self._api.post(request_of(raw))

    def post(self, body: bytes) -> Answer:
        return self._api.post(with_body("POST", "/exchange", body))


def opening(cluster: str = "test") -> Message:
    return make_exchange(make_store(2), cluster).opening()


def test_a_message_is_answered_with_a_message() -> None:
    store = make_store(1)
    store.put(b"k", b"v")
    door = Door(store)
    answer = door.post(wire.encode(opening()))
    assert (answer.status, answer.content_type) == (200, "application/vnd.gossipcar.exchange")
    assert wire.decode(b"".join(answer.body)).entries == [(b"k", Entry(NOON, 1, b"v"))]
    assert door.faults.counts == {}


def test_what_a_peer_gives_is_merged() -> None:
    store = make_store(1)
    message = opening()
    message.entries = [(b"k", Entry(NOON, 2, b"v"))]
    Door(store).post(wire.encode(message))
    assert store.get(b"k") == Entry(NOON, 2, b"v")


def test_only_openings_count_as_exchanges() -> None:
    door = Door(make_store(1))
    message = opening()
    door.post(wire.encode(message))
    message.opening = False
    door.post(wire.encode(message))
    assert door.metrics.exchanges_in.total == 1


def test_refused_entries_are_counted_as_faults() -> None:
    door = Door(make_store(1))
    message = opening()
    message.entries = [(b"a", Entry(NOON + 3600 * MICROS, 2, b"v")), (b"b", Entry(NOON + 3600 * MICROS, 2, b"v"))]
    assert door.post(wire.encode(message)).status == 200
    assert door.faults.counts == {"entry refused, future": 2}


SENT_AWAY = {
    "nothing": (b"", 400, "malformed message"),
    "other bytes": (b"<html>" * 20, 400, "malformed message"),
    "half a message": (wire.encode(opening())[:-1], 400, "malformed message"),
    "another cluster": (wire.encode(opening("other")), 403, "another cluster"),
    "another version": (b"GC\x09" + wire.encode(opening())[3:], 415, "unknown protocol version"),
}


@pytest.mark.parametrize(("body", "status", "kind"), SENT_AWAY.values(), ids=SENT_AWAY.keys())
def test_what_is_sent_away_is_told_and_counted(body: bytes, status: int, kind: str) -> None:
    door = Door(make_store(1))
    answer = error_of(lambda: door.post(body)).answer
    assert answer.status == status
    assert len(text_of(answer).splitlines()) == 1
    assert door.faults.counts == {kind: 1}
    assert door.metrics.exchanges_in.total == 0


def test_a_message_that_is_too_large_is_not_read() -> None:
    assert message_limit(LIMITS) == 2_098_152
    head = b"POST /exchange HTTP/1.1\r\nHost: x\r\nContent-Length: 2098153\r\n\r\n"
    assert refusal_of(lambda: Door(make_store(1)).answer(head)) == (413, "a message may have 2098152 bytes at most")


def test_a_full_message_with_the_largest_value_fits() -> None:
    store = make_store(3, LIMITS)
    store.apply((b"key%d" % number, Entry(NOON, 3, bytes(1000))) for number in range(1200))
    message, _ = make_exchange(store).answer(opening())
    assert message.cut
    assert 500_000 < len(wire.encode(message)) <= message_limit(LIMITS)


def asked(body: bytes, *fields: str) -> bytes:
    lines = ("POST /exchange HTTP/1.1", "Host: x", f"Content-Length: {len(body)}", *fields, "", "")
    return "\r\n".join(lines).encode() + body


def test_bodies_are_packed_both_ways_where_the_peer_can_unpack_them() -> None:
    store = make_store(1)
    store.put(b"k", b"again and " * 1000)
    door = Door(store)
    message = opening()
    message.entries = [(b"theirs", Entry(NOON, 2, b"and again " * 1000))]
    raw = zlib.compress(wire.encode(message))
    answer = door.answer(asked(raw, "Content-Encoding: deflate", "Accept-Encoding: gzip, deflate"))
    assert answer.fields == (("Accept-Encoding", "deflate"), ("Content-Encoding", "deflate"))
    assert b"k" in dict(wire.decode(zlib.decompress(answer.body[0])).entries)
    assert store.entries == 2
    assert (door.metrics.bytes_in.total, door.metrics.bytes_out.total) == (len(raw), len(answer.body[0]))

    plain = door.answer(asked(raw, "Content-Encoding: deflate"))
    assert plain.fields == (("Accept-Encoding", "deflate"),)
    assert wire.decode(plain.body[0]).entries


@pytest.mark.parametrize(
    ("body", "coding", "status", "sentence"),
    [
        (b"not packed", "deflate", 400, "it is not compressed as it says"),
        (zlib.compress(bytes(2**22)), "deflate", 400, "its content is over 2098152 bytes"),
        (b"", "br", 415, "the only content coding understood here is deflate"),
    ],
)
def test_what_cannot_be_unpacked_is_refused(body: bytes, coding: str, status: int, sentence: str) -> None:
    refused = refusal_of(lambda: Door(make_store(1)).answer(asked(body, f"Content-Encoding: {coding}")))
    assert refused[0] == status
    assert sentence in refused[1]


def test_who_calls_is_seen_and_whether_both_agree() -> None:
    door = Door(make_store(1))
    door.post(wire.encode(opening()))
    (seen,) = door.sightings.all()
    assert (seen.origin, seen.agrees, seen.address) == (2, True, None)
    there = make_store(2)
    there.put(b"k", b"v")
    exchange = make_exchange(there)
    door.post(wire.encode(exchange.opening()))
    assert not door.sightings.all()[0].agrees
    exchange.converse(lambda message: wire.decode(door.post(wire.encode(message)).body[0]), more=lambda: True)
    door.post(wire.encode(exchange.opening()))
    assert door.sightings.all()[0].agrees


def test_a_node_does_not_take_itself_for_a_peer() -> None:
    store = make_store(1)
    door = Door(store)
    door.post(wire.encode(make_exchange(store).opening()))
    assert door.sightings.all() == []


@pytest.mark.parametrize("field", ["Origin: http://localhost", "Origin: null", "Sec-Fetch-Site: same-origin"])
def test_no_web_page_speaks_as_a_peer(field: str) -> None:
    store = make_store(1)
    door = Door(store)
    message = opening()
    message.entries = [(b"k", Entry(NOON, 2, b"v"))]
    body = wire.encode(message)
    head = f"POST /exchange HTTP/1.1\r\nHost: localhost\r\n{field}\r\nContent-Length: {len(body)}\r\n\r\n"
    said = (403, "a browser asks, on behalf of a page; this port is for peers")
    assert refusal_of(lambda: door.answer(head.encode() + body)) == said
    assert store.get(b"k") is None
