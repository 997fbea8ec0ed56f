"""Keys and parameters out of a target."""

import re
from collections.abc import Callable
from typing import NamedTuple, TypeVar
from urllib.parse import unquote_to_bytes

from gossip.data.entry import MAX_KEY_BYTES
from gossip.serving.answer import HttpError

_KNOWN_BYTES = 128 * 1024
"""So much of queries is remembered, with what was read from them: that takes up to a hundred times as much."""

T = TypeVar("T")

_BAD_PERCENT = re.compile(rb"%(?![0-9A-Fa-f]{2})")


class Query(NamedTuple):
    """What a query says."""

    keys: tuple[bytes, ...]
    """All values of the parameter `k`, in order, as UTF-8 bytes."""
    others: dict[str, str]
    """The other parameters; of several with one name the last."""


class _Known(dict[bytes, T]):
    """What was read of late. Bounded in bytes, as much may be said in few: when full, it starts anew."""

    def __init__(self, read: Callable[[bytes], T]) -> None:
        self._read = read
        self._bytes = 0

    def __missing__(self, text: bytes) -> T:
        read = self._read(text)
        self._bytes += len(text)
        if self._bytes > _KNOWN_BYTES:
            self.clear()
            self._bytes = len(text)
        self[text] = read
        return read


def _read(query: bytes) -> Query:
    keys: list[bytes] = []
    others: dict[str, str] = {}
    for parameter in query.split(b"&"):
        name, _, value = parameter.partition(b"=")
        if name == b"k" or (b"%" in name and unquote_to_bytes(name) == b"k"):
            keys.append(_key(value.replace(b"+", b" ")))
        elif name:
            others[_text(name)] = _text(value)
    return Query(tuple(keys), others)


query_of: Callable[[bytes], Query] = _Known(_read).__getitem__
"""What a query says. Raises HttpError 422 for a key that cannot be one.

Others than `k` that cannot be read are passed over, as those are that mean nothing.
"""


def values_of(query: bytes, name: str) -> tuple[str, ...]:
    """All values of a parameter that may come more than once."""
    parameters = (parameter.partition(b"=") for parameter in query.split(b"&"))
    return tuple(_text(value) for encoded, _, value in parameters if _text(encoded) == name)


def _text(encoded: bytes) -> str:
    return unquote_to_bytes(encoded.replace(b"+", b" ")).decode(errors="replace")


def _key(text: bytes) -> bytes:
    if b"%" in text:
        if _BAD_PERCENT.search(text):
            raise HttpError(422, "a key has a % that two hexadecimal digits do not follow; write % itself as %25")
        text = unquote_to_bytes(text)
    return checked_key(text)


def checked_key(key: bytes) -> bytes:
    """The key itself. Raises HttpError 422 when it cannot be one."""
    if not key:
        raise HttpError(422, "a key is empty; give it as k=<key>")
    if len(key) > MAX_KEY_BYTES:
        raise HttpError(422, f"a key may have {MAX_KEY_BYTES} bytes at most")
    if key[0] == 0:
        raise HttpError(422, "a key may not begin with U+0000: such keys are the node's own")
    if not key.isascii():
        try:
            key.decode()
        except UnicodeDecodeError:
            raise HttpError(422, "a key is not UTF-8; percent-encode the bytes of its UTF-8 form") from None
    return key


key_in_path: Callable[[bytes], bytes] = _Known(_key).__getitem__
"""The key that the rest of a path is. Raises HttpError 422 when it cannot be one."""
