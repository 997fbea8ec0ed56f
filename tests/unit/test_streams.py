"""Answers that come bit by bit, over loopback: whoever takes them gets them, whoever does not is cut."""

import socket
import threading
import time
import tracemalloc
from contextlib import ExitStack

import pytest

from gossip.serving.stream import UNSENT_BYTES
from gossip.serving.streams import Streams
from tests.nodes import wait_until
from tests.unit.fakes import receive_all
from tests.unit.serving import GET, LAST_GET, OLD_GET, connect, statuses
from tests.unit.streaming import Broken, Late, Script, streaming

HEAD = b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n"


def receive_until(connection: socket.socket, end: bytes) -> bytes:
    received = b""
    while not received.endswith(end):
        more = connection.recv(65536)
        assert more, received
        received += more
    return received


def stream_threads() -> set[threading.Thread]:
    """Those of other tests among them, which may still be ending."""
    return {thread for thread in threading.enumerate() if thread.name == "streams"}


def test_pieces_are_sent_as_chunks_when_they_come() -> None:
    feed = Script(b"first\n")
    with streaming(feed) as (made, server, counted), connect(server) as client:
        client.sendall(GET)
        head, _, body = receive_until(client, b"6\r\nfirst\n\r\n").partition(b"\r\n\r\n")
        assert head.startswith(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX-A: b\r\nTransfer-Encoding: chunked\r\n"
        )
        assert b"Content-Length" not in head
        assert b"Connection" not in head
        assert body == b"6\r\nfirst\n\r\n"
        made.say(feed, b"second\n", b"third\n")
        assert receive_until(client, b"6\r\nthird\n\r\n") == b"7\r\nsecond\n\r\n6\r\nthird\n\r\n"
        assert counted == [200]


def test_the_old_version_has_no_chunks_and_its_answer_ends_with_the_connection() -> None:
    feed = Script(b"first\n")
    with streaming(feed) as (made, server, _), connect(server) as client:
        client.sendall(OLD_GET)
        head, _, body = receive_until(client, b"first\n").partition(b"\r\n\r\n")
        made.say(feed, b"second\n", ends=True)
        assert (body, receive_all(client)) == (b"first\n", b"second\n")
        assert b"\r\nConnection: close\r\n" in head
        assert b"Transfer-Encoding" not in head


def test_after_the_end_the_connection_serves_on_with_what_the_client_has_sent_meanwhile() -> None:
    first, second = Script(b"a"), Script(b"b")
    second.ends = True
    with streaming(first, second) as (made, server, _), connect(server) as client:
        client.sendall(GET)
        receive_until(client, b"1\r\na\r\n")
        client.sendall(LAST_GET)
        made.say(first, b"z", ends=True)
        answer = receive_all(client)
        assert answer.startswith(b"1\r\nz\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n")
        assert answer.endswith(b"\r\n\r\n1\r\nb\r\n0\r\n\r\n")
        assert b"\r\nConnection: close\r\n" in answer
        wait_until(lambda: server.connections == 0)


def test_head_is_answered_with_the_head_alone_and_takes_no_place() -> None:
    with streaming(Script(), Script(b"a"), most=1) as (_, server, _), connect(server) as client:
        client.sendall(HEAD + GET)
        answers = receive_until(client, b"1\r\na\r\n")
        assert statuses(answers) == [200, 200]
        assert answers.count(b"Transfer-Encoding: chunked\r\n") == 2


def test_there_are_so_many_and_one_that_goes_makes_room_at_once() -> None:
    with streaming(Script(b"a"), Script(b"b"), Script(), Script(b"c"), most=2) as (_, server, counted):
        with connect(server) as first, connect(server) as second, connect(server) as third:
            first.sendall(GET)
            receive_until(first, b"1\r\na\r\n")
            second.sendall(GET)
            receive_until(second, b"1\r\nb\r\n")
            third.sendall(LAST_GET)
            refusal = receive_all(third)
            assert statuses(refusal) == [503]
            assert b"\r\nRetry-After: 1\r\n" in refusal
            assert refusal.endswith(b"this node sends 2 clients what comes, and no more; try again\n")
            second.close()
            wait_until(lambda: server.connections == 1)
            with connect(server) as fourth:
                fourth.sendall(GET)
                receive_until(fourth, b"1\r\nc\r\n")
        wait_until(lambda: server.connections == 0)
        assert counted == [200, 200, 503, 200]


def test_one_that_has_seen_the_end_may_ask_again_at_once() -> None:
    feeds = [Script(b"a") for _ in range(100)]
    for feed in feeds:
        feed.ends = True
    with streaming(*feeds, most=1) as (_, server, counted), connect(server) as client:
        for _ in feeds:
            client.sendall(GET)
            receive_until(client, b"0\r\n\r\n")
        assert counted == [200] * 100


def test_one_that_takes_nothing_is_cut_while_others_go_on() -> None:
    slow, quick = Script(bytes(2**24)), Script(b"a")
    with streaming(slow, quick, patience=0.3) as (made, server, _), connect(server) as client, connect(server) as other:
        client.sendall(GET)
        wait_until(lambda: not slow.pieces)
        other.sendall(GET)
        receive_until(other, b"1\r\na\r\n")
        wait_until(lambda: server.connections == 1)
        made.say(quick, b"b")
        assert receive_until(other, b"1\r\nb\r\n")


def test_one_that_takes_a_little_now_and_then_gets_everything() -> None:
    feed = Script(bytes(2**24))
    feed.ends = True
    pause, received = threading.Event(), b""
    with streaming(feed, patience=2) as (_, server, _), connect(server) as client:
        client.sendall(LAST_GET)
        while piece := client.recv(2**18):
            received += piece
            pause.wait(0.05)  # 64 times at least, which takes longer than the patience
    assert received.partition(b"\r\n\r\n")[2] == b"1000000\r\n" + bytes(2**24) + b"\r\n0\r\n\r\n"


def test_a_flood_is_gathered() -> None:
    feed = Script(b"a")
    with streaming(feed) as (made, server, _), connect(server) as client:
        client.sendall(GET)
        receive_until(client, b"1\r\na\r\n")
        before, began = made.gathered, time.monotonic()
        pause = threading.Event()
        for _ in range(200):
            made.streams.wake()
            pause.wait(0.001)
        assert made.gathered - before <= 1 + 50 * (time.monotonic() - began), "50 times a second at the most"


def test_a_feed_is_asked_when_it_is_due_though_nothing_has_come() -> None:
    feed = Late(time.monotonic() + 0.2)
    with streaming(feed) as (_, server, _), connect(server) as client:
        client.sendall(GET)
        assert receive_until(client, b"4\r\nlate\r\n")
        assert 0.2 <= time.monotonic() - feed.made < 5


def test_a_broken_feed_ends_its_own_stream_only(caplog: pytest.LogCaptureFixture) -> None:
    healthy = Script(b"a")
    with streaming(healthy, Broken()) as (made, server, _), connect(server) as client, connect(server) as other:
        client.sendall(GET)
        receive_until(client, b"1\r\na\r\n")
        other.sendall(GET)
        assert receive_all(other).endswith(b"\r\n\r\n")
        made.say(healthy, b"b")
        assert receive_until(client, b"1\r\nb\r\n")
        assert made.streams.alive
        assert "unthought of" in caplog.text


def test_a_stop_ends_all_streams_in_order_and_the_thread() -> None:
    others = stream_threads()
    with streaming(Script(b"a"), Script(b"a")) as (made, server, _), ExitStack() as stack:
        clients = [stack.enter_context(connect(server)) for _ in range(2)]
        for client in clients:
            client.sendall(GET)
            receive_until(client, b"1\r\na\r\n")
        assert stream_threads() - others
        made.streams.stop()
        assert [receive_all(client) for client in clients] == [b"0\r\n\r\n", b"0\r\n\r\n"]
        wait_until(lambda: server.connections == 0)
        wait_until(lambda: not stream_threads() - others)
        assert made.streams.alive


def test_there_is_no_thread_before_the_first_stream() -> None:
    others = stream_threads()
    with streaming(Script()) as (made, server, _), connect(server) as client:
        client.sendall(HEAD)
        assert client.recv(1000)
        assert not stream_threads() - others
        assert made.streams.alive
        made.streams.stop()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_that_has_ended_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def end(streams: Streams) -> None:
        raise SystemExit

    with streaming(Script(b"a")) as (made, server, _), connect(server) as client:
        monkeypatch.setattr(Streams, "_turn", end)
        client.sendall(GET)
        wait_until(lambda: not made.streams.alive)


def test_who_is_behind_is_cut_before_others_are_sent_more() -> None:
    feeds = [Script(b"a") for _ in range(3)]
    asked_of: list[int] = []
    with streaming(*feeds) as (made, server, _), ExitStack() as stack:
        for client in [stack.enter_context(connect(server)) for _ in feeds]:
            client.sendall(GET)
            receive_until(client, b"1\r\na\r\n")
        for number, feed in enumerate(feeds):
            feed.taken = lambda: asked_of.append(server.connections)
            feed.pieces.append(bytes(UNSENT_BYTES - number))
        made.streams.wake()
        wait_until(lambda: len(asked_of) == 3)
        assert asked_of == [3, 3, 2]
        wait_until(lambda: server.connections == 1)


def test_a_piece_is_not_copied_for_those_who_are_sent_it() -> None:
    piece = bytes(2**24)
    feeds = [Script(piece) for _ in range(3)]
    with streaming(*feeds) as (_, server, _), ExitStack() as stack:
        tracemalloc.start()
        try:
            for client in [stack.enter_context(connect(server)) for _ in feeds]:
                client.sendall(GET)
            wait_until(lambda: not any(feed.pieces for feed in feeds))
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert most < len(piece)
