"""The store: writes, merges, sizes and refusals."""

import threading
from collections.abc import Iterator

import pytest

from gossip.data.clock import MICROS
from gossip.data.digest import ROOT, leaf_of
from gossip.data.entry import Entry
from gossip.data.intake import SLICE
from gossip.data.limits import StoreLimits
from gossip.data.merged import Merged
from gossip.data.refused import StoreFrozen, StoreFull
from tests.unit.fakes import NOON, Wall, items_of, make_store

SMALL = StoreLimits(store_bytes=10, value_bytes=8, skew_micros=60 * MICROS)


def test_a_value_is_read_back_under_its_stamp() -> None:
    store = make_store(origin=7)
    store.put(b"k", b"v")
    assert store.get(b"k") == Entry(NOON, 7, b"v")
    assert store.get(b"other") is None


def test_put_says_whether_the_key_had_no_value() -> None:
    store = make_store()
    assert store.put(b"k", b"1") is True
    assert store.put(b"k", b"2") is False
    store.apply([(b"gone", Entry(NOON, 2, None))])
    assert store.put(b"gone", b"back") is True


def test_a_write_goes_past_what_a_peer_wrote() -> None:
    store = make_store(origin=1)
    store.apply([(b"k", Entry(NOON + 5, 2, b"theirs"))])
    store.put(b"k", b"mine")
    assert store.get(b"k") == Entry(NOON + 6, 1, b"mine")


@pytest.mark.parametrize(
    ("learned", "stamped"),
    [(NOON - 5, NOON), (NOON + 5, NOON + 6), (NOON + 60 * MICROS, NOON + 60 * MICROS + 1), (NOON + 61 * MICROS, NOON)],
)
def test_a_time_that_a_peer_has_seen_is_stamped_above_unless_too_far_ahead(learned: int, stamped: int) -> None:
    store = make_store(origin=1)
    store.learn(learned)
    store.put(b"k", b"v")
    assert store.get(b"k") == Entry(stamped, 1, b"v")


def test_how_far_stamps_run_ahead_of_a_clock_that_was_set_back() -> None:
    wall = Wall(NOON + 7200 * MICROS)
    store = make_store(wall=wall)
    store.put(b"k", b"v")
    assert store.ahead == 0
    wall.now = NOON
    assert store.ahead == 7140 * MICROS


def test_sizes_follow_writes() -> None:
    store = make_store()
    assert (store.entries, store.total_bytes) == (0, 0)
    store.put(b"key", b"12345")
    assert (store.entries, store.total_bytes) == (1, 8)
    store.put(b"key", b"1")
    assert (store.entries, store.total_bytes) == (1, 4)
    store.apply([(b"key", Entry(NOON + 9, 2, None)), (b"x", Entry(NOON, 2, b"y", b"extra"))])
    assert (store.entries, store.total_bytes) == (2, 3 + 7)


def test_a_write_without_room_changes_nothing() -> None:
    store = make_store(limits=SMALL)
    store.put(b"key", b"1234567")
    before = store.fingerprint()
    with pytest.raises(StoreFull):
        store.put(b"x", b"")
    with pytest.raises(StoreFull):
        store.put(b"key", b"12345678")
    assert (store.entries, store.total_bytes, store.fingerprint()) == (1, 10, before)


def test_a_write_that_adds_nothing_needs_no_room() -> None:
    store = make_store(limits=SMALL)
    store.apply([(b"key", Entry(NOON, 2, b"12345678")), (b"x", Entry(NOON, 2, b"12345678"))])
    assert store.total_bytes == 20
    assert store.put(b"key", b"87654321") is False
    assert store.put(b"x", b"1") is False
    assert items_of(store) == {b"key": b"87654321", b"x": b"1"}


def test_a_frozen_store_takes_from_peers_only() -> None:
    store = make_store()
    assert not store.frozen
    store.freeze()
    assert store.frozen
    with pytest.raises(StoreFrozen):
        store.put(b"k", b"v")
    assert store.apply([(b"k", Entry(NOON, 2, b"v"))]).news == 1


def test_a_merge_takes_what_is_newer_and_leaves_the_rest() -> None:
    store = make_store()
    store.apply([(b"a", Entry(5, 2, b"a5")), (b"b", Entry(5, 2, b"b5"))])
    merged = store.apply([(b"a", Entry(NOON, 1, None)), (b"b", Entry(4, 9, b"b4")), (b"c", Entry(1, 1, b"c1"))])
    assert merged == Merged(news=2, stale=1)
    assert items_of(store) == {b"a": None, b"b": b"b5", b"c": b"c1"}


def test_a_merge_of_the_same_again_is_stale() -> None:
    store = make_store()
    batch = [(b"a", Entry(5, 2, b"v"))]
    assert store.apply(batch) == Merged(news=1)
    assert store.apply(batch) == Merged(stale=1)


def test_a_stamp_just_within_the_allowed_skew_is_taken() -> None:
    store = make_store(limits=SMALL)
    assert store.apply([(b"k", Entry(NOON + 60 * MICROS, 2, b"v"))]).news == 1


def test_a_stamp_beyond_the_allowed_skew_is_refused_and_teaches_the_clock_nothing() -> None:
    store = make_store(limits=SMALL)
    merged = store.apply([(b"k", Entry(NOON + 90 * MICROS, 0xAB, b"v"))])
    assert list(merged.faults()) == [
        ("entry refused, future", "origin 00000000000000ab stamped it 90 s ahead of the clock here", 1)
    ]
    assert store.get(b"k") is None
    assert store.clock.latest == 0


def test_a_large_value_is_refused() -> None:
    store = make_store(limits=SMALL)
    merged = store.apply([(b"k", Entry(NOON, 2, b"123456789"))])
    assert list(merged.faults()) == [("entry refused, large", "a value of 9 bytes is over 8", 1)]
    assert store.entries == 0


def test_peers_may_fill_the_store_to_twice_its_limit() -> None:
    store = make_store(limits=SMALL)
    merged = store.apply((b"%d" % number, Entry(NOON, 2, b"1234")) for number in range(6))
    assert (merged.news, store.total_bytes) == (4, 20)
    assert list(merged.faults()) == [
        ("entry refused, full", "4 entries of 20 bytes leave no room for more from peers; raise MAX_STORE_BYTES", 2)
    ]


def test_refusals_are_counted_by_reason_and_the_first_of_each_is_told() -> None:
    merged = Merged(news=1, stale=2)
    merged.refuse("large", "first")
    merged.refuse("large", "second")
    merged += Merged(news=3, stale=4, refused={"large": 5, "full": 1}, details={"large": "third", "full": "fourth"})
    assert (merged.news, merged.stale) == (4, 6)
    assert list(merged.faults()) == [("entry refused, large", "first", 7), ("entry refused, full", "fourth", 1)]


def test_the_fingerprint_depends_on_what_is_held_and_not_on_how_it_came() -> None:
    entries = [(b"%d" % number, Entry(NOON + number, 3, b"v")) for number in range(50)]
    one, other = make_store(1), make_store(2)
    one.apply(entries)
    other.apply([(key, Entry(1, 1, b"old")) for key, _ in entries])
    assert one.fingerprint() != other.fingerprint()
    other.apply(reversed(entries))
    assert one.fingerprint() == other.fingerprint() != 0


def test_the_items_of_a_part_are_those_whose_keys_live_there() -> None:
    store = make_store()
    for number in range(200):
        store.put(b"%d" % number, b"")
    part = leaf_of(b"7")
    assert [key for key, _ in store.items(part)] == [b"7"]
    assert len(dict(store.items(ROOT, first=40_000))) == 200
    assert store.fingerprint(part) != 0


@pytest.mark.parametrize(("count", "expected"), [(0, False), (4, False), (5, True), (6, True)])
def test_holds_at_most(count: int, expected: bool) -> None:
    store = make_store()
    for number in range(5):
        store.put(b"%d" % number, b"")
    assert store.holds_at_most(ROOT, count) is expected


def test_a_long_merge_lets_writers_in_between_its_slices() -> None:
    store = make_store()

    def batch() -> Iterator[tuple[bytes, Entry]]:
        for number in range(3 * SLICE):
            store.put(b"local", b"%d" % number)  # would wait for ever, were the lock held
            yield b"%d" % number, Entry(NOON, 2, b"")

    assert store.apply(batch()).news == 300
    assert items_of(store)[b"local"] == b"299"


def test_the_store_is_not_locked_while_its_items_are_walked() -> None:
    store = make_store()
    for number in range(20):
        store.put(b"%d" % number, b"written")
    for key, entry in store.items():
        store.put(key, (entry.value or b"") + b" during the walk")
    assert set(items_of(store).values()) == {b"written during the walk"}


def test_writers_on_many_threads_never_share_a_stamp() -> None:
    store = make_store(wall=Wall())

    def write(writer: int) -> None:
        for number in range(250):
            store.put(b"%d-%d" % (writer, number), b"v")

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(entry.time for _, entry in store.items()) == list(range(NOON, NOON + 1000))
    assert store.entries == 1000


def test_many_small_entries_fill_a_store_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each takes some 300 bytes besides what is counted, so their number is bounded, too."""
    monkeypatch.setattr("gossip.data.limits.LEAST_ENTRIES", 3)
    store = make_store(limits=StoreLimits(store_bytes=256))
    for key in (b"a", b"b", b"c", b"d"):
        store.put(key, b"")
    with pytest.raises(StoreFull):
        store.put(b"e", b"")
    assert store.put(b"a", b"1") is False
    assert store.apply([(b"%d" % n, Entry(NOON, 2, b"")) for n in range(6)]).refused == {"full": 2}
