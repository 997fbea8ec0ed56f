"""How the addresses and the port that were asked for are opened."""

import errno
from collections.abc import Callable, Sequence

from gossip.serving.server import EVERYWHERE, Server

_NO_SUCH_ADDRESS = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)
_TRIES = 10

Make = Callable[[str, int], Server]
"""Makes a server that listens at a host and port, or raises OSError."""


class CannotListen(Exception):
    """A port cannot be bound; the text says which, and why."""


def open_servers(
    hosts: Sequence[str],
    port: int,
    make: Make,
    lenient: bool = False,
    fallback: int | None = None,
    name: str = "port",
) -> list[Server]:
    """A server for each host, all on one port, with one room for what is large; port 0 means any free at all of them.

    With `lenient`, hosts after the first that this machine does not have are left out. With a `fallback`, that port is
    taken when `port` asks for rights that this process lacks. Raises CannotListen, which calls the port by `name`.
    """
    try:
        return _open_all(hosts, port, make, lenient)
    except PermissionError as error:
        if fallback is None:
            raise CannotListen(_why(name, hosts, port, error)) from error
        return open_servers(hosts, fallback, make, lenient, name=name)
    except OSError as error:
        raise CannotListen(_why(name, hosts, port, error)) from error


def _why(name: str, hosts: Sequence[str], port: int, error: OSError) -> str:
    return f"{name} {port} cannot be bound at {' and '.join(hosts)} ({error.strerror or error})"


def _open_all(hosts: Sequence[str], port: int, make: Make, lenient: bool) -> list[Server]:
    for last_try in (False,) * (_TRIES - 1) + (True,):
        servers: list[Server] = []
        try:
            for host in hosts:
                try:
                    servers.append(_open(host, servers[0].port if servers else port, make))
                except OSError as error:
                    if not (lenient and servers and error.errno in _NO_SUCH_ADDRESS):
                        raise
        except OSError as error:
            for server in servers:
                server.server_close()
            taken_at_the_next = port == 0 and bool(servers) and error.errno == errno.EADDRINUSE
            if last_try or not taken_at_the_next:
                raise
        else:
            for server in servers:
                server.rooms = servers[0].rooms
            return servers
    raise AssertionError("the last try returns or raises")


def _open(host: str, port: int, make: Make) -> Server:
    try:
        return make(host, port)
    except OSError as error:
        if host == EVERYWHERE and error.errno in _NO_SUCH_ADDRESS:  # a machine without IPv6
            return make("0.0.0.0", port)  # noqa: S104
        raise
