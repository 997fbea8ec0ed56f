"""A connection that is none: what arrives on it, and in which pieces, is up to the test."""

from collections.abc import Iterable


class Pieces:
    """A socket to read from, on which these pieces arrive, each by itself, and then the end."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._rest = b""

    def settimeout(self, seconds: float) -> None:
        assert seconds > 0

    def recv(self, most: int) -> bytes:
        piece = self._rest or next(self._pieces, b"")
        self._rest = piece[most:]
        return piece[:most]

    def recv_into(self, view: memoryview) -> int:
        piece = self.recv(len(view))
        view[: len(piece)] = piece
        return len(piece)
