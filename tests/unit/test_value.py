"""One value by its path, as clients meet it."""

import pytest

from gossip.api.value import ValueApi
from gossip.api.writes import Writes
from gossip.data.attributes import attached
from gossip.data.entry import Entry
from gossip.serving.answer import Answer, plain
from gossip.serving.request import Request
from tests.unit.fakes import NOON, items_of, make_store, nobody_confirms, refusal_of, request_of

ETAG = '"1700000000000000-0000000000000001"'
OTHER = '"1700000000000000-0000000000000002"'
ABSENT = plain(404, "none of the keys asked for is in the map")


class Client:
    def __init__(self) -> None:
        self.store = make_store()
        self._api = ValueApi(self.store, Writes(self.store, nobody_confirms))

    def get(self, path: str, *fields: str) -> Answer:
        return self._api.get(_request("GET", path, fields))

    def put(self, path: str, value: bytes, *fields: str) -> Answer:
        return self._api.put(_request("PUT", path, fields, value))

    def delete(self, path: str, *fields: str) -> Answer:
        return self._api.delete(_request("DELETE", path, fields))


def _request(method: str, path: str, fields: tuple[str, ...], body: bytes | None = None) -> Request:
    lines = [f"{method} /map/{path} HTTP/1.1", "Host: x", *fields]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    return request_of("\r\n".join((*lines, "", "")).encode() + (body or b""))


def test_the_body_is_the_value_alone_and_the_head_tells_of_it() -> None:
    client = Client()
    assert client.put("a/b%20c", b"\xff\n", "Content-Type: image/x") == Answer(201, fields=(("ETag", ETAG),))
    answer = client.get("a/b%20c")
    assert (answer.status, answer.body, answer.content_type) == (200, (b"\xff\n",), "image/x")
    assert answer.fields == (
        ("ETag", ETAG),
        ("Last-Modified", "Tue, 14 Nov 2023 22:13:20 GMT"),
        ("Gossip-Origin", "0000000000000001"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
        ("Content-Security-Policy", "sandbox"),
        ("X-Content-Type-Options", "nosniff"),
    )
    assert items_of(client.store) == {b"a/b c": b"\xff\n"}


def test_a_value_without_a_type_is_any_bytes() -> None:
    client = Client()
    client.put("a", b"")
    answer = client.get("a")
    assert (answer.content_type, answer.body) == ("application/octet-stream", (b"",))


@pytest.mark.parametrize("said", [b"text/html\r\nX: y", b"\xff", b" x"])
def test_a_type_that_cannot_stand_in_a_head_is_not_told(said: bytes) -> None:
    client = Client()
    client.store.apply([(b"a", Entry(NOON, 2, b"v", attached(content_type=said)))])
    assert client.get("a").content_type == "application/octet-stream"


def test_an_expiry_is_told() -> None:
    client = Client()
    client.put("a?ttl=2", b"v")
    assert ("Gossip-Expiry", "1700000002000000") in client.get("a").fields


def test_what_is_not_there() -> None:
    client = Client()
    assert client.get("a") == ABSENT
    assert client.delete("a") == ABSENT
    client.put("a", b"v")
    assert client.delete("a") == Answer(204)
    assert client.get("a") == ABSENT


@pytest.mark.parametrize("known", [ETAG, f"W/{ETAG}", f"{OTHER}, {ETAG}", "*"])
def test_a_client_that_has_it_already_is_told_so(known: str) -> None:
    client = Client()
    client.put("a", b"v")
    answer = client.get("a", f"If-None-Match: {known}")
    assert (answer.status, answer.body, answer.fields[0]) == (304, (), ("ETag", ETAG))
    assert client.get("a", f"If-None-Match: {OTHER}").status == 200


WRITES = [
    ("absent", "If-None-Match: *", 201),
    ("absent", "If-Match: *", 412),
    ("absent", f"If-Match: {ETAG}", 412),
    ("a", "If-None-Match: *", 412),
    ("a", f"If-None-Match: {ETAG}", 412),
    ("a", f"If-None-Match: {OTHER}", 204),
    ("a", "If-Match: *", 204),
    ("a", f"If-Match: {ETAG}", 204),
    ("a", f"If-Match: {OTHER}, {ETAG}", 204),
    ("a", f"If-Match: {OTHER}", 412),
    ("a", f"If-Match: W/{ETAG}", 412),
]


@pytest.mark.parametrize(("key", "condition", "status"), WRITES)
def test_a_write_is_made_where_its_condition_holds(key: str, condition: str, status: int) -> None:
    client = Client()
    client.put("a", b"v")
    if status == 412:
        assert refusal_of(lambda: client.put(key, b"w", condition))[0] == 412
        assert items_of(client.store) == {b"a": b"v"}
    else:
        assert client.put(key, b"w", condition).status == status
        assert items_of(client.store)[key.encode()] == b"w"


def test_a_delete_is_made_where_its_condition_holds() -> None:
    client = Client()
    client.put("a", b"v")
    assert refusal_of(lambda: client.delete("a", f"If-Match: {OTHER}"))[0] == 412
    assert client.delete("a", f"If-Match: {ETAG}").status == 204
    assert refusal_of(lambda: client.delete("a", "If-Match: *"))[0] == 412


@pytest.mark.parametrize("path", ["", "%", "%ff", "%00a"])
def test_what_is_no_key(path: str) -> None:
    client = Client()
    for act in (lambda: client.get(path), lambda: client.put(path, b""), lambda: client.delete(path)):
        assert refusal_of(act)[0] == 422


def test_a_type_has_its_bound() -> None:
    client = Client()
    assert client.put("a", b"", "Content-Type: " + "x" * 255).status == 201
    assert refusal_of(lambda: client.put("a", b"", "Content-Type: " + "x" * 256))[0] == 422
