"""Messages to bytes and back. The one door for bytes from peers: every limit on them is enforced here.

Rule 1: all numbers are big-endian and unsigned.
Rule 2: a message is a head, then sections, each a tag, a length and so many bytes. A section whose tag is unknown is
        skipped, so that later versions can say more; a head with an unknown version is refused.
Rule 3: no count is believed before the bytes that it promises are seen to be there.

`docs/protocol.md` is the format's description; this module and it change together.
"""

import struct
from collections.abc import Callable, Iterator
from typing import Any

from gossip.data.digest import FANOUT, FIRST_LEAF, PARTS
from gossip.data.entry import Entry
from gossip.sync.message import Listed, Listing, Message, PeerFault, Place, Sender, Spread, Summary, Touched

VERSION = 1
CONTENT_TYPE = "application/vnd.gossipcar.exchange"

MOST_THINGS = 131_072
"""So many sections, summaries, listings, keys listed, wants and entries may one message have. In 512 KiB there are not
more; a message of two MiB, packed into ten kB, could have a million, each of which is work."""

MAX_NAME_BYTES = 255
"""A cluster's name, in bytes of UTF-8."""

_MAGIC = b"GC"
_HEAD = struct.Struct(">2sBBQQQQQIB")
_SECTION = struct.Struct(">BI")
_SUMMARY = struct.Struct(f">I{FANOUT}Q")
_LISTING = struct.Struct(">IBI")
_LISTED = struct.Struct(">QIH")
_WANT = struct.Struct(">H")
_COUNT = struct.Struct(">I")
_SPREAD = struct.Struct(">QQQ")
_PLACE = struct.Struct(">QQI")
_TOUCH = struct.Struct(">QQ")
_ENTRY = struct.Struct(">QQHIHB")

_OPENING, _CUT, _LEAVING = 1, 2, 4
_SUMMARIES, _LISTINGS, _WANTS, _ENTRIES, _SPREADING, _PLACES, _TOUCHED = 1, 2, 3, 4, 5, 6, 7
_VALUE, _TOMBSTONE = 0, 1


class WireError(PeerFault):
    """The bytes are not a message."""

    kind = "malformed message"


class UnknownVersion(PeerFault):
    """The bytes are a message of a version that this node does not speak."""

    kind = "unknown protocol version"


def encode(message: Message) -> bytes:
    """The bytes of a message."""
    sender = message.sender
    flags = _OPENING * message.opening | _CUT * message.cut | _LEAVING * sender.leaving
    name = sender.cluster.encode()
    numbers = (sender.origin, sender.time, sender.latest, sender.fingerprint, sender.largest, message.refused)
    parts = [_HEAD.pack(_MAGIC, VERSION, flags, *numbers, len(name)), name]
    sections: tuple[tuple[int, list[bytes]], ...] = (
        (_SUMMARIES, [_SUMMARY.pack(part, *summary) for part, summary in message.summaries.items()]),
        (_LISTINGS, [piece for listing in message.listings for piece in _listing(listing)]),
        (_WANTS, [piece for key in message.wants for piece in (_WANT.pack(len(key)), key)]),
        (_ENTRIES, _entries(message.entries) if message.entries else []),
        (_SPREADING, [_SPREAD.pack(*message.spread)] if message.spread else []),
        (_PLACES, [_PLACE.pack(*message.place)] if message.place else []),
        (_TOUCHED, [_TOUCH.pack(*sender.touched)] if any(sender.touched) else []),
    )
    for tag, pieces in sections:
        if pieces:
            parts.append(_SECTION.pack(tag, sum(map(len, pieces))))
            parts += pieces
    return b"".join(parts)


def _listing(listing: Listing) -> Iterator[bytes]:
    yield _LISTING.pack(listing.part, listing.partial, len(listing.keys))
    for key, listed in listing.keys.items():
        yield _LISTED.pack(listed.time, listed.check, len(key))
    yield from listing.keys


def _entries(entries: list[tuple[bytes, Entry]]) -> list[bytes]:
    """All the fixed-size records first, so that they are read back in one go."""
    records = [_COUNT.pack(len(entries))]
    contents: list[bytes] = []
    for key, (time, origin, value, extra) in entries:
        kind = _TOMBSTONE if value is None else _VALUE
        content = value or b""
        records.append(_ENTRY.pack(time, origin, len(key), len(content), len(extra), kind))
        contents += (key, content, extra)
    return records + contents


def decode(data: bytes) -> Message:
    """The message that these bytes are. Raises WireError or UnknownVersion, each with a sentence that says why."""
    try:
        return _message(_Cursor(data, _Things()))
    except (struct.error, UnicodeDecodeError) as error:
        raise WireError(f"the message is malformed: {error}") from None


class _Things:
    """Counts what one message says."""

    def __init__(self) -> None:
        self._left = MOST_THINGS

    def add(self, count: int = 1) -> None:
        self._left -= count
        if self._left < 0:
            raise WireError(f"the message says more than {MOST_THINGS} things")


class _Cursor:
    """A place in the bytes of a message, which never runs past their end."""

    def __init__(self, data: bytes, things: _Things) -> None:
        self._data = data
        self._place = 0
        self.things = things

    @property
    def left(self) -> int:
        return len(self._data) - self._place

    def take(self, count: int) -> bytes:
        if count > self.left:
            raise WireError(f"the message ends {count - self.left} bytes too early")
        start = self._place
        self._place += count
        return self._data[start : self._place]

    def unpack(self, form: struct.Struct) -> tuple[Any, ...]:
        return form.unpack(self.take(form.size))

    def records(self, form: struct.Struct, count: int) -> Iterator[tuple[Any, ...]]:
        records = form.iter_unpack(self.take(form.size * count))
        self.things.add(count)
        return records

    def key(self, length: int) -> bytes:
        return _checked_key(self.take(length))


def _checked_key(key: bytes) -> bytes:
    if not key:
        raise WireError("a key is empty")
    if not key.isascii():
        key.decode()
    return key


def _message(cursor: _Cursor) -> Message:
    magic, version, flags, *numbers, name_length = cursor.unpack(_HEAD)
    if magic != _MAGIC:
        raise WireError("this is no Gossipcar message")
    if version != VERSION:
        raise UnknownVersion(f"protocol version {version} is not spoken here, only version {VERSION}")
    origin, time, latest, fingerprint, largest, refused = numbers
    cluster = cursor.take(name_length).decode()
    sender = Sender(cluster, origin, time, latest, fingerprint, largest, bool(flags & _LEAVING))
    message = Message(sender, opening=bool(flags & _OPENING), cut=bool(flags & _CUT), refused=refused)
    while cursor.left:
        tag, length = cursor.unpack(_SECTION)
        section = _Cursor(cursor.take(length), cursor.things)
        section.things.add()
        read = _READERS.get(tag)
        while read and section.left:
            section.things.add()
            read(section, message)
    return message


def _read_summary(cursor: _Cursor, message: Message) -> None:
    part, *fingerprints = cursor.unpack(_SUMMARY)
    if part >= FIRST_LEAF:
        raise WireError(f"part {part} has no children to summarise")
    summary: Summary = tuple(fingerprints)
    message.summaries[part] = summary


def _read_listing(cursor: _Cursor, message: Message) -> None:
    part, partial, count = cursor.unpack(_LISTING)
    if part >= PARTS:
        raise WireError(f"there is no part {part}")
    records = list(cursor.records(_LISTED, count))
    keys = {cursor.key(length): Listed(time, check) for time, check, length in records}
    message.listings.append(Listing(part, keys, bool(partial)))


def _read_want(cursor: _Cursor, message: Message) -> None:
    (length,) = cursor.unpack(_WANT)
    message.wants.append(cursor.key(length))


def _read_spread(cursor: _Cursor, message: Message) -> None:
    message.spread = Spread(*cursor.unpack(_SPREAD))


def _read_place(cursor: _Cursor, message: Message) -> None:
    message.place = Place(*cursor.unpack(_PLACE))


def _read_touch(cursor: _Cursor, message: Message) -> None:
    message.sender = message.sender._replace(touched=Touched(*cursor.unpack(_TOUCH)))


def _read_entries(cursor: _Cursor, message: Message) -> None:
    """One slice for each key, value and extra, as there may be thousands; `_Cursor.take` would double the price."""
    (count,) = cursor.unpack(_COUNT)
    records = list(cursor.records(_ENTRY, count))
    content = cursor.take(sum(record[2] + record[3] + record[4] for record in records))
    origins: dict[int, int] = {}  # many entries, few origins: one int object for each
    end = 0
    for time, origin, key_length, value_length, extra_length, kind in records:
        at, end = end, end + key_length
        key = _checked_key(content[at:end])
        at, end = end, end + value_length
        value = content[at:end]
        at, end = end, end + extra_length
        if kind > _TOMBSTONE or (kind == _TOMBSTONE and value):
            raise WireError(f"an entry is of unknown kind {kind}, or a tombstone with a value")
        held = None if kind == _TOMBSTONE else value
        message.entries.append((key, Entry(time, origins.setdefault(origin, origin), held, content[at:end])))


_READERS: dict[int, Callable[[_Cursor, Message], None]] = {
    _SUMMARIES: _read_summary,
    _LISTINGS: _read_listing,
    _WANTS: _read_want,
    _ENTRIES: _read_entries,
    _SPREADING: _read_spread,
    _PLACES: _read_place,
    _TOUCHED: _read_touch,
}
