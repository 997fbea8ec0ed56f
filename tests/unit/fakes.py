"""Stand-ins for what surrounds a part: clocks that stand still, peers that misbehave, requests without a server."""

import random
import socket
import threading
from collections.abc import Callable, Collection
from types import TracebackType

from gossip.data.clock import Clock
from gossip.data.entry import Entry
from gossip.data.limits import StoreLimits
from gossip.data.store import Store
from gossip.serving.answer import Answer, HttpError
from gossip.serving.head import parse_head
from gossip.serving.limits import Limits
from gossip.serving.reader import Reader
from gossip.serving.request import Request
from gossip.sync import wire
from gossip.sync.address import Address
from gossip.sync.draft import MESSAGE_BUDGET
from gossip.sync.exchange import Exchange
from gossip.sync.message import Message
from gossip.sync.outcome import Outcome

NOON = 1_700_000_000_000_000
"""Where fake wall clocks stand at first, in microseconds since the Unix epoch."""


class Wall:
    """A wall clock that stands where the test puts it, in microseconds."""

    def __init__(self, now: int = NOON) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now


class Watch:
    """A monotonic clock that stands where the test puts it, in seconds."""

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def make_store(origin: int = 1, limits: StoreLimits | None = None, wall: Callable[[], int] | None = None) -> Store:
    return Store(origin, Clock(wall or Wall()), limits)


def make_exchange(store: Store, cluster: str = "test", budget: int = MESSAGE_BUDGET, seed: int = 1) -> Exchange:
    return Exchange(store, cluster, random.Random(seed), budget)


def over_the_wire(peer: Exchange) -> Callable[[Message], Message]:
    """What takes a message to this peer and brings its answer back, both as bytes on the way."""

    def send(message: Message) -> Message:
        answer, _ = peer.answer(wire.decode(wire.encode(message)))
        return wire.decode(wire.encode(answer))

    return send


def exchange_between(here: Store, there: Store, budget: int = MESSAGE_BUDGET) -> Outcome:
    peer = make_exchange(there, budget=budget)
    return make_exchange(here, budget=budget).converse(over_the_wire(peer), more=lambda: True)


def filled(origin: int, keys: int, limits: StoreLimits | None = None) -> Store:
    store = make_store(origin, limits)
    store.apply((b"key%d" % number, Entry(NOON, 99, b"value")) for number in range(keys))
    return store


def items_of(store: Store) -> dict[bytes, bytes | None]:
    """Each key with its value, None where a tombstone is held."""
    return {key: entry.value for key, entry in store.items()}


def request_of(raw: bytes, limits: Limits | None = None) -> Request:
    """The request that these bytes are, as if a client had sent them and closed its half."""
    limits = limits or Limits()
    reader = Reader(socket_with(raw), limits)
    return Request(parse_head(reader.head(), limits), reader, lambda: None)


def get_of(target: str) -> Request:
    return request_of(f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode())


def with_body(method: str, target: str, body: bytes) -> Request:
    return request_of(f"{method} {target} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)


def socket_with(raw: bytes) -> socket.socket:
    """A socket on which these bytes, and then the end, have arrived."""
    here, there = socket.socketpair()
    with there:
        there.sendall(raw)
    return here


def refusal_of(act: Callable[[], object]) -> tuple[int, str]:
    """The status and the sentence of the HttpError that this raises."""
    answer = error_of(act).answer
    return answer.status, text_of(answer).rstrip("\n")


def error_of(act: Callable[[], object]) -> HttpError:
    try:
        act()
    except HttpError as error:
        return error
    raise AssertionError("it was answered without an error")


def nobody_confirms(keys: Collection[bytes], wanted: str, seconds: float) -> tuple[int, bool]:
    """What takes the place of peers where none is to be asked."""
    raise AssertionError("nobody was to be asked")


def text_of(answer: Answer) -> str:
    return b"".join(answer.body).decode()


def receive_all(connection: socket.socket) -> bytes:
    """Everything that arrives until the other side closes."""
    pieces = []
    while piece := connection.recv(65536):
        pieces.append(piece)
    return b"".join(pieces)


def receive_request(connection: socket.socket) -> bytes:
    """One request with a Content-Length, as bytes. ConnectionError when the caller leaves before its end."""
    with connection.makefile("rb") as lines:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            line = lines.readline()
            if not line:
                raise ConnectionError("the request ends within its head")
            head += line
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
        return head + lines.read(length)


class TinyServer:
    """A peer that does with each connection whatever the test says. A context manager."""

    def __init__(self, act: Callable[[socket.socket], None]) -> None:
        """`act` is given each connection in turn; errors of a caller that has left are no concern of the test's."""
        self._act = act
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self.address = Address("127.0.0.1", int(self._listener.getsockname()[1]))
        self.connections = 0
        self.over = threading.Event()
        """Set when the test is done with this server: what `act` waits on, so that it never outlives the test."""

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            with connection:
                try:
                    self._act(connection)
                except OSError:
                    pass

    def __enter__(self) -> "TinyServer":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.over.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)


def answering(answer: bytes) -> Callable[[socket.socket], None]:
    """Reads one request, sends these bytes, and closes."""

    def act(connection: socket.socket) -> None:
        receive_request(connection)
        connection.sendall(answer)

    return act
