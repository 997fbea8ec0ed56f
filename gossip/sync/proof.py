"""What proves that a message is from a node of this cluster, and was not sent before (`docs/protocol.md`, *Proofs*).

Rule 1: a head is proven before its body is read, and a body before it is unpacked: strangers take up no room.
Rule 2: what only a node with a secret can do is looked at first: no outsider makes this node remember anything.
Rule 3: an answer is proven for one request, and is never one itself.
"""

import hashlib
import hmac
import os
import re
import threading
from collections.abc import Callable, Sequence
from typing import NamedTuple

from gossip.data.clock import MICROS, wall_micros
from gossip.sync.message import Unproven

FIELD = "Gossip-Proof"

WINDOW = 60 * MICROS
"""So far the clocks of two nodes may be apart, the time on the way included: as MAX_CLOCK_SKEW has it by default."""

_SLOT = WINDOW // 20
_MOST = 4_800
"""So many messages are taken of each slot of 3 s, 1,600 a second: their nonces take some 11 MB together."""
_MOST_AFAR = _MOST // 8
"""And so many of one that is not about now: whoever says so has a clock that is off, or takes room of times to come."""

_REQUEST = re.compile(r"([0-9]{1,20}) ([0-9a-f]{32}) ([0-9a-f]{64}) ([0-9a-f]{64})")
_ANSWER = re.compile(r"[0-9a-f]{64}")


class Challenge(NamedTuple):
    """What a request is proven with, and its answer as well: so it is the answer to this one alone."""

    method: str
    path: str
    time: str
    nonce: str


def signed_bytes(direction: str, cluster: str, asked: Challenge, coding: str, hashed: str) -> bytes:
    """What is signed; `hashed` is the body's hash. Lengths come first: no two messages have the same bytes."""
    parts = [part.encode() for part in (direction, cluster, *asked, coding, hashed)]
    return b"gossipcar-proof-1" + b"".join(len(part).to_bytes(8, "big") + part for part in parts)


class Proofs:
    """Proves what this node says, and checks what it is told. Safe to use from any thread."""

    def __init__(
        self,
        secrets: Callable[[], Sequence[bytes]],
        cluster: str,
        wall: Callable[[], int] = wall_micros,
    ) -> None:
        """`secrets` gives those that hold now: this node signs by the first, and takes what is signed by any."""
        self._secrets = secrets
        self._cluster = cluster
        self._wall = wall
        self._nonces = Nonces()

    def of_request(self, method: str, path: str, coding: str, body: bytes) -> tuple[Challenge, str]:
        """What a request's answer will be proven with, and the request's field."""
        asked, hashed = Challenge(method, path, str(self._wall()), os.urandom(16).hex()), _hash(body)
        return asked, f"{asked.time} {asked.nonce} {hashed} {self._mac('request', asked, coding, hashed)}"

    def of_answer(self, asked: Challenge, coding: str, body: bytes) -> str:
        """The field of an answer."""
        return self._mac("answer", asked, coding, _hash(body))

    def check_request(self, method: str, path: str, coding: str, field: str) -> tuple[Challenge, str]:
        """What an answer is to be proven with, and the hash that `check_body` is to find. Raises Unproven unless a node
        of this cluster has just sent this head, for the first time."""
        match = _REQUEST.fullmatch(field)
        if not match:
            raise Unproven(
                "no proof", f"a request needs a proof in the field {FIELD}; give its sender this cluster's secret"
            )
        asked, hashed, mac = Challenge(method, path, match[1], match[2]), match[3], match[4]
        if not self._is_right(mac, "request", asked, coding, hashed):
            raise Unproven("wrong proof", "the proof is by another secret, or for another cluster or message")
        self._check_age(asked)
        return asked, hashed

    def check_body(self, hashed: str, body: bytes) -> None:
        """Raises Unproven unless it is the body that the head of a request was proven with."""
        if _hash(body) != hashed:
            raise Unproven("wrong proof", "the proof is for another body")

    def check_answer(self, asked: Challenge, mac: str, coding: str, body: bytes) -> None:
        """Raises Unproven unless a node of this cluster has answered this request so."""
        if not _ANSWER.fullmatch(mac):
            raise Unproven("no proof", "its answer has no proof; give it this cluster's secret")
        if not self._is_right(mac, "answer", asked, coding, _hash(body)):
            raise Unproven("wrong proof", "the proof of its answer is by another secret, or for another answer")

    def _check_age(self, asked: Challenge) -> None:
        """Raises Unproven for what was sent too long ago, before, or with too many others."""
        now, time = self._wall(), int(asked.time)
        if abs(now - time) > WINDOW:
            off = f"{(time - now) / MICROS:+.0f} s; at most {WINDOW // MICROS} s may be between two nodes"
            raise Unproven("clock off", f"the sender's clock is off by {off}")
        self._nonces.take(time, bytes.fromhex(asked.nonce), now)

    def _mac(self, direction: str, asked: Challenge, coding: str, hashed: str) -> str:
        return _mac(self._secrets()[0], signed_bytes(direction, self._cluster, asked, coding, hashed))

    def _is_right(self, mac: str, direction: str, asked: Challenge, coding: str, hashed: str) -> bool:
        signed = signed_bytes(direction, self._cluster, asked, coding, hashed)
        return any(hmac.compare_digest(_mac(secret, signed), mac) for secret in self._secrets())


def _mac(secret: bytes, signed: bytes) -> str:
    return hmac.new(secret, signed, "sha256").hexdigest()


def _hash(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


class Nonces:
    """The nonces of messages that were taken, for as long as these are not too old to be taken. Bounded."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._slots: dict[int, set[bytes]] = {}
        """By the time that the message says, in slots of some seconds: who fills one leaves the others alone."""
        self._floor = 0
        """Slots below this one are forgotten. It goes up with the clock, and stays where that is set back."""

    def take(self, time: int, nonce: bytes, now: int) -> None:
        """Take a message of this time, once. Raises Unproven where it is, or may be, one of those taken already; and
        where too many of that time were."""
        slot, current = time // _SLOT, now // _SLOT
        with self._lock:
            self._forget_old((now - WINDOW) // _SLOT)
            if slot < self._floor:
                raise Unproven("message replayed", "the clock here was set back: the message may have been sent before")
            taken = self._slots.setdefault(slot, set())
            if nonce in taken:
                raise Unproven("message replayed", "the message was sent before")
            if len(taken) >= (_MOST if abs(slot - current) <= 1 else _MOST_AFAR):
                raise Unproven("too many messages", "too many messages say to be of that time")
            taken.add(nonce)

    def _forget_old(self, slot: int) -> None:
        """Forget what is in slots before this one."""
        self._floor = max(self._floor, slot)
        for old in [held for held in self._slots if held < self._floor]:
            del self._slots[old]
