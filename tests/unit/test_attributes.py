"""Attributes of entries, as bytes that other versions keep unread."""

import pytest

from gossip.data.attributes import attached, content_type_of, expiry_of


def test_nothing_attached_takes_no_bytes() -> None:
    assert attached() == b""
    assert (expiry_of(b""), content_type_of(b"")) == (0, b"")


def test_each_attribute_is_a_tag_a_length_and_its_bytes() -> None:
    assert attached(expiry=258) == b"\x01\x00\x08\x00\x00\x00\x00\x00\x00\x01\x02"
    assert attached(content_type=b"text/html") == b"\x02\x00\x09text/html"


def test_both_are_read_back() -> None:
    both = attached(1_700_000_000_000_000, b"text/plain")
    assert expiry_of(both) == 1_700_000_000_000_000
    assert content_type_of(both) == b"text/plain"


def test_unknown_attributes_are_read_over() -> None:
    assert expiry_of(b"\x63\x00\x02ab" + attached(expiry=7) + b"\x64\x00\x00") == 7


@pytest.mark.parametrize("extra", [b"\x01", b"\x01\x00\x08", b"\x01\x00\x08\0\0", b"\x01\x00\x01\x05", b"extra bytes"])
def test_what_makes_no_sense_is_passed_over(extra: bytes) -> None:
    assert (expiry_of(extra), content_type_of(extra)) == (0, b"")
