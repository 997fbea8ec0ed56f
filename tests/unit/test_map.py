"""The map as clients meet it."""

import pytest

from gossip.api.map import MapApi
from gossip.api.writes import Writes
from gossip.data.entry import Entry
from gossip.data.limits import StoreLimits
from gossip.data.store import Store
from gossip.serving.answer import Answer, plain
from tests.unit.fakes import NOON, error_of, get_of, items_of, make_store, nobody_confirms, refusal_of, with_body


def map_of(store: Store) -> MapApi:
    return MapApi(store, Writes(store, nobody_confirms))


def put(store: Store, target: str, value: bytes = b"value") -> Answer:
    return map_of(store).put(with_body("PUT", target, value))


def get(store: Store, target: str) -> Answer:
    return map_of(store).get(get_of(target))


def test_a_new_key_is_created_and_an_old_one_overwritten() -> None:
    store = make_store()
    assert put(store, "/map?k=a", b"1") == Answer(201)
    assert put(store, "/map?k=a", b"2") == Answer(204)
    assert items_of(store) == {b"a": b"2"}


@pytest.mark.parametrize("value", [b"", b"\0\xff\r\n=", b"x" * 100])
def test_a_value_is_any_bytes(value: bytes) -> None:
    store = make_store(limits=StoreLimits(value_bytes=100))
    put(store, "/map?k=a", value)
    assert b"".join(get(store, "/map?k=a").body) == b"a=" + value + b"\n"


def test_values_come_line_by_line_in_the_order_asked() -> None:
    store = make_store()
    for key in "abc":
        put(store, f"/map?k={key}", key.upper().encode())
    answer = get(store, "/map?k=c&k=nowhere&k=a&k=c")
    assert b"".join(answer.body) == b"c=C\na=A\nc=C\n"
    assert (answer.status, answer.content_type) == (200, "application/octet-stream")


def test_what_is_not_there() -> None:
    store = make_store()
    store.apply([(b"deleted", Entry(NOON, 2, None))])
    for keys in ("k=nowhere", "k=deleted", "k=nowhere&k=deleted"):
        assert get(store, f"/map?{keys}") == plain(404, "none of the keys asked for is in the map")


def test_a_deleted_key_is_created_anew() -> None:
    store = make_store()
    store.apply([(b"deleted", Entry(NOON, 2, None))])
    assert put(store, "/map?k=deleted").status == 201


@pytest.mark.parametrize("target", ["/map", "/map?", "/map?key=a", "/map?k=a&k=b", "/map?k=", "/map?k=%zz"])
def test_a_write_names_exactly_one_key(target: str) -> None:
    store = make_store()
    assert refusal_of(lambda: put(store, target))[0] == 422
    assert store.entries == 0


@pytest.mark.parametrize("target", ["/map", "/map?key=a", "/map?k="])
def test_a_read_names_at_least_one_key(target: str) -> None:
    assert refusal_of(lambda: get(make_store(), target))[0] == 422


def test_a_value_that_is_too_large() -> None:
    store = make_store(limits=StoreLimits(value_bytes=4))
    assert put(store, "/map?k=a", b"1234").status == 201
    assert refusal_of(lambda: put(store, "/map?k=a", b"12345")) == (413, "a value may have 4 bytes at most")


def test_a_full_map() -> None:
    store = make_store(limits=StoreLimits(store_bytes=5))
    put(store, "/map?k=a", b"1234")
    assert refusal_of(lambda: put(store, "/map?k=b", b"")) == (
        507,
        "the map is full: keys and values may take 5 bytes, and there may be 1000 keys; delete some, or raise "
        "MAX_STORE_BYTES at all nodes",
    )


def test_a_stopping_node_is_read_but_not_written() -> None:
    store = make_store()
    put(store, "/map?k=a")
    store.freeze()
    error = error_of(lambda: put(store, "/map?k=a", b"late"))
    assert (error.answer.status, error.answer.fields) == (503, (("Retry-After", "1"),))
    assert b"".join(get(store, "/map?k=a").body) == b"a=value\n"


def test_a_stopping_node_does_not_wait_for_the_value() -> None:
    store = make_store()
    store.freeze()
    request = with_body("PUT", "/map?k=a", b"value")
    assert refusal_of(lambda: map_of(store).put(request))[0] == 503
    assert request.has_unread_body


def test_a_body_without_a_length() -> None:
    assert refusal_of(lambda: map_of(make_store()).put(get_of("/map?k=a")))[0] == 411
