"""What is fuzzed: bytes in; an AssertionError, or anything else that no caller expects, is a finding."""

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from gossip.api.entries import read_items
from gossip.api.guard import Guard
from gossip.api.query import key_in_path, query_of
from gossip.api.routes import refusing
from gossip.serving.answer import HttpError, head_of
from gossip.serving.head import parse_head
from gossip.serving.limits import Limits
from gossip.serving.reader import Gone, Reader
from gossip.serving.request import Request
from gossip.sync import wire
from gossip.sync.packing import Unreadable, unpacked
from tests.pieces import Pieces

T = TypeVar("T")

LIMITS = Limits(head_bytes=2000, target_bytes=1000, fields=20, chunk_line_bytes=100, request_seconds=5.0)
MOST_BODY = 4000
GUARD = Guard(lambda _: refusing(404, "nothing is here"), ["map"], ["https://app.example"], lambda: (b"token",))


def read_wire(data: bytes) -> None:
    """A message from a peer, as it is or packed: it is refused with a reason, or means what its bytes mean."""
    try:
        data = unpacked(data, 2**20)
    except Unreadable:
        pass
    try:
        message = wire.decode(data)
    except (wire.WireError, wire.UnknownVersion):
        return
    assert wire.decode(wire.encode(message)) == message
    assert all(key and key.decode() for key, _ in message.entries)


def read_requests(data: bytes) -> None:
    """All that a client sends on a connection: how it is cut into pieces changes nothing."""
    assert _outcome(data, len(data) or 1) == _outcome(data, 7)


def _outcome(data: bytes, length: int) -> list[object]:
    pieces = (data[at : at + length] for at in range(0, len(data), length))
    reader = Reader(Pieces(pieces), LIMITS)  # type: ignore[arg-type]
    seen: list[object] = []
    try:
        while True:
            head = parse_head(reader.head(), LIMITS)
            request = Request(head, reader, lambda: None)
            seen.append((head.method, head.path, head.query, head.framing))
            seen += [_said(query_of, head.query), _said(key_in_path, head.path[1:]), _said(GUARD(head), request)]
            if request.has_unread_body:
                body = request.body(MOST_BODY, "too large")
                assert len(body) <= MOST_BODY
                seen.append((body, _said(partial(read_items, most=1000, expiry_after=lambda _: 1), body)))
    except (HttpError, Gone) as end:
        return [*seen, type(end)]


def _said(read: Callable[[T], object], given: T) -> object:
    """What this gives, or the status that it refuses with."""
    try:
        return read(given)
    except HttpError as error:
        return int(head_of(error.answer, 0).split(b" ")[1])


TARGETS = {"wire": read_wire, "request": read_requests}
