"""The map: put a value under a key, get the values of keys, delete them."""

import re
import threading

from gossip.api.entries import OWN_PAGES, json_answer, json_by_key, most_json, read_items, wants_json
from gossip.api.query import query_of
from gossip.api.writes import ABSENT, Wait, Writes, wait_of
from gossip.data.counters import MAX_COUNTER_BYTES
from gossip.data.entry import Entry, size
from gossip.data.lifetime import is_present
from gossip.data.refused import NotWritten, StoreFrozen
from gossip.data.store import Store
from gossip.serving.answer import OCTETS, Answer, HttpError, plain
from gossip.serving.request import Request
from gossip.serving.room import SMALL_BYTES

SMALL = 4096
"""Values below this are copied into their line; larger ones go out as they are."""
_FEW_LINES = SMALL_BYTES // SMALL
"""An answer of so many pieces needs no room: what is copied into it is small. Large values are in the map anyway, and
were one that is not read to have room for them, it would keep all large bodies waiting."""
MOST_JSON = 16 * 2**20
"""Bytes of values that go into one answer as JSON, which is made before any of it is sent."""
_AMOUNT = re.compile(r"-?[0-9]{1,18}")
CREATED = Answer(201)
OVERWRITTEN = Answer(204)


class MapApi:
    """What clients may do to the map, `/map`."""

    def __init__(self, store: Store, writes: Writes) -> None:
        self._store = store
        self._writes = writes
        self._most = store.limits.value_bytes
        self._one_at_a_time = threading.Lock()
        """JSON of a megabyte can unfold into thirty, and two at once are not done sooner."""

    def put(self, request: Request) -> Answer:
        """The body becomes the value of the one key: 201 when it had none, 204 when it was overwritten."""
        keys, parameters = query_of(request.head.query)
        if len(keys) != 1:
            raise HttpError(422, "name exactly one key to write: PUT /map?k=<key>")
        fields = request.head.fields
        if parameters or b"if-match" in fields or b"if-none-match" in fields:
            return self._writes.put(request, keys[0], parameters)
        if self._store.frozen:
            raise self._writes.refused(StoreFrozen())
        value = request.body(self._most, self._writes.too_large)
        try:
            created = self._store.write(keys[0], value)[1]
        except NotWritten as reason:
            raise self._writes.refused(reason) from None
        return CREATED if created else OVERWRITTEN

    def get(self, request: Request) -> Answer:
        """A line `<key>=<value>` for each key asked that is present, in the order asked; or as JSON, if wanted."""
        head = request.head
        keys, _ = query_of(head.query)
        if not keys:
            raise HttpError(422, "name the keys to read: GET /map?k=<key>&k=<key>")
        if b"accept" in head.fields and wants_json(head.fields[b"accept"]):
            return self._get_json(request, keys)
        lines = self._lines(keys)
        copied = sum(len(line) for line in lines if len(line) < 2 * SMALL) if len(lines) > _FEW_LINES else 0
        if copied > SMALL_BYTES:
            lines.clear()  # whoever waits for room holds nothing meanwhile
            request.may_take_long()
            request.make_room(copied)
            lines = self._lines(keys)
        return Answer(200, lines, OCTETS, OWN_PAGES) if lines else ABSENT

    def _lines(self, keys: tuple[bytes, ...]) -> list[bytes]:
        """What is said of those keys that are present, in pieces."""
        found = self._with_totals(keys) if self._store.counters else self._store.get_all(keys)
        lines: list[bytes] = []
        for key, entry in found:
            value = entry.value
            if value is None or (entry.extra and not is_present(entry, self._store.clock.wall())):
                continue
            if len(value) < SMALL:
                lines.append(b"%b=%b\n" % (key, value))
            else:
                lines += (key, b"=", value, b"\n")
        return lines

    def delete(self, request: Request) -> Answer:
        """204 when one of the keys was there, 404 when none was."""
        keys, parameters = query_of(request.head.query)
        if not keys:
            raise HttpError(422, "name the keys to delete: DELETE /map?k=<key>&k=<key>")
        return self._writes.delete(request, keys, parameters)

    def post(self, request: Request) -> Answer:
        """Add to a counter, or write many keys at once."""
        keys, parameters = query_of(request.head.query)
        wait = wait_of(request, parameters)
        if "add" in parameters:
            added = self._add(keys, parameters)
            return self._writes.confirmed(wait, [self._store.own_share(keys[0])], added)
        if keys:
            raise HttpError(422, "say what to add, add=5; or name no key, and give a JSON object by key as the body")
        request.may_take_long()
        return self._put_all(request, wait)

    def _put_all(self, request: Request, wait: Wait | None) -> Answer:
        """Write what a JSON object says: all of it, or nothing."""
        body = self._writes.body_of_many(request)
        with self._one_at_a_time:
            items = read_items(body, self._most, self._writes.expiry_after)
        try:
            created = self._store.put_all(items)
        except NotWritten as reason:
            raise self._writes.refused(reason) from None
        counts = {"created": created, "overwritten": len(items) - created}
        return self._writes.confirmed(wait, items, json_answer(counts))

    def _add(self, keys: tuple[bytes, ...], parameters: dict[str, str]) -> Answer:
        """Add to a counter: 200 and its total here."""
        if len(keys) != 1 or len(keys[0]) > MAX_COUNTER_BYTES:
            raise HttpError(422, f"name one counter, in {MAX_COUNTER_BYTES} bytes at most: POST /map?k=<key>&add=5")
        if not _AMOUNT.fullmatch(parameters["add"]):
            raise HttpError(422, "add is a whole number of up to 18 digits: add=5")
        try:
            total = self._store.add(keys[0], int(parameters["add"]), self._writes.extra_of(parameters))
        except NotWritten as reason:
            raise self._writes.refused(reason) from None
        return plain(200, str(total))

    def _with_totals(self, keys: tuple[bytes, ...]) -> list[tuple[bytes, Entry]]:
        """What readers see of these keys."""
        return [(key, entry) for key in keys if (entry := self._store.present(key))]

    def _get_json(self, request: Request, keys: tuple[bytes, ...]) -> Answer:
        request.may_take_long()
        found = dict(self._with_totals(keys))
        if sum(size(key, entry) for key, entry in found.items()) > MOST_JSON:
            raise HttpError(422, f"the values take over {MOST_JSON} bytes; ask for fewer keys at once")
        length = most_json(entries=found.items())
        if length > SMALL_BYTES:
            found.clear()  # whoever waits for room holds nothing meanwhile
            request.make_room(length)
            found = dict(self._with_totals(keys))
        return json_by_key(found) if found else ABSENT
