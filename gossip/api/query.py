"""Keys out of a query string."""

import re
from functools import lru_cache
from urllib.parse import unquote_to_bytes

from gossip.serving.answer import HttpError

_BAD_PERCENT = re.compile(rb"%(?![0-9A-Fa-f]{2})")


@lru_cache(maxsize=1024)
def keys_of(query: bytes) -> tuple[bytes, ...]:
    """All values of the parameter `k`, in order, as UTF-8 bytes. Other parameters are passed over.

    Raises HttpError 422 when one is empty, badly percent-encoded or not UTF-8.
    """
    keys = []
    for parameter in query.split(b"&"):
        name, _, value = parameter.partition(b"=")
        if name == b"k" or (b"%" in name and unquote_to_bytes(name) == b"k"):
            keys.append(_key(value))
    return tuple(keys)


def _key(text: bytes) -> bytes:
    if b"+" in text:
        text = text.replace(b"+", b" ")
    if b"%" in text:
        if _BAD_PERCENT.search(text):
            raise HttpError(422, "a key has a % that two hexadecimal digits do not follow; write % itself as %25")
        text = unquote_to_bytes(text)
    if not text:
        raise HttpError(422, "a key is empty; give it as k=<key>")
    if not text.isascii():
        try:
            text.decode()
        except UnicodeDecodeError:
            raise HttpError(422, "a key is not UTF-8; percent-encode the bytes of its UTF-8 form") from None
    return text
