"""What is proven, by which bytes, and what is not taken for proven."""

import hashlib
import hmac
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gossip.sync.message import Unproven
from gossip.sync.proof import Challenge, Proofs, signed_bytes
from tests.unit.fakes import NOON, Wall

SECRET, OTHER = b"a secret of 25 bytes here", b"another secret of 30 bytes now"
SECOND = 1_000_000
NONCE = "00112233445566778899aabbccddeeff"
HASH = "230d8358dc8e8890b4c58deeb62912ee2f20357ae92a5cc861b98e68fe31acb5"
"""Of the four bytes `body`."""
ASKED = Challenge("POST", "/exchange", str(NOON), NONCE)

SIGNED = (
    b"gossipcar-proof-1"
    b"\0\0\0\0\0\0\0\x07request"
    b"\0\0\0\0\0\0\0\x04test"
    b"\0\0\0\0\0\0\0\x04POST"
    b"\0\0\0\0\0\0\0\x09/exchange"
    b"\0\0\0\0\0\0\0\x101700000000000000"
    b"\0\0\0\0\0\0\0\x2000112233445566778899aabbccddeeff"
    b"\0\0\0\0\0\0\0\x07deflate"
    b"\0\0\0\0\0\0\0\x40230d8358dc8e8890b4c58deeb62912ee2f20357ae92a5cc861b98e68fe31acb5"
)
"""The bytes that docs/protocol.md tells of, written out."""


def proofs(*secrets: bytes, cluster: str = "test", wall: Callable[[], int] | None = None) -> Proofs:
    return Proofs(lambda: secrets or (SECRET,), cluster, wall or Wall())


def check(there: Proofs, field: str, body: bytes = b"body", coding: str = "", path: str = "/exchange") -> Challenge:
    asked, hashed = there.check_request("POST", path, coding, field)
    there.check_body(hashed, body)
    return asked


def refusal(act: Callable[[], object]) -> str:
    with pytest.raises(Unproven) as caught:
        act()
    return str(caught.value)


def sent(here: Proofs, body: bytes = b"body", coding: str = "") -> tuple[Challenge, str]:
    return here.of_request("POST", "/exchange", coding, body)


def test_a_request_and_its_answer_are_proven_between_those_with_one_secret() -> None:
    here, there = proofs(), proofs()
    asked, field = sent(here)
    heard = check(there, field)
    assert heard == asked
    here.check_answer(asked, there.of_answer(heard, "deflate", b"answer"), "deflate", b"answer")


def test_what_is_signed_is_what_the_protocol_says() -> None:
    mac = "ce2b0e74b67edb9a28677e26a09937c6162f2997628d7b36d29d39109e0a5f0c"
    assert mac == hmac.new(SECRET, SIGNED, hashlib.sha256).hexdigest()
    assert check(proofs(), f"1700000000000000 {NONCE} {HASH} {mac}", coding="deflate") == ASKED


def test_an_answer_is_signed_as_the_protocol_says() -> None:
    signed = SIGNED.replace(b"\x07request", b"\x06answer", 1)
    assert proofs().of_answer(ASKED, "deflate", b"body") == hmac.new(SECRET, signed, hashlib.sha256).hexdigest()


WRONG = "the proof is by another secret, or for another cluster or message"


@pytest.mark.parametrize(
    ("there", "change"),
    [
        (proofs(OTHER), {}),
        (proofs(cluster="other"), {}),
        (proofs(), {"coding": "deflate"}),
        (proofs(), {"path": "/exchange2"}),
    ],
    ids=["secret", "cluster", "coding", "path"],
)
def test_whatever_is_changed_is_not_proven(there: Proofs, change: dict[str, str]) -> None:
    _, field = sent(proofs())
    assert refusal(lambda: check(there, field, **change)) == WRONG  # type: ignore[arg-type]


@pytest.mark.parametrize("body", [b"bodY", b"", b"body and more"])
def test_another_body_is_not_proven(body: bytes) -> None:
    _, field = sent(proofs())
    assert refusal(lambda: check(proofs(), field, body)) == "the proof is for another body"


@pytest.mark.parametrize("at", [0, 20, 60, 130])
def test_a_changed_field_is_not_proven(at: int) -> None:
    _, field = sent(proofs())
    other = field[:at] + ("1" if field[at] != "1" else "2") + field[at + 1 :]
    assert refusal(lambda: check(proofs(), other)) == WRONG


@pytest.mark.parametrize(
    "field",
    ["", "yes", f"{NOON} {NONCE}", f"{NOON} {NONCE} {HASH}", f"{NOON} {NONCE} {HASH} {'é' * 64}",
     f"{NOON} {NONCE} {HASH} {'0' * 63}", f"{NOON} {NONCE} {HASH} {'0' * 64} ", f"-1 {NONCE} {HASH} {'0' * 64}",
     f"{'9' * 21} {NONCE} {HASH} {'0' * 64}", f"{NOON} {NONCE.upper()} {HASH} {'0' * 64}",
     f"{NOON} {NONCE} {HASH} {'0' * 64}\n", f"٣ {NONCE} {HASH} {'0' * 64}"],
)  # fmt: skip
def test_what_is_no_field_is_no_proof(field: str) -> None:
    assert refusal(lambda: check(proofs(), field)).startswith("a request needs a proof in the field")


def test_a_message_is_taken_once() -> None:
    there = proofs()
    _, field = sent(proofs())
    check(there, field)
    assert refusal(lambda: check(there, field)) == "the message was sent before"
    check(there, sent(proofs())[1])


@pytest.mark.parametrize(
    ("seconds", "taken"), [(-61, False), (-60, True), (-59, True), (0, True), (60, True), (61, False), (3600, False)]
)
def test_clocks_may_be_a_minute_apart_and_no_more(seconds: int, taken: bool) -> None:
    _, field = sent(proofs(wall=Wall(NOON + seconds * SECOND)))
    if taken:
        check(proofs(), field)
    else:
        off = f"the sender's clock is off by {seconds:+d} s; at most 60 s may be between two nodes"
        assert refusal(lambda: check(proofs(), field)) == off


def test_a_clock_is_spoken_of_only_where_the_secret_is_right() -> None:
    _, field = sent(proofs(OTHER, wall=Wall(NOON + 3600 * SECOND)))
    assert refusal(lambda: check(proofs(), field)) == WRONG


def test_a_replay_is_refused_at_any_time_by_a_clock_that_goes_on() -> None:
    for ahead in (-60, -30, 0, 30, 60):
        wall = Wall()
        there = proofs(wall=wall)
        _, field = sent(proofs(wall=Wall(NOON + ahead * SECOND)))
        check(there, field)
        for seconds in range(0, 200, 3):
            wall.now = NOON + seconds * SECOND
            check(there, sent(proofs(wall=wall))[1])
            refusal(lambda there=there, field=field: check(there, field))  # type: ignore[misc]


def test_a_replay_is_refused_though_the_clock_was_set_back() -> None:
    wall = Wall()
    there = proofs(wall=wall)
    _, field = sent(proofs(wall=wall))
    check(there, field)
    wall.now = NOON + 66 * SECOND
    check(there, sent(proofs(wall=wall))[1])
    wall.now = NOON + 36 * SECOND
    set_back = "the clock here was set back: the message may have been sent before"
    assert refusal(lambda: check(there, field)) == set_back
    check(there, sent(proofs(wall=wall))[1])
    wall.now = NOON - 3600 * SECOND
    assert refusal(lambda: check(there, sent(proofs(wall=wall))[1])) == set_back


def test_the_first_secret_signs_and_any_is_taken() -> None:
    old, both, turned, new = proofs(SECRET), proofs(SECRET, OTHER), proofs(OTHER, SECRET), proofs(OTHER)
    for here, there in ((old, both), (both, old), (both, turned), (turned, both), (turned, new), (new, turned)):
        asked, field = sent(here)
        here.check_answer(asked, there.of_answer(check(there, field), "", b""), "", b"")
    assert refusal(lambda: check(new, sent(old)[1])) == WRONG
    assert refusal(lambda: check(old, sent(turned)[1])) == WRONG


def test_an_answer_proves_nothing_else() -> None:
    here, there = proofs(), proofs()
    asked, field = sent(here)
    mac = there.of_answer(check(there, field), "", b"answer")
    later, _ = sent(here)
    wrong = "the proof of its answer is by another secret, or for another answer"
    assert refusal(lambda: here.check_answer(later, mac, "", b"answer")) == wrong
    assert refusal(lambda: here.check_answer(asked, mac, "", b"another")) == wrong
    assert refusal(lambda: here.check_answer(asked, mac, "deflate", b"answer")) == wrong
    assert refusal(lambda: here.check_answer(asked, "", "", b"")) == (
        "its answer has no proof; give it this cluster's secret"
    )


def test_an_answer_is_no_request_and_a_request_no_answer() -> None:
    here, there = proofs(), proofs()
    asked, field = sent(here)
    mac = there.of_answer(asked, "", b"body")
    assert refusal(lambda: check(there, f"{asked.time} {asked.nonce} {HASH} {mac}")) == WRONG
    refusal(lambda: here.check_answer(asked, field[-64:], "", b"body"))


def test_proofs_are_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[int, int]] = []

    def compare(one: str, other: str) -> bool:
        compared.append((len(one), len(other)))
        return False

    monkeypatch.setattr("hmac.compare_digest", compare)
    _, field = sent(proofs())
    refusal(lambda: check(proofs(OTHER, SECRET), field))
    assert compared == [(64, 64), (64, 64)]


def test_only_what_is_proven_is_remembered() -> None:
    there = proofs()
    _, taken = sent(proofs())
    check(there, taken)
    for _ in range(10):
        refusal(lambda: check(there, sent(proofs(OTHER))[1]))
        refusal(lambda: check(there, taken))
    assert sum(map(len, there._nonces._slots.values())) == 1


TEXT = st.text(max_size=5)


@settings(deadline=None)
@given(st.tuples(*[TEXT] * 8), st.tuples(*[TEXT] * 8))
def test_no_two_messages_have_the_same_bytes(one: tuple[str, ...], other: tuple[str, ...]) -> None:
    def signed(said: tuple[str, ...]) -> bytes:
        direction, cluster, method, path, time, nonce, coding, body = said
        return signed_bytes(direction, cluster, Challenge(method, path, time, nonce), coding, body)

    assert (signed(one) == signed(other)) == (one == other)
    assert one == other or not signed(one).startswith(signed(other))
