"""A node that says what a test wants of its peers and itself, with the real page, keys and watching."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from gossip.api import page
from gossip.api.events import Events
from gossip.api.keys import KeysApi
from gossip.api.routes import Routes
from gossip.api.watch import WatchApi
from gossip.data.store import Store
from gossip.serving.answer import TEXT, Answer, HttpError
from gossip.serving.limits import Limits
from gossip.serving.request import Operation, Request
from gossip.serving.server import Server
from gossip.serving.streams import Streams

NOON = 1_800_000_000_000_000


def peer(number: int, **told: Any) -> dict[str, Any]:
    """One of the peers that a staged node has: it agrees, unless told."""
    usual = {
        "origin": f"{number:016x}", "address": f"10.0.0.{number}:46747", "agrees": True,
        "agreesSinceSecs": 60.0 * number, "lastExchangeSecsAgo": float(number % 40),
        "roundTripMs": 0.8 + (number * 37 % 23), "clockOffsetMs": number - 20.0,
        "fingerprint": "0" * 16, "latestStamp": NOON, "leaving": False,
    }  # fmt: skip
    return usual | told


class Staged:
    """What it says, for tests to change while it runs."""

    def __init__(self) -> None:
        self.store = Store(0xABCD)
        self.peers: list[dict[str, Any]] = []
        self.not_heard: list[str] = []
        self.token = ""
        self.stats: dict[str, object] = {
            "upTimeSecs": 93784, "upSince": "2027-01-15T08:00:00Z", "nOutSyncs": 9, "nInSyncs": 9, "nBadHttpReqs": 0,
            "nGoodHttpReqs": 0, "name": "staged-0", "origin": "000000000000abcd", "entries": 12, "bytes": 4711,
            "fingerprint": "00c0ffee00c0ffee", "peers": 0, "lastExchangeSecsAgo": "0.4", "nPeerFaults": 0,
            "nEntriesIn": 5, "nEntriesOut": 0, "nNewsOut": 0, "nNewsDropped": 0, "travelSecsP50": "0.004",
            "travelSecsP99": "0.032",
        }  # fmt: skip
        self.url = ""

    def _peers(self, request: Request) -> Answer:
        agreeing = sum(peer["agrees"] for peer in self.peers)
        told = {"origin": "", "agreeing": agreeing, "peers": self.peers, "notHeard": self.not_heard}
        return Answer(200, (json.dumps(told).encode(),), "application/json")

    def _stats(self, request: Request) -> Answer:
        return Answer(200, ("".join(f"{name}={value}\n" for name, value in self.stats.items()).encode(),), TEXT)

    def _guarded(self, operation: Operation) -> Operation:
        """As a node that has a token answers those who do not know it."""

        def guard(request: Request) -> Answer:
            if self.token and request.head.fields.get(b"authorization") != b"Bearer " + self.token.encode():
                raise HttpError(401, "this node asks for its token")
            return operation(request)

        return guard

    @contextmanager
    def serving(self) -> Iterator["Staged"]:
        events = Events(self.store)
        streams = Streams(events.gather, 10, 10.0)
        told = {
            "/peers": self._peers, "/stats": self._stats, "/keys": KeysApi(self.store).get,
            "/watch": WatchApi(events, streams).get,
        }  # fmt: skip
        guarded = {path: {"GET": self._guarded(operation)} for path, operation in told.items()}
        server = Server("127.0.0.1", 0, Routes({"/": {"GET": page.get}, **guarded}), Limits())
        server.start()
        self.url = f"http://127.0.0.1:{server.port}"
        try:
            yield self
        finally:
            streams.stop()
            server.stop()
