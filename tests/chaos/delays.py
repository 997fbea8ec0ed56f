"""Hosts that hear late what others send them: it makes a detour through a proxy of the host's own, one for each host.

All of a connection is late by the same time, drawn for it, both ways: so what is sent by several may come in another
order. `tc netem` would do it, but not every kernel has it.
"""

import asyncio
import random
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from tests.netns.network import PEER_PORT, Network

MOST_SECONDS = 0.4
"""By how much a connection is late at the most, each way."""

_PORT = 46799
_BLOCK = 2**16


class Delays:
    """The proxies of all hosts. A context manager: they end with it."""

    def __init__(self, network: Network, hosts: range, least: float = 0.0) -> None:
        """A connection is late by `least` seconds at the least."""
        self._network = network
        self._hosts = hosts
        self._least = least
        self._slow: Counter[int] = Counter()
        self._detours = threading.Lock()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="delays")

    def __enter__(self) -> "Delays":
        self._thread.start()
        for host in self._hosts:
            asyncio.run_coroutine_threadsafe(self._listen(host), self._loop).result()
        return self

    def __exit__(self, *error: object) -> None:
        asyncio.run_coroutine_threadsafe(self._cancel_all(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @contextmanager
    def at(self, hosts: tuple[int, ...]) -> Iterator[None]:
        """Meanwhile these hosts hear late what they are sent by new connections."""
        with self._detours:
            self._slow.update(hosts)
            self._lead(hosts)
        try:
            yield
        finally:
            with self._detours:
                self._slow.subtract(hosts)
                self._lead(hosts)

    def _lead(self, hosts: tuple[int, ...]) -> None:
        for host in hosts:
            self._network.detour(host, _PORT if self._slow[host] else None)

    async def _listen(self, host: int) -> None:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await self._serve(host, reader, writer)
            except OSError:
                pass  # the node is not up, or one of both has hung up
            finally:
                writer.close()

        with self._network.at(host):
            door = socket.create_server(("0.0.0.0", _PORT))
        await asyncio.start_server(serve, sock=door)

    async def _serve(self, host: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        late = random.uniform(self._least, MOST_SECONDS)
        await asyncio.sleep(late)
        with self._network.at(host):
            onward = socket.socket()  # it belongs to the host that it was made at
        onward.setblocking(False)
        await self._loop.sock_connect(onward, ("127.0.0.1", PEER_PORT))
        node_reader, node_writer = await asyncio.open_connection(sock=onward)
        try:
            await asyncio.gather(_carry(reader, node_writer, late), _carry(node_reader, writer, late))
        finally:
            node_writer.close()

    async def _cancel_all(self) -> None:
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, late: float) -> None:
    """One way of a connection, to its end. What comes in a moment goes on in its order."""
    loop = asyncio.get_running_loop()
    while data := await reader.read(_BLOCK):
        loop.call_later(late, writer.write, data)
    await asyncio.sleep(late)
    if writer.can_write_eof() and not writer.is_closing():
        writer.write_eof()
