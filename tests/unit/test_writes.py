"""What all writes have in common, as clients meet it: expiry, conditions, waiting for peers, many at once, deletes."""

import json
from collections.abc import Collection
from functools import partial
from typing import Any

import pytest

from gossip.api.map import MapApi
from gossip.api.writes import Writes
from gossip.data.clock import MICROS
from gossip.data.limits import StoreLimits
from gossip.data.store import Store
from gossip.serving.answer import Answer, plain
from tests.unit.fakes import (
    NOON,
    Wall,
    get_of,
    items_of,
    make_store,
    nobody_confirms,
    refusal_of,
    request_of,
    text_of,
    with_body,
)


class Client:
    """Writes to a store whose clock stands at noon, and notes whom it would have waited for."""

    def __init__(self, limits: StoreLimits | None = None, confirmed: tuple[int, bool] | None = None) -> None:
        self.wall = Wall()
        self.store = make_store(limits=limits, wall=self.wall)
        self.waited: list[tuple[list[bytes], str, float]] = []
        self._confirmed = confirmed
        self.map = MapApi(self.store, Writes(self.store, self._confirm if confirmed else nobody_confirms))

    def _confirm(self, keys: Collection[bytes], wanted: str, seconds: float) -> tuple[int, bool]:
        self.waited.append((list(keys), wanted, seconds))
        assert self._confirmed
        return self._confirmed

    def put(self, query: str, value: bytes = b"v") -> Answer:
        return self.map.put(with_body("PUT", f"/map?{query}", value))

    def delete(self, query: str) -> Answer:
        return self.map.delete(request_of(f"DELETE /map?{query} HTTP/1.1\r\nHost: x\r\n\r\n".encode()))

    def post(self, body: object, query: str = "") -> Answer:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.map.post(with_body("POST", f"/map?{query}", raw))

    def add(self, query: str) -> Answer:
        return self.map.post(request_of(f"POST /map?{query} HTTP/1.1\r\nHost: x\r\n\r\n".encode()))

    def get_json(self, query: str) -> Any:
        raw = f"GET /map?{query} HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\n\r\n".encode()
        answer = self.map.get(request_of(raw))
        assert (answer.status, answer.content_type) == (200, "application/json")
        return json.loads(text_of(answer))


TIMES = {"30": 30 * MICROS, "0.5": MICROS // 2, ".25": MICROS // 4, "1.": MICROS, "3e-05": 30, "1.5E2": 150 * MICROS}


@pytest.mark.parametrize(("ttl", "micros"), TIMES.items())
def test_a_value_is_there_until_its_time_is_up(ttl: str, micros: int) -> None:
    client = Client()
    assert client.put(f"k=a&ttl={ttl}").status == 201
    client.wall.now = NOON + micros - 1
    assert text_of(client.map.get(get_of("/map?k=a"))) == "a=v\n"
    client.wall.now = NOON + micros
    assert client.map.get(get_of("/map?k=a")).status == 404
    assert client.put("k=a").status == 201
    client.wall.now = NOON + 10**6 * MICROS
    assert text_of(client.map.get(get_of("/map?k=a"))) == "a=v\n"


@pytest.mark.parametrize("ttl", ["", "0", "0.0", "-1", "x", "1e", "1e9999", "1000000001", "9" * 30, "nan", "inf", "1+"])
def test_what_is_no_time_to_live(ttl: str) -> None:
    client = Client()
    said = "ttl is a positive number of seconds, 1000000000 at most: ttl=30"
    assert refusal_of(lambda: client.put(f"k=a&ttl={ttl}")) == (422, said)
    assert items_of(client.store) == {}


def test_deletes_are_answered_by_whether_any_of_the_keys_was_there() -> None:
    client = Client()
    client.put("k=a")
    client.put("k=b")
    assert client.delete("k=a&k=absent") == Answer(204)
    assert client.delete("k=a&k=absent").status == 404
    assert refusal_of(lambda: client.delete(""))[0] == 422
    assert items_of(client.store) == {b"a": None, b"b": b"v"}


def test_values_as_json_say_what_they_are() -> None:
    client = Client()
    client.put("k=text", "zwei\nZeilen é".encode())
    client.put("k=bytes&ttl=5", b"\xff\0")
    origin = f"{client.store.origin:016x}"
    assert client.get_json("k=bytes&k=absent&k=text&k=text") == {
        "bytes": {"base64": "/wA=", "stamp": NOON + 1, "origin": origin, "expiry": NOON + 5 * MICROS},
        "text": {"value": "zwei\nZeilen é", "stamp": NOON, "origin": origin, "expiry": None},
    }
    raw = b"GET /map?k=absent HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\n\r\n"
    assert client.map.get(request_of(raw)).status == 404


def test_many_keys_are_written_at_once() -> None:
    client = Client()
    client.put("k=b", b"old")
    answer = client.post({"a": {"value": "1"}, "b": {"base64": "/wA="}, "c": {"value": "", "ttl": 1.5}})
    assert (answer.status, json.loads(text_of(answer))) == (200, {"created": 2, "overwritten": 1})
    assert items_of(client.store) == {b"a": b"1", b"b": b"\xff\0", b"c": b""}
    client.wall.now = NOON + 2 * MICROS
    assert client.map.get(get_of("/map?k=c")).status == 404


def test_what_was_got_can_be_posted() -> None:
    client = Client()
    client.put("k=text", b"text")
    client.put("k=bytes", b"\xff")
    got = client.get_json("k=text&k=bytes")
    other = Client()
    other.post(got)
    assert items_of(other.store) == {b"text": b"text", b"bytes": b"\xff"}


NO_ITEMS = [
    b"",
    b"{",
    b"\xff",
    b"[" * 100_000,
    b"[]",
    b"{}",
    b"null",
    b'{"a": "text"}',
    b'{"a": {}}',
    b'{"a": {"value": 5}}',
    b'{"a": {"value": "x", "base64": "eA=="}}',
    b'{"a": {"base64": "x"}}',
    b'{"a": {"base64": "\\u00e9"}}',
    b'{"a": {"value": "\\ud800"}}',
    b'{"\\ud800": {"value": "x"}}',
    b'{"": {"value": "x"}}',
    b'{"\\u0000a": {"value": "x"}}',
    b'{"a": {"value": "x", "ttl": 0}}',
    b'{"a": {"value": "x", "ttl": "5"}}',
    b'{"a": {"value": "x", "ttl": true}}',
    b'{"a": {"value": "x", "ttl": NaN}}',
    b'{"a": {"value": "x", "ttl": 1e400}}',
    b'{"a": {"value": "x", "ttl": ' + b"9" * 400 + b"}}",
    b'{"a": {"value": "x", "contentType": 5}}',
    b'{"a": {"value": "x", "contentType": "\\u00e9"}}',
]


@pytest.mark.parametrize("body", NO_ITEMS, ids=range(len(NO_ITEMS)))
def test_what_is_no_object_of_values(body: bytes) -> None:
    client = Client()
    assert refusal_of(lambda: client.post(body))[0] == 422
    assert items_of(client.store) == {}


def test_one_bad_value_among_good_ones_and_none_is_written() -> None:
    client = Client()
    assert refusal_of(lambda: client.post({"a": {"value": "1"}, "b": {}}))[0] == 422
    assert items_of(client.store) == {}


def test_adding_answers_the_total_and_reading_gives_it() -> None:
    client = Client()
    assert client.add("k=hits&add=5") == plain(200, "5")
    assert client.add("k=hits&add=-7") == plain(200, "-2")
    client.put("k=a", b"1")
    assert text_of(client.map.get(get_of("/map?k=a&k=hits&k=none"))) == "a=1\nhits=-2\n"
    assert client.get_json("k=hits")["hits"]["value"] == "-2"
    assert client.put("k=hits").status == 204
    said = "the value is no whole number, so nothing can be added to it; put a number first"
    assert refusal_of(lambda: client.add("k=hits&add=1")) == (409, said)
    for query in ("add=1", "k=a&k=b&add=1", "k=a&add=", "k=a&add=1.5", "k=a&add=" + "9" * 19, "k=a&add=1&ttl=0"):
        assert refusal_of(partial(client.add, query))[0] == 422
    assert client.add("k=brief&add=1&ttl=2").status == 200
    client.wall.now = NOON + 2 * MICROS
    assert client.map.get(get_of("/map?k=brief")).status == 404


def test_bodies_of_many_have_their_bounds() -> None:
    client = Client(StoreLimits(value_bytes=10))
    assert refusal_of(lambda: client.post({"a": {"value": "x" * 11}})) == (
        413,
        "a value may have 10 bytes at most; that of 'a' has 11",
    )
    assert refusal_of(lambda: client.post(b" " * (2 * 10 + 65_537)))[0] == 413
    assert refusal_of(lambda: client.post({"a": {"value": "x"}}, "k=a"))[0] == 422
    many = {str(number): {"value": ""} for number in range(1001)}
    assert refusal_of(lambda: Client().post(many)) == (
        413,
        "1001 keys are too many to write at once; send 1000 at most",
    )
    full = Client(StoreLimits(store_bytes=5))
    assert refusal_of(lambda: full.post({"a": {"value": "x"}, "b": {"value": "1234"}}))[0] == 507
    assert items_of(full.store) == {}


def test_a_confirmed_write_says_how_many_peers_have_it() -> None:
    client = Client(confirmed=(2, True))
    answer = client.put("k=a&wait=2")
    assert (answer.status, dict(answer.fields)["Gossip-Confirmed"]) == (201, "2")
    assert client.delete("k=a&k=b&wait=all&timeout=0.5") == Answer(204, fields=(("Gossip-Confirmed", "2"),))
    assert client.post({"x": {"value": ""}}, "wait=majority&timeout=30").status == 200
    assert client.waited == [([b"a"], "2", 1.0), ([b"a", b"b"], "all", 0.5), ([b"x"], "majority", 30.0)]


def test_a_write_that_too_few_have_in_time_is_accepted_and_stands() -> None:
    client = Client(confirmed=(1, False))
    answer = client.put("k=a&wait=2")
    assert (answer.status, dict(answer.fields)["Gossip-Confirmed"]) == (202, "1")
    assert items_of(client.store) == {b"a": b"v"}


@pytest.mark.parametrize(
    "query", ["wait=", "wait=-1", "wait=x", "wait=100000", "wait=1&timeout=31", "wait=1&timeout=x"]
)
def test_what_cannot_be_waited_for(query: str) -> None:
    client = Client()
    assert refusal_of(lambda: client.put(f"k=a&{query}"))[0] == 422
    assert items_of(client.store) == {}


def test_a_stopping_node_writes_and_deletes_nothing() -> None:
    client = Client()
    client.put("k=a")
    client.store.freeze()
    for act in (
        lambda: client.put("k=a&ttl=1"),
        lambda: client.delete("k=a"),
        lambda: client.post({"a": {"value": ""}}),
    ):
        assert refusal_of(act) == (503, "this node is stopping and takes no more writes")


def test_conditions_hold_for_the_key_in_the_query_as_well() -> None:
    store: Store = make_store()
    api = MapApi(store, Writes(store, nobody_confirms))

    def put_if_absent() -> Answer:
        head = "PUT /map?k=a HTTP/1.1\r\nHost: x\r\nIf-None-Match: *\r\nContent-Length: 1\r\n\r\nv"
        return api.put(request_of(head.encode()))

    assert put_if_absent().status == 201
    assert refusal_of(put_if_absent)[0] == 412
