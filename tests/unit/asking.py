"""A client of the map, without a server in between."""

import json
from collections.abc import Collection
from typing import Any

from gossip.api.map import MapApi
from gossip.api.writes import Writes
from gossip.data.limits import StoreLimits
from gossip.serving.answer import Answer
from tests.unit.fakes import (
    Wall,
    make_store,
    nobody_confirms,
    request_of,
    text_of,
    with_body,
)


class Client:
    """Writes to a store whose clock stands at noon, and notes whom it would have waited for."""

    def __init__(self, limits: StoreLimits | None = None, confirmed: tuple[int, bool] | None = None) -> None:
        self.wall = Wall()
        self.store = make_store(limits=limits, wall=self.wall)
        self.waited: list[tuple[list[bytes], str, float]] = []
        self._confirmed = confirmed
        self.map = MapApi(self.store, Writes(self.store, self._confirm if confirmed else nobody_confirms))

    def _confirm(self, keys: Collection[bytes], wanted: str, seconds: float) -> tuple[int, bool]:
        self.waited.append((list(keys), wanted, seconds))
        assert self._confirmed
        return self._confirmed

    def put(self, query: str, value: bytes = b"v") -> Answer:
        return self.map.put(with_body("PUT", f"/map?{query}", value))

    def delete(self, query: str) -> Answer:
        return self.map.delete(request_of(f"DELETE /map?{query} HTTP/1.1\r\nHost: x\r\n\r\n".encode()))

    def post(self, body: object, query: str = "") -> Answer:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.map.post(with_body("POST", f"/map?{query}", raw))

    def add(self, query: str) -> Answer:
        return self.map.post(request_of(f"POST /map?{query} HTTP/1.1\r\nHost: x\r\n\r\n".encode()))

    def get_json(self, query: str) -> Any:
        raw = f"GET /map?{query} HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\n\r\n".encode()
        answer = self.map.get(request_of(raw))
        assert (answer.status, answer.content_type) == (200, "application/json")
        return json.loads(text_of(answer))
