"""One value, exactly: `/map/<key>`, whose bytes are the body and whose stamp is the ETag."""

from gossip.api.entries import OWN_PAGES, checked_type, fields_of, type_of
from gossip.api.query import key_in_path, query_of
from gossip.api.writes import ABSENT, Writes, is_known
from gossip.data.store import Store
from gossip.serving.answer import Answer, Fields
from gossip.serving.request import Request

PREFIX = "/map/"
_HARMLESS: Fields = (*OWN_PAGES, ("Content-Security-Policy", "sandbox"), ("X-Content-Type-Options", "nosniff"))
"""A value that is a page runs nothing in the browser that opens it: it would have the rights of the status page."""


class ValueApi:
    """What clients may do to one key."""

    def __init__(self, store: Store, writes: Writes) -> None:
        self._store = store
        self._writes = writes

    def get(self, request: Request) -> Answer:
        """The bytes of the value, with its type and ETag; 304 when the client has them already."""
        entry = self._store.present(_key(request))
        if entry is None:
            return ABSENT
        fields = fields_of(entry)
        none_match = request.head.fields.get(b"if-none-match")
        if none_match is not None and is_known(none_match, entry):
            return Answer(304, fields=fields)
        return Answer(200, (entry.value or b"",), type_of(entry), fields + _HARMLESS)

    def put(self, request: Request) -> Answer:
        """The body becomes the value, of the type that the request says."""
        content_type = checked_type(request.head.fields.get(b"content-type", b""))
        return self._writes.put(request, _key(request), query_of(request.head.query).others, content_type)

    def delete(self, request: Request) -> Answer:
        """The key has no value any more."""
        return self._writes.delete(request, [_key(request)], query_of(request.head.query).others)


def _key(request: Request) -> bytes:
    return key_in_path(request.head.path[len(PREFIX) :])
