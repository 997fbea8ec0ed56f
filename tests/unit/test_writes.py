"""What all writes have in common, as clients meet it: expiry, conditions, waiting for peers, many at once, deletes."""

from functools import partial

import pytest

from gossip.api.map import MapApi
from gossip.api.writes import Writes
from gossip.data.clock import MICROS
from gossip.data.store import Store
from gossip.serving.answer import Answer, plain
from tests.unit.asking import Client
from tests.unit.fakes import (
    NOON,
    get_of,
    items_of,
    make_store,
    nobody_confirms,
    refusal_of,
    request_of,
    text_of,
)

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
