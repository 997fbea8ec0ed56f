"""Listings, as clients meet them."""

import json
from typing import Any

import pytest

from gossip.api.keys import PAGE_BYTES, KeysApi
from gossip.data.attributes import attached
from gossip.data.clock import MICROS
from gossip.data.entry import Entry
from gossip.data.listing import Listing
from gossip.data.store import Store
from tests.unit.fakes import NOON, Wall, get_of, make_store, refusal_of, text_of


def page(store: Store, query: str = "") -> Any:
    answer = KeysApi(store).get(get_of(f"/keys?{query}"))
    assert (answer.status, answer.content_type) == (200, "application/json")
    return json.loads(text_of(answer))


def store_with(*keys: str) -> Store:
    store = make_store()
    for key in keys:
        store.put(key.encode(), f"value of {key}".encode())
    return store


def test_an_empty_map_has_no_keys() -> None:
    assert page(make_store()) == {"keys": [], "next": None}


def test_keys_come_sorted_by_their_bytes() -> None:
    assert page(store_with("b", "é", "a", "aa", "Z")) == {"keys": ["Z", "a", "aa", "b", "é"], "next": None}


def test_pages_follow_each_other_by_their_last_key() -> None:
    store = store_with(*"edcba")
    assert page(store, "limit=2") == {"keys": ["a", "b"], "next": "b"}
    assert page(store, "limit=2&after=b") == {"keys": ["c", "d"], "next": "d"}
    assert page(store, "limit=2&after=d") == {"keys": ["e"], "next": None}
    assert page(store, "limit=5") == {"keys": [*"abcde"], "next": None}
    assert page(store, "after=bb") == {"keys": [*"cde"], "next": None}


def test_a_prefix_is_of_the_decoded_key() -> None:
    store = store_with("a/1", "a/2", "a", "a0", "b/1", "é1")
    assert page(store, "prefix=a%2F") == {"keys": ["a/1", "a/2"], "next": None}
    assert page(store, "prefix=a/&after=a/1") == {"keys": ["a/2"], "next": None}
    assert page(store, "prefix=a/&limit=1") == {"keys": ["a/1"], "next": "a/1"}
    assert page(store, "prefix=%C3%A9") == {"keys": ["é1"], "next": None}
    assert page(store, "prefix=c")["keys"] == []


def test_what_has_no_value_is_not_listed() -> None:
    wall = Wall()
    store = make_store(wall=wall)
    for key in (b"a", b"b", b"d"):
        store.put(key, b"")
    store.write(b"c", b"", attached(NOON + 5 * MICROS))
    store.delete([b"b"])
    assert page(store)["keys"] == ["a", "c", "d"]
    wall.now = NOON + 5 * MICROS
    assert page(store, "limit=1") == {"keys": ["a"], "next": "a"}
    assert page(store)["keys"] == ["a", "d"]
    store.delete([b"d"])
    assert page(store, "limit=1") == {"keys": ["a"], "next": None}


def test_what_is_written_and_dropped_after_a_listing_is_seen_by_the_next() -> None:
    wall = Wall()
    store = make_store(wall=wall)
    store.put(b"b", b"")
    assert page(store)["keys"] == ["b"]
    store.put(b"a", b"")
    store.delete([b"b"])
    assert page(store)["keys"] == ["a"]
    wall.now = NOON + 30 * 3600 * MICROS
    store.sweep()
    assert store.keys_since(b"", 10) == [b"a"]
    store.put(b"b", b"")
    assert page(store)["keys"] == ["a", "b"]


def test_counters_are_listed_by_their_own_keys() -> None:
    store = store_with("b")
    store.add(b"c", 5)
    assert page(store)["keys"] == ["b", "c"]
    store.add(b"a", 5)
    assert page(store, "values=1")["entries"]["a"]["value"] == "5"
    store.delete([b"c"])
    assert page(store)["keys"] == ["a", "b"]


def test_entries_come_with_it_if_wanted() -> None:
    store = store_with("a")
    assert page(store, "values=1") == {
        "keys": ["a"],
        "next": None,
        "entries": {"a": {"value": "value of a", "stamp": NOON, "origin": "0000000000000001", "expiry": None}},
    }


def test_a_page_of_large_values_ends_early() -> None:
    store = make_store()
    for key in "abcde":
        store.put(key.encode(), b"v" * (PAGE_BYTES // 4))
    assert page(store, "values=1")["next"] == "c"
    assert page(store, "values=1&after=c")["keys"] == ["d", "e"]
    assert page(store)["keys"] == [*"abcde"]


@pytest.mark.parametrize("limit", ["", "0", "-1", "10001", "x", "1.5", "٣"])
def test_what_is_no_limit(limit: str) -> None:
    assert refusal_of(lambda: page(make_store(), f"limit={limit}"))[0] == 422


def test_a_listing_of_many_keys_is_complete() -> None:
    store = make_store()
    for number in range(3500):
        store.put(b"%04d" % (number * 7919 % 10_000), b"")
    listed: list[str] = []
    after = ""
    while True:
        answer = page(store, f"after={after}")
        listed += answer["keys"]
        if answer["next"] is None:
            break
        after = answer["next"]
    assert listed == sorted(f"{number * 7919 % 10_000:04}" for number in range(3500))


def test_keys_that_are_the_nodes_own_are_not_listed_whoever_made_them() -> None:
    store = make_store()
    store.apply([(b"\0hidden", Entry(NOON, 2, b"v")), (b"\0+0000000000000005:", Entry(NOON, 2, b"v"))])
    store.put(b"a", b"")
    assert page(store)["keys"] == ["a"]
    store.put(b"b", b"")
    assert page(store)["keys"] == ["a", "b"]


def test_a_first_listing_that_fails_is_made_anew() -> None:
    store = store_with("a", "b")
    listing = Listing(store._held, lambda: 1 // 0)  # type: ignore[arg-type, return-value]
    with pytest.raises(ZeroDivisionError):
        listing.keys_since(b"", 10)
    store.put(b"c", b"")
    assert page(store)["keys"] == ["a", "b", "c"]
