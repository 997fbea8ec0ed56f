"""Answers to clients that do not take them."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from gossip.serving.answer import Answer
from gossip.serving.limits import Limits
from gossip.serving.request import Request
from gossip.serving.server import Server
from tests.nodes import wait_until
from tests.unit.fakes import receive_all
from tests.unit.serving import GET, LAST_GET, bodies, serving, talk


@contextmanager
def reluctant(server: Server, raw: bytes) -> Iterator[socket.socket]:
    """A client that sends this, and reads nothing unless the test does."""
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        client.connect(("127.0.0.1", server.port))
        client.sendall(raw)
        yield client


def asked_until_at_rest(asked: list[float]) -> int:
    """How many were asked, once no more have been for a while."""
    wait_until(lambda: asked and time.monotonic() - asked[-1] > 0.3)
    return len(asked)


def test_of_many_requests_at_once_no_more_are_answered_than_the_client_takes() -> None:
    asked: list[float] = []

    def answer(request: Request) -> Answer:
        asked.append(time.monotonic())
        return Answer(200, (bytes(60_000),))

    with serving(answer) as (server, _), reluctant(server, GET * 300):
        assert asked_until_at_rest(asked) < 100, "the system takes 4 MiB at most, the node a piece or two"


def test_who_takes_what_it_asked_for_at_once_gets_all_of_it() -> None:
    with serving(lambda request: Answer(200, (bytes(60_000),))) as (server, counted):
        with reluctant(server, GET * 299 + LAST_GET) as client:
            assert len(bodies(receive_all(client))) == 300
        assert counted == [200] * 300


def test_an_answer_that_is_not_taken_has_room_for_itself_and_no_more() -> None:
    large = bytes(8 * 2**20)

    def answer(request: Request) -> Answer:
        if request.head.method == "PUT":
            return Answer(200, (b"%d" % len(request.body(200_000, "too large")),))
        request.may_take_long()
        request.make_room(6 * len(large))  # as it cannot be known beforehand how large it becomes
        return Answer(200, (large,))

    put = b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\nConnection: close\r\n\r\n" + bytes(100_000)
    with serving(answer, Limits(large_bytes=10 * 2**20)) as (server, counted), reluctant(server, GET):
        wait_until(lambda: counted)
        began = time.monotonic()
        assert bodies(talk(server, put)) == [b"100000"]
        assert time.monotonic() - began < 5, "the other one's time has not passed yet"


def test_an_answer_has_one_time_however_many_pieces_it_has() -> None:
    """A client that takes each of them soon enough, and all of them too slowly."""
    pieces = [bytes(200_000)] * 100
    with (
        serving(lambda request: Answer(200, pieces), Limits(request_seconds=0.5)) as (server, _),
        reluctant(server, GET) as client,
    ):
        taken, end = 0, time.monotonic() + 20
        with suppress(ConnectionResetError):
            while (piece := client.recv(100_000)) and time.monotonic() < end:
                taken += len(piece)
                time.sleep(len(piece) / 4_000_000)
        assert taken < 20_000_000
        assert time.monotonic() < end


def test_who_takes_an_answer_of_many_pieces_in_time_gets_it_whole() -> None:
    pieces = [bytes([number]) * 50_000 for number in range(200)]
    with serving(lambda request: Answer(200, pieces)) as (server, _):
        assert talk(server, LAST_GET).partition(b"\r\n\r\n")[2] == b"".join(pieces)
