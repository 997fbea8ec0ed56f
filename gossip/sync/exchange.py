"""The conversation between two stores: a message in, a message out. No sockets, bytes or threads.

Both sides follow the same rules, so one function, `Exchange.answer`, serves the node that asks and the node that is
asked; the one that is asked keeps nothing between messages.

Rule 1: a conversation opens with the root part: listed when it is small, else summarised.
Rule 2: each summary is answered by opening the children whose fingerprints differ here.
Rule 3: each listing is answered by the entries that are newer here, and by asking for those that are newer there.
Rule 4: a message is cut when it is full, never the conversation: the next one finds what is left. The first thing to
        say always fits, so a cut message makes progress.
Rule 5: what goes first is drawn by lot, so that entries which a peer keeps refusing cannot stand in the way of others.
"""

import random
from collections import deque
from collections.abc import Callable
from typing import TypeVar

from gossip.data.digest import ROOT, children, fingerprint, is_leaf
from gossip.data.entry import Entry
from gossip.data.merged import Merged
from gossip.data.store import Store
from gossip.sync.draft import LISTED_BYTES, LISTING_BYTES, MESSAGE_BUDGET, SUMMARY_BYTES, Draft
from gossip.sync.giving import give
from gossip.sync.message import Listed, Listing, Message, MetItself, OtherCluster, Place, Sender
from gossip.sync.outcome import Outcome

T = TypeVar("T")

LISTED_AT_MOST = 8
"""A part with no more keys than this is listed rather than summarised: 8 short keys take about as many bytes as the
16 fingerprints of a summary, and a listing saves the next question. Leaves are listed whatever they hold."""

SAMPLE = 1_000
"""Keys listed of a leaf at most. Leaves hold some 15 keys at a million; only keys chosen to collide fill one more."""

TURNS = 12
"""Requests in one conversation at most. The tree is four levels deep, so an honest one takes at most five."""


class Exchange:
    """One node's side of all its conversations. Safe to use from any thread, as the store is."""

    def __init__(self, store: Store, cluster: str, rng: random.Random, budget: int = MESSAGE_BUDGET) -> None:
        self._store = store
        self._cluster = cluster
        self._rng = rng
        self._budget = budget

    def converse(
        self,
        send: Callable[[Message], Message],
        more: Callable[[], bool],
        outcome: Outcome | None = None,
        leaving: bool = False,
    ) -> Outcome:
        """Hold conversations with one peer until both agree, nothing moves, or `more` says that it is enough.

        `send` takes a message to the peer and brings back its answer. What happens is added to `outcome`, as it
        happens, if one is given. Raises what `send` raises, OtherCluster, and MetItself when the peer turns out to be
        this node. A node that is `leaving` gives its latest writes at once, before anything is compared.
        """
        outcome = Outcome() if outcome is None else outcome
        opening = self.opening(leaving)
        while self._conversation(opening, send, outcome) and not outcome.agreed and more():
            opening = self.opening()
        return outcome

    def _conversation(self, message: Message, send: Callable[[Message], Message], outcome: Outcome) -> bool:
        """One conversation. True when something had to be left out, and more was taken than refused.

        Only then another one is due at once: a peer that refuses would be sent the same again and again.
        """
        taken, refused = outcome.taken, outcome.refused
        outcome.whole = cut = False
        for _ in range(TURNS):
            outcome.requests += 1
            outcome.sent += len(message.entries)
            reply = send(message)
            outcome.peer = reply.sender
            outcome.refused_there += reply.refused
            self.check(reply)
            message, merged = self.answer(reply)
            outcome.merged += merged
            outcome.withheld += message.withheld
            cut = cut or message.cut or reply.cut
            if message.says_nothing:
                outcome.whole = not cut
                break
        outcome.agreed = outcome.peer is not None and outcome.peer.fingerprint == self._store.fingerprint()
        return cut and outcome.taken - taken > outcome.refused - refused

    def opening(self, with_recent: bool = False) -> Message:
        """The message that begins a conversation; with the latest writes made here, if wanted."""
        draft = Draft(self._budget, self._store.limits.value_bytes)
        self._describe(ROOT, draft)
        if with_recent:
            for key in dict.fromkeys(reversed(self._store.recent.copy())):
                entry = self._store.get(key)
                if entry is not None and not draft.give(key, entry):
                    break
        return self._finish(draft, opening=True)

    def asking(self, place: Place) -> Message:
        """A message that asks for everything from this place on."""
        message = self._finish(Draft(self._budget, 0))
        message.place = place
        return message

    def check(self, reply: Message) -> None:
        """Raises MetItself when an answer shows that the peer is this node."""
        if reply.sender.origin == self._store.origin:
            raise MetItself("the peer is this node itself")

    def take(self, message: Message) -> Merged:
        """Take in what a message gives. Raises OtherCluster when it is from one."""
        sender = message.sender
        if sender.cluster != self._cluster:
            raise OtherCluster(f"the peer's cluster is {sender.cluster!r}, this one's is {self._cluster!r}")
        self._store.learn(sender.latest)
        return self._store.apply(message.entries)

    def news(self, keys: deque[bytes]) -> Message:
        """A message that gives the entries of these keys; those that it gives are taken off."""
        draft = Draft(self._budget, self._store.limits.value_bytes)
        while keys:
            entry = self._store.get(keys[0])
            if entry is not None and not draft.give(keys[0], entry):
                break
            keys.popleft()
        return self._finish(draft)

    def answer(self, message: Message) -> tuple[Message, Merged]:
        """Take a message in; say what follows from it, and what became of the entries in it.

        Raises OtherCluster when it is from one.
        """
        merged = self.take(message)
        draft = Draft(self._budget, message.sender.largest)
        for key in message.wants:
            entry = self._store.get(key)
            if entry is not None:
                draft.give(key, entry)
        once_each = {listing.part: listing for listing in message.listings}  # a comparison may walk the whole part
        for listing in self._by_lot([*once_each.values()]):
            self._compare(listing, draft)
        for part, theirs in self._by_lot([*message.summaries.items()]):
            for child, fingerprint_there in self._turned([*zip(children(part), theirs, strict=True)]):
                self._open(child, fingerprint_there, draft)
        if message.place:
            draft.message.place = give(self._store, message.place, draft, self._rng)
        draft.message.refused = sum(merged.refused.values())
        return self._finish(draft), merged

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
            self._describe(part, draft)

    def _describe(self, part: int, draft: Draft) -> None:
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

    def _finish(self, draft: Draft, opening: bool = False) -> Message:
        store = self._store
        message = draft.message
        message.opening = opening
        message.sender = Sender(
            cluster=self._cluster,
            origin=store.origin,
            time=store.clock.wall(),
            latest=store.clock.latest,
            fingerprint=store.fingerprint(),
            largest=store.limits.value_bytes,
            leaving=store.frozen,
        )
        return message

    def _by_lot(self, things: list[T]) -> list[T]:
        return self._rng.sample(things, len(things))

    def _turned(self, things: list[T]) -> list[T]:
        """From a random one on: enough of a lot for few things, at a tenth of the price."""
        turn = self._rng.randrange(len(things)) if things else 0
        return things[turn:] + things[:turn]


def _check(key: bytes, entry: Entry) -> int:
    return fingerprint(key, entry) & 0xFFFF_FFFF
