"""Keys out of query strings."""

import pytest

from gossip.api.query import key_in_path, query_of
from tests.unit.fakes import refusal_of

KEYS = [
    (b"", []),
    (b"&", []),
    (b"k=a", [b"a"]),
    (b"k=a&k=b&k=a", [b"a", b"b", b"a"]),
    (b"x=1&k=a&kk=2&K=3&", [b"a"]),
    (b"k=a=b", [b"a=b"]),
    (b"k=a;k=b", [b"a;k=b"]),
    (b"k=a+b", [b"a b"]),
    (b"k=a%2Bb", [b"a+b"]),
    (b"k=%41%2f%26", [b"A/&"]),
    (b"k=%25", [b"%"]),
    (b"k=%2541", [b"%41"]),
    (b"%6b=a", [b"a"]),
    (b"k=%C3%A9", ["é".encode()]),
    ("k=é".encode(), ["é".encode()]),
    (b"k=\xc3%a9", ["é".encode()]),
    (b"x=%zz&k=a", [b"a"]),
]


@pytest.mark.parametrize(("query", "keys"), KEYS)
def test_keys(query: bytes, keys: list[bytes]) -> None:
    assert list(query_of(query).keys) == keys


BAD = [
    (b"k", "a key is empty"),
    (b"k=", "a key is empty"),
    (b"k=a&k=", "a key is empty"),
    (b"k=%", "a key has a %"),
    (b"k=a%4", "a key has a %"),
    (b"k=%zz", "a key has a %"),
    (b"k=%+1", "a key has a %"),
    (b"k=%ff", "a key is not UTF-8"),
    (b"k=\xff", "a key is not UTF-8"),
    (b"k=%C3", "a key is not UTF-8"),
    (b"k=%ED%A0%80", "a key is not UTF-8"),
    (b"k=%00", "a key may not begin with U+0000"),
    (b"k=" + b"a" * 65_536, "a key may have 65535 bytes at most"),
]


@pytest.mark.parametrize(("query", "why"), BAD)
def test_what_is_no_key(query: bytes, why: str) -> None:
    status, sentence = refusal_of(lambda: query_of(query))
    assert status == 422
    assert sentence.startswith(why)


def test_other_parameters_are_read_by_name_and_the_last_counts() -> None:
    assert query_of(b"ttl=1&k=a&ttl=2.5&wait=all&with+space=%C3%A9&&=x&flag&bad=%ff").others == {
        "ttl": "2.5",
        "wait": "all",
        "with space": "é",
        "flag": "",
        "bad": "\ufffd",
    }


PATHS = [
    (b"a", b"a"),
    (b"a/b//c", b"a/b//c"),
    (b"a+b", b"a+b"),
    (b"a%20b%2F", b"a b/"),
    (b"caf%C3%A9", "café".encode()),
]


@pytest.mark.parametrize(("rest", "key"), PATHS)
def test_the_rest_of_a_path_is_a_key(rest: bytes, key: bytes) -> None:
    assert key_in_path(rest) == key


@pytest.mark.parametrize("rest", [b"", b"%", b"%ff", b"%00"])
def test_what_is_no_key_in_a_path(rest: bytes) -> None:
    assert refusal_of(lambda: key_in_path(rest))[0] == 422
