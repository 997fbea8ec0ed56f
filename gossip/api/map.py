"""The map: put a value under a key, get the values of keys."""

from gossip.api.query import keys_of
from gossip.data.refused import StoreFrozen, StoreFull
from gossip.data.store import Store
from gossip.serving.answer import OCTETS, Answer, HttpError, plain
from gossip.serving.request import Request

SMALL = 4096
"""Values below this are copied into their line; larger ones go out as they are."""
CREATED = Answer(201)
OVERWRITTEN = Answer(204)
ABSENT = plain(404, "none of the keys asked for is in the map")


class MapApi:
    """What clients may do to the map."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._most = store.limits.value_bytes
        self._too_large = f"a value may have {self._most} bytes at most"
        self._full = f"the map is full: keys and values may take {store.limits.store_bytes} bytes"

    def put(self, request: Request) -> Answer:
        """The body becomes the value of the one key: 201 when it had none, 204 when it was overwritten."""
        keys = keys_of(request.head.query)
        if len(keys) != 1:
            raise HttpError(422, "name exactly one key to write: PUT /map?k=<key>")
        if self._store.frozen:
            raise _stopping()
        value = request.body(self._most, self._too_large)
        try:
            created = self._store.put(keys[0], value)
        except StoreFull:
            raise HttpError(507, self._full) from None
        except StoreFrozen:
            raise _stopping() from None
        return CREATED if created else OVERWRITTEN

    def get(self, request: Request) -> Answer:
        """A line `<key>=<value>` for each key asked that is present, in the order asked."""
        keys = keys_of(request.head.query)
        if not keys:
            raise HttpError(422, "name the keys to read: GET /map?k=<key>&k=<key>")
        lines: list[bytes] = []
        for key, entry in self._store.get_all(keys):
            value = entry.value
            if value is None:
                continue
            if len(value) < SMALL:
                lines.append(b"%b=%b\n" % (key, value))
            else:
                lines += (key, b"=", value, b"\n")
        return Answer(200, lines, OCTETS) if lines else ABSENT


def _stopping() -> HttpError:
    return HttpError(503, "this node is stopping and takes no more writes", (("Retry-After", "1"),))
