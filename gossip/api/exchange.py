"""The peer's door: one message of an exchange in, the answer out."""

import threading
from collections.abc import Callable

from gossip.data.limits import StoreLimits
from gossip.faults import Faults
from gossip.metrics import Metrics
from gossip.serving.answer import Answer, Fields, HttpError
from gossip.serving.request import Request
from gossip.sync import wire
from gossip.sync.draft import MESSAGE_BUDGET
from gossip.sync.exchange import Exchange
from gossip.sync.message import Message, OtherCluster, PeerFault, Sender, Unproven
from gossip.sync.packing import CODING, Unreadable, packed, unpacked
from gossip.sync.proof import FIELD, Challenge, Proofs
from gossip.sync.sightings import Sightings

_UNPACKING: Fields = (("Accept-Encoding", CODING),)
"""Tells a peer that it may pack what it sends here (RFC 9110, section 12.5.3)."""

_FIELD = FIELD.lower().encode()
_PROVE: Fields = (("WWW-Authenticate", FIELD),)
"""What a 401 must name (RFC 9110, section 15.5.2)."""


def message_limit(limits: StoreLimits) -> int:
    """The most bytes that a message to this node may have: a first entry of the greatest size, and room to spare."""
    return 4 * MESSAGE_BUDGET + limits.value_bytes


_OF_BROWSERS = {b"origin", b"sec-fetch-site"}
"""Fields that no peer sends, and that no page can keep its browser from sending with a POST."""


class ExchangeApi:
    """Answers exchanges that peers begin."""

    def __init__(
        self,
        exchange: Exchange,
        limits: StoreLimits,
        faults: Faults,
        metrics: Metrics,
        sightings: Sightings,
        pass_on: Callable[[Message], None] = lambda _: None,
        proofs: Proofs | None = None,
    ) -> None:
        """`pass_on` is given each message that was taken in, to tell others of its news; it must not wait. With
        `proofs`, each message must be proven, and each answer is."""
        self._exchange = exchange
        self._limit = message_limit(limits)
        self._faults = faults
        self._metrics = metrics
        self._sightings = sightings
        self._pass_on = pass_on
        self._proofs = proofs
        self._one_at_a_time = threading.Lock()
        """A message of a few kilobytes can unfold into tens of megabytes, and two at once are not done sooner."""

    def post(self, request: Request) -> Answer:
        """400 for bytes that are no message, 401 for what is not proven, 403 for another cluster's message and for web
        pages, 415 for an unknown version's."""
        if not _OF_BROWSERS.isdisjoint(request.head.fields):
            raise HttpError(403, "a browser asks, on behalf of a page; this port is for peers")
        try:
            asked, body = self._proven(request)
            with self._one_at_a_time:
                answer = self._answer(request, asked, body)
        except PeerFault as fault:
            self._faults.note(fault.kind, f"from {request.client}: {fault}")
            fields = _PROVE if isinstance(fault, Unproven) else ()
            raise HttpError(_status(fault), str(fault), fields) from None
        del body  # whoever waits for room holds nothing but what it is for
        request.make_room(len(answer.body[0]))
        return answer

    def _answer(self, request: Request, asked: Challenge | None, body: bytes) -> Answer:
        """The answer to a message, with all that is noted of both. Raises PeerFault and HttpError."""
        message = wire.decode(self._content(request, body))
        reply, merged = self._exchange.answer(message)
        self._faults.note_all(merged.faults())
        self._faults.note_withheld(reply.withheld)
        self._pass_on(message)
        self._metrics.entries_in.add(len(message.entries))
        self._metrics.entries_out.add(len(reply.entries))
        self._note(message, reply.sender)
        if message.opening:
            self._metrics.exchanges_in.add()
        return self._packed(request, asked, wire.encode(reply))

    def _note(self, message: Message, own: Sender) -> None:
        """Note who called, and whether both agree; in the middle of an exchange, to differ is what is being mended."""
        sender = message.sender
        agrees = sender.fingerprint == own.fingerprint
        if sender.origin != own.origin and (message.opening or (agrees and not message.spread)):
            self._sightings.called(sender, agrees)

    def _proven(self, request: Request) -> tuple[Challenge | None, bytes]:
        """The body as it was sent, and what its answer is to be proven with. What is not proven is not read.

        A proof is good for once: on a thread that may not wait for the body, but begins anew, it would be a replay.
        """
        asked, hashed = None, ""
        if self._proofs:
            head = request.head
            field = _text(head.fields.get(_FIELD, b""))
            asked, hashed = self._proofs.check_request(head.method, _text(head.path), _coding(request), field)
        body = request.body(self._limit, f"a message may have {self._limit} bytes at most")
        self._metrics.bytes_in.add(len(body))
        if self._proofs:
            self._proofs.check_body(hashed, body)
        return asked, body

    def _content(self, request: Request, body: bytes) -> bytes:
        """What is in a body, unpacked if need be."""
        coding = _coding(request)
        if not coding:
            return body
        if coding != CODING:
            raise HttpError(415, f"the only content coding understood here is {CODING}", _UNPACKING)
        try:
            return unpacked(body, self._limit)
        except Unreadable as error:
            raise HttpError(400, f"the message cannot be unpacked: {error}") from None

    def _packed(self, request: Request, asked: Challenge | None, body: bytes) -> Answer:
        """The answer, packed where the peer can unpack it and it pays."""
        accepted = request.head.fields.get(b"accept-encoding", b"")
        smaller = packed(body) if CODING.encode() in accepted.lower() else None
        fields = _UNPACKING
        if smaller is not None:
            body, fields = smaller, (*fields, ("Content-Encoding", CODING))
        self._metrics.bytes_out.add(len(body))
        if self._proofs and asked:
            proof = self._proofs.of_answer(asked, "" if smaller is None else CODING, body)
            fields = (*fields, (FIELD, proof))
        return Answer(200, [body], wire.CONTENT_TYPE, fields)


def _coding(request: Request) -> str:
    return _text(request.head.fields.get(b"content-encoding", b"")).lower()


def _text(raw: bytes) -> str:
    return raw.decode("latin-1")


def _status(fault: PeerFault) -> int:
    if isinstance(fault, Unproven):
        return 401
    if isinstance(fault, OtherCluster):
        return 403
    return 415 if isinstance(fault, wire.UnknownVersion) else 400
