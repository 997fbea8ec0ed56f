"""Bodies compressed where that pays, and nothing that grows beyond what is allowed."""

import random
import zlib

import pytest

from gossip.sync.packing import Unreadable, packed, unpacked

REPETITIVE = b"key=value " * 1000
NOISE = random.Random(1).randbytes(100_000)


def test_what_repeats_itself_gets_smaller_and_comes_back() -> None:
    small = packed(REPETITIVE)
    assert small is not None
    assert len(small) < 200
    assert unpacked(small, 10_000) == REPETITIVE


@pytest.mark.parametrize("body", [b"", b"x" * 1023, NOISE, b"x" * 20_000 + NOISE + b"x" * 20_000])
def test_what_does_not_pay_stays_as_it_is(body: bytes) -> None:
    assert packed(body) is None


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (zlib.compress(bytes(10_001)), "its content is over 10000 bytes"),
        (zlib.compress(bytes(2**28), 9), "its content is over 10000 bytes"),
        (b"not compressed", "it is not compressed as it says"),
        (zlib.compress(b"cut off")[:-1], "does not end where it ends"),
        (zlib.compress(b"and more") + b"more", "does not end where it ends"),
        (b"", "does not end where it ends"),
    ],
)
def test_what_is_not_unpacked(body: bytes, why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        unpacked(body, 10_000)


def test_the_bound_itself_is_allowed() -> None:
    assert unpacked(zlib.compress(bytes(10_000)), 10_000) == bytes(10_000)
