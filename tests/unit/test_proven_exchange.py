"""Both ends of an exchange with a secret: what the door lets in, and which answers a caller takes."""

import logging
import socket
import zlib
from collections.abc import Callable

import pytest

from gossip.api.exchange import ExchangeApi
from gossip.data.limits import StoreLimits
from gossip.faults import Faults
from gossip.metrics import Metrics
from gossip.serving.answer import Answer
from gossip.serving.server import Server
from gossip.sync import wire
from gossip.sync.address import Address
from gossip.sync.message import NotBelieved, PeerFault, Unproven
from gossip.sync.proof import Proofs
from gossip.sync.sightings import Sightings
from gossip.sync.transport import Transport
from tests.unit.fakes import TinyServer, answering, error_of, make_exchange, make_store, receive_request, request_of
from tests.unit.serving import serving

SECRET = b"a secret of 25 bytes here"
LIMITS = StoreLimits(value_bytes=1000)
MESSAGE = wire.encode(make_exchange(make_store(2)).opening())


def proofs(secret: bytes = SECRET, cluster: str = "test") -> Proofs:
    return Proofs(lambda: (secret,), cluster)


def door(faults: Faults | None = None) -> ExchangeApi:
    return ExchangeApi(
        make_exchange(make_store(1)), LIMITS, faults or Faults(), Metrics(), Sightings(), proofs=proofs()
    )


def asked(proof: str, body: bytes = MESSAGE, *fields: str) -> bytes:
    lines = ("POST /exchange HTTP/1.1", "Host: x", f"Content-Length: {len(body)}", *fields)
    lines += (f"Gossip-Proof: {proof}",) if proof else ()
    return "\r\n".join((*lines, "", "")).encode() + body


def proof_of(body: bytes = MESSAGE, coding: str = "", by: Proofs | None = None) -> str:
    return (by or proofs()).of_request("POST", "/exchange", coding, body)[1]


def refused(raw: bytes) -> Answer:
    return error_of(lambda: door().post(request_of(raw))).answer


def test_a_proven_message_gets_a_proven_answer() -> None:
    here = proofs()
    request, field = here.of_request("POST", "/exchange", "", MESSAGE)
    answer = door().post(request_of(asked(field)))
    assert answer.status == 200
    here.check_answer(request, dict(answer.fields)["Gossip-Proof"], "", b"".join(answer.body))


def test_packed_bodies_are_proven_as_they_are_sent() -> None:
    body = zlib.compress(MESSAGE)
    raw = asked(proof_of(body, "deflate"), body, "Content-Encoding: deflate")
    assert door().post(request_of(raw)).status == 200


BOMB = zlib.compress(bytes(2**22))


@pytest.mark.parametrize(
    "made",
    [
        lambda: asked(""),
        lambda: asked("no proof"),
        lambda: asked(proof_of(by=proofs(b"another secret of 30 bytes now"))),
        lambda: asked(proof_of(by=proofs(cluster="other"))),
        lambda: asked(proof_of(), b"x" + MESSAGE[1:]),
        lambda: asked(proof_of(b"nonsense"), b"x"),
        lambda: asked(proof_of(BOMB), BOMB, "Content-Encoding: deflate"),
        lambda: asked(proof_of(by=proofs(b"another secret of 30 bytes now")), b"x", "Content-Encoding: br"),
    ],
    ids=["none", "no proof", "secret", "cluster", "body", "nonsense", "not unpacked", "coding"],
)
def test_what_is_not_proven_is_answered_401_before_it_is_looked_at(made: Callable[[], bytes]) -> None:
    answer = refused(made())
    assert (answer.status, answer.fields) == (401, (("WWW-Authenticate", "Gossip-Proof"),))


def test_what_was_taken_is_not_taken_again() -> None:
    api, raw = door(), asked(proof_of())
    assert api.post(request_of(raw)).status == 200
    answer = error_of(lambda: api.post(request_of(raw))).answer
    assert (answer.status, answer.body) == (401, (b"the message was sent before\n",))


def test_too_long_a_body_is_refused_before_it_is_read() -> None:
    raw = asked(proof_of()).replace(f"Content-Length: {len(MESSAGE)}".encode(), b"Content-Length: 3000000")
    assert refused(raw).status == 413


@pytest.mark.parametrize("secret", [None, b"another secret of 30 bytes now"], ids=["none", "wrong"])
def test_a_body_whose_head_is_not_proven_is_not_even_waited_for(secret: bytes | None) -> None:
    proof = proof_of(by=proofs(secret)) if secret else ""
    with serving(door().post, at_once=False) as (server, _), socket.create_connection(("127.0.0.1", server.port)) as it:
        it.settimeout(5)
        it.sendall(asked(proof).replace(f"Content-Length: {len(MESSAGE)}".encode(), b"Content-Length: 1000000"))
        assert it.recv(1000).startswith(b"HTTP/1.1 401 ")


def test_refusals_are_counted_and_say_who_called(caplog: pytest.LogCaptureFixture) -> None:
    faults = Faults()
    with caplog.at_level(logging.WARNING), serving(door(faults).post, at_once=False) as (server, _):
        for _ in range(3):
            with pytest.raises(NotBelieved, match="answered 401: a request needs a proof in the field Gossip-Proof"):
                Transport(1000).post(address_of(server), MESSAGE, 5)
    assert faults.counts == {"no proof": 3}
    said = "from 127.0.0.1: a request needs a proof in the field Gossip-Proof; give its sender this cluster's secret"
    assert {(record.getMessage(), vars(record)["error"]) for record in caplog.records} == {("no proof", said)}
    assert SECRET.decode() not in caplog.text


def address_of(server: Server) -> Address:
    return Address("127.0.0.1", server.port)


def test_a_caller_and_the_door_get_on_both_ways_packed_and_not() -> None:
    with serving(door().post, at_once=False) as (server, _):
        carrier = Transport(2_000_000, proofs=proofs())
        for _ in range(3):
            assert wire.decode(carrier.post(address_of(server), MESSAGE, 5)).sender.origin == 1
        message = make_exchange(make_store(2)).opening()
        message.wants = [b"again and " * 100 + bytes([number]) for number in range(65, 90)]
        assert wire.decode(carrier.post(address_of(server), wire.encode(message), 5)).sender.origin == 1


def answer_of(*fields: str) -> bytes:
    return "\r\n".join(("HTTP/1.1 200 OK", "Content-Length: 6", *fields, "", "")).encode() + b"answer"


def fault_of(address: Address) -> PeerFault:
    with pytest.raises(PeerFault) as caught:
        Transport(1000, proofs=proofs()).post(address, b"message", 5)
    return caught.value


@pytest.mark.parametrize(
    ("field", "why"),
    [
        ("Other: x", "its answer has no proof; give it this cluster's secret"),
        (f"Gossip-Proof: {'0' * 64}", "the proof of its answer is by another secret, or for another answer"),
        ("Gossip-Proof: é", "its answer has no proof; give it this cluster's secret"),
    ],
)
def test_an_answer_that_is_not_proven_is_the_peers_fault(field: str, why: str) -> None:
    with TinyServer(answering(answer_of(field))) as peer:
        fault = fault_of(peer.address)
    assert isinstance(fault, Unproven)
    assert str(fault) == f"{peer.address} gave no usable answer: {why}"


def test_an_answer_to_another_request_is_not_taken() -> None:
    there = proofs()
    answers: list[bytes] = []

    def act(connection: socket.socket) -> None:
        """Answers the first request as it should, and then says the same again."""
        head = receive_request(connection).decode()
        if not answers:
            field = next(line for line in head.splitlines() if line.lower().startswith("gossip-proof: "))
            request, _ = there.check_request("POST", "/exchange", "", field.split(": ", 1)[1])
            answers.append(answer_of(f"Gossip-Proof: {there.of_answer(request, '', b'answer')}"))
        connection.sendall(answers[0])

    with TinyServer(act) as peer:
        assert Transport(1000, proofs=proofs()).post(peer.address, b"message", 5) == b"answer"
        assert "for another answer" in str(fault_of(peer.address))


def test_without_a_secret_nothing_is_proven_and_no_field_sent() -> None:
    seen = []

    def act(connection: socket.socket) -> None:
        seen.append(receive_request(connection))
        connection.sendall(answer_of())

    with TinyServer(act) as peer:
        assert Transport(1000).post(peer.address, b"message", 5) == b"answer"
    assert b"proof" not in seen[0].lower()


def test_proofs_add_some_300_bytes_to_an_exchange() -> None:
    here = proofs()
    request, field = here.of_request("POST", "/exchange", "", MESSAGE)
    lines = f"Gossip-Proof: {field}\r\n", f"Gossip-Proof: {here.of_answer(request, '', b'')}\r\n"
    assert [len(line) for line in lines] == [195, 80]
