"""Watching real nodes: what changes is told, wherever it was changed, once and in order."""

import os
import signal
import threading
import time
from contextlib import ExitStack

import requests

from gossip.commands.demo.nodes import free_ports
from tests.nodes import RunningNode, wait_until
from tests.serving.sockets import Belongings, connect
from tests.watching import Watching

MIB = 2**20


def delete(node: RunningNode, key: str) -> int:
    return requests.delete(f"{node.url}/map", params={"k": key}, timeout=10).status_code


def test_what_changes_here_and_at_a_peer_is_told() -> None:
    ports = free_ports(2)
    with ExitStack() as stack:
        peers = "--peers=" + ",".join(f"127.0.0.1:{port}" for port in ports)
        here, there = (
            stack.enter_context(RunningNode(peers, "--gossip-interval=0.1", peer_port=port)) for port in ports
        )
        all_keys, some = (
            stack.enter_context(Watching(here.url)),
            stack.enter_context(Watching(here.url, "?prefix=th&k=x")),
        )
        assert all_keys.response.headers["Content-Type"] == "text/event-stream"
        assert all_keys.response.headers["Cache-Control"] == "no-store"
        here.put("here", b"1")
        put = all_keys.next()
        assert (put.name, put.data["key"], put.data["value"]) == ("put", "here", "1")
        assert put.data["origin"] == here.stats()["origin"]
        there.put("there", b"\xff")
        put = all_keys.next()
        assert (put.name, put.data["key"], put.data["base64"]) == ("put", "there", "/w==")
        assert put.data["origin"] == there.stats()["origin"]
        wait_until(lambda: delete(there, "here") == 204)
        deleted = all_keys.next()
        assert (deleted.name, sorted(deleted.data)) == ("delete", ["key", "origin", "stamp"])
        requests.put(f"{there.url}/map", params={"k": "x", "ttl": "1"}, data=b"brief", timeout=10)
        assert all_keys.take(2) == [("put", "x"), ("delete", "x")]
        assert some.take(3) == [("put", "there"), ("put", "x"), ("delete", "x")]


def test_a_watcher_that_comes_and_goes_misses_nothing_and_is_told_nothing_twice() -> None:
    with RunningNode() as node:
        with Watching(node.url) as watching:
            node.put("first", b"v")
            last = watching.next().id
        keys = [f"key{number}" for number in range(1500)]

        def write() -> None:
            with requests.Session() as session:
                for key in keys:
                    session.put(f"{node.url}/map", params={"k": key}, data=b"v", timeout=10)

        writer = threading.Thread(target=write)
        writer.start()
        found: list[str] = []
        visit = 0
        while len(found) < len(keys):
            visit += 1
            with Watching(node.url, last=last) as watching:
                for _ in range(min(1 + visit * 7 % 50, len(keys) - len(found))):
                    event = watching.next()
                    found.append(event.data["key"])
                    last = event.id
        writer.join()
        assert visit > 20
        assert found == keys


def test_an_id_from_before_a_restart_gives_a_reset() -> None:
    with RunningNode() as node, Watching(node.url) as watching:
        node.put("k", b"v")
        last = watching.next().id
    with RunningNode(client_port=node.client_port) as again, Watching(again.url, last=last) as watching:
        reset = watching.next()
        assert (reset.name, reset.data, reset.number) == ("reset", {}, 0)
        again.put("k", b"v")
        assert watching.next().number == 1


def test_an_id_from_before_what_is_remembered_gives_a_reset() -> None:
    with RunningNode() as node:
        with Watching(node.url, "?k=first") as watching:
            node.put("first", b"v")
            last = watching.next().id
        for _ in range(9):
            node.put("large", bytes(MIB))
        with Watching(node.url, f"?since={last}&k=first") as watching:
            assert watching.take(1) == [("reset", "")]
            node.put("first", b"w")
            assert watching.take(1) == [("put", "first")]


def test_a_watcher_that_takes_nothing_is_cut_and_others_go_on() -> None:
    with RunningNode("--request-seconds=1") as node, connect(node.client_port) as stuck, Watching(node.url) as healthy:
        stuck.sendall(b"GET /watch HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert b"200 OK" in stuck.recv(100)
        for number in range(12):
            node.put(f"key{number}", bytes(MIB))
            assert healthy.take(1) == [("put", f"key{number}")]
        wait_until(lambda: "a client that took nothing is cut" in node.log)
        taken = 0
        while piece := stuck.recv(MIB):  # until the end that the node made
            taken += len(piece)
        assert taken < 30 * MIB
        node.put("after", b"v")
        assert healthy.take(1) == [("put", "after")]


def test_there_may_be_so_many_watchers_and_those_that_go_make_room() -> None:
    with RunningNode("--max-watchers=2") as node, ExitStack() as stack:
        first, _ = (stack.enter_context(Watching(node.url)) for _ in range(2))
        refused = requests.get(f"{node.url}/watch", timeout=10)
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
        assert node.put("k", b"v") == 201
        first.response.close()

        def is_let_in() -> bool:
            with Watching(node.url) as watching:
                return watching.response.status_code == 200

        wait_until(is_let_in)


def test_a_long_poll_is_answered_by_events_or_by_time() -> None:
    with RunningNode() as node, requests.Session() as session:
        began = time.monotonic()
        answer = session.get(f"{node.url}/watch?timeout=0.5&k=k", timeout=10)
        assert 0.5 <= time.monotonic() - began < 5
        comment, id, *rest = answer.text.splitlines()
        assert (comment, rest) == (": this node is here", [""])
        node.put("other", b"v")
        node.put("k", b"v")
        began = time.monotonic()
        with Watching(node.url, "?timeout=60&k=k", last=id.removeprefix("id: ")) as poll:
            assert poll.rest() == ["k"]
            last = poll.last
        later = threading.Timer(0.2, node.put, ("k", b"w"))
        later.start()
        with Watching(node.url, f"?timeout=60&k=k&since={last}") as poll:
            assert poll.rest() == ["k"]
        assert time.monotonic() - began < 10
        later.join()


def test_watchers_that_go_leave_nothing_behind() -> None:
    with RunningNode() as node:
        with Watching(node.url):
            before = Belongings(node)
        for turn in range(3):
            with ExitStack() as stack:
                watchers = [stack.enter_context(Watching(node.url)) for _ in range(50)]
                node.put("k", b"%d" % turn)
                assert {watching.next().data["value"] for watching in watchers} == {str(turn)}
        before.wait_until_as_before()


def test_a_stop_tells_watchers_of_the_last_write_and_ends_them_in_time() -> None:
    with RunningNode() as node, ExitStack() as stack, connect(node.client_port) as stuck:
        watchers = [stack.enter_context(Watching(node.url, "?prefix=small")) for _ in range(50)]
        stuck.sendall(b"GET /watch HTTP/1.1\r\nHost: localhost\r\n\r\n")
        for number in range(8):
            node.put(f"large{number}", bytes(MIB))
        node.put("small", b"v")
        began = time.monotonic()
        os.kill(node.process.pid, signal.SIGTERM)
        assert [watching.rest() for watching in watchers] == [["small"]] * 50
        assert node.process.wait(10) == 0
        assert time.monotonic() - began < 5


def test_health_does_not_depend_on_watchers() -> None:
    with RunningNode() as node, Watching(node.url):
        assert requests.get(f"{node.peer_url}/healthz", timeout=10).text == "alive\n"
