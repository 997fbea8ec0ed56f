"""Connections are kept, and opened again where that is safe."""

import socket
from collections.abc import Callable

import pytest

from gossip.client import Client, NotReachable, RequestRefused, connections
from tests.nodes import wait_until
from tests.unit.conversing import answer, conversing
from tests.unit.fakes import TinyServer

OK = answer(200, b"1")
WRITTEN = answer(201, b"", 'ETag: "17-ab"')
GONE = answer(404, b"none of the keys asked for is in the map\n")
CUT = b""
"""The request is read, and the connection closed."""

Act = Callable[[Client], object]


def test_requests_follow_each_other_on_one_connection() -> None:
    with conversing([OK, WRITTEN, GONE, OK]) as asked, Client(asked.url) as client:
        client.get("a")
        client.put("a", "1")
        client.delete("a")
        client.add("a")
        assert asked.connections == 1


def test_a_connection_that_the_node_closed_meanwhile_is_opened_again_even_for_add() -> None:
    with conversing([OK], [OK]) as asked, Client(asked.url) as client:
        assert client.add("a") == 1
        wait_until(lambda: asked.ended == 1)
        assert client.add("a") == 1
        assert asked.connections == 2


REPEATED: dict[str, Act] = {
    "get": lambda client: client.get("a"),
    "put": lambda client: client.put("a", "1", ttl=5),
    "delete": lambda client: client.delete("a"),
}


@pytest.mark.parametrize("act", REPEATED.values(), ids=REPEATED.keys())
def test_what_may_be_done_twice_is_asked_again_once(act: Act) -> None:
    with conversing([OK, CUT], [WRITTEN]) as asked, Client(asked.url) as client:
        client.get("first")
        act(client)
        assert asked.connections == 2
        assert asked.lines[1] == asked.lines[2]


@pytest.mark.parametrize("act", REPEATED.values(), ids=REPEATED.keys())
def test_it_is_not_asked_a_third_time(act: Act) -> None:
    with conversing([OK, CUT], [CUT], [OK]) as asked, Client(asked.url) as client:
        client.get("first")
        with pytest.raises(NotReachable):
            act(client)
        assert len(asked) == 3


NOT_REPEATED: dict[str, Act] = {
    "add": lambda client: client.add("a"),
    "put_many": lambda client: client.put_many({"a": "1"}),
    "put if absent": lambda client: client.put("a", "1", if_none_match=True),
    "delete if it is this": lambda client: client.delete("a", if_match='"17-ab"'),
}


@pytest.mark.parametrize("act", NOT_REPEATED.values(), ids=NOT_REPEATED.keys())
def test_what_may_not_be_done_twice_is_not_asked_again(act: Act) -> None:
    with conversing([OK, CUT], [OK]) as asked, Client(asked.url) as client:
        client.get("first")
        with pytest.raises(NotReachable):
            act(client)
        assert len(asked) == 2


def test_after_an_answer_that_ends_the_connection_another_is_opened() -> None:
    with conversing([answer(200, b"1", "Connection: close")], [OK]) as asked, Client(asked.url) as client:
        assert client.get("a") == client.get("a") == b"1"
        assert asked.connections == 2


def test_a_closed_client_opens_another_connection() -> None:
    with conversing([OK], [OK]) as asked:
        client = Client(asked.url)
        client.get("a")
        client.close()
        assert client.get("a") == b"1"
        client.close()


def test_a_large_value_that_is_refused_before_it_is_sent_is_refused_with_the_nodes_sentence() -> None:
    def refuse(connection: socket.socket) -> None:
        connection.recv(1000)
        connection.sendall(answer(413, b"a value may have 1000 bytes at most\n", "Connection: close"))
        connection.shutdown(socket.SHUT_RDWR)

    with TinyServer(refuse) as server, Client(f"http://{server.address}") as client:
        with pytest.raises((RequestRefused, NotReachable)) as caught:
            client.put("a", b"x" * 20_000_000)
        assert "a value may have 1000 bytes at most" in str(caught.value)


@pytest.mark.parametrize("other", [answer(404, b"<html>"), answer(200, b"<html>"), b"SSH-2.0\r\n\r\n"])
def test_without_url_the_second_place_is_taken_where_the_first_is_no_nodes(
    other: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    stats = answer(200, b"upTimeSecs=5\n")
    with conversing([other]) as web, conversing([stats], [OK, OK]) as node:
        monkeypatch.setattr(connections, "DEFAULT_URLS", (web.url, node.url))
        with Client() as client:
            assert client.get("a") == client.get("a") == b"1"
        assert web.lines == ["GET /stats"]
        assert node.lines == ["GET /stats", "GET /map/a", "GET /map/a"]


def test_without_url_and_without_node(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "DEFAULT_URLS", ("http://[::1]:1", "http://localhost:2"))
    with pytest.raises(NotReachable, match=r"^no node answers at http://\[::1\]:1 or http://localhost:2$"):
        Client().get("a")


def test_a_node_that_comes_later_is_found_by_the_same_client(monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client()
    monkeypatch.setattr(connections, "DEFAULT_URLS", ("http://127.0.0.1:1",))
    with pytest.raises(NotReachable):
        client.get("a")
    with conversing([answer(200, b"upTimeSecs=5\n")], [OK]) as node:
        monkeypatch.setattr(connections, "DEFAULT_URLS", (node.url,))
        assert client.get("a") == b"1"
        client.close()
