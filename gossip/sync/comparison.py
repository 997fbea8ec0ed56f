"""What to say of parts of the key space that may differ: summaries of large ones, listings of small ones, and entries.

The rules are those of `gossip.sync.exchange`.
"""

import random
from typing import TypeVar

from gossip.data.digest import children, fingerprint, is_leaf
from gossip.data.entry import Entry
from gossip.data.store import Store
from gossip.sync.draft import LISTED_BYTES, LISTING_BYTES, SUMMARY_BYTES, Draft
from gossip.sync.message import Listed, Listing, Message

T = TypeVar("T")

LISTED_AT_MOST = 8
"""A part with no more keys than this is listed rather than summarised: 8 short keys take about as many bytes as the
16 fingerprints of a summary, and a listing saves the next question. Leaves are listed whatever they hold."""

SAMPLE = 1_000
"""Keys listed of a leaf at most. Leaves hold some 15 keys at a million; only keys chosen to collide fill one more."""


class Comparison:
    """One store, as it is compared with others."""

    def __init__(self, store: Store, rng: random.Random) -> None:
        self._store = store
        self._rng = rng

    def answer(self, message: Message, draft: Draft) -> None:
        """Say what follows from the listings and summaries of a message."""
        once_each = {listing.part: listing for listing in message.listings}  # a comparison may walk the whole part
        for listing in self._by_lot([*once_each.values()]):
            self._compare(listing, draft)
        for part, theirs in self._by_lot([*message.summaries.items()]):
            for child, fingerprint_there in self._turned([*zip(children(part), theirs, strict=True)]):
                self._open(child, fingerprint_there, draft)

    def _compare(self, listing: Listing, draft: Draft) -> None:
        """Rule 3. A partial listing that brings nothing up is answered by a listing, as the news may be here."""
        said_before = draft.said
        for key, theirs in listing.keys.items():
            mine = self._store.get(key)
            if mine is None or theirs.time > mine.time:
                draft.ask(key)
            elif theirs.time < mine.time:
                draft.give(key, mine)
            elif theirs.check != _check(key, mine):  # one time, two entries: both sides need both to choose
                draft.give(key, mine)
                draft.ask(key)
        if not listing.partial:
            self._give_all(listing.part, draft, but=listing.keys)
        elif draft.said == said_before:
            self._list(listing.part, draft)

    def _open(self, part: int, theirs: int, draft: Draft) -> None:
        """Rule 2, for one child that was summarised there as `theirs`. A full message is spared the look."""
        if draft.message.cut or self._store.fingerprint(part) == theirs:
            return
        if theirs == 0:
            self._give_all(part, draft, but={})
        else:
            self.describe(part, draft)

    def describe(self, part: int, draft: Draft) -> None:
        """List a part when it is small, else summarise it."""
        if is_leaf(part) or self._store.holds_at_most(part, LISTED_AT_MOST):
            self._list(part, draft)
        elif draft.has_room_for(SUMMARY_BYTES):
            draft.message.summaries[part] = tuple(self._store.fingerprint(child) for child in children(part))

    def _list(self, part: int, draft: Draft) -> None:
        if not draft.has_room_for(LISTING_BYTES):
            return
        items = list(self._store.items(part))
        sample = self._turned(items) if len(items) <= SAMPLE else self._rng.sample(items, SAMPLE)
        listed: dict[bytes, Listed] = {}
        for key, entry in sample:
            if not draft.has_room_for(LISTED_BYTES + len(key)):
                break
            listed[key] = Listed(entry.time, _check(key, entry))
        draft.message.listings.append(Listing(part, listed, partial=len(listed) < len(items)))

    def _give_all(self, part: int, draft: Draft, but: dict[bytes, Listed]) -> None:
        """Give the entries of a part, but those listed there, until the message is full."""
        for key, entry in self._store.items(part, first=self._rng.getrandbits(16)):
            if key not in but and not draft.give(key, entry):
                return

    def _by_lot(self, things: list[T]) -> list[T]:
        return self._rng.sample(things, len(things))

    def _turned(self, things: list[T]) -> list[T]:
        """From a random one on: enough of a lot for few things, at a tenth of the price."""
        turn = self._rng.randrange(len(things)) if things else 0
        return things[turn:] + things[:turn]


def _check(key: bytes, entry: Entry) -> int:
    return fingerprint(key, entry) & 0xFFFF_FFFF
