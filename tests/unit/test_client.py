"""What a client asks, and what it makes of the answers."""

import json
import socket

import pytest

from gossip.client import (
    Client,
    ConditionFailed,
    Entry,
    ManyWritten,
    NotConfirmed,
    NotReachable,
    RequestRefused,
    Written,
)
from gossip.commands.demo.nodes import free_ports
from tests.unit.conversing import answer, conversing
from tests.unit.fakes import TinyServer

GONE = answer(404, b"none of the keys asked for is in the map\n")
TOLD = {"value": "1", "stamp": 17, "origin": "ab", "expiry": None}


def test_get_asks_for_the_path_of_the_key() -> None:
    with conversing([answer(200, b"\x00\n"), GONE]) as asked, Client(asked.url) as client:
        assert client.get("a/b") == b"\x00\n"
        assert client.get("c") is None
        assert asked.lines == ["GET /map/a%2Fb", "GET /map/c"]
        assert asked.connections == 1


def test_a_404_of_what_is_no_node_does_not_say_that_a_key_is_absent() -> None:
    elsewhere = answer(404, b"nothing is here; ask for one of /healthz, /metrics\n")
    with conversing([elsewhere] * 3) as asked, Client(asked.url) as client:
        for ask in (client.get, client.entry, client.delete):
            with pytest.raises(RequestRefused, match=r"^nothing is here; ask for one of /healthz, /metrics$"):
                ask("a")


def test_get_many_reads_json() -> None:
    body = json.dumps({"a": TOLD, "b": {**TOLD, "value": "", "base64": "/w=="}}).encode()
    with conversing([answer(200, body), GONE]) as asked, Client(asked.url) as client:
        assert client.get_many(["a", "b", "c"]) == {"a": b"1", "b": b"\xff"}
        assert client.get_many(["c"]) == {}
        assert client.get_many([]) == {}
        assert asked.lines == ["GET /map?k=a&k=b&k=c", "GET /map?k=c"]
        assert asked.fields()["accept"] == "application/json"


def test_an_entry_has_all_that_the_node_tells() -> None:
    told = {"a": {"base64": "aGk=", "stamp": 17, "origin": "ab", "expiry": 18, "contentType": "text/html"}}
    with conversing([answer(200, json.dumps(told).encode())]) as asked, Client(asked.url) as client:
        entry = client.entry("a")
    assert entry == Entry(b"hi", 17, "ab", 18, "text/html")
    assert entry.etag == '"17-ab"'


def test_put_says_what_is_wanted() -> None:
    answers = [answer(201, b"", 'ETag: "17-ab"'), answer(204, b"", 'ETag: "18-ab"', "Gossip-Confirmed: 2")]
    with conversing(answers) as asked, Client(asked.url) as client:
        assert client.put("a", "é") == Written(True, '"17-ab"', None)
        written = client.put("a", b"\xff", ttl=1.5, content_type="a/b", if_match='"17-ab"', wait=2, wait_timeout=9)
        assert written == Written(False, '"18-ab"', 2)
        assert asked.lines == ["PUT /map/a", "PUT /map/a?ttl=1.500000&wait=2&timeout=9.000000"]
        assert [body for _, body in asked] == ["é".encode(), b"\xff"]
        assert asked.fields(0).keys() == {"host", "accept-encoding", "content-length"}
        assert (asked.fields(1)["content-type"], asked.fields(1)["if-match"]) == ("a/b", '"17-ab"')


def test_a_condition_that_fails() -> None:
    with conversing([answer(412, b"the value here is another\n")]) as asked, Client(asked.url) as client:
        with pytest.raises(ConditionFailed, match="the value here is another") as caught:
            client.put("a", "1", if_none_match=True)
        assert caught.value.status == 412
        assert asked.fields()["if-none-match"] == "*"


def test_a_refusal_has_its_status_and_sentence() -> None:
    with conversing([answer(507, b"the map is full\n"), answer(500)]) as asked, Client(asked.url) as client:
        with pytest.raises(RequestRefused) as caught:
            client.put("a", "1")
        assert (caught.value.status, caught.value.sentence) == (507, "the map is full")
        with pytest.raises(RequestRefused, match="Internal Server Error"):
            client.put("a", "1")


def test_time_that_is_up_says_how_many_have_it() -> None:
    with conversing([answer(202, b"", "Gossip-Confirmed: 1")] * 2) as asked, Client(asked.url) as client:
        with pytest.raises(NotConfirmed) as caught:
            client.put("a", "1", wait="majority")
        assert caught.value.confirmed == 1
        with pytest.raises(NotConfirmed):
            client.delete("a", wait="all")


def test_put_many_posts_json() -> None:
    counts = answer(200, b'{"created": 1, "overwritten": 1}\n')
    with conversing([counts]) as asked, Client(asked.url) as client:
        assert client.put_many({"a": "é", "b": b"\xff"}, ttl=2) == ManyWritten(1, 1, None)
        assert asked.lines == ["POST /map"]
        assert json.loads(asked[0][1]) == {"a": {"value": "é", "ttl": 2}, "b": {"base64": "/w==", "ttl": 2}}
        assert asked.fields()["content-type"] == "application/json"


def test_delete_one_or_many() -> None:
    with conversing([answer(204), GONE, answer(204), GONE]) as asked, Client(asked.url) as client:
        assert client.delete("a", if_match="*") is True
        assert client.delete("a", "b") is False
        assert client.delete(*(f"{number:03}-{'x' * 100}" for number in range(100))) is True
        assert client.delete() is False
        assert asked.lines[:2] == ["DELETE /map/a", "DELETE /map?k=a&k=b"]
        assert len(asked.lines) == 4
        with pytest.raises(ValueError, match="one key"):
            client.delete("a", "b", if_match="*")


def test_add_and_listings() -> None:
    first = {"keys": ["a"], "next": "a", "entries": {"a": TOLD}}
    last = {"keys": ["b"], "next": None, "entries": {"b": TOLD}}
    pages = [answer(200, json.dumps(page).encode()) for page in (first, last, first, last)]
    with conversing([answer(200, b"12\n"), *pages]) as asked, Client(asked.url) as client:
        assert client.add("n", -3, ttl=1) == 12
        assert list(client.keys("x/")) == ["a", "b"]
        assert list(client.entries()) == [("a", Entry(b"1", 17, "ab", None, None)), ("b", (b"1", 17, "ab", None, None))]
        assert asked.lines == [
            "POST /map?k=n&add=-3&ttl=1.000000",
            "GET /keys?prefix=x%2F",
            "GET /keys?prefix=x%2F&after=a",
            "GET /keys?prefix=&values=1",
            "GET /keys?prefix=&values=1&after=a",
        ]


def test_stats_and_peers() -> None:
    answers = [answer(200, b"a=1\nb=x=y\n"), answer(200, b'{"agreeing": 2}')]
    with conversing(answers) as asked, Client(asked.url) as client:
        assert client.stats() == {"a": "1", "b": "x=y"}
        assert client.peers() == {"agreeing": 2}


@pytest.mark.parametrize("url", ["https://localhost", "ftp://x", "http://", "http://a:b", "http://a/map", ""])
def test_what_is_no_url_of_a_node(url: str) -> None:
    with pytest.raises(ValueError, match="is not the URL of a node, such as http://localhost:8080"):
        Client(url)


def test_nobody_there() -> None:
    url = f"http://localhost:{free_ports(1)[0]}"
    with pytest.raises(NotReachable, match=f"no node answers at {url}: Connection refused"):
        Client(url).get("a")


def test_a_node_that_does_not_answer_in_time() -> None:
    def act(_: socket.socket) -> None:
        server.over.wait()

    with TinyServer(act) as server, pytest.raises(NotReachable, match="timed out"):
        Client(f"http://{server.address}", timeout=0.05).get("a")


@pytest.mark.parametrize("said", [b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", b"hello\r\n\r\n", b""])
def test_an_answer_that_is_none(said: bytes) -> None:
    with conversing([said]) as asked, Client(asked.url) as client, pytest.raises(NotReachable):
        client.get("a")
