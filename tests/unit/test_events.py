"""What watchers are told, in words."""

import json
import re
from typing import Any

import pytest

from gossip.api.events import PAGE_BYTES, Events, Watched
from gossip.data.attributes import attached
from gossip.data.clock import MICROS
from gossip.data.counters import share_key
from gossip.data.entry import Entry
from gossip.data.store import Store
from tests.unit.fakes import NOON, Wall, make_store

ALL = Watched()
EVENT = re.compile(r"id: (\S+)\nevent: (\w+)\ndata: (.*)\n\n")


def watched(wall: Wall | None = None) -> tuple[Store, Events]:
    store = make_store(origin=7, wall=wall)
    events = Events(store)
    events.begin(lambda: None)
    return store, events


def told(events: Events, number: int | None = 0, to: Watched = ALL) -> list[tuple[str, str, Any]]:
    """All that is said to one who was told up to this number: ids, events and data."""
    events.gather()
    text, piece = "", b"."
    while piece:
        piece, number = events.since(number, to)
        text += piece.decode()
    assert EVENT.sub("", text) == ""
    return [(id, event, json.loads(data)) for id, event, data in EVENT.findall(text)]


def keys_told(events: Events, to: Watched, number: int = 0) -> list[str]:
    return [data["key"] for _, _, data in told(events, number, to)]


def test_a_write_is_a_put_and_a_delete_is_a_delete() -> None:
    store, events = watched()
    store.write(b"k\xc3\xa9\ny", b"v\n", attached(NOON + MICROS, b"text/plain"))
    assert told(events) == [
        (
            "0000000000000007-1",
            "put",
            {
                "key": "ké\ny",
                "value": "v\n",
                "stamp": NOON,
                "origin": "0000000000000007",
                "expiry": NOON + MICROS,
                "contentType": "text/plain",
            },
        )
    ]
    store.delete([b"k\xc3\xa9\ny"])
    deleted = {"key": "ké\ny", "stamp": NOON + 1, "origin": "0000000000000007"}
    assert told(events, 1) == [("0000000000000007-2", "delete", deleted)]
    assert told(events, 2) == []


def test_what_is_no_text_is_in_base64() -> None:
    store, events = watched()
    store.apply([(b"k", Entry(NOON, 0xAB, b"\xff\0"))])
    data = {"key": "k", "base64": "/wA=", "stamp": NOON, "origin": "00000000000000ab", "expiry": None}
    assert told(events) == [("0000000000000007-1", "put", data)]


def test_an_expiry_is_a_delete_under_the_stamp_of_the_write() -> None:
    wall = Wall()
    store, events = watched(wall)
    store.write(b"k", b"v", attached(NOON + MICROS))
    wall.now = NOON + 2 * MICROS
    store.sweep()
    expired = {"key": "k", "stamp": NOON, "origin": "0000000000000007"}
    assert told(events, 1) == [("0000000000000007-2", "delete", expired)]


def test_of_several_changes_of_a_key_the_latest_is_told_in_its_place() -> None:
    store, events = watched()
    for key, value in ((b"a", b"1"), (b"b", b"2"), (b"a", b"3")):
        store.put(key, value)
    assert [(id[-2:], data["key"], data["value"]) for id, _, data in told(events)] == [
        ("-2", "b", "2"),
        ("-3", "a", "3"),
    ]


def test_the_nodes_own_keys_are_passed_over() -> None:
    store, events = watched()
    store.apply([(b"\0own", Entry(NOON, 9, b"v")), (b"k", Entry(NOON, 9, b"v")), (b"\0own", Entry(NOON + 1, 9, b"w"))])
    store.apply([(share_key(b"", 9), Entry(NOON, 9, b"a share of nothing"))])
    assert keys_told(events, ALL) == ["k"]
    assert events.since(0, ALL)[1] == 4


def test_a_counter_is_told_with_its_total() -> None:
    wall = Wall()
    store, events = watched(wall)
    peer = make_store(origin=8, wall=wall)
    store.add(b"n", 5)
    peer.add(b"n", 2)
    store.apply(peer.items())
    store.add(b"other", 1, attached(NOON + MICROS))
    assert counts(events, 0) == ["n=7", "other=1"]
    assert counts(events, 0, Watched(prefixes=(b"n",))) == ["n=7"]
    store.add(b"n", -1)
    assert counts(events, 3) == ["n=6"]
    store.put(b"n", b"plain")
    assert counts(events, 4) == ["n=plain"]
    latest = store.changes.latest
    store.add(b"other", 1, attached(NOON + MICROS))
    wall.now = NOON + 2 * MICROS
    store.sweep()
    store.delete([b"n"])
    assert counts(events, latest) == ["other deleted", "n deleted"]


def counts(events: Events, number: int, to: Watched = ALL) -> list[str]:
    return [
        f"{data['key']}={data['value']}" if name == "put" else f"{data['key']} deleted"
        for _, name, data in told(events, number, to)
    ]


@pytest.mark.parametrize(
    ("to", "keys"),
    [
        (Watched(), ["a", "ab", "b", "é"]),
        (Watched(frozenset([b"a"])), ["a"]),
        (Watched(frozenset([b"a", b"absent", b"\xc3\xa9"])), ["a", "é"]),
        (Watched(prefixes=(b"a",)), ["a", "ab"]),
        (Watched(frozenset([b"b"]), (b"ab", b"c")), ["ab", "b"]),
        (Watched(prefixes=(b"",)), ["a", "ab", "b", "é"]),
        (Watched(frozenset([b"absent"])), []),
    ],
)
def test_who_watches_some_keys_is_told_of_those(to: Watched, keys: list[str]) -> None:
    store, events = watched()
    for key in ("a", "ab", "b", "é"):
        store.put(key.encode(), b"v")
    assert keys_told(events, to) == keys


def test_only_what_was_gathered_is_told() -> None:
    store, events = watched()
    store.put(b"a", b"v")
    events.gather()
    store.put(b"b", b"v")
    piece, until = events.since(0, ALL)
    assert (b'"a"' in piece, b'"b"' in piece, until) == (True, False, 1)
    assert events.since(2, ALL) == (b"", 2)


def test_much_is_told_page_by_page_without_a_gap_or_a_double() -> None:
    store, events = watched()
    for number in range(2000):
        store.put(b"key%d" % (number % 1900), b"v" * 500)
    events.gather()
    pieces, number = [], 0
    while piece := events.since(number, ALL)[0]:
        pieces.append(piece)
        number = events.since(number, ALL)[1]
    assert number == 2000
    assert all(len(piece) < PAGE_BYTES + 1000 for piece in pieces)
    ids = [int(id.rpartition("-")[2]) for id, _, _ in EVENT.findall(b"".join(pieces).decode())]
    assert ids == sorted(set(ids))
    assert len({data["key"] for _, _, data in told(events)}) == 1900


def test_one_event_may_be_larger_than_a_page() -> None:
    store, events = watched()
    store.put(b"large", b"v" * 200_000)
    store.put(b"small", b"v")
    assert keys_told(events, ALL) == ["large", "small"]


def test_what_came_behind_an_unknown_event_is_to_be_read_anew() -> None:
    store, events = watched()
    store.put(b"k", b"v")
    assert told(events, None) == [("0000000000000007-1", "reset", {})]
    assert told(events, 2) == [("0000000000000007-1", "reset", {})]


def test_what_came_behind_an_event_long_ago_is_to_be_read_anew() -> None:
    store, events = watched()
    for _ in range(10_001):
        store.put(b"k", b"v")
    assert told(events, 0) == [("0000000000000007-10001", "reset", {})]
    assert [id for id, _, _ in told(events, 1)][::19] == ["0000000000000007-501", "0000000000000007-10001"]


@pytest.mark.parametrize(
    ("id", "number"),
    [
        ("0000000000000007-12", 12),
        ("0000000000000007-0", 0),
        ("0000000000000008-12", None),
        ("0000000000000007-", None),
        ("0000000000000007-1234567890123456789", None),
        ("0000000000000007-12 ", None),
        ("7-12", None),
        ("", None),
        ("nonsense\n", None),
    ],
)
def test_an_id_is_good_for_the_process_that_gave_it(id: str, number: int | None) -> None:
    assert watched()[1].number_of(id) == number


def test_a_sign_of_life_is_a_comment_and_the_id_to_go_on_behind() -> None:
    assert watched()[1].sign_of_life(3) == b": this node is here\nid: 0000000000000007-3\n\n"
