"""What is attached to an entry besides its value: when it expires, and of what type the value is.

Attributes are kept in `Entry.extra`: for each a tag (1 byte), a length (2 bytes, big-endian) and so many bytes. Nodes
keep and pass on whole what they do not know; what makes no sense is passed over.
"""

import struct
from collections.abc import Iterator

MAX_TYPE_BYTES = 255
"""The longest content type that is kept."""

_ATTRIBUTE = struct.Struct(">BH")
_MICROS = struct.Struct(">Q")
_EXPIRY, _CONTENT_TYPE = 1, 2


def attached(expiry: int = 0, content_type: bytes = b"") -> bytes:
    """The bytes that say when an entry expires, in microseconds since the Unix epoch, and the type of its value."""
    said = _ATTRIBUTE.pack(_EXPIRY, _MICROS.size) + _MICROS.pack(expiry) if expiry else b""
    return said + _ATTRIBUTE.pack(_CONTENT_TYPE, len(content_type)) + content_type if content_type else said


def expiry_of(extra: bytes) -> int:
    """When the entry expires, in microseconds since the Unix epoch; 0 where it never does."""
    for tag, content in _attributes(extra):
        if tag == _EXPIRY and len(content) == _MICROS.size:
            return int(_MICROS.unpack(content)[0])
    return 0


def content_type_of(extra: bytes) -> bytes:
    """The type of the value as it was put; empty where none was given."""
    return next((content for tag, content in _attributes(extra) if tag == _CONTENT_TYPE), b"")


def _attributes(extra: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while len(extra) - at >= _ATTRIBUTE.size:
        tag, length = _ATTRIBUTE.unpack_from(extra, at)
        at += _ATTRIBUTE.size + length
        if at <= len(extra):
            yield tag, extra[at - length : at]
