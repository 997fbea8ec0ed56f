"""Requests over loopback, as the server counts and times them."""

import threading
import time

from gossip.metrics import Requests
from gossip.serving.answer import Answer
from gossip.serving.limits import Limits
from gossip.serving.request import Request
from gossip.serving.server import Server
from tests.nodes import wait_until
from tests.unit.fakes import receive_all
from tests.unit.serving import GET, IMPATIENT, LAST_GET, LAST_PUT, PUT, connect, echo, serving, talk
from tests.unit.streaming import Script, streaming

SECONDS = 0.3


def counted(server: Server, count: int) -> Requests:
    """Once so many requests are timed: a client may have its answer a moment before."""
    wait_until(lambda: sum(server.requests.took[0]) == count, what=f"{count} timed requests")
    assert sum(server.requests.counts.values()) == count
    return server.requests


def test_by_method_and_status() -> None:
    with serving() as (server, _):
        talk(
            server, GET + GET + PUT + b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\nBREW / HTTP/1.1\r\nHost: x\r\n\r\n" + LAST_PUT
        )
        talk(server, b"nonsense\r\n\r\n")
        expected = {("GET", 200): 2, ("PUT", 200): 2, ("HEAD", 200): 1, ("other", 200): 1, ("other", 400): 1}
        assert counted(server, 7).counts == expected


def test_whoever_is_turned_away() -> None:
    with serving(limits=Limits(connections=0)) as (server, _):
        with connect(server) as client:
            receive_all(client)
        assert counted(server, 1).counts == {("other", 503): 1}


def slow(request: Request) -> Answer:
    request.may_take_long()
    time.sleep(SECONDS)
    return Answer(200)


class Noting:
    """Echoes, and notes when the time of a request is taken: it is served on a thread of its own."""

    def __init__(self) -> None:
        self.begun = threading.Event()

    def __call__(self, request: Request) -> Answer:
        request.may_take_long()
        self.begun.set()
        return echo(request)


def test_what_takes_long_is_timed_each_by_itself() -> None:
    with serving(slow) as (server, _):
        began = time.monotonic()
        talk(server, GET + GET + LAST_GET)
        counts, seconds = counted(server, 3).took
    assert 3 * SECONDS <= seconds <= time.monotonic() - began
    assert sum(counts[:10]) == 0, "none took less than 0.1 s"


def test_the_time_that_a_client_takes_to_send_its_request_counts() -> None:
    noting = Noting()
    with serving(noting) as (server, _), connect(server) as client:
        client.sendall(PUT[:-1])
        assert noting.begun.wait(10)
        time.sleep(SECONDS)
        client.sendall(PUT[-1:])
        client.recv(1000)
        assert counted(server, 1).took[1] >= SECONDS


def test_the_time_that_a_connection_rests_does_not() -> None:
    noting = Noting()
    with serving(noting) as (server, _), connect(server) as client:
        time.sleep(SECONDS)
        began = time.monotonic()
        client.sendall(PUT[:-1])
        assert noting.begun.wait(10)
        time.sleep(SECONDS)
        client.sendall(PUT[-1:])
        counted(server, 1)
        spent = time.monotonic() - began
        time.sleep(SECONDS)
        began = time.monotonic()
        client.sendall(GET)
        counted(server, 2)
        spent += time.monotonic() - began
        assert SECONDS <= server.requests.took[1] <= spent


def test_a_request_that_does_not_come_to_its_end_counts_with_the_answer_that_it_gets() -> None:
    with serving(limits=IMPATIENT) as (server, _):
        talk(server, PUT[:-1])
        requests = counted(server, 1)
        assert requests.counts == {("PUT", 408): 1}
        assert requests.took[1] >= 0.1


def test_of_a_stream_the_time_until_it_begins() -> None:
    feed = Script(b"first\n")
    with streaming(feed) as (made, server, _), connect(server) as client:
        client.sendall(GET)
        requests = counted(server, 1)
        before = requests.took[1]
        assert made.streams.clients == 1
        time.sleep(SECONDS)
        made.say(feed, b"last\n", ends=True)
        wait_until(lambda: made.streams.clients == 0)
        assert requests.counts == {("GET", 200): 1}
        assert requests.took[1] == before
