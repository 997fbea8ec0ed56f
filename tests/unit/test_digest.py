"""Fingerprints of the key space: where keys live, how parts nest, and that writes undo."""

from itertools import combinations

import pytest

from gossip.data.digest import FIRST_LEAF, LEAVES, PARTS, ROOT, Digest, children, fingerprint, is_leaf, leaf_of
from gossip.data.entry import Entry

LAST_LEAF = FIRST_LEAF + 65_535


def test_a_key_lives_where_the_upper_half_of_its_crc_says() -> None:
    assert leaf_of(b"a") == 4_369 + 0xE8B7  # CRC-32 of "a" is E8B7BE43
    assert leaf_of(b"") == 4_369


def test_parts_are_numbered_as_in_a_heap() -> None:
    assert list(children(ROOT)) == list(range(1, 17))
    assert list(children(1)) == list(range(17, 33))
    assert children(4_368)[-1] == LAST_LEAF == PARTS - 1
    assert PARTS == 69_905


@pytest.mark.parametrize(("part", "leaf"), [(0, False), (4_368, False), (4_369, True), (69_904, True)])
def test_leaves_are_the_last_parts(part: int, leaf: bool) -> None:
    assert is_leaf(part) is leaf


def test_known_fingerprints() -> None:
    """All nodes of a cluster must compute the same, whatever their version: these numbers never change."""
    assert fingerprint(b"k", Entry(1, 2, b"v")) == 4_149_743_834_740_828_504
    assert fingerprint(b"k", Entry(1, 2, None)) == 1_620_939_469_010_736_848
    assert fingerprint(b"k", Entry(1, 2, b"")) == 15_954_229_971_906_191_793


def test_a_fingerprint_covers_every_byte() -> None:
    entries = [
        (b"k", Entry(1, 2, b"v")),
        (b"l", Entry(1, 2, b"v")),
        (b"k", Entry(2, 2, b"v")),
        (b"k", Entry(1, 1, b"v")),
        (b"k", Entry(1, 2, b"w")),
        (b"k", Entry(1, 2, b"")),
        (b"k", Entry(1, 2, None)),
        (b"kv", Entry(1, 2, b"")),
        (b"k", Entry(1, 2, b"v", b"x")),
        (b"k", Entry(1, 2, b"vx")),
    ]
    for (key, entry), (other_key, other) in combinations(entries, 2):
        assert fingerprint(key, entry) != fingerprint(other_key, other)


def test_a_write_reaches_the_five_parts_above_it() -> None:
    digest = Digest()
    digest.toggle(FIRST_LEAF, 0xAB)
    touched = [part for part in range(PARTS) if digest.fingerprint(part)]
    assert touched == [0, 1, 17, 273, FIRST_LEAF]
    assert {digest.fingerprint(part) for part in touched} == {0xAB}


def test_fingerprints_combine_by_exclusive_or() -> None:
    digest = Digest()
    digest.toggle(FIRST_LEAF, 0b1100)
    digest.toggle(LAST_LEAF, 0b1010)
    assert digest.fingerprint(ROOT) == 0b0110
    assert digest.fingerprint(1) == 0b1100
    assert digest.fingerprint(16) == 0b1010


def test_taking_out_what_was_added_leaves_nothing() -> None:
    digest = Digest()
    digest.toggle(FIRST_LEAF, 0xAB)
    digest.toggle(FIRST_LEAF, 0xAB)
    assert digest.fingerprint(ROOT) == 0
    assert list(digest.leaves(ROOT)) == []


@pytest.mark.parametrize(
    ("part", "first", "expected"),
    [
        (ROOT, 0, [4_369, 4_370, 40_000, LAST_LEAF]),
        (ROOT, LEAVES - 1, [LAST_LEAF, 4_369, 4_370, 40_000]),
        (ROOT, 1, [4_370, 4_369, 40_000, LAST_LEAF]),
        (1, 0, [4_369, 4_370]),
        (2, 0, []),
        (40_000, 0, [40_000]),
        (40_001, 0, []),
    ],
)
def test_the_leaves_within_a_part(part: int, first: int, expected: list[int]) -> None:
    digest = Digest()
    for number, leaf in enumerate((4_369, 4_370, 40_000, LAST_LEAF)):
        digest.toggle(leaf, 1 << number)
    assert list(digest.leaves(part, first)) == expected


@pytest.mark.parametrize("first", [0, 1, 4_095, 4_096, 12_345, 65_535])
def test_any_turn_of_the_order_gives_every_leaf_once(first: int) -> None:
    digest = Digest()
    held = [FIRST_LEAF + 997 * step for step in range(64)]
    for number, leaf in enumerate(held):
        digest.toggle(leaf, 1 << number)
    assert sorted(digest.leaves(ROOT, first)) == held
