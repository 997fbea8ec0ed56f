"""The format of messages, byte by byte where it matters, and what is refused."""

import gc
import struct

import pytest

from gossip.data.entry import Entry
from gossip.sync import draft, wire
from gossip.sync.message import Listed, Listing, Message, PeerFault, Place, Sender, Spread

SENDER = Sender("c", 1, 2, 3, 4, 5, leaving=False)

HEAD = (
    b"GC\x01\x00"  # magic, version, flags
    + bytes([0, 0, 0, 0, 0, 0, 0, 1])  # origin
    + bytes([0, 0, 0, 0, 0, 0, 0, 2])  # time
    + bytes([0, 0, 0, 0, 0, 0, 0, 3])  # latest
    + bytes([0, 0, 0, 0, 0, 0, 0, 4])  # fingerprint
    + bytes([0, 0, 0, 0, 0, 0, 0, 5])  # largest
    + bytes([0, 0, 0, 6])  # refused
    + b"\x01c"  # cluster
)

SUMMARIES, LISTINGS, WANTS, ENTRIES, SPREAD, PLACE = 1, 2, 3, 4, 5, 6


def section(tag: int, content: bytes) -> bytes:
    return struct.pack(">BI", tag, len(content)) + content


def entry_record(key: int, value: int, extra: int, kind: int) -> bytes:
    """An entry's record, by the lengths of what follows it."""
    return struct.pack(">QQHIHB", 1, 2, key, value, extra, kind)


WRITTEN = {
    "nothing said": (Message(SENDER, refused=6), HEAD),
    "all flags": (Message(SENDER._replace(leaving=True), refused=6, opening=True, cut=True), b"GC\x01\x07" + HEAD[4:]),
    "a name in UTF-8": (Message(SENDER._replace(cluster="é"), refused=6), HEAD[:-2] + b"\x02\xc3\xa9"),
    "a summary": (
        Message(SENDER, refused=6, summaries={3: tuple(range(16))}),
        HEAD + section(SUMMARIES, struct.pack(">I16Q", 3, *range(16))),
    ),
    "a listing": (
        Message(SENDER, refused=6, listings=[Listing(9, {b"k": Listed(7, 8), b"key": Listed(5, 6)}, partial=True)]),
        HEAD + section(LISTINGS, struct.pack(">IBI QIH QIH", 9, 1, 2, 7, 8, 1, 5, 6, 3) + b"kkey"),
    ),
    "wants": (Message(SENDER, refused=6, wants=[b"a", b"bc"]), HEAD + section(WANTS, b"\0\x01a\0\x02bc")),
    "entries": (
        Message(SENDER, refused=6, entries=[(b"k", Entry(1, 2, b"val", b"x")), (b"gone", Entry(1, 2, None))]),
        HEAD
        + section(ENTRIES, b"\0\0\0\x02" + entry_record(1, 3, 1, 0) + entry_record(4, 0, 0, 1) + b"kvalxgone"),
    ),
    "a place": (
        Message(SENDER, refused=6, place=Place(8, 7, 65_536)),
        HEAD + section(PLACE, bytes(7) + b"\x08" + bytes(7) + b"\7" + b"\0\1\0\0"),
    ),
    "whom to tell": (
        Message(SENDER, refused=6, spread=Spread(7, 8, 9)),
        HEAD + section(SPREAD, bytes(7) + b"\7" + bytes(7) + b"\x08" + bytes(7) + b"\x09"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("message", "data"), WRITTEN.values(), ids=WRITTEN.keys())
def test_messages_and_their_bytes(message: Message, data: bytes) -> None:
    assert wire.encode(message) == data
    assert wire.decode(data) == message


def test_an_empty_value_is_no_tombstone() -> None:
    message = Message(SENDER, refused=6, entries=[(b"e", Entry(1, 2, b"")), (b"t", Entry(1, 2, None))])
    assert [entry.value for _, entry in wire.decode(wire.encode(message)).entries] == [b"", None]


def test_an_unknown_section_is_skipped() -> None:
    data = HEAD + section(200, b"from a later version") + section(WANTS, b"\0\x01a") + section(0, b"")
    assert wire.decode(data) == Message(SENDER, refused=6, wants=[b"a"])


def test_sections_of_one_kind_add_up() -> None:
    data = HEAD + section(WANTS, b"\0\x01a") + section(WANTS, b"\0\x01b")
    assert wire.decode(data).wants == [b"a", b"b"]


def test_unknown_flags_are_passed_over() -> None:
    assert wire.decode(b"GC\x01\xf9" + HEAD[4:]) == Message(SENDER, refused=6, opening=True)


@pytest.mark.parametrize("version", [0, 2, 255])
def test_another_version_is_refused_by_name(version: int) -> None:
    with pytest.raises(wire.UnknownVersion, match=f"protocol version {version} is not spoken here, only version 1"):
        wire.decode(HEAD[:2] + bytes([version]) + HEAD[3:])


def one_entry(record: bytes, content: bytes, count: int = 1) -> bytes:
    return HEAD + section(ENTRIES, struct.pack(">I", count) + record + content)


REFUSED = {
    "nothing": (b"", "ends 49 bytes too early"),
    "other bytes": (b"<html>" + bytes(60), "no Gossipcar message"),
    "half a head": (HEAD[:20], "ends 29 bytes too early"),
    "half a name": (HEAD[:-1], "ends 1 bytes too early"),
    "a name that is not UTF-8": (HEAD[:-1] + b"\xff", "malformed"),
    "half a section head": (HEAD + b"\x01\0\0", "too early"),
    "a section past the end": (HEAD + struct.pack(">BI", WANTS, 2**32 - 1) + b"x", "ends 4294967294 bytes too early"),
    "half a summary": (HEAD + section(SUMMARIES, bytes(131)), "ends 1 bytes too early"),
    "a summary of a leaf": (HEAD + section(SUMMARIES, struct.pack(">I16Q", 4369, *[0] * 16)), "no children"),
    "a listing of no part": (HEAD + section(LISTINGS, struct.pack(">IBI", 69_905, 0, 0)), "there is no part 69905"),
    "a listing that promises": (HEAD + section(LISTINGS, struct.pack(">IBI", 0, 0, 2**32 - 1)), "too early"),
    "a listed key past the end": (HEAD + section(LISTINGS, struct.pack(">IBIQIH", 0, 0, 1, 1, 1, 9) + b"k"), "8 bytes"),
    "an empty listed key": (HEAD + section(LISTINGS, struct.pack(">IBIQIH", 0, 0, 1, 1, 1, 0)), "a key is empty"),
    "an empty want": (HEAD + section(WANTS, b"\0\0"), "a key is empty"),
    "a want that is not UTF-8": (HEAD + section(WANTS, b"\0\x01\xff"), "malformed"),
    "a want past its section": (HEAD + section(WANTS, b"\0\x02a") + section(WANTS, b"\0\x01b"), "1 bytes too early"),
    "more wants than fit": (HEAD + section(WANTS, b"\0\1a" * 131_072), "says more than 131072 things"),
    "more sections than fit": (HEAD + section(99, b"") * 131_073, "says more than 131072 things"),
    "more keys listed than fit": (
        HEAD + section(LISTINGS, struct.pack(">IBI", 0, 0, 131_071) + struct.pack(">QIH", 1, 1, 1) * 131_071),
        "says more than 131072 things",
    ),
    "entries that promise": (one_entry(b"", b"", count=2**32 - 1), "too early"),
    "an entry without key": (one_entry(entry_record(0, 1, 0, 0), b"v"), "a key is empty"),
    "an entry whose key is not UTF-8": (one_entry(entry_record(1, 0, 0, 0), b"\xc3"), "malformed"),
    "a value past the end": (one_entry(entry_record(1, 2**32 - 1, 0, 0), b"kv"), "too early"),
    "attributes past the end": (one_entry(entry_record(1, 1, 9, 0), b"kv"), "ends 9 bytes too early"),
    "a tombstone with a value": (one_entry(entry_record(1, 1, 0, 1), b"kv"), "a tombstone with a value"),
    "an unknown kind": (one_entry(entry_record(1, 1, 0, 2), b"kv"), "unknown kind 2"),
}


@pytest.mark.parametrize(("data", "why"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_no_message_is_refused_with_a_reason(data: bytes, why: str) -> None:
    with pytest.raises(wire.WireError, match=why):
        wire.decode(data)


def test_the_bytes_of_a_message_are_let_go_at_once() -> None:
    """Cycles would hold megabytes until the collector comes, which is seldom."""
    good, (bad, _) = HEAD + section(WANTS, b"\0\1a" * 100), REFUSED["more wants than fit"]
    gc.collect()
    wire.decode(good)
    with pytest.raises(wire.WireError):
        wire.decode(bad)
    assert gc.collect() == 0


def test_every_refusal_is_the_peers_fault() -> None:
    assert issubclass(wire.WireError, PeerFault)
    assert issubclass(wire.UnknownVersion, PeerFault)


def test_the_budget_counts_what_the_wire_writes() -> None:
    def cost(message: Message) -> int:
        return len(wire.encode(message)) - len(HEAD) - 5

    assert cost(Message(SENDER, refused=6, summaries={0: (0,) * 16})) == draft.SUMMARY_BYTES
    assert cost(Message(SENDER, refused=6, listings=[Listing(0, {}, partial=False)])) == draft.LISTING_BYTES
    listed = cost(Message(SENDER, refused=6, listings=[Listing(0, {b"key": Listed(1, 1)}, partial=False)]))
    assert listed == draft.LISTING_BYTES + draft.LISTED_BYTES + 3
    assert cost(Message(SENDER, refused=6, wants=[b"key"])) == draft.WANT_BYTES + 3
    assert cost(Message(SENDER, refused=6, entries=[(b"key", Entry(1, 1, b"v"))])) == 4 + draft.ENTRY_BYTES + 4
