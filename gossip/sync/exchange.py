"""The conversation between two stores: a message in, a message out. No sockets, bytes or threads.

Both sides follow the same rules, so one function, `Exchange.answer`, serves the node that asks and the node that is
asked; the one that is asked keeps nothing between messages.

Rule 1: a conversation opens with the root part: listed when it is small, else summarised.
Rule 2: each summary is answered by opening the children whose fingerprints differ here.
Rule 3: each listing is answered by the entries that are newer here, and by asking for those that are newer there.
Rule 4: a message is cut when it is full, never the conversation: the next one finds what is left. The first thing to
        say always fits, so a cut message makes progress.
Rule 5: from one that was out of touch for so long that it may have missed deletes, nothing is taken (see `Touch`).
Rule 6: what goes first is drawn by lot, so that entries which a peer keeps refusing cannot stand in the way of others.
"""

import random
import time
from collections import deque
from collections.abc import Callable

from gossip.data.digest import ROOT
from gossip.data.merged import Merged
from gossip.data.store import Store
from gossip.sync.comparison import Comparison
from gossip.sync.draft import MESSAGE_BUDGET, Draft
from gossip.sync.giving import give
from gossip.sync.message import Message, MetItself, OtherCluster, Place, Sender
from gossip.sync.outcome import Outcome
from gossip.sync.touch import Touch

TURNS = 12
"""Requests in one conversation at most. The tree is four levels deep, so an honest one takes at most five."""


class Exchange:
    """One node's side of all its conversations. Safe to use from any thread, as the store is."""

    def __init__(
        self,
        store: Store,
        cluster: str,
        rng: random.Random,
        budget: int = MESSAGE_BUDGET,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.touch = Touch(store, now)
        self._store = store
        self._comparison = Comparison(store, rng)
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
        began = self._store.clock.latest
        opening = self.opening(leaving)
        while self._conversation(opening, send, outcome) and not outcome.agreed and more():
            began = self._store.clock.latest
            opening = self.opening()
        if outcome.agreed or outcome.whole:
            self.touch.met(outcome.peer.touched if outcome.peer else self.touch.said, began)
        return outcome

    def _conversation(self, message: Message, send: Callable[[Message], Message], outcome: Outcome) -> bool:
        """One conversation. True when something had to be left out, and more was taken than refused.

        Only then another one is due at once: a peer that refuses would be sent the same again and again. And also when
        what was held here had to be given up: then nothing said before counts.
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
            if self.touch.hear(reply.sender.touched):
                return True
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
        draft = self._draft(self._store.limits.value_bytes)
        self._comparison.describe(ROOT, draft)
        if with_recent:
            for key in dict.fromkeys(reversed(self._store.recent.copy())):
                entry = self._store.get(key)
                if entry is not None and not draft.give(key, entry):
                    break
        return self._finish(draft, opening=True)

    def asking(self, place: Place) -> Message:
        """A message that asks for everything from this place on."""
        message = self._finish(self._draft(0))
        message.place = place
        return message

    def check(self, reply: Message) -> None:
        """Raises MetItself when an answer shows that the peer is this node, OtherCluster when it is from one."""
        if reply.sender.origin == self._store.origin:
            raise MetItself("the peer is this node itself")
        self._check_cluster(reply.sender)

    def take(self, message: Message) -> Merged:
        """Take in what a message gives. Raises OtherCluster when it is from one."""
        sender = message.sender
        self._check_cluster(sender)
        self._store.learn(sender.latest)
        self.touch.hear(sender.touched)
        behind = self.touch.is_behind(sender.touched)
        return self._store.apply(item for item in message.entries if not behind or item[1].time > sender.touched.until)

    def news(self, keys: deque[bytes]) -> Message:
        """A message that gives the entries of these keys; those that it gives are taken off."""
        draft = self._draft(self._store.limits.value_bytes)
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
        began = self._store.clock.latest
        draft = self._draft(message.sender.largest)
        if not self.touch.is_behind(message.sender.touched):
            self._follow_up(message, draft)
        draft.message.refused = sum(merged.refused.values())
        answer = self._finish(draft)
        sender = message.sender
        if sender.origin != self._store.origin and sender.fingerprint == answer.sender.fingerprint:
            self.touch.met(sender.touched, began)
        return answer, merged

    def _check_cluster(self, sender: Sender) -> None:
        if sender.cluster != self._cluster:
            raise OtherCluster(f"the peer's cluster is {sender.cluster!r}, this one's is {self._cluster!r}")

    def _follow_up(self, message: Message, draft: Draft) -> None:
        """Say what follows from what a message says."""
        for key in message.wants:
            entry = self._store.get(key)
            if entry is not None:
                draft.give(key, entry)
        self._comparison.answer(message, draft)
        if message.place:
            draft.message.place = give(self._store, message.place, draft, self._rng)

    def _draft(self, largest: int) -> Draft:
        """A message to be filled. It notes first when this node was in touch: what goes in may be given up by then."""
        return Draft(self._budget, largest, self.touch.said)

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
            touched=message.sender.touched,
        )
        return message
