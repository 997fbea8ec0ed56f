"""Many keys at once, as JSON."""

import json

import pytest

from gossip.api.entries import wants_json
from gossip.data.clock import MICROS
from gossip.data.limits import StoreLimits
from tests.unit.asking import Client
from tests.unit.fakes import (
    NOON,
    get_of,
    items_of,
    refusal_of,
    text_of,
)


def test_many_keys_are_written_at_once() -> None:
    client = Client()
    client.put("k=b", b"old")
    answer = client.post({"a": {"value": "1"}, "b": {"base64": "/wA="}, "c": {"value": "", "ttl": 1.5}})
    assert (answer.status, json.loads(text_of(answer))) == (200, {"created": 2, "overwritten": 1})
    assert items_of(client.store) == {b"a": b"1", b"b": b"\xff\0", b"c": b""}
    client.wall.now = NOON + 2 * MICROS
    assert client.map.get(get_of("/map?k=c")).status == 404


def test_what_was_got_can_be_posted() -> None:
    client = Client()
    client.put("k=text", b"text")
    client.put("k=bytes", b"\xff")
    got = client.get_json("k=text&k=bytes")
    other = Client()
    other.post(got)
    assert items_of(other.store) == {b"text": b"text", b"bytes": b"\xff"}


NO_ITEMS = [
    b"",
    b"{",
    b"\xff",
    b"[" * 100_000,
    b"[]",
    b"{}",
    b"null",
    b'{"a": "text"}',
    b'{"a": {}}',
    b'{"a": {"value": 5}}',
    b'{"a": {"value": "x", "base64": "eA=="}}',
    b'{"a": {"base64": "x"}}',
    b'{"a": {"base64": "\\u00e9"}}',
    b'{"a": {"value": "\\ud800"}}',
    b'{"\\ud800": {"value": "x"}}',
    b'{"": {"value": "x"}}',
    b'{"\\u0000a": {"value": "x"}}',
    b'{"a": {"value": "x", "ttl": 0}}',
    b'{"a": {"value": "x", "ttl": "5"}}',
    b'{"a": {"value": "x", "ttl": -' + b"9" * 400 + b"}}",
    b'{"a": {"value": "x", "ttl": true}}',
    b'{"a": {"value": "x", "ttl": NaN}}',
    b'{"a": {"value": "x", "ttl": 1e400}}',
    b'{"a": {"value": "x", "ttl": ' + b"9" * 400 + b"}}",
    b'{"a": {"value": "x", "contentType": 5}}',
    b'{"a": {"value": "x", "contentType": "\\u00e9"}}',
]


@pytest.mark.parametrize("beside", ["[" * 20 + "]" * 20, "[" + "[]," * 17_000 + "0]", "[" + '"",' * 40_000 + "0]"])
def test_json_that_is_not_read_at_all(beside: str) -> None:
    """Some versions of Python end where it is as deep as a body can be; and a few bytes make many objects."""
    client = Client()
    body = b'{"a": {"value": "1", "beside": %b}}' % beside.encode()
    status, sentence = refusal_of(lambda: client.post(body))
    assert (status, sentence.startswith("the body is a JSON object by key")) == (422, True)
    assert items_of(client.store) == {}


@pytest.mark.parametrize("text", ["[" * 50_000, '"' * 50_000, '\\"[' * 20_000, "\\" * 10_001, "a\\"])
def test_brackets_and_quotes_in_texts_are_text(text: str) -> None:
    client = Client()
    client.post({"a": {"value": text}, 'k"[': {"value": ""}})
    assert items_of(client.store) == {b"a": text.encode(), b'k"[': b""}


def test_json_is_utf_8() -> None:
    client = Client()
    client.post(b"\xef\xbb\xbf" + b'{"a": {"value": "1"}}')
    assert items_of(client.store) == {b"a": b"1"}
    assert refusal_of(lambda: client.post('{"b": {"value": "1"}}'.encode("utf-16")))[0] == 422


@pytest.mark.parametrize("body", NO_ITEMS, ids=range(len(NO_ITEMS)))
def test_what_is_no_object_of_values(body: bytes) -> None:
    client = Client()
    assert refusal_of(lambda: client.post(body))[0] == 422
    assert items_of(client.store) == {}


def test_one_bad_value_among_good_ones_and_none_is_written() -> None:
    client = Client()
    assert refusal_of(lambda: client.post({"a": {"value": "1"}, "b": {}}))[0] == 422
    assert items_of(client.store) == {}


def test_bodies_of_many_have_their_bounds() -> None:
    client = Client(StoreLimits(value_bytes=10))
    assert refusal_of(lambda: client.post({"a": {"value": "x" * 11}})) == (
        413,
        "a value may have 10 bytes at most; that of 'a' has 11",
    )
    assert refusal_of(lambda: client.post(b" " * (2 * 10 + 65_537)))[0] == 413
    assert refusal_of(lambda: client.post({"a": {"value": "x"}}, "k=a"))[0] == 422
    many = {str(number): {"value": ""} for number in range(1001)}
    assert refusal_of(lambda: Client().post(many)) == (
        413,
        "1001 keys are too many to write at once; send 1000 at most",
    )
    full = Client(StoreLimits(store_bytes=5))
    assert refusal_of(lambda: full.post({"a": {"value": "x"}, "b": {"value": "1234"}}))[0] == 507
    assert items_of(full.store) == {}


@pytest.mark.parametrize("content_type", ["a\r\nX: y", "a\0b", " a", "é", "x" * 256])
def test_what_cannot_stand_in_a_head_is_no_content_type(content_type: str) -> None:
    said = "a content type is 255 printable ASCII characters at most: text/html"
    assert refusal_of(lambda: Client().post({"a": {"value": "", "contentType": content_type}})) == (422, said)


def test_the_bad_one_among_many_is_named() -> None:
    said = """the value of 'b' is to be an object such as {"value": "text"} or {"base64": "dGV4dA=="}"""
    assert refusal_of(lambda: Client().post({"a": {"value": "1"}, "b": {"value": 1}})) == (422, said)


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [(b"application/json", True), (b"text/html, APPLICATION/JSON;q=0.5", True), (b"application/json; q=0.0", False),
     (b"application/jsonx", False), (b"*/*", False), (b"", False), (b"text/plain,application/json", True)],
)  # fmt: skip
def test_who_wants_json(accept: bytes, wanted: bool) -> None:
    assert wants_json(accept) is wanted
