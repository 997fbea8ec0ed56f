"""Connections over loopback: what a client sees, request by request."""

import threading
import time

import pytest

from gossip.serving.answer import Answer
from gossip.serving.limits import Limits
from gossip.serving.request import Request
from tests.nodes import wait_until
from tests.unit.fakes import receive_all
from tests.unit.serving import (
    GET,
    IMPATIENT,
    LAST_GET,
    LAST_PUT,
    OLD_GET,
    OLD_KEPT_GET,
    PUT,
    bodies,
    broken,
    complaining,
    connect,
    deaf,
    serving,
    statuses,
    talk,
)


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


def slow(request: Request) -> Answer:
    request.may_take_long()
    return Answer(200, (threading.current_thread().name.encode(), request.body(1000, "too large")))


def test_what_may_take_long_goes_on_a_thread_of_its_own_whether_its_head_is_known_or_not() -> None:
    with serving(slow) as (server, counted):
        answers = bodies(talk(server, PUT + PUT + PUT + LAST_PUT))
    assert [answer.endswith(b"value") for answer in answers] == [True, True, True, True]
    assert not any(answer.startswith(b"serve") for answer in answers)
    assert counted == [200, 200, 200, 200]


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


@pytest.mark.parametrize("raw", [GET, PUT], ids=["without a body", "with a body"])
def test_what_fails_is_not_done_again(raw: bytes, caplog: pytest.LogCaptureFixture) -> None:
    done: list[bytes] = []

    def write(request: Request) -> Answer:
        done.append(request.body(1000, "too large") if raw == PUT else b"")
        if len(done) == 2:
            raise RuntimeError("behind the write")
        return Answer(200)

    with serving(write) as (server, counted), connect(server) as client:
        client.sendall(raw)
        assert statuses(client.recv(1000)) == [200], "its head is known now"
        client.sendall(raw)
        answer = receive_all(client)
    assert (len(done), counted) == (2, [200, 500])
    assert bodies(answer) == [b"this node failed to answer; its log says why\n"]
    assert b"Connection: close" in answer
    assert "behind the write" in caplog.text


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
