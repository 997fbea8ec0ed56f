"""A client at each host, which writes, looks at what it has written, and notes both."""

import http.client
import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import NamedTuple

from gossip.data.counters import share_key
from gossip.sync.message import PeerFault
from tests.chaos import asking
from tests.chaos.cluster import Cluster, Process
from tests.chaos.history import Add, History, Read, Write
from tests.netns.network import Network

WRITES_A_SECOND = 100.0
"""By all clients together."""

PATIENCE = 1.0
"""Seconds that a client waits for an answer."""

GIVES_UP_SECONDS = 30.0
"""A node that lives answers within this time what was read at it, however often it has to be asked."""

SHARED = 20
"""Keys that all clients write."""

OWN = 20
"""Keys of each host that only its own client writes, besides deletes. All others are written once."""

SIZES = (0,) * 15 + (100,) * 4 + (10_000,)
"""So many random bytes a value has besides those that make it the only one of its kind."""

COUNTERS = (b"visits", b"orders", b"votes")

PUT, DELETE, ADD = "PUT", "DELETE", "POST"
ACTS = (PUT,) * 7 + (DELETE, ADD, ADD)
PARAMETERS = ("",) * 6 + ("&wait=1", "&wait=1", "&wait=2")
"""What a write asks for, besides."""
WAIT_SECONDS = 0.5
"""How long it waits for peers: less long than the client does."""
TTLS = ("",) * 9 + ("&ttl=2",)
MOST_ADDED = 999
"""Small enough for all sums of some adds to be tried, large enough for few of them to be equal."""

ALSO_READ = 20
LATEST_ALSO_READ, LATEST = 10, 200
"""So many keys are read along with the one that was written, of all that were written, and of those that were last."""


class Client:
    """The client at one host. It does one thing at a time."""

    def __init__(self, host: int, cluster: Cluster, history: History, written: list[bytes], seed: int) -> None:
        """`written` are the keys that all clients have written, in their order."""
        self._host = host
        self._cluster = cluster
        self._history = history
        self._written = written
        self._rng = random.Random(f"{seed} {host}")
        self._count = 0

    def turn(self) -> bool:
        """Write once, and look at what was acknowledged. Whether the next turn is urgent: the node will soon refuse."""
        process = self._cluster.current(self._host)
        if process.origin is None:
            return False
        self._count += 1
        act = self._rng.choice(ACTS)
        key = self._add(process) if act == ADD else self._write(process, act)
        if key is not None:
            self._read([key, *self._others()], process)
        return key is not None and process.stopping

    def _write(self, process: Process, act: str) -> bytes | None:
        """The key that was written for certain."""
        key, value = (self._key(), self._value()) if act == PUT else (self._held_of_late(), None)
        parameters = self._rng.choice(PARAMETERS) + (self._rng.choice(TTLS) if value else "")
        self._written.append(key)
        since = len(self._history)
        answer = _ask(act, f"k={key.decode()}{parameters}", value)
        origin, expires = self._origin(process), "ttl" in parameters
        if answer.absent:
            return None
        self._history.append(Write(origin, key, value, answer.made, answer.confirmed, since, expires))
        return key if answer.made else None

    def _add(self, process: Process) -> bytes | None:
        """The key of the share that was added to for certain."""
        counter, amount = self._rng.choice(COUNTERS), self._rng.randint(1, MOST_ADDED)
        since = len(self._history)
        answer = _ask("POST", f"k={counter.decode()}&add={amount}{self._rng.choice(PARAMETERS)}")
        origin = self._origin(process)
        self._history.append(Add(origin, counter, amount, answer.made, answer.confirmed, since))
        return share_key(counter, origin) if answer.made and origin is not None else None

    def _origin(self, process: Process) -> int | None:
        """Whom the last request went to: this process, or it may have been another one."""
        return process.origin if self._cluster.current(self._host) is process else None

    def _key(self) -> bytes:
        shared = b"shared-%d" % self._rng.randrange(SHARED)
        own = b"own-%d-%d" % (self._host, self._rng.randrange(OWN))
        once = b"once-%d-%d" % (self._host, self._count)
        return self._rng.choice((shared, own, once))

    def _held_of_late(self) -> bytes:
        return self._rng.choice(self._written[-LATEST:] or [b"shared-0"])

    def _others(self) -> list[bytes]:
        pick = self._rng.choices
        return pick(self._written, k=ALSO_READ) + pick(self._written[-LATEST:], k=LATEST_ALSO_READ)

    def _value(self) -> bytes:
        return b"write %d at host %d %b" % (self._count, self._host, self._rng.randbytes(self._rng.choice(SIZES)))

    def _read(self, keys: list[bytes], process: Process) -> None:
        """Note what is held for these keys, once the process answers, unless it has gone by then."""
        deadline = time.monotonic() + GIVES_UP_SECONDS
        while self._cluster.current(self._host) is process:
            try:
                origin, entries = asking.held(keys, PATIENCE)
            except PeerFault:
                time.sleep(0.02)
            else:
                self._history.extend(Read(origin, key, entries.get(key)) for key in dict.fromkeys(keys))
                return
            assert time.monotonic() < deadline, f"host {self._host} does not answer"


@contextmanager
def clients(network: Network, cluster: Cluster, history: History, seed: int) -> Iterator[None]:
    """Meanwhile there is a client at each host."""
    over = threading.Event()
    pause = len(cluster.hosts) / WRITES_A_SECOND
    written: list[bytes] = []

    def run(host: int) -> None:
        client = Client(host, cluster, history, written, seed)
        with network.at(host):
            urgent = False
            while not over.wait(0 if urgent else pause):
                urgent = client.turn()

    with ThreadPoolExecutor(len(cluster.hosts), "client") as pool:
        running = [pool.submit(run, host) for host in cluster.hosts]
        try:
            yield
        finally:
            over.set()
    for client in running:
        client.result()


class Answered(NamedTuple):
    """What became of a write, as far as it was answered."""

    made: bool
    confirmed: int = 0
    absent: bool = False
    """Whether there was nothing to delete."""


def _ask(method: str, query: str, body: bytes | None = None) -> Answered:
    connection = http.client.HTTPConnection("127.0.0.1", 80, timeout=PATIENCE)
    try:
        connection.request(method, f"/map?{query}&timeout={WAIT_SECONDS}", body)
        response = connection.getresponse()
        status, confirmed = response.status, int(response.getheader("Gossip-Confirmed") or 0)
    except (OSError, http.client.HTTPException):
        return Answered(made=False)
    finally:
        connection.close()
    assert status in (200, 201, 202, 204, 404, 503), f"a write was answered {status}"
    return Answered(status in (200, 201, 202, 204), confirmed, absent=status == 404)
