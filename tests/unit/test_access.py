"""One line a request of those who ask for it."""

import logging
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from gossip.serving.access import AccessHandler
from gossip.serving.answer import Answer
from gossip.serving.limits import Limits
from gossip.serving.request import Operation, Request
from gossip.serving.server import Server
from tests.unit.fakes import receive_all
from tests.unit.logged import logged
from tests.unit.serving import GET, LAST_GET, LAST_PUT, PUT, broken, complaining, connect, echo, statuses, talk
from tests.unit.streaming import Script, Streaming


@pytest.fixture(autouse=True)
def asked_for(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "gossipcar.access")


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the log says of requests, but for what differs each time."""
    found = [line for line in logged(caplog) if "logger=access" in line]
    told = [line.partition(" ms=") for line in found]
    for _, _, rest in told:
        assert re.fullmatch(r"[0-9.e-]+ client=127\.0\.0\.1:[0-9]+", rest)
    return [line.removeprefix("level=info logger=access msg=request ") for line, _, _ in told]


@contextmanager
def serving(answer: Operation = echo, limits: Limits = Limits()) -> Iterator[Server]:  # noqa: B008
    server = Server("127.0.0.1", 0, lambda _: answer, limits, handler=AccessHandler)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def test_each_request_is_a_line_however_it_is_answered(caplog: pytest.LogCaptureFixture) -> None:
    with serving() as server, connect(server) as client:
        for _ in range(2):  # the second is recognised
            client.sendall(GET)
            assert statuses(client.recv(1000)) == [200]
        client.sendall(PUT + GET + LAST_PUT)
        assert statuses(receive_all(client)) == [200] * 3
    get, put = "method=GET path=/ status=200 bytes=1", "method=PUT path=/ status=200 bytes=5"
    assert lines(caplog) == [get, get, put, get, put]


def test_keys_are_told_and_long_ones_cut_short(caplog: pytest.LogCaptureFixture) -> None:
    long = b"/map/" + b"a" * 300 + b"?k=" + b"b" * 300
    with serving() as server:
        for target in (b"/map?k=a%20b&ttl=5", b"/map/\xff", long):
            talk(server, LAST_GET.replace(b"GET /", b"GET " + target))
    assert lines(caplog) == [
        'method=GET path=/map query="k=a%20b&ttl=5" status=200 bytes=4',
        r'method=GET path="/map/\ufffd" status=200 bytes=6',
        f'method=GET path=/map/{"a" * 195} query="k={"b" * 198}" status=200 bytes=305',
    ]


def test_errors(caplog: pytest.LogCaptureFixture) -> None:
    with serving(complaining) as server:
        talk(server, GET + GET + b"nonsense\r\n\r\n")
    with serving(broken) as server:
        talk(server, GET)
    assert lines(caplog) == [
        "method=GET path=/ status=404 bytes=16",
        "method=GET path=/ status=404 bytes=16",
        "status=400 bytes=53",
        "method=GET path=/ status=500 bytes=45",
    ]


def test_an_answer_without_a_body(caplog: pytest.LogCaptureFixture) -> None:
    with serving() as server:
        talk(server, LAST_GET.replace(b"GET", b"HEAD"))
    assert lines(caplog) == ["method=HEAD path=/ status=200 bytes=0"]


def test_the_time_is_that_of_the_request_as_it_arrives(caplog: pytest.LogCaptureFixture) -> None:
    begun, pause = threading.Event(), threading.Event()

    def noting(request: Request) -> Answer:
        begun.set()
        return echo(request)

    with serving(noting) as server, connect(server) as client:
        client.sendall(LAST_PUT[:-1])
        assert begun.wait(10)
        pause.wait(0.2)
        client.sendall(LAST_PUT[-1:])
        assert statuses(receive_all(client)) == [200]
    assert lines(caplog) == ["method=PUT path=/ status=200 bytes=5"]
    assert 200 <= vars(caplog.records[-1])["ms"] < 5000


def test_clients_that_are_too_many(caplog: pytest.LogCaptureFixture) -> None:
    with serving(limits=Limits(connections=0)) as server:
        assert statuses(talk(server, b"")) == [503]
    assert lines(caplog) == ["status=503 bytes=57"]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_what_comes_bit_by_bit_is_a_line_when_it_begins(method: str, caplog: pytest.LogCaptureFixture) -> None:
    made, feed = Streaming(10, 10), Script(b"a")
    feed.ends = True
    made.feeds.append(feed)
    with serving(made.get) as server:
        talk(server, LAST_GET.replace(b"GET", method.encode()))
        made.streams.stop()
    assert lines(caplog) == [f"method={method} path=/ status=200"]
