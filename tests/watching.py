"""A client that watches a node."""

import json
from types import TracebackType
from typing import Any, NamedTuple

import requests

PATIENCE = 10.0
"""Seconds without anything at all after which a watcher's test fails."""


class Event(NamedTuple):
    """One server-sent event."""

    id: str
    name: str
    data: Any

    @property
    def number(self) -> int:
        return int(self.id.rpartition("-")[2])


class Watching:
    """A watcher. A context manager: leaving it ends the connection."""

    def __init__(self, url: str, query: str = "", last: str = "") -> None:
        """`url` is the node's; `last` is the id of the last event that it knows."""
        headers = {"Last-Event-ID": last} if last else {}
        self.last = last
        self.response = requests.get(f"{url}/watch{query}", stream=True, timeout=PATIENCE, headers=headers)
        self._lines = self.response.iter_lines(chunk_size=None)

    def __enter__(self) -> "Watching":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.response.close()

    def next(self) -> Event:
        """The next event, as a browser would see it."""
        fields: dict[str, str] = {}
        for line in self._lines:
            name, _, value = line.decode().partition(": ")
            fields[name] = value
            self.last = fields.get("id", self.last)
            if not line and "data" in fields:
                return Event(self.last, fields["event"], json.loads(fields["data"]))
        raise EOFError

    def take(self, count: int) -> list[tuple[str, str]]:
        """The names and keys of so many events."""
        events = [self.next() for _ in range(count)]
        return [(event.name, event.data.get("key", "")) for event in events]

    def rest(self) -> list[str]:
        """The keys of all events until the node ends the answer."""
        keys = []
        try:
            while True:
                keys.append(self.next().data["key"])
        except EOFError:
            return keys
