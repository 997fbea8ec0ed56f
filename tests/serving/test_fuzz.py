"""Mutated requests at both ports of a running node: 20,000 in CI, 2,000 elsewhere, or FUZZ_REQUESTS of them.

Whatever they are, afterwards the node answers, holds what it held, and has the threads and descriptors that it had.
"""

import os
import socket
from collections.abc import Iterator

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.nodes import RunningNode
from tests.serving.sockets import ANSWER, Belongings, connect

TOTAL = int(os.environ.get("FUZZ_REQUESTS", "20000" if os.environ.get("CI") else "2000"))
BATCH = 50
KEPT = {f"kept-{number}-7f3a9c51e2": f"value {number}".encode() for number in range(20)}

HOST = b" HTTP/1.1\r\nHost: localhost\r\n"
WHOLE = [
    b"GET /map?k=fuzz" + HOST + b"\r\n",
    b"GET /map?k=fuzz&k=other" + HOST + b"Accept: */*\r\n\r\n",
    b"HEAD /map?k=fuzz" + HOST + b"Connection: close\r\n\r\n",
    b"PUT /map?k=fuzz" + HOST + b"Content-Length: 5\r\n\r\nvalue",
    b"PUT /map?k=fuzz" + HOST + b"Transfer-Encoding: chunked\r\n\r\n5\r\nvalue\r\n0\r\n\r\n",
    b"PUT /map?k=fuzz" + HOST + b"Expect: 100-continue\r\nContent-Length: 5\r\n\r\nvalue",
    b"GET /stats HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    b"GET /readyz" + HOST + b"\r\n",
    b"POST /exchange" + HOST + b"Content-Length: 20\r\n\r\ngossip\x01\x00\x00\x00nonsense\xff\xff",
]
TELLING = [
    b"", b"\r\n", b"\n", b"\r", b" ", b":", b"\0", b"\xff", b"%", b"&k=", b"0", b"-1", b"99999999999", b"chunked",
    b"HTTP/1.0", b"Content-Length: 3\r\n", b"Transfer-Encoding: chunked\r\n", b"Host: y\r\n", b"\r\n\r\n",
    b"Connection: close\r\n",
]  # fmt: skip

changes = st.tuples(st.integers(0, 200), st.integers(0, 8), st.sampled_from(TELLING) | st.binary(max_size=6))
mutations = st.tuples(st.sampled_from(WHOLE), st.lists(changes, max_size=4))


def mutate(whole: bytes, changes: list[tuple[int, int, bytes]]) -> bytes:
    """At some places, some bytes give way to others."""
    for at, removed, put_in in changes:
        at %= len(whole) + 1
        whole = whole[:at] + put_in + whole[at + removed :]
    return whole


@pytest.fixture(scope="module")
def node() -> Iterator[RunningNode]:
    with RunningNode() as running:
        for key, value in KEPT.items():
            running.put(key, value)
        belongings = Belongings(running)
        yield running
        belongings.wait_until_as_before()
        assert {key: running.get(key) for key in KEPT} == {k: f"{k}=".encode() + v + b"\n" for k, v in KEPT.items()}
        assert requests.get(f"{running.peer_url}/healthz", timeout=5).text == "alive\n"
        assert "Traceback" not in running.log
        assert running.process.poll() is None


def answers_to(port: int, raw: bytes) -> bytes:
    """What comes back when the client sends this and closes its half; a reset ends it as well."""
    received = b""
    with connect(port) as client:
        try:
            client.sendall(raw)
            client.shutdown(socket.SHUT_WR)
            while piece := client.recv(65536):
                received += piece
        except ConnectionError:
            pass
    return received


@settings(max_examples=max(1, TOTAL // BATCH), deadline=None, suppress_health_check=list(HealthCheck))
@given(batch=st.lists(mutations, min_size=BATCH, max_size=BATCH), together=st.integers(1, 4))
def test_mutated_requests_are_answered_or_refused(
    node: RunningNode, batch: list[tuple[bytes, list[tuple[int, int, bytes]]]], together: int
) -> None:
    mutated = [mutate(*one) for one in batch]
    for first in range(0, BATCH, together):
        raw = b"".join(mutated[first : first + together])
        port = node.peer_port if first % 3 == 0 else node.client_port
        for status in ANSWER.findall(answers_to(port, raw)):
            assert status in (
                b"100", b"200", b"201", b"204", b"400", b"404", b"405", b"408", b"411", b"413", b"414", b"415", b"417",
                b"421", b"422", b"431", b"501", b"505",
            )  # fmt: skip
