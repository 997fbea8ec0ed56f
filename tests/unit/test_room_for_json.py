"""Answers in JSON have room for all that they say, before it is made."""

import socket
from urllib.parse import quote

import pytest

from gossip.api.keys import KeysApi
from gossip.api.map import MapApi
from gossip.api.writes import Writes
from gossip.data.attributes import attached
from gossip.data.store import Store
from gossip.serving.limits import Limits
from gossip.serving.reader import Reader
from gossip.serving.request import Request
from gossip.serving.room import SMALL_BYTES
from tests.unit.fakes import make_store, nobody_confirms, request_of

ENTRIES = {
    "tiny": [(b"%04d" % number, b"1", b"") for number in range(2180)],
    "that grow sixfold": [(b"%d" % number + b"\x1f" * 1000, b"\x1f" * 1000, b"") for number in range(30)],
    "that are no text": [(b"%d" % number, b"\xff" * 1000, attached(2**62, b"text/html")) for number in range(100)],
}


class NotingRequest(Request):
    """One that notes how much room was made."""

    room = 0

    def make_room(self, count: int) -> None:
        self.room = count


def said_and_room(store: Store, target: str) -> tuple[int, int]:
    """How many bytes are answered, and how many there was room for."""
    wide = Limits(head_bytes=10**7, target_bytes=10**7)
    head = request_of(f"GET {target} HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\n\r\n".encode(), wide).head
    api = KeysApi(store) if target.startswith("/keys") else MapApi(store, Writes(store, nobody_confirms))
    with socket.socket() as nobody:
        request = NotingRequest(head, Reader(nobody, wide))
        return sum(map(len, api.get(request).body)), request.room


@pytest.mark.parametrize("kind", ENTRIES)
@pytest.mark.parametrize("target", ["/keys?limit=10000", "/keys?limit=10000&values=1", "/map?"])
def test_there_is_room_for_all_that_is_said(kind: str, target: str) -> None:
    store = make_store()
    for key, value, extra in ENTRIES[kind]:
        store.write(key, value, extra)
    if target == "/map?":
        target += "&".join(f"k={quote(key)}" for key, _, _ in ENTRIES[kind])
    said, room = said_and_room(store, target)
    assert said <= room or said <= SMALL_BYTES


def test_what_is_small_needs_none() -> None:
    store = make_store()
    store.put(b"a", b"1")
    assert said_and_room(store, "/keys?values=1")[1] == said_and_room(store, "/map?k=a")[1] == 0
