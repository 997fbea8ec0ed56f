"""The map: put a value under a key, get the values of keys, delete them."""

from gossip.api.entries import JSON, json_answer, read_items, told
from gossip.api.query import query_of
from gossip.api.writes import ABSENT, Writes, wait_of
from gossip.data.entry import size
from gossip.data.lifetime import is_present
from gossip.data.refused import NotWritten
from gossip.data.store import Store
from gossip.serving.answer import OCTETS, Answer, HttpError
from gossip.serving.request import Request

SMALL = 4096
"""Values below this are copied into their line; larger ones go out as they are."""
MOST_JSON = 16 * 2**20
"""Bytes of values that go into one answer as JSON, which is made as a whole."""
CREATED = Answer(201)
OVERWRITTEN = Answer(204)


class MapApi:
    """What clients may do to the map, `/map`."""

    def __init__(self, store: Store, writes: Writes) -> None:
        self._store = store
        self._writes = writes
        self._most = store.limits.value_bytes

    def put(self, request: Request) -> Answer:
        """The body becomes the value of the one key: 201 when it had none, 204 when it was overwritten."""
        keys, parameters = query_of(request.head.query)
        if len(keys) != 1:
            raise HttpError(422, "name exactly one key to write: PUT /map?k=<key>")
        fields = request.head.fields
        if parameters or b"if-match" in fields or b"if-none-match" in fields:
            return self._writes.put(request, keys[0], parameters)
        value = self._writes.value_of(request)
        try:
            created = self._store.write(keys[0], value)[1]
        except NotWritten as reason:
            raise self._writes.refused(reason) from None
        return CREATED if created else OVERWRITTEN

    def get(self, request: Request) -> Answer:
        """A line `<key>=<value>` for each key asked that is present, in the order asked; or as JSON, if wanted."""
        keys = query_of(request.head.query).keys
        if not keys:
            raise HttpError(422, "name the keys to read: GET /map?k=<key>&k=<key>")
        if JSON.encode() in request.head.fields.get(b"accept", b""):
            return self._get_json(request, keys)
        lines: list[bytes] = []
        for key, entry in self._store.get_all(keys):
            value = entry.value
            if value is None or (entry.extra and not is_present(entry, self._store.clock.wall())):
                continue
            if len(value) < SMALL:
                lines.append(b"%b=%b\n" % (key, value))
            else:
                lines += (key, b"=", value, b"\n")
        return Answer(200, lines, OCTETS) if lines else ABSENT

    def delete(self, request: Request) -> Answer:
        """204 when one of the keys was there, 404 when none was."""
        keys, parameters = query_of(request.head.query)
        if not keys:
            raise HttpError(422, "name the keys to delete: DELETE /map?k=<key>&k=<key>")
        return self._writes.delete(request, keys, parameters)

    def post(self, request: Request) -> Answer:
        """Many keys at once, from a JSON object: all are written, or none."""
        keys, parameters = query_of(request.head.query)
        if keys:
            raise HttpError(422, "name no key to write many: POST /map, with a JSON object by key as the body")
        wait = wait_of(request, parameters)
        request.may_take_long()
        items = read_items(self._writes.body_of_many(request), self._most, self._writes.expiry_after)
        try:
            created = self._store.put_all(items)
        except NotWritten as reason:
            raise self._writes.refused(reason) from None
        counts = {"created": created, "overwritten": len(items) - created}
        return self._writes.confirmed(wait, items, json_answer(counts))

    def _get_json(self, request: Request, keys: tuple[bytes, ...]) -> Answer:
        request.may_take_long()
        now = self._store.clock.wall()
        found = {key: entry for key, entry in self._store.get_all(keys) if is_present(entry, now)}
        if sum(size(key, entry) for key, entry in found.items()) > MOST_JSON:
            raise HttpError(422, f"the values take over {MOST_JSON} bytes; ask for fewer keys at once")
        return json_answer({key.decode(): told(entry) for key, entry in found.items()}) if found else ABSENT
