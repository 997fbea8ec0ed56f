"""Which keys there are: sorted, page by page."""

import threading
from collections.abc import Iterator, Mapping

from gossip.api.entries import json_answer, most_json, told
from gossip.api.query import query_of
from gossip.data.counters import MARK
from gossip.data.entry import Entry, size
from gossip.data.store import Store
from gossip.serving.answer import Answer, HttpError
from gossip.serving.request import Request
from gossip.serving.room import SMALL_BYTES

KEYS, MOST_KEYS = 1_000, 10_000
"""On one page: unless told, and at most."""

PAGE_BYTES = 4 * 2**20
"""A page ends when its keys, and its values where they are on it, reach this."""

_AT_ONCE = 1_000
"""So many keys are taken from the store at a time."""


class KeysApi:
    """Lists the keys that have values."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._one_at_a_time = threading.Lock()
        """A page takes several times as much until it is JSON, and two at once are not done sooner."""

    def get(self, request: Request) -> Answer:
        """A page of keys, with their entries if wanted, and behind which key the next page begins."""
        request.may_take_long()
        asked = query_of(request.head.query).others
        limit = asked.get("limit", str(KEYS))
        if not (limit.isascii() and limit.isdecimal() and len(limit) <= 5 and 1 <= int(limit) <= MOST_KEYS):
            raise HttpError(422, f"limit is a whole number from 1 to {MOST_KEYS}: limit={KEYS}")
        with_values = asked.get("values") == "1"
        which = asked.get("prefix", ""), asked.get("after", ""), int(limit), with_values
        with self._one_at_a_time:
            page, goes_on = self._page(*which)
            length = most_json(page, page.items() if with_values else ())
            if length <= SMALL_BYTES:
                return _as_json(page, goes_on, with_values)
            page.clear()  # whoever waits for room holds nothing meanwhile
        request.make_room(length)
        with self._one_at_a_time:
            return _as_json(*self._page(*which), with_values)

    def _page(self, prefix: str, after: str, limit: int, with_values: bool) -> tuple[dict[bytes, Entry], bool]:
        """The entries on a page, by key, and whether there are more behind it. Nothing is copied."""
        page: dict[bytes, Entry] = {}
        used = 0
        for key, entry in self._entries(prefix.encode(), after.encode()):
            used += size(key, entry) if with_values else len(key)
            if page and (len(page) == limit or used > PAGE_BYTES):
                return page, True
            page[key] = entry
        return page, False

    def _entries(self, prefix: bytes, after: bytes) -> Iterator[tuple[bytes, Entry]]:
        """All that have values, of those that begin so, behind this key."""
        first, excluded = (prefix, False) if prefix > after else (after, True)
        while keys := self._store.keys_since(first, _AT_ONCE, excluded):
            for key in keys:
                if not key.startswith(prefix):
                    return
                entry = self._store.present(key) if key[0] != MARK else None
                if entry:
                    yield key, entry
            first, excluded = keys[-1], True


def _as_json(page: Mapping[bytes, Entry], goes_on: bool, with_values: bool) -> Answer:
    keys = [key.decode() for key in page]
    answer: dict[str, object] = {"keys": keys, "next": keys[-1] if goes_on else None}
    if with_values:
        answer["entries"] = dict(zip(keys, map(told, page.values()), strict=True))
    return json_answer(answer)
