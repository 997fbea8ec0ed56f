"""How ports are opened: one for all hosts, a fallback, and errors that say what is wrong."""

import errno
import socket
from collections.abc import Callable
from functools import partial
from typing import cast

import pytest

from gossip.serving.answer import Answer, plain
from gossip.serving.limits import Limits
from gossip.serving.listen import CannotListen, open_servers
from gossip.serving.server import Server

MAKE = partial(Server, route=lambda _: lambda _: plain(200, "yes"), limits=Limits())


class FakeServer:
    def __init__(self, host: str, port: int) -> None:
        self.host = host
        self.port = port or 5000
        self.rooms: object = None
        self.closed = False

    def server_close(self) -> None:
        self.closed = True


class Machine:
    """Opens fake servers; whatever `trouble` gives for a host and port is raised."""

    def __init__(self, trouble: Callable[[str, int], int | None]) -> None:
        self._trouble = trouble
        self.made: list[FakeServer] = []

    def __call__(self, host: str, port: int) -> Server:
        number = self._trouble(host, port)
        if number:
            raise OSError(number, "trouble")
        self.made.append(FakeServer(host, port))
        return cast(Server, self.made[-1])


def opened(servers: list[Server]) -> list[tuple[str, int]]:
    return [(server.host, server.port) for server in cast(list[FakeServer], servers)]


def test_all_hosts_get_one_port_that_is_free() -> None:
    servers = open_servers(["127.0.0.1", "::1"], 0, MAKE)
    first, second = servers
    assert first.port == second.port > 0
    for server in servers:
        server.server_close()


def test_what_is_large_has_room_once_for_all_addresses_of_a_port() -> None:
    limits = Limits(large_bytes=100_000, request_seconds=0.2)
    make = partial(
        Server, route=lambda _: lambda request: Answer(200, (request.body(100_000, "too large"),)), limits=limits
    )
    one, other = servers = open_servers(["127.0.0.1", "::1"], 0, make)
    for server in servers:
        server.start()
    with socket.create_connection(("::1", other.port), timeout=10) as client:
        one.rooms.of(("127.0.0.1", 1000)).take(70_000, 0)
        client.sendall(b"PUT / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 70000\r\n\r\n")
        assert client.recv(1000).startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
    for server in servers:
        server.stop()


def test_a_busy_port_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        with pytest.raises(CannotListen) as caught:
            open_servers(["127.0.0.1"], port, MAKE)
    assert str(caught.value) == f"port {port} cannot be bound at 127.0.0.1 (Address already in use)"


def test_what_was_opened_is_closed_when_the_next_fails() -> None:
    machine = Machine(lambda host, port: errno.EADDRINUSE if host == "b" else None)
    with pytest.raises(CannotListen, match=r"port 7 cannot be bound at a and b \(trouble\)"):
        open_servers(["a", "b"], 7, machine)
    assert [server.closed for server in machine.made] == [True]


@pytest.mark.parametrize("number", [errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT])
def test_an_address_that_the_machine_lacks(number: int) -> None:
    machine = Machine(lambda host, port: number if host == "::1" else None)
    assert opened(open_servers(["127.0.0.1", "::1"], 7, machine, lenient=True)) == [("127.0.0.1", 7)]
    with pytest.raises(CannotListen):
        open_servers(["127.0.0.1", "::1"], 7, machine)
    with pytest.raises(CannotListen):
        open_servers(["::1", "127.0.0.1"], 7, machine, lenient=True)


def test_lenience_does_not_extend_to_busy_ports() -> None:
    machine = Machine(lambda host, port: errno.EADDRINUSE if host == "::1" else None)
    with pytest.raises(CannotListen):
        open_servers(["127.0.0.1", "::1"], 7, machine, lenient=True)


def test_any_free_port_is_tried_again_when_the_next_host_has_it_taken() -> None:
    troubles = iter([None, errno.EADDRINUSE, None, errno.EADDRINUSE])
    machine = Machine(lambda host, port: next(troubles, None))
    assert opened(open_servers(["a", "b"], 0, machine)) == [("a", 5000), ("b", 5000)]
    assert [server.closed for server in machine.made] == [True, True, False, False]


def test_but_not_for_ever() -> None:
    machine = Machine(lambda host, port: errno.EADDRINUSE if host == "b" else None)
    with pytest.raises(CannotListen):
        open_servers(["a", "b"], 0, machine)
    assert [server.closed for server in machine.made] == [True] * 10


def test_the_fallback_is_taken_when_the_port_needs_rights() -> None:
    machine = Machine(lambda host, port: errno.EACCES if port == 80 else None)
    assert opened(open_servers(["a", "b"], 80, machine, fallback=8080)) == [("a", 8080), ("b", 8080)]
    with pytest.raises(CannotListen, match=r"port 80 cannot be bound at a \(trouble\)"):
        open_servers(["a"], 80, machine)


def test_the_fallback_is_for_nothing_else() -> None:
    machine = Machine(lambda host, port: errno.EADDRINUSE if port == 80 else None)
    with pytest.raises(CannotListen, match="port 80"):
        open_servers(["a"], 80, machine, fallback=8080)


def test_a_fallback_that_is_busy_is_named() -> None:
    machine = Machine(lambda host, port: errno.EACCES if port == 80 else errno.EADDRINUSE)
    with pytest.raises(CannotListen, match=r"port 8080 cannot be bound at a \(trouble\)"):
        open_servers(["a"], 80, machine, fallback=8080)


def test_everywhere_is_everywhere_on_a_machine_without_ipv6() -> None:
    machine = Machine(lambda host, port: errno.EAFNOSUPPORT if host == "::" else None)
    assert opened(open_servers(["::"], 7, machine)) == [("0.0.0.0", 7)]
