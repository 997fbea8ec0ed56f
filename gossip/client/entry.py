"""What a node tells of values, of writes and of changes."""

import base64
from collections.abc import Mapping
from typing import Any, NamedTuple


class Entry(NamedTuple):
    """A value, and what the node knows of it."""

    value: bytes
    stamp: int
    """When it was written, in microseconds since 1970, by the clock of the node that wrote it."""
    origin: str
    """The process that wrote it."""
    expiry: int | None
    """When it expires, in microseconds since 1970, if it does."""
    content_type: str | None
    """The type that it was put with, if one was given."""

    @property
    def etag(self) -> str:
        """Names this state of the value, for `if_match`."""
        return f'"{self.stamp}-{self.origin}"'


class Written(NamedTuple):
    """A write of one key."""

    created: bool
    """Whether the key had no value before."""
    etag: str
    """Names what was written, for `if_match`."""
    confirmed: int | None
    """How many peers were known to hold it, where the write waited for that."""


class ManyWritten(NamedTuple):
    """A write of many keys."""

    created: int
    overwritten: int
    confirmed: int | None


class Event(NamedTuple):
    """A change that a watch tells of."""

    kind: str
    """`put`, `delete`, or `reset`: what came in between is not known any more, read anew what matters."""
    id: str
    """Where to go on: `client.watch(since=event.id)`."""
    data: dict[str, Any]
    """All that the node says, as in docs/api.md."""

    @property
    def key(self) -> str | None:
        """The key that was written or deleted."""
        return self.data.get("key")

    @property
    def entry(self) -> Entry | None:
        """What was put."""
        return entry_of(self.data) if self.kind == "put" else None


def entry_of(told: Mapping[str, Any]) -> Entry:
    """An entry out of its JSON form."""
    value = base64.b64decode(told["base64"]) if "base64" in told else told["value"].encode()
    return Entry(value, told["stamp"], told["origin"], told.get("expiry"), told.get("contentType"))


def content(value: bytes | str) -> bytes:
    """The bytes of a value that is to be written. Raises TypeError for what is neither bytes nor text."""
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value)
    raise TypeError(f"a value is bytes or text, not {type(value).__name__}")


def told(value: bytes | str) -> dict[str, str]:
    """The JSON form of a value that is to be written. Raises TypeError as `content`."""
    return {"value": value} if isinstance(value, str) else {"base64": base64.b64encode(content(value)).decode()}
