"""What has changed of late: in order, bounded, and kept only once somebody watches."""

from gossip.data.attributes import attached
from gossip.data.changes import Change
from gossip.data.clock import MICROS
from gossip.data.entry import Entry
from gossip.data.limits import StoreLimits
from gossip.data.store import Store
from tests.unit.fakes import NOON, Wall, filled, make_store


def watched(wall: Wall | None = None, limits: StoreLimits | None = None) -> tuple[Store, list[str]]:
    """A store that keeps its changes, and where it notes that it has woken those who wait."""
    store, woken = make_store(wall=wall, limits=limits), list[str]()
    store.changes.keep(lambda: woken.append("woken"))
    return store, woken


def told(store: Store, number: int = 0, until: int = 1_000_000, most: int = 1_000_000) -> list[Change] | None:
    return store.changes.since(number, until, most)


def test_nothing_is_kept_before_somebody_watches() -> None:
    store = filled(1, keys=3)
    assert (store.changes.latest, told(store)) == (0, [])
    store.changes.keep(lambda: None)
    store.put(b"k", b"v")
    assert told(store) == [Change(1, b"k", Entry(NOON + 1, 1, b"v"))]


def test_writes_deletes_merged_entries_and_expiries_are_changes_and_dropped_tombstones_are_none() -> None:
    wall = Wall()
    store, _ = watched(wall, StoreLimits(tombstone_micros=10 * MICROS))
    store.put(b"mine", b"1")
    store.delete([b"mine", b"absent"])
    store.apply(
        [(b"theirs", Entry(NOON + 5, 9, b"2", attached(NOON + MICROS))), (b"old", Entry(NOON - MICROS, 9, b"3"))]
    )
    store.apply([(b"theirs", Entry(NOON + 4, 9, b"older")), (b"future", Entry(NOON + 3600 * MICROS, 9, b"refused"))])
    wall.now = NOON + 2 * MICROS
    store.sweep()
    wall.now = NOON + 60 * MICROS
    store.sweep()
    found = told(store)
    assert found
    assert [(change.number, change.key, change.entry.value) for change in found] == [
        (1, b"mine", b"1"),
        (2, b"mine", None),
        (3, b"theirs", b"2"),
        (4, b"old", b"3"),
        (5, b"theirs", None),
    ]


def test_a_value_that_expires_long_after_its_time_is_told_before_it_is_dropped() -> None:
    wall = Wall()
    store, _ = watched(wall, StoreLimits(tombstone_micros=10 * MICROS))
    store.write(b"k", b"v", attached(NOON + MICROS))
    wall.now = NOON + 3600 * MICROS
    store.sweep()
    assert told(store, 1) == [Change(2, b"k", Entry(NOON, 1, None, attached(NOON + MICROS)))]
    assert (store.entries, store.total_bytes, store.fingerprint()) == (0, 0, 0)


def test_what_is_asked_for_comes_in_portions() -> None:
    store, _ = watched()
    for _ in range(5):
        store.put(b"k", b"v")
    assert [change.number for change in told(store, 1, most=2) or []] == [2, 3]
    assert [change.number for change in told(store, 3, until=4) or []] == [4]
    assert told(store, 5) == []
    assert told(store, 4, until=2) == []
    assert told(store, 6) is None


def test_the_oldest_of_too_many_are_forgotten() -> None:
    store, _ = watched()
    for _ in range(10_002):
        store.put(b"k", b"v")
    assert told(store, 1) is None
    assert len(told(store, 2) or []) == 10_000


def test_the_oldest_of_too_large_ones_are_forgotten_and_the_last_never_is() -> None:
    store, _ = watched()
    for _ in range(10):
        store.put(b"k", bytes(2**20))
    assert told(store, 2) is None
    assert [change.number for change in told(store, 3) or []] == [4, 5, 6, 7, 8, 9, 10]
    store.put(b"huge", bytes(9 * 2**20))
    assert told(store, 9) is None
    assert [change.key for change in told(store, 10) or []] == [b"huge"]


def test_who_waits_is_woken_once() -> None:
    store, woken = watched()
    store.put(b"k", b"1")
    assert woken == []
    assert store.changes.awaited() == 1
    store.put(b"k", b"2")
    store.put(b"k", b"3")
    assert woken == ["woken"]
    assert store.changes.awaited() == 3
    store.delete([b"k"])
    assert woken == ["woken", "woken"]


def test_what_was_before_a_store_forgot_is_no_longer_known() -> None:
    store, woken = watched()
    store.put(b"k", b"v")
    store.changes.awaited()
    assert store.forget(NOON - 1, 0) == 0
    assert told(store, 1) == []
    assert store.forget(NOON, NOON) == 1
    assert told(store, 1) is None
    assert told(store, 2) == []
    assert woken == ["woken"]
