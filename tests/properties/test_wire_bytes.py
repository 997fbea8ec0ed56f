"""Messages survive the wire whole; anything else is refused as a peer's fault, and never as anything worse."""

import struct

from hypothesis import example, given, settings
from hypothesis import strategies as st

from gossip.sync import wire
from gossip.sync.message import Message, PeerFault, Touched
from tests.properties.strategies import messages

HEAD_BYTES = 49
"""What a message has before the cluster's name, whose length is the last of them."""


def decoded(data: bytes) -> Message | PeerFault:
    """The message, or why it is refused; any other exception fails the test."""
    try:
        return wire.decode(data)
    except (wire.WireError, wire.UnknownVersion) as fault:
        return fault


@settings(max_examples=300, deadline=None)
@given(messages)
def test_every_message_survives(message: Message) -> None:
    assert wire.decode(wire.encode(message)) == message


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300))
@example(b"")
def test_arbitrary_bytes(data: bytes) -> None:
    decoded(data)


@settings(max_examples=300, deadline=None)
@given(st.binary(min_size=HEAD_BYTES - 4, max_size=300))
def test_arbitrary_bytes_behind_a_good_beginning(data: bytes) -> None:
    decoded(b"GC\x01\x00" + data)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 8), st.binary(max_size=200)), max_size=4))
def test_arbitrary_sections(sections: list[tuple[int, bytes]]) -> None:
    head = b"GC\x01\x00" + bytes(HEAD_BYTES - 4)
    decoded(head + b"".join(struct.pack(">BI", tag, len(content)) + content for tag, content in sections))


@settings(max_examples=300, deadline=None)
@given(messages, st.data())
def test_mutated_messages(message: Message, data: st.DataObject) -> None:
    raw = bytearray(wire.encode(message))
    for _ in range(data.draw(st.integers(1, 4), "mutations")):
        at = data.draw(st.integers(0, len(raw) - 1), "place")
        cut = data.draw(st.integers(0, 3), "bytes taken out")
        raw[at : at + cut] = data.draw(st.binary(max_size=3), "bytes put in")
        if not raw:
            break
    decoded(bytes(raw))


@settings(max_examples=150, deadline=None)
@given(messages, st.data())
def test_a_message_cut_short_is_refused_or_lacks_whole_sections(message: Message, data: st.DataObject) -> None:
    raw = wire.encode(message)
    part = decoded(raw[: data.draw(st.integers(0, len(raw) - 1), "length")])
    if isinstance(part, Message):
        assert part.sender in (message.sender, message.sender._replace(touched=Touched(0, 0)))
        for here, whole in (
            (part.summaries, message.summaries),
            (part.listings, message.listings),
            (part.wants, message.wants),
            (part.entries, message.entries),
        ):
            assert not here or here == whole


def section_starts(raw: bytes) -> list[int]:
    """Where a section may begin: after the name, and after each section."""
    starts = [HEAD_BYTES + raw[HEAD_BYTES - 1]]
    while starts[-1] < len(raw):
        (length,) = struct.unpack_from(">I", raw, starts[-1] + 1)
        starts.append(starts[-1] + 5 + length)
    return starts


@settings(max_examples=150, deadline=None)
@given(messages, st.integers(8, 255), st.binary(max_size=50), st.data())
def test_unknown_sections_are_skipped_wherever_they_stand(
    message: Message, tag: int, content: bytes, data: st.DataObject
) -> None:
    raw = wire.encode(message)
    at = data.draw(st.sampled_from(section_starts(raw)), "place")
    assert wire.decode(raw[:at] + struct.pack(">BI", tag, len(content)) + content + raw[at:]) == message


@settings(max_examples=100, deadline=None)
@given(messages, st.integers(0, 255).filter(lambda version: version != wire.VERSION))
def test_any_other_version_is_refused_as_such(message: Message, version: int) -> None:
    raw = wire.encode(message)
    refusal = decoded(raw[:2] + bytes([version]) + raw[3:])
    assert isinstance(refusal, wire.UnknownVersion)
    assert str(version) in str(refusal)
