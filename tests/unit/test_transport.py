"""One message to a peer and back, against small servers that misbehave."""

import socket
import time
import zlib

import pytest

from gossip.metrics import Metrics
from gossip.sync.address import Address
from gossip.sync.message import NotReachable, OtherCluster, PeerFault, Refused
from gossip.sync.transport import Transport
from tests.unit.fakes import TinyServer, answering, receive_request

PATIENCE = 3.0
"""Seconds that a call may take here when a bound well below that should have ended it."""


def answer_of(body: bytes, status: str = "200 OK", *fields: str) -> bytes:
    return "\r\n".join((f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *fields, "", "")).encode() + body


def fault_of(address: Address, timeout: float = 10.0, kind: type[PeerFault] = PeerFault) -> str:
    with pytest.raises(kind) as caught:
        Transport(1000).post(address, b"message", timeout)
    return str(caught.value)


def test_a_message_and_its_answer() -> None:
    seen: list[bytes] = []

    def act(connection: socket.socket) -> None:
        seen.append(receive_request(connection))
        connection.sendall(answer_of(b"the answer"))

    with TinyServer(act) as peer:
        assert Transport(1000).post(peer.address, b"the message", 10) == b"the answer"
    head, _, body = seen[0].partition(b"\r\n\r\n")
    lines = head.decode().lower().split("\r\n")
    assert lines[0] == "post /exchange http/1.1"
    assert "content-type: application/vnd.gossipcar.exchange" in lines
    assert body == b"the message"


@pytest.mark.parametrize(("size", "fits"), [(1000, True), (1001, False), (5_000_000, False)])
def test_the_answer_may_have_so_many_bytes_and_no_more(size: int, fits: bool) -> None:
    with TinyServer(answering(answer_of(bytes(size)))) as peer:
        if fits:
            assert len(Transport(1000).post(peer.address, b"message", 10)) == size
        else:
            assert fault_of(peer.address).endswith(f"it has {size} bytes, more than 1000")


def test_an_error_is_told_with_the_peers_own_words() -> None:
    with TinyServer(answering(answer_of(b"no, thank you\n", "400 Bad Request"))) as peer:
        assert fault_of(peer.address, kind=Refused) == f"{peer.address} answered 400: no, thank you"
    with TinyServer(answering(answer_of(b"the clusters differ\n", "403 Forbidden"))) as peer:
        assert fault_of(peer.address, kind=OtherCluster) == f"{peer.address} answered 403: the clusters differ"


def test_a_long_complaint_is_cut() -> None:
    with TinyServer(answering(answer_of(b"x" * 5000, "500 Oops"))) as peer:
        assert fault_of(peer.address) == f"{peer.address} answered 500: {'x' * 300}"


def test_a_redirect_is_not_followed() -> None:
    with TinyServer(answering(answer_of(b"secret"))) as other:
        location = f"Location: http://{other.address}/elsewhere"
        with TinyServer(answering(answer_of(b"", "302 Found", location))) as peer:
            assert f"{peer.address} answered 302" in fault_of(peer.address)
        assert other.connections == 0


def test_proxies_in_the_environment_are_passed_by(monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        TinyServer(answering(answer_of(b"from the proxy"))) as proxy,
        TinyServer(answering(answer_of(b"peer"))) as peer,
    ):
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://{proxy.address}")
        assert Transport(1000).post(peer.address, b"message", 10) == b"peer"
        assert proxy.connections == 0


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = Address("127.0.0.1", int(listener.getsockname()[1]))
    assert fault_of(address, kind=NotReachable) == f"{address} is not reachable: [Errno 111] Connection refused"


NONSENSE = {
    "nothing": b"",
    "no HTTP": b"hello\r\n\r\n",
    "binary": bytes(range(256)) * 4,
    "an endless field": b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000,
    "many fields": b"HTTP/1.1 200 OK\r\n" + b"X: x\r\n" * 1000 + b"\r\n",
    "a bad chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n",
    "no length": b"HTTP/1.1 200 OK\r\n\r\nthe answer",
    "chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
    "a length below none": b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nthe answer",
    "another status": b"HTTP/1.1 204 No Content\r\n\r\n",
    "a bad status": b"HTTP/1.1 abc OK\r\n\r\n",
}


@pytest.mark.parametrize("nonsense", NONSENSE.values(), ids=NONSENSE.keys())
def test_nonsense_is_the_peers_fault(nonsense: bytes) -> None:
    with TinyServer(answering(nonsense)) as peer:
        assert str(peer.address) in fault_of(peer.address)


def test_an_answer_that_ends_too_early_is_the_peers_fault() -> None:
    with TinyServer(answering(answer_of(b"the answer")[:-3])) as peer:
        assert str(peer.address) in fault_of(peer.address)


@pytest.mark.parametrize(
    "begins",
    [b"", b"HTTP/1.1 200 OK\r\n", answer_of(bytes(900))[:60], b"HTTP/1.1 100 Continue\r\n\r\n"],
    ids=["nothing", "half a head", "half a body", "continue"],
)
def test_a_peer_that_falls_silent_is_left(begins: bytes) -> None:
    with TinyServer(lambda connection: None) as peer:

        def act(connection: socket.socket) -> None:
            receive_request(connection)
            connection.sendall(begins)
            peer.over.wait(10)

        peer._act = act
        start = time.monotonic()
        assert "timed out" in fault_of(peer.address, timeout=0.2)
        assert time.monotonic() - start < PATIENCE


@pytest.mark.parametrize("part", ["head", "body"])
def test_a_slow_drip_ends_with_the_deadline(part: str) -> None:
    with TinyServer(lambda connection: None) as peer:

        def act(connection: socket.socket) -> None:
            receive_request(connection)
            connection.sendall(b"HTTP/1.1 200 OK\r\n" + (b"Content-Length: 900\r\n\r\n" if part == "body" else b"X: "))
            while not peer.over.wait(0.02):
                connection.sendall(b"x")

        peer._act = act
        start = time.monotonic()
        assert "timed out" in fault_of(peer.address, timeout=0.3)
        assert time.monotonic() - start < PATIENCE


def test_an_error_whose_sentence_never_comes_is_the_peers_fault() -> None:
    with TinyServer(lambda connection: None) as peer:

        def act(connection: socket.socket) -> None:
            receive_request(connection)
            connection.sendall(answer_of(b"a sentence", "500 Oops")[:-10])
            peer.over.wait(10)

        peer._act = act
        assert f"{peer.address} answered 500" in fault_of(peer.address, timeout=1)


@pytest.mark.parametrize("status", ["200 OK", "500 Oops"])
def test_a_chunk_of_negative_size_does_not_open_the_floodgates(status: str) -> None:
    """`http.client` reads a chunk of size -1 to the end of the connection, whatever limit it was given."""
    sent = 0
    with TinyServer(lambda connection: None) as peer:

        def act(connection: socket.socket) -> None:
            nonlocal sent
            receive_request(connection)
            connection.sendall(f"HTTP/1.1 {status}\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n".encode())
            while sent < 100_000_000 and not peer.over.is_set():
                sent += connection.send(bytes(100_000))

        peer._act = act
        assert str(peer.address) in fault_of(peer.address, timeout=2.0)
    assert sent < 20_000_000, "far more was read than the limit allows"


def test_a_peer_is_sent_packed_messages_once_it_has_shown_that_it_unpacks_them() -> None:
    seen: list[bytes] = []
    fields = ["Accept-Encoding: deflate"]

    def act(connection: socket.socket) -> None:
        seen.append(receive_request(connection))
        connection.sendall(answer_of(b"answer", "200 OK", *fields))

    message, metrics = b"again and " * 1000, Metrics()
    carrier = Transport(1000, metrics)
    with TinyServer(act) as peer:
        for _ in range(2):
            assert carrier.post(peer.address, message, 10) == b"answer"
        assert carrier.post(peer.address, b"short", 10) == b"answer"
    heads, bodies = zip(*(request.split(b"\r\n\r\n", 1) for request in seen), strict=True)
    assert [b"Content-Encoding: deflate" in head for head in heads] == [False, True, False]
    assert all(b"Accept-Encoding: deflate\r\n" in head for head in heads)
    assert bodies[0] == message
    assert zlib.decompress(bodies[1]) == message
    assert metrics.bytes_out.total == sum(map(len, bodies)), "as they cross the network"
    assert metrics.bytes_in.total == 3 * len(b"answer")


def test_a_packed_answer_is_unpacked_within_the_limit() -> None:
    packed = "Content-Encoding: deflate"
    with TinyServer(answering(answer_of(zlib.compress(b"x" * 1000), "200 OK", packed))) as peer:
        assert Transport(1000).post(peer.address, b"message", 10) == b"x" * 1000
    with TinyServer(answering(answer_of(zlib.compress(b"x" * 1001), "200 OK", packed))) as peer:
        assert fault_of(peer.address).endswith("its content is over 1000 bytes")
    with TinyServer(answering(answer_of(b"no", "200 OK", packed))) as peer:
        assert "it is not compressed as it says" in fault_of(peer.address)
