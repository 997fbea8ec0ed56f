"""Bodies between peers, compressed where that pays: HTTP's `deflate`, which is zlib's format (RFC 9110, 8.4.1.2)."""

import zlib

CODING = "deflate"

_LEAST = 1024
"""Smaller bodies stay as they are: a packet is a packet."""
_SAMPLE = 8 * 1024
"""So much out of the middle tells whether the rest is worth the time."""
_WORTHWHILE = 0.8
"""Of the size it had."""
_FASTEST = 1


class Unreadable(Exception):
    """Bytes that are not compressed as they should be, or whose content is too long; the text says which."""


def packed(body: bytes) -> bytes | None:
    """The body compressed; None where that does not pay."""
    if len(body) < _LEAST:
        return None
    middle = len(body) // 2
    sample = body[max(0, middle - _SAMPLE // 2) : middle + _SAMPLE // 2]
    if len(zlib.compress(sample, _FASTEST)) > _WORTHWHILE * len(sample):
        return None
    return zlib.compress(body, _FASTEST)


def unpacked(body: bytes, most: int) -> bytes:
    """The content of a compressed body, of at most so many bytes. Raises Unreadable, before it takes more memory."""
    reader = zlib.decompressobj()
    try:
        content = reader.decompress(body, most + 1)
    except zlib.error as error:
        raise Unreadable(f"it is not compressed as it says: {error}") from None
    if len(content) > most:
        raise Unreadable(f"its content is over {most} bytes")
    if not reader.eof or reader.unused_data:
        raise Unreadable("its compressed content does not end where it ends")
    return content
