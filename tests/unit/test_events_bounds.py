"""What watchers are told takes the memory of what is told, not of how many are told it."""

import tracemalloc

from gossip.api.events import Events, Watched
from gossip.data.store import Store
from tests.unit.fakes import make_store

ALL = Watched()
MIB = 2**20


def watched() -> tuple[Store, Events]:
    store = make_store(origin=7)
    events = Events(store)
    events.begin(lambda: None)
    return store, events


def remembered(events: Events, *kinds: Watched) -> int:
    """The bytes that are kept once all this was told, and taken."""
    events.gather()
    tracemalloc.start()
    try:
        for kind in kinds:
            piece, number = events.since(0, kind)
            while piece:
                piece, number = events.since(number, kind)
        return tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()


def test_what_is_large_is_the_same_bytes_for_all_whatever_else_they_watch() -> None:
    store, events = watched()
    kinds = [Watched(frozenset([b"large", b"%d" % number])) for number in range(30)]
    for number in range(30):
        store.put(b"%d" % number, b"v")
    store.put(b"large", b"\x1f" * 20_000)
    store.put(b"last", b"v")
    events.gather()
    behind = [events.since(0, kind) for kind in kinds]
    assert all(b"large" not in piece for piece, _ in behind)
    large = [events.since(number, kind)[0] for (_, number), kind in zip(behind, kinds, strict=True)]
    assert len(large[0]) > 120_000
    assert {id(piece) for piece in large} == {id(large[0])}


def test_a_counter_under_which_something_large_is_seen_is_a_page_of_its_own() -> None:
    store, events = watched()
    peer = make_store(origin=8)
    peer.add(b"n", 1)
    store.put(b"n", b"v" * 200_000)
    store.put(b"a", b"v")
    store.apply(peer.items())
    events.gather()
    piece, number = events.since(1, ALL)
    assert b'"a"' in piece
    assert len(piece) < 1000
    assert len(events.since(number, ALL)[0]) > 200_000


def test_what_is_remembered_of_large_changes_is_bounded() -> None:
    store, events = watched()
    for number in range(7):
        store.put(b"%d" % number, b"\x1f" * MIB)
    assert remembered(events, ALL) < 24 * MIB


def test_what_is_remembered_of_small_changes_is_bounded_however_many_watch_each_others() -> None:
    store, events = watched()
    for number in range(500):
        store.put(b"key %d" % number, b"v" * 500)
    kinds = [Watched(frozenset([b"%d" % number]), (b"key",)) for number in range(100)]
    assert remembered(events, *kinds) < 8 * MIB
