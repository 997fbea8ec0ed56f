"""Addresses as people write them."""

import pytest

from gossip.sync.address import Address, is_ip, parse_address

GOOD = [
    ("10.0.0.1", Address("10.0.0.1", 99)),
    ("10.0.0.1:5", Address("10.0.0.1", 5)),
    ("node-1", Address("node-1", 99)),
    ("node-1.example.org:65535", Address("node-1.example.org", 65535)),
    ("[::1]", Address("::1", 99)),
    ("[::1]:5", Address("::1", 5)),
    ("[fe80::1%eth0]:5", Address("fe80::1%eth0", 5)),
]

BAD = [
    "", ":5", "host:", "host:0", "host:65536", "host:-1", "host:+5", "host:5x", "host:\u0665", "host:" + "9" * 5000,
    "::1", "::1:5", "a:b:5", "[::1", "[::1]5", "[::1]:", "[]:5", "[host]:5", "[10.0.0.1]:5", "two words", "http://host",
    "user@host", "host/path", "host?", "host#", "ho]st", "host\n", "a,b",
]  # fmt: skip


@pytest.mark.parametrize(("text", "address"), GOOD)
def test_addresses(text: str, address: Address) -> None:
    assert parse_address(text, 99) == address


@pytest.mark.parametrize("text", BAD)
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(ValueError):
        parse_address(text, 99)


@pytest.mark.parametrize(("address", "text"), [(Address("h", 5), "h:5"), (Address("::1", 5), "[::1]:5")])
def test_addresses_as_text(address: Address, text: str) -> None:
    assert str(address) == text


@pytest.mark.parametrize(
    ("host", "expected"),
    [("10.0.0.1", True), ("::1", True), ("fe80::1%eth0", True), ("node-1", False), ("10.0.0.300", False), ("", False)],
)
def test_is_ip(host: str, expected: bool) -> None:
    assert is_ip(host) is expected
