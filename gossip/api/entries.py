"""Entries as clients see them: as JSON, and as fields of a head."""

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterable, Mapping
from email.utils import formatdate
from itertools import accumulate
from typing import Any

from gossip.api.query import checked_key
from gossip.data.attributes import MAX_TYPE_BYTES, attached, content_type_of, expiry_of
from gossip.data.clock import MICROS
from gossip.data.entry import Entry, size
from gossip.serving.answer import OCTETS, Answer, Fields, HttpError

JSON = "application/json"

OWN_PAGES: Fields = (("Cross-Origin-Resource-Policy", "same-origin"),)
"""Values are not run or shown by pages of other origins, even where the browser does not say whose page it asks for, as
by plain HTTP to another machine: else a script of `key=value` would set a variable."""

MOST_ITEMS = 1_000
"""So many values are written at once at most: some 10 ms, in which no other write is made."""

_GROWTH = 6
"""A byte takes so many in JSON at most, as `\\u001f` does."""

_KEY_BYTES, _ENTRY_BYTES = 4, 160
"""And so many stand around a key, and around what is told of an entry with its key."""

MOST_JSON_BYTES = 32 * 2**20
"""So much JSON is made of several values for one answer."""

MOST_QUOTES, MOST_BRACKETS, DEEPEST = 64_000, 32_000, 20
"""Of JSON that is read: quotation marks and brackets, several times those of 1,000 values; and how many are in each
other."""

_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))

_ITEM = '{"value": "text"} or {"base64": "dGV4dA=="}'
_FORM = f"the body is a JSON object by key, of objects such as {_ITEM}"

_TYPE = re.compile(rb"[\x21-\x7e][\x20-\x7e]*")
"""What may stand in a head, whoever put it."""


def json_answer(content: object) -> Answer:
    """200, with this as JSON."""
    return Answer(200, (json.dumps(content).encode() + b"\n",), JSON)


def json_by_key(entries: Mapping[bytes, Entry]) -> Answer:
    """200, with these as a JSON object, put into words one by one: all at once they would take twice the memory. Raises
    HttpError 422 where they become too large."""
    pieces: list[bytes] = []
    length = 0
    for key, entry in entries.items():
        item = json.dumps(told(entry)).encode()
        length += len(item)
        if pieces and length > MOST_JSON_BYTES:
            raise HttpError(422, f"this takes over {MOST_JSON_BYTES} bytes as JSON; ask for fewer keys at once")
        pieces += (b", " if pieces else b"{", json.dumps(key.decode()).encode(), b": ", item)
    return Answer(200, (*pieces, b"}\n"), JSON)


def most_json(keys: Iterable[bytes] = (), entries: Iterable[tuple[bytes, Entry]] = ()) -> int:
    """How many bytes it takes at most to list these keys, and to tell of these entries by key."""
    listed = sum(_GROWTH * len(key) + _KEY_BYTES for key in keys)
    return listed + sum(_GROWTH * size(key, entry) + _ENTRY_BYTES for key, entry in entries)


def told(entry: Entry) -> dict[str, Any]:
    """An entry that has a value, for JSON."""
    value = entry.value or b""
    try:
        content = {"value": value.decode()}
    except UnicodeDecodeError:
        content = {"base64": base64.b64encode(value).decode()}
    content_type = content_type_of(entry.extra)
    return {
        **content,
        "stamp": entry.time,
        "origin": f"{entry.origin:016x}",
        "expiry": expiry_of(entry.extra) or None,
        **({"contentType": content_type.decode("latin-1")} if content_type else {}),
    }


def etag_of(entry: Entry) -> str:
    """The stamp, as HTTP writes what tells one state of a thing from another (RFC 9110, section 8.8.3)."""
    return f'"{entry.time}-{entry.origin:016x}"'


def checked_type(content_type: bytes) -> bytes:
    """The content type itself. Raises HttpError 422 when it cannot be kept."""
    if content_type and not (_TYPE.fullmatch(content_type) and len(content_type) <= MAX_TYPE_BYTES):
        raise HttpError(422, f"a content type is {MAX_TYPE_BYTES} printable ASCII characters at most: text/html")
    return content_type


def type_of(entry: Entry) -> str:
    """The type of the value as it was put, or that of any bytes."""
    content_type = content_type_of(entry.extra)
    return content_type.decode("latin-1") if _TYPE.fullmatch(content_type) else OCTETS


def fields_of(entry: Entry) -> Fields:
    """What a head tells of an entry."""
    fields = (
        ("ETag", etag_of(entry)),
        ("Last-Modified", formatdate(entry.time // MICROS, usegmt=True)),
        ("Gossip-Origin", f"{entry.origin:016x}"),
    )
    expiry = expiry_of(entry.extra)
    return (*fields, ("Gossip-Expiry", str(expiry))) if expiry else fields


def read_items(body: bytes, most: int, expiry_after: Callable[[float | None], int]) -> dict[bytes, tuple[bytes, bytes]]:
    """The values of a JSON object by key, each with its extra. Raises HttpError.

    A value may have `most` bytes; `expiry_after` gives the expiry for a `ttl` in seconds.
    """
    if not _is_plain(body):
        raise HttpError(422, _FORM)
    try:
        told = json.loads(body.decode("utf-8-sig"))
    except ValueError:
        raise HttpError(422, "the body is no JSON") from None
    if not isinstance(told, dict) or not told:
        raise HttpError(422, _FORM)
    if len(told) > MOST_ITEMS:
        raise HttpError(413, f"{len(told)} keys are too many to write at once; send {MOST_ITEMS} at most")
    return {_key(key): _item(key, item, most, expiry_after) for key, item in told.items()}


def _is_plain(body: bytes) -> bool:
    """Whether JSON may be read at all: by how many strings, objects and lists it has, and how deep these are.

    `json` goes as deep as a body does, which is more than the stack of a thread has on some versions of Python.
    """
    unescaped = body.replace(b"\\\\", b"").replace(b'\\"', b"")
    if unescaped.count(b'"') > MOST_QUOTES:
        return False
    outside = unescaped.split(b'"')[::2]  # every other piece is a string's
    brackets = b"".join(outside).translate(None, _NO_BRACKETS)
    depths = accumulate(1 if bracket in b"[{" else -1 for bracket in brackets[: MOST_BRACKETS + 1])
    return len(brackets) <= MOST_BRACKETS and max(depths, default=0) <= DEEPEST


def _key(text: str) -> bytes:
    return checked_key(text.encode(errors="surrogatepass"))


def _item(key: str, item: object, most: int, expiry_after: Callable[[float | None], int]) -> tuple[bytes, bytes]:
    if not isinstance(item, dict):
        raise _no_item(key)
    value, ttl, content_type = _value(key, item), item.get("ttl"), item.get("contentType", "")
    if len(value) > most:
        raise HttpError(413, f"a value may have {most} bytes at most; that of {key!r} has {len(value)}")
    kept = checked_type(content_type.encode(errors="replace") if isinstance(content_type, str) else b"\0")
    if ttl is None:
        return value, attached(0, kept)
    seconds = float(ttl) if isinstance(ttl, (int, float)) and not isinstance(ttl, bool) and 0 < ttl < 10**15 else None
    return value, attached(expiry_after(seconds), kept)


def _no_item(key: str) -> HttpError:
    return HttpError(422, f"the value of {key[:100]!r} is to be an object such as {_ITEM}")


def _value(key: str, item: dict[str, object]) -> bytes:
    text, encoded = item.get("value"), item.get("base64")
    try:
        if isinstance(text, str) and encoded is None:
            return text.encode()
        if isinstance(encoded, str) and text is None:
            return base64.b64decode(encoded, validate=True)
    except (UnicodeEncodeError, binascii.Error, ValueError):
        pass
    raise _no_item(key)


def wants_json(accept: bytes) -> bool:
    """Whether such an Accept field asks for JSON (RFC 9110, section 12.5.1)."""
    for choice in accept.lower().split(b","):
        name, *parameters = (part.strip() for part in choice.split(b";"))
        if name == JSON.encode() and not any(re.fullmatch(rb"q=0(\.0*)?", parameter) for parameter in parameters):
            return True
    return False
