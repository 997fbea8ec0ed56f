"""What may be asked of a node: one method for each thing."""

import json
from collections.abc import Iterable, Iterator, Mapping
from types import TracebackType
from typing import Any

from .connections import Answer, Connections, Request
from .entry import Entry, ManyWritten, Written, content, entry_of, told
from .targets import given, patience, seconds, target, targets, value_target, waiting, watch_target
from .watch import Watch

_JSON = "application/json"


class Client:
    """Talks to a node: the one at `url`, else that of this pod or machine, at port 80 or 8080 of localhost.

    Threads may share a client: each call takes a connection of its own and leaves it for the next call. Processes may
    not: make one after the fork. Keys are text, values bytes; text given as a value is written as UTF-8. Each call
    raises NotReachable when no node answers within `timeout` seconds, RequestRefused when the node refuses.

    >>> with Client() as client:
    ...     client.put("greeting", "hello").created
    ...     client.get("greeting")
    True
    b'hello'
    """

    def __init__(self, url: str | None = None, timeout: float = 5.0, token: str | None = None) -> None:
        """Connects when it is first needed. Raises ValueError when `url` is not that of a node, or `token` is none.

        `token` is for nodes that want one (CLIENT_TOKEN_FILE).
        """
        self._connections = Connections(url, timeout, token)

    def __enter__(self) -> "Client":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give back the connections that rest. The client can still be used, and then opens others."""
        self._connections.close()

    def get(self, key: str) -> bytes | None:
        """The value, or None where there is none.

        >>> client.get("absent") is None
        True
        """
        answer = self._connections.ask_for(Request("GET", value_target(key, {})))
        return answer.body if answer else None

    def get_many(self, keys: Iterable[str]) -> dict[str, bytes]:
        """The values of those keys that have one; a node gives up to 16 MiB of them at once.

        >>> client.put_many({"a": "1", "b": "2"})
        ManyWritten(created=2, overwritten=0, confirmed=None)
        >>> client.get_many(["a", "b", "c"])
        {'a': b'1', 'b': b'2'}
        """
        return {key: entry.value for key, entry in self._entries(keys).items()}

    def entry(self, key: str) -> Entry | None:
        """The value with all that the node knows of it, or None where there is none.

        >>> client.put("page", "<p>", content_type="text/html", ttl=60).created
        True
        >>> entry = client.entry("page")
        >>> entry.value, entry.content_type, entry.expiry > entry.stamp
        (b'<p>', 'text/html', True)
        """
        return self._entries([key]).get(key)

    def put(
        self,
        key: str,
        value: bytes | str,
        *,
        ttl: float | None = None,
        content_type: str | None = None,
        if_match: str | None = None,
        if_none_match: bool = False,
        wait: int | str | None = None,
        wait_timeout: float | None = None,
    ) -> Written:
        """Write a value, that expires after `ttl` seconds if that is given.

        With `if_match` it is written only when what the node holds has that ETag, with `if_none_match` only when it
        holds no value; else ConditionFailed is raised. `wait` is a number of peers, `majority` or `all`: NotConfirmed
        is raised when not so many are known to hold the value within `wait_timeout` seconds (1 unless given).

        >>> client.put("leader", "me", if_none_match=True, ttl=10).created
        True
        >>> client.put("leader", "you", if_none_match=True, ttl=10)
        Traceback (most recent call last):
        gossip.client.errors.ConditionFailed: the value here is not the one that the condition asks for; read it anew
        >>> client.put("leader", "still me", if_match=client.entry("leader").etag, ttl=10, wait="all").created
        False
        """
        fields = {"Content-Type": content_type, "If-Match": if_match, "If-None-Match": "*" if if_none_match else None}
        where = value_target(key, {"ttl": seconds(ttl), **waiting(wait, wait_timeout)})
        body = content(value)
        answer = self._ask(Request("PUT", where, body, given(fields), patience(wait, wait_timeout)))
        return Written(answer.status == 201, answer.fields["ETag"], answer.confirmed)

    def put_many(
        self,
        values: Mapping[str, bytes | str],
        *,
        ttl: float | None = None,
        content_type: str | None = None,
        wait: int | str | None = None,
        wait_timeout: float | None = None,
    ) -> ManyWritten:
        """Write all of these values, 1,000 at most, or none where there is no room for all. `wait` is as with `put`.

        >>> client.put_many({"x": "1", "y": b"\\xff"}, ttl=60)
        ManyWritten(created=2, overwritten=0, confirmed=None)
        """
        shared = given({"ttl": ttl, "contentType": content_type})
        body = json.dumps({key: {**told(value), **shared} for key, value in values.items()}).encode()
        where, fields = target("/map", waiting(wait, wait_timeout)), {"Content-Type": _JSON}
        answer = self._ask(Request("POST", where, body, fields, patience(wait, wait_timeout)))
        counts = answer.json()
        return ManyWritten(counts["created"], counts["overwritten"], answer.confirmed)

    def delete(
        self,
        *keys: str,
        if_match: str | None = None,
        wait: int | str | None = None,
        wait_timeout: float | None = None,
    ) -> bool:
        """Whether one of the keys was there; now none is. `if_match`, for one key, and `wait` are as with `put`.

        >>> client.put("greeting", "hello").created, client.delete("greeting"), client.delete("greeting")
        (True, True, False)
        """
        if if_match is not None and len(keys) != 1:
            raise ValueError("if_match goes with exactly one key")
        parameters = waiting(wait, wait_timeout)
        places = [value_target(*keys, parameters)] if len(keys) == 1 else targets("/map", keys, parameters)
        fields, longer = given({"If-Match": if_match}), patience(wait, wait_timeout)
        answers = [self._connections.ask_for(Request("DELETE", place, None, fields, longer)) for place in places]
        return any(answers)

    def add(self, key: str, n: int = 1, ttl: float | None = None) -> int:
        """Add to a counter, and give its total. Adds at different nodes at the same time all count.

        >>> client.add("visits"), client.add("visits", 10), client.add("visits", -3)
        (1, 11, 8)
        """
        return int(self._ask(Request("POST", target("/map", {"k": key, "add": n, "ttl": seconds(ttl)}))).body)

    def keys(self, prefix: str = "") -> Iterator[str]:
        """The keys that begin so, sorted by their UTF-8 bytes, asked for page by page.

        >>> client.put_many({"user/1": "ann", "user/2": "bob"}).created
        2
        >>> list(client.keys("user/"))
        ['user/1', 'user/2']
        """
        for page in self._pages(prefix=prefix):
            yield from page["keys"]

    def entries(self, prefix: str = "") -> Iterator[tuple[str, Entry]]:
        """The keys that begin so, as `keys` gives them, with their entries.

        >>> client.put_many({"user/1": "ann", "user/2": "bob"}).created
        2
        >>> [(key, entry.value) for key, entry in client.entries("user/")]
        [('user/1', b'ann'), ('user/2', b'bob')]
        """
        for page in self._pages(prefix=prefix, values=1):
            for key in page["keys"]:
                yield key, entry_of(page["entries"][key])

    def watch(self, *keys: str, prefix: str | Iterable[str] = (), since: str | None = None) -> Watch:
        """Iterate over changes: of these keys, of those with one of these prefixes, of all where neither is given.

        What comes after the call is told; with `since`, the `id` of an event, what came after that one.

        >>> with client.watch("door") as events:
        ...     _ = client.put("door", "open")
        ...     event = next(events)
        ...     event.kind, event.key, event.entry.value
        ('put', 'door', b'open')
        """
        return Watch(self._connections, watch_target(keys, [prefix] if isinstance(prefix, str) else prefix), since)

    def stats(self) -> dict[str, str]:
        """What the node tells of itself.

        >>> client.stats()["entries"].isdigit()
        True
        """
        lines = self._ask(Request("GET", "/stats")).body.decode().splitlines()
        return dict(line.split("=", 1) for line in lines)

    def peers(self) -> dict[str, Any]:
        """What the node tells of its peers, and whether they agree with it.

        >>> client.peers()["agreeing"]
        0
        """
        return dict(self._ask(Request("GET", "/peers")).json())

    def _ask(self, request: Request) -> Answer:
        return self._connections.ask(request)

    def _entries(self, keys: Iterable[str]) -> dict[str, Entry]:
        found: dict[str, Entry] = {}
        for place in targets("/map", keys, {}):
            answer = self._connections.ask_for(Request("GET", place, None, {"Accept": _JSON}))
            if answer:
                found |= {key: entry_of(fields) for key, fields in answer.json().items()}
        return found

    def _pages(self, **parameters: object) -> Iterator[dict[str, Any]]:
        after = None
        while True:
            page = self._ask(Request("GET", target("/keys", {**parameters, "after": after}))).json()
            yield page
            after = page["next"]
            if after is None:
                return
