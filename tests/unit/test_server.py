"""Connections over loopback: what a client sees, request by request."""

import errno
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from gossip.serving.answer import Answer, HttpError, plain
from gossip.serving.limits import Limits
from gossip.serving.request import Request
from gossip.serving.server import Server
from tests.nodes import wait_until
from tests.unit.fakes import receive_all

Operation = Callable[[Request], Answer]

IMPATIENT = Limits(request_seconds=0.1, idle_seconds=0.1, drain_seconds=0.1)

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
LAST_GET = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
OLD_GET = b"GET / HTTP/1.0\r\n\r\n"
OLD_KEPT_GET = b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
PUT = b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nvalue"


def echo(request: Request) -> Answer:
    return Answer(200, (request.body(1000, "too large") if request.method == "PUT" else request.path,))


def deaf(request: Request) -> Answer:
    return plain(200, "yes")


def complaining(request: Request) -> Answer:
    raise HttpError(404, "nothing is here")


def broken(request: Request) -> Answer:
    raise RuntimeError("unthought of")


@contextmanager
def serving(answer: Operation = echo, limits: Limits = Limits()) -> Iterator[tuple[Server, list[int]]]:  # noqa: B008
    """A running server, and the statuses that it counts."""
    counted: list[int] = []
    server = Server("127.0.0.1", 0, answer, limits, counted.append)
    server.start()
    try:
        yield server, counted
    finally:
        server.stop()


def connect(server: Server) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=10)


def talk(server: Server, raw: bytes) -> bytes:
    """Everything that is answered to these bytes, when the client sends nothing more but keeps its half open."""
    with connect(server) as client:
        client.sendall(raw)
        return receive_all(client)


def statuses(answers: bytes) -> list[int]:
    return [int(piece[:3]) for piece in answers.split(b"HTTP/1.1 ")[1:]]


def bodies(answers: bytes) -> list[bytes]:
    return [piece.partition(b"\r\n\r\n")[2] for piece in answers.split(b"HTTP/1.1 ")[1:]]


def test_requests_on_one_connection_are_answered_in_order() -> None:
    with serving() as (server, counted):
        answers = talk(server, b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n" + PUT + LAST_GET)
    assert bodies(answers) == [b"/a", b"value", b"/"]
    assert counted == [200, 200, 200]
    assert answers.count(b"Connection: close") == 1


CLOSING = {
    "the client asks for it": LAST_GET,
    "the old version": OLD_GET,
    "the old version, kept once": OLD_KEPT_GET + OLD_GET,
    "a bad head": GET + b"nonsense\r\n\r\n" + GET,
    "a body of unknown length": b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n" + bytes(1001),
    "a bad chunk": b"PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n",
}


@pytest.mark.parametrize(
    ("case", "expected"), list(zip(CLOSING, ([200], [200], [200, 200], [200, 400], [413], [400]), strict=True))
)
def test_the_connection_is_closed_after_the_answer(case: str, expected: list[int]) -> None:
    with serving() as (server, _):
        answers = talk(server, CLOSING[case])
    assert statuses(answers) == expected
    assert b"\r\nConnection: close\r\n" in answers


def test_an_old_client_is_told_that_the_connection_is_kept() -> None:
    with serving() as (server, _):
        answers = talk(server, OLD_KEPT_GET + OLD_GET)
    assert answers.count(b"\r\nConnection: keep-alive\r\n") == 1


def test_an_error_of_the_operation_does_not_end_the_connection() -> None:
    with serving(complaining) as (server, counted):
        answers = talk(server, GET + LAST_GET)
    assert bodies(answers) == [b"nothing is here\n"] * 2
    assert counted == [404, 404]


def test_a_mistake_of_ours_is_answered_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    with serving(broken) as (server, counted):
        answers = talk(server, GET + GET)
        assert statuses(answers) == counted == [500]
        assert b"Connection: close" in answers
        assert statuses(talk(server, GET)) == [500], "the server goes on"
    assert "unthought of" in caplog.text


def test_a_body_that_nobody_asked_for_is_heard_out_after_the_answer() -> None:
    patient = Limits(drain_seconds=30, drain_bytes=10**12)
    with serving(deaf, patient) as (server, _), connect(server) as client:
        client.sendall(b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n")
        answer = receive_all(client)
        end = time.monotonic() + 0.2
        while time.monotonic() < end:
            client.sendall(bytes(1000))  # resets a connection that was closed at once
    assert statuses(answer) == [200]
    assert b"Connection: close" in answer


def test_head_is_answered_without_a_body_but_with_its_length() -> None:
    with serving() as (server, _):
        answers = talk(server, b"HEAD /abc HTTP/1.1\r\nHost: x\r\n\r\n" + LAST_GET)
    assert bodies(answers) == [b"", b"/"]
    assert b"\r\nContent-Length: 4\r\n" in answers


def test_a_client_that_waits_is_told_to_go_on() -> None:
    with serving() as (server, _), connect(server) as client:
        client.sendall(
            b"PUT / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\nConnection: close\r\n\r\n"
        )
        assert client.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"value")
        assert bodies(receive_all(client)) == [b"value"]


@pytest.mark.parametrize("sizes", [[0], [65_535], [65_536], [300_000], [1] * 70_000, [10, 200_000, 10, 70_000, 5]])
def test_large_answers_arrive_whole(sizes: list[int]) -> None:
    body = [bytes([at % 251]) * size for at, size in enumerate(sizes)]
    with serving(lambda request: Answer(200, body)) as (server, _):
        answers = talk(server, LAST_GET)
    assert answers.partition(b"\r\n\r\n")[2] == b"".join(body)


@pytest.mark.parametrize(
    ("begun", "expected"),
    [(b"", []), (b"GET /", [408]), (GET, [200]), (PUT[:-1], [408])],
    ids=["nothing", "half a head", "resting after a request", "half a body"],
)
def test_slow_clients_are_left(begun: bytes, expected: list[int]) -> None:
    with serving(limits=IMPATIENT) as (server, _):
        assert statuses(talk(server, begun)) == expected


def test_a_client_that_leaves_within_a_request_harms_nobody() -> None:
    with serving() as (server, counted):
        with connect(server) as client:
            client.sendall(PUT[:-1])
        wait_until(lambda: server.connections == 0)
        assert statuses(talk(server, LAST_GET)) == counted == [200]


def test_a_connection_too_many_is_turned_away() -> None:
    with serving(limits=Limits(connections=2)) as (server, counted):
        with connect(server), connect(server):
            wait_until(lambda: server.connections == 2)
            with connect(server) as third:
                turned_away = receive_all(third)
        assert statuses(turned_away) == counted == [503]
        assert b"\r\nRetry-After: 1\r\n" in turned_away
        wait_until(lambda: server.connections == 0)
        assert statuses(talk(server, LAST_GET)) == [200]


def test_one_too_many_hears_why_even_when_it_has_asked_already() -> None:
    with serving(limits=Limits(connections=0)) as (server, _), connect(server) as client:
        client.sendall(GET)
        assert client.recv(1000).startswith(b"HTTP/1.1 503 Service Unavailable\r\n")


def test_a_stop_lets_the_answer_at_hand_be_finished() -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow(request: Request) -> Answer:
        begun.set()
        assert go_on.wait(10)
        return plain(200, "finished")

    with serving(slow) as (server, _), connect(server) as client:
        client.sendall(GET)
        assert begun.wait(10)
        server.stop()
        go_on.set()
        answers = receive_all(client)
    assert bodies(answers) == [b"finished\n"]
    assert b"Connection: close" in answers


def test_a_stop_ends_resting_connections_and_frees_the_port() -> None:
    with serving() as (server, _), connect(server) as client:
        client.sendall(GET)
        assert client.recv(1000)
        assert server.alive
        server.stop()
        assert receive_all(client) == b""
        wait_until(lambda: not server.alive)
        with pytest.raises(ConnectionRefusedError):
            connect(server)
        Server("127.0.0.1", server.port, echo, Limits()).server_close()


def test_a_port_is_not_shared() -> None:
    with serving() as (server, _), pytest.raises(OSError):
        Server("127.0.0.1", server.port, echo, Limits())


def test_everywhere_is_both_families() -> None:
    server = Server("::", 0, echo, Limits())
    server.start()
    for host in ("127.0.0.1", "::1"):
        with socket.create_connection((host, server.port), timeout=10) as client:
            client.sendall(LAST_GET)
            assert statuses(receive_all(client)) == [200]
    server.stop()


def test_loopback_of_one_family_is_not_the_other() -> None:
    server = Server("::1", 0, echo, Limits())
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", server.port), timeout=10)
    server.server_close()


def test_running_out_of_descriptors_does_not_spin(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that cannot be accepted stays readable: an accepting thread must not try it again at once."""
    tries: list[int] = []

    def accept(server: object) -> None:
        tries.append(1)
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr("socketserver.TCPServer.get_request", accept)
    with serving() as (server, _), connect(server):
        wait_until(lambda: tries)
        time.sleep(0.5)
        assert len(tries) < 10


def test_a_server_that_never_ran_can_be_stopped() -> None:
    Server("127.0.0.1", 0, echo, Limits()).stop()


def test_a_put_without_length_ends_the_connection() -> None:
    """Its body would be read as the next request."""
    with serving() as (server, _), connect(server) as connection:
        connection.sendall(b"PUT /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n")
        received = receive_all(connection)
        assert received.startswith(b"HTTP/1.1 411 ")
        assert received.count(b"HTTP/1.1") == 1


def test_a_refused_head_request_gets_no_body() -> None:
    with serving() as (server, _), connect(server) as connection:
        connection.sendall(b"HEAD / HTTP/1.1\r\nHost: x\r\nExpect: tea\r\n\r\n")
        assert receive_all(connection).endswith(b"\r\n\r\n")


def test_an_empty_body_is_not_waited_for() -> None:
    with serving() as (server, _), connect(server) as connection:
        head = b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n"
        connection.sendall(head)
        assert receive_all(connection).startswith(b"HTTP/1.1 200 ")
