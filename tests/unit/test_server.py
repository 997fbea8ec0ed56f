"""A listening server: its limits, its stop, and its addresses."""

import errno
import socket
import threading
import time
from contextlib import ExitStack

import pytest

from gossip.serving.answer import Answer, plain
from gossip.serving.limits import Limits
from gossip.serving.request import Request
from gossip.serving.server import Server
from tests.nodes import wait_until
from tests.unit.fakes import receive_all
from tests.unit.serving import (
    GET,
    LAST_GET,
    PUT,
    bodies,
    connect,
    echo,
    serving,
    statuses,
    talk,
)


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
        Server("127.0.0.1", server.port, lambda _: echo, Limits()).server_close()


def test_a_port_is_not_shared() -> None:
    with serving() as (server, _), pytest.raises(OSError):
        Server("127.0.0.1", server.port, lambda _: echo, Limits())


def test_everywhere_is_both_families() -> None:
    server = Server("::", 0, lambda _: echo, Limits())
    server.start()
    for host in ("127.0.0.1", "::1"):
        with socket.create_connection((host, server.port), timeout=10) as client:
            client.sendall(LAST_GET)
            assert statuses(receive_all(client)) == [200]
    server.stop()


def test_loopback_of_one_family_is_not_the_other() -> None:
    server = Server("::1", 0, lambda _: echo, Limits())
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
    Server("127.0.0.1", 0, lambda _: echo, Limits()).stop()


def test_a_thread_that_cannot_be_begun_costs_one_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise RuntimeError("can't start new thread")

    with serving(at_once=False) as (server, _):
        with monkeypatch.context() as patch:
            patch.setattr("socketserver.ThreadingMixIn.process_request", refuse)
            assert talk(server, LAST_GET) == b""
        assert statuses(talk(server, LAST_GET)) == [200]
        wait_until(lambda: server.connections == 0)


def test_those_turned_away_make_room_for_each_other() -> None:
    """The newest takes the oldest's place, even when bytes of the oldest arrive in the same moment."""
    with serving(limits=Limits(connections=0)) as (server, counted), ExitStack() as stack:
        clients = [stack.enter_context(connect(server)) for _ in range(50)]
        for client in clients:
            client.sendall(GET)
        assert statuses(receive_all(clients[-1])) == [503]
        wait_until(lambda: len(counted) == 50)
        assert server.alive


def test_a_thread_serves_the_next_connection_too() -> None:
    names: set[str] = set()

    def naming(_: Request) -> Answer:
        names.add(threading.current_thread().name)
        return plain(200, "yes")

    with serving(naming, at_once=False) as (server, _):
        for _ in range(20):
            assert statuses(talk(server, LAST_GET)) == [200]
            time.sleep(0.01)
    assert len(names) < 10


def test_what_takes_long_at_one_connection_holds_up_no_other() -> None:
    with serving(lambda request: Answer(200, (b"x" * 20_000_000,))) as (server, _), connect(server) as slow:
        slow.sendall(GET)
        assert slow.recv(10)
        with connect(server) as half:
            half.sendall(PUT[:-1])
            with connect(server) as third:
                third.sendall(b"HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                assert statuses(receive_all(third)) == [200]


def test_a_stop_while_connections_come_back_leaves_none_behind() -> None:
    for _ in range(20):
        with serving(at_once=False) as (server, _), ExitStack() as stack:
            for _ in range(5):
                stack.enter_context(connect(server)).sendall(GET)
            server.stop()
            wait_until(lambda server=server: server.connections == 0)  # type: ignore[misc]
