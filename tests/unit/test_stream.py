"""What one client is sent, and what waits for all of them."""

from types import SimpleNamespace

import pytest

from gossip.serving.answer import Answer
from gossip.serving.feed import Streamed
from gossip.serving.stream import Stream, Unsent
from tests.unit.streaming import Script


class Sipping:
    """A connection that takes so many bytes at a time, as on Windows."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.taken = b""

    def send(self, part: bytes) -> int:
        sip = bytes(part[: self.most])
        self.taken += sip
        return len(sip)


class SippingOfMany(Sipping):
    """The same as elsewhere."""

    def sendmsg(self, parts: list[bytes]) -> int:
        return self.send(b"".join(parts))


def stream_to(connection: Sipping) -> Stream:
    streamed = Streamed(Answer(200), Script(), lambda *_: None)
    return Stream(SimpleNamespace(request=connection), streamed, 0)  # type: ignore[arg-type]


@pytest.mark.parametrize("most", range(1, 15))
@pytest.mark.parametrize("kind", [Sipping, SippingOfMany])
def test_what_is_taken_bit_by_bit_arrives_as_it_is(kind: type[Sipping], most: int) -> None:
    connection = kind(most)
    stream = stream_to(connection)
    stream.give(b"a piece", 1)
    stream.feed.ended = True
    assert stream.send(1)
    stream.give(b"z", 2)
    assert stream.send(2)
    assert connection.taken == b"7\r\na piece\r\n1\r\nz\r\n0\r\n\r\n"


def test_where_too_much_is_not_taken_the_slowest_are_cut() -> None:
    def cut(most: int, *pieces: bytes) -> list[int]:
        unsent = Unsent(most)
        streams = [stream_to(Sipping(0)) for _ in pieces]
        for stream, piece in zip(streams, pieces, strict=True):
            stream.give(piece, 0)
            unsent.add(stream)
        gone = []
        for stream in unsent.slowest():
            unsent.remove(stream)
            gone.append(streams.index(stream))
        return gone

    shared = bytes(60)
    everybody = bytes(50), shared, shared, bytes(40)
    assert cut(150, *everybody) == []
    assert cut(100, *everybody) == [0]
    assert cut(99, *everybody) == cut(10, *everybody) == [0, 1, 2], "but never who is sent the latest"
    assert cut(10, shared, shared) == []


def test_who_has_taken_what_it_was_given_is_no_longer_behind() -> None:
    unsent = Unsent(100)
    first, second, third = (stream_to(Sipping(0)) for _ in range(3))
    for stream in (first, second, third):
        stream.give(bytes(50), 0)
        unsent.add(stream)
    unsent.remove(first)
    unsent.remove(first)
    assert [*unsent.slowest()] == []
    first.give(bytes(10), 1)
    unsent.add(first)
    assert next(unsent.slowest()) is second
