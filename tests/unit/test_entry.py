"""The merge law as a table; `tests/properties` has its algebra."""

import pytest

from gossip.data.entry import Entry, newest, size

LESS_THEN_MORE = {
    "time": (Entry(1, 9, b"z"), Entry(2, 1, b"a")),
    "origin, at one time": (Entry(1, 1, b"z"), Entry(1, 2, b"a")),
    "value, under one stamp": (Entry(1, 1, b"a"), Entry(1, 1, b"b")),
    "a longer value, under one stamp": (Entry(1, 1, b"a"), Entry(1, 1, b"aa")),
    "a value over a tombstone, under one stamp": (Entry(1, 1, None), Entry(1, 1, b"")),
    "a later tombstone": (Entry(1, 1, b"a"), Entry(2, 1, None)),
    "attributes, under one stamp and value": (Entry(1, 1, b"a", b""), Entry(1, 1, b"a", b"x")),
    "a value over attributes": (Entry(1, 1, None, b"z"), Entry(1, 1, b"", b"a")),
}


@pytest.mark.parametrize(("less", "more"), LESS_THEN_MORE.values(), ids=LESS_THEN_MORE.keys())
def test_the_newest_stands(less: Entry, more: Entry) -> None:
    assert newest(less, more) == more
    assert newest(more, less) == more


def test_an_entry_stands_against_itself() -> None:
    entry = Entry(1, 2, b"v", b"x")
    assert newest(entry, Entry(1, 2, b"v", b"x")) == entry


@pytest.mark.parametrize(
    ("key", "entry", "expected"),
    [
        (b"k", Entry(1, 1, b""), 1),
        (b"key", Entry(1, 1, b"value"), 8),
        (b"key", Entry(1, 1, None), 3),
        (b"key", Entry(1, 1, b"value", b"xy"), 10),
    ],
)
def test_size(key: bytes, entry: Entry, expected: int) -> None:
    assert size(key, entry) == expected
