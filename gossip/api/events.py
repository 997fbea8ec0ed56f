"""What watchers are told: changes as server-sent events (HTML, section 9.2), each put into words once for all of them.

Rule 1: the streaming thread's, but for `begin`, `latest` and `number_of`.
Rule 2: all watchers are told up to the same change in one turn, so that those in step share what they are sent.
"""

import json
import re
from collections.abc import Callable
from typing import NamedTuple

from gossip.api.entries import most_json, told
from gossip.data.changes import MOST_BYTES, Change
from gossip.data.counters import MARK, counter_of
from gossip.data.entry import Entry
from gossip.data.store import Store

PAGE_BYTES = 64 * 1024
"""A watcher that has much to catch up with is told so much at a time; one event may be larger."""

_PAGE_CHANGES = 500
_PAGES = 8
"""So many pages are remembered within a turn, for watchers that are as far as the one before."""
_PIECES = 16
"""And of each page what is said of it to those who watch the same keys, for so many kinds of watchers."""
_WORDS_BYTES = 2 * MOST_BYTES
"""Words are remembered within a turn until they have so many bytes: those of all changes that are kept, unless these
more than double as JSON."""

_ID = re.compile(r"([0-9a-f]{16})-([0-9]{1,18})")


class Watched(NamedTuple):
    """Which keys somebody watches: all of them, where nothing is named."""

    keys: frozenset[bytes] = frozenset()
    prefixes: tuple[bytes, ...] = ()

    def includes(self, key: bytes) -> bool:
        return key in self.keys or key.startswith(self.prefixes) or self == _EVERYTHING


_EVERYTHING = Watched()


class _Event(NamedTuple):
    """A change that is told."""

    number: int
    key: bytes
    shown: Entry
    """What a reader sees under this key after it."""


class _Page(NamedTuple):
    """Some events on end."""

    events: list[_Event]
    until: int
    """The number of the last change that is in them, or that they pass over."""
    pieces: dict[Watched, bytes]
    """What is said of them to whom, once somebody has asked."""


class Events:
    """What changes in a store, for those who watch it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._changes = store.changes
        self._until = 0
        self._pages: dict[int, _Page] = {}
        self._in_words: dict[int, bytes] = {}
        """Events, by their numbers."""
        self._bytes = 0
        """Of these words."""

    def begin(self, wake: Callable[[], None]) -> None:
        """Have changes kept from now on; `wake` is called when there are some to gather."""
        self._changes.keep(wake)

    @property
    def latest(self) -> int:
        """The number of the last change."""
        return self._changes.latest

    def gather(self) -> None:
        """Begin a turn: what has changed by now may be told."""
        self._until = self._changes.awaited()
        self._forget()

    def number_of(self, id: str) -> int | None:
        """The number of the event with this id; None where that is none of this process's."""
        match = _ID.fullmatch(id)
        return int(match[2]) if match and match[1] == f"{self._store.origin:016x}" else None

    def since(self, number: int | None, watched: Watched) -> tuple[bytes, int]:
        """What is to be said next to somebody who was told up to this number, and up to which number that tells.

        Nothing, when there is nothing yet; that it must read anew, when what came behind that number is not known.
        """
        page = None if number is None else self._page(number)
        while page and not self._piece(page, watched) and page.until != number:
            number = page.until
            page = self._page(number)
        if page is None:
            return self._words(self._until, "reset", {}), self._until
        return self._piece(page, watched), page.until

    def sign_of_life(self, number: int) -> bytes:
        """A comment that says that the node is there, and the id to go on behind."""
        return b": this node is here\nid: %b\n\n" % self._id(number)

    def _page(self, number: int) -> _Page | None:
        """What came behind this number; None when that is not known."""
        if number not in self._pages:
            changes = self._changes.since(number, self._until, _PAGE_CHANGES)
            if changes is None:
                return None
            if len(self._pages) >= _PAGES:
                self._pages.clear()
            self._pages[number] = self._filled(number, changes)
        return self._pages[number]

    def _filled(self, number: int, changes: list[Change]) -> _Page:
        """The events of these changes, of those of one key the latest only, as far as a page goes."""
        last = {counter_of(change.key): change.number for change in changes}
        events: list[_Event] = []
        used = 0
        for change in changes:
            key = counter_of(change.key)
            if last[key] == change.number and key and key[0] != MARK:
                event = _Event(change.number, key, self._shown(key, change))
                most = most_json(entries=[(key, event.shown)])
                if events and used + most > PAGE_BYTES:
                    break
                events.append(event)
                # what is large is a page of its own, of which nobody needs a copy, nor words where nobody watches it
                used += most if most > PAGE_BYTES else len(self._told(event))
            number = change.number
        return _Page(events, number, {})

    def _piece(self, page: _Page, watched: Watched) -> bytes:
        if watched not in page.pieces:
            if len(page.pieces) >= _PIECES:
                page.pieces.clear()
            page.pieces[watched] = b"".join(self._told(event) for event in page.events if watched.includes(event.key))
        return page.pieces[watched]

    def _shown(self, key: bytes, change: Change) -> Entry:
        """What a reader sees under this key after a change: of a counter its total, which is summed now."""
        if key == change.key and key not in self._store.counters:
            return change.entry
        return self._store.present(key) or change.entry._replace(value=None)

    def _told(self, event: _Event) -> bytes:
        """The event in words, which are the same for all."""
        if event.number not in self._in_words:
            if self._bytes >= _WORDS_BYTES:
                self._forget()
            words = self._in_words[event.number] = self._put_into_words(*event)
            self._bytes += len(words)
        return self._in_words[event.number]

    def _forget(self) -> None:
        self._pages.clear()
        self._in_words.clear()
        self._bytes = 0

    def _put_into_words(self, number: int, key: bytes, entry: Entry) -> bytes:
        data: dict[str, object] = {"key": key.decode(errors="replace")}
        if entry.value is None:
            return self._words(number, "delete", {**data, "stamp": entry.time, "origin": f"{entry.origin:016x}"})
        return self._words(number, "put", {**data, **told(entry)})

    def _words(self, number: int, event: str, data: dict[str, object]) -> bytes:
        return b"id: %b\nevent: %b\ndata: %b\n\n" % (self._id(number), event.encode(), json.dumps(data).encode())

    def _id(self, number: int) -> bytes:
        return b"%016x-%d" % (self._store.origin, number)
