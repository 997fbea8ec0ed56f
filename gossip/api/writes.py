"""What all writes have in common: their parameters, their conditions, what refuses them, and waiting for peers."""

import math
import re
from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple

from gossip.api.entries import etag_of
from gossip.data.attributes import attached
from gossip.data.clock import MICROS
from gossip.data.entry import Entry
from gossip.data.lifetime import LONGEST_TTL
from gossip.data.local import Condition
from gossip.data.refused import ConditionFailed, NotANumber, NotWritten, StoreFrozen, StoreFull
from gossip.data.store import Store
from gossip.serving.answer import Answer, HttpError, plain
from gossip.serving.request import Request

ABSENT = plain(404, "none of the keys asked for is in the map")

WAIT_SECONDS, LONGEST_WAIT = 1.0, 30.0
"""How long a confirmed write takes at most, unless it says so, and whatever it says."""

Confirm = Callable[[Collection[bytes], str, float], tuple[int, bool]]
"""Has peers take the entries of these keys: how many (a number, `majority` or `all`), within so many seconds. How many
are known to have them, and whether those are enough."""

_SECONDS = re.compile(r"([0-9]{1,20}(\.[0-9]{0,20})?|\.[0-9]{1,20})([eE][+-]?[0-9]{1,3})?")
_WAIT = re.compile(r"[0-9]{1,5}|majority|all")


class Wait(NamedTuple):
    """What a write waits for before it is answered."""

    peers: str
    seconds: float


class Writes:
    """Writes as clients ask for them. Raises HttpError for those that are not made."""

    def __init__(self, store: Store, confirm: Confirm) -> None:
        self._store = store
        self._confirm = confirm
        self._most = store.limits.value_bytes
        self.too_large = f"a value may have {self._most} bytes at most"
        most = (
            f"keys and values may take {store.limits.store_bytes} bytes, and there may be {store.limits.entries} keys"
        )
        self._full = f"the map is full: {most}; delete some, or raise MAX_STORE_BYTES at all nodes"

    def put(self, request: Request, key: bytes, parameters: Mapping[str, str], content_type: bytes = b"") -> Answer:
        """The body becomes the value: 201 when the key had none, 204 when it was overwritten, with its ETag."""
        wait = wait_of(request, parameters)
        value = self.value_of(request)
        extra = self.extra_of(parameters, content_type)
        try:
            entry, created = self._store.write(key, value, extra, condition_of(request.head.fields))
        except NotWritten as reason:
            raise self.refused(reason) from None
        return self.confirmed(wait, [key], Answer(201 if created else 204, fields=(("ETag", etag_of(entry)),)))

    def delete(self, request: Request, keys: Collection[bytes], parameters: Mapping[str, str]) -> Answer:
        """The keys have no values any more: 204 when one of them had one, 404 when none had."""
        wait = wait_of(request, parameters)
        try:
            deleted = self._store.delete(keys, condition_of(request.head.fields))
        except NotWritten as reason:
            raise self.refused(reason) from None
        return self.confirmed(wait, keys, Answer(204)) if deleted else ABSENT

    def value_of(self, request: Request) -> bytes:
        """The value that a request carries. A node that is stopping does not wait for it."""
        if self._store.frozen:
            raise self.refused(StoreFrozen())
        return request.body(self._most, self.too_large)

    def body_of_many(self, request: Request) -> bytes:
        """What a request carries that writes many values."""
        most = 2 * self._most + 65_536
        return request.body(most, f"the body may have {most} bytes at most; send less at once")

    def expiry_after(self, seconds: float | None) -> int:
        """When what is written now is to expire so many seconds on, in microseconds since the Unix epoch."""
        if seconds is None or not 0 < seconds <= LONGEST_TTL:
            raise HttpError(422, f"ttl is a positive number of seconds, {LONGEST_TTL} at most: ttl=30")
        return self._store.clock.wall() + math.ceil(seconds * MICROS)

    def confirmed(self, wait: Wait | None, keys: Collection[bytes], answer: Answer) -> Answer:
        """The answer to a write that was made, once enough peers have it or time is up."""
        if wait is None:
            return answer
        count, enough = self._confirm(keys, *wait)
        fields = (*answer.fields, ("Gossip-Confirmed", str(count)))
        return answer._replace(status=answer.status if enough else 202, fields=fields)

    def extra_of(self, parameters: Mapping[str, str], content_type: bytes = b"") -> bytes:
        """What is attached to what is written now with these parameters."""
        expiry = self.expiry_after(seconds_of(parameters["ttl"])) if "ttl" in parameters else 0
        return attached(expiry, content_type)

    def refused(self, reason: NotWritten) -> HttpError:
        """What a client is told of a write that was not made."""
        if isinstance(reason, StoreFull):
            return HttpError(507, self._full)
        if isinstance(reason, NotANumber):
            return HttpError(409, "the value is no whole number, so nothing can be added to it; put a number first")
        if isinstance(reason, ConditionFailed):
            return HttpError(412, "the value here is not the one that the condition asks for; read it anew")
        return HttpError(503, "this node is stopping and takes no more writes", (("Retry-After", "1"),))


def wait_of(request: Request, parameters: Mapping[str, str]) -> Wait | None:
    """What a write is to wait for. To be asked before anything is done, as the request may be begun anew by this."""
    if "wait" not in parameters:
        return None
    seconds = seconds_of(parameters.get("timeout", str(WAIT_SECONDS)))
    if not _WAIT.fullmatch(parameters["wait"]):
        raise HttpError(422, "wait is a number of peers, majority, or all: wait=2")
    if seconds is None or seconds > LONGEST_WAIT:
        raise HttpError(422, f"timeout is a number of seconds, {LONGEST_WAIT:g} at most: timeout=1")
    request.may_take_long()
    return Wait(parameters["wait"], seconds)


def seconds_of(text: str) -> float | None:
    """A number of seconds, or None where this is none."""
    return float(text) if _SECONDS.fullmatch(text) else None


def condition_of(fields: Mapping[bytes, bytes]) -> Condition | None:
    """What the fields of a request ask of the value that is held (RFC 9110, section 13.1)."""
    match, none_match = fields.get(b"if-match"), fields.get(b"if-none-match")
    if match is None and none_match is None:
        return None

    def holds(entry: Entry | None) -> bool:
        return (match is None or _names(match, entry)) and not (none_match is not None and is_known(none_match, entry))

    return holds


def is_known(none_match: bytes, entry: Entry | None) -> bool:
    """Whether an If-None-Match names this entry; there a tag that is marked as weak is as good as any."""
    return _names(none_match.replace(b"W/", b""), entry)


def _names(field: bytes, entry: Entry | None) -> bool:
    """Whether such a field names this entry: by its ETag, or by `*`."""
    tags = [tag.strip() for tag in field.split(b",")]
    return entry is not None and (b"*" in tags or etag_of(entry).encode() in tags)
