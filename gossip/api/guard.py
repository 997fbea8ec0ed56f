"""Who may ask at the client port. Looks at heads alone, before anything else is made of them.

A web page that somebody visits on this machine can send requests here, and with a name of its own that leads here (DNS
rebinding) read the answers as well. No browser lets a page choose Host or Origin.

Rule 1: Host is a name that is served here, or an IP address: those need no name server, so none can be made to lie.
Rule 2: what pages of other origins ask for by way of a browser is refused, unless their origin is allowed. Reads that
        their browser keeps from them are answered; those that it would run or show are not.
Rule 3: where there are tokens, one of them is needed.
Rule 4: a head that was let in is not asked again (see `gossip.serving.recognised`): so whatever is looked at is in the
        head, or in `as_of`.
"""

import hmac
import ipaddress
import re
from collections.abc import Callable, Collection, Mapping

from gossip.api.routes import refusing
from gossip.serving.answer import Answer, Fields, HttpError
from gossip.serving.feed import Streamed
from gossip.serving.head import Head
from gossip.serving.request import Operation, Request, Route

ANY = "*"
"""Allows every Host."""

_MOST_LET_IN = 256
"""So many are known at once; then it starts anew."""

_PORT = re.compile(r":[0-9]*\Z")
_OWN_SITES = (b"same-origin", b"none")
"""By whose page something is asked for: that of the node, or no page. `same-site` is one of another port, too."""
_READS = ("GET", "HEAD", "OPTIONS")
_PREFLIGHT = (
    ("Access-Control-Allow-Methods", "GET, HEAD, PUT, POST, DELETE"),
    ("Access-Control-Allow-Headers", "Accept, Authorization, Content-Type, If-Match, If-None-Match, Last-Event-ID"),
    ("Access-Control-Max-Age", "600"),
)
_EXPOSED = "ETag, Gossip-Confirmed, Gossip-Expiry, Gossip-Origin, Last-Modified, Retry-After"

_FOREIGN = "a page of another site asks for this; CLIENT_ORIGINS names those that may"
_NO_TOKEN = "this node wants a token: send Authorization: Bearer <token>, with one of those in CLIENT_TOKEN_FILE"  # noqa: S105
_CHALLENGE = (("WWW-Authenticate", "Bearer"),)


class Guard:
    """A route that lets some in and sends others away."""

    def __init__(
        self,
        route: Route,
        hosts: Collection[str] = (),
        origins: Collection[str] = (),
        tokens: Callable[[], tuple[bytes, ...]] = tuple,
    ) -> None:
        """`hosts` are names besides localhost, in lower case; `tokens` gives those that count now, none for no need."""
        self._route = route
        self._hosts = {"localhost", *hosts}
        self._origins = frozenset(origins)
        self._tokens = tokens
        self._as_of: object = None
        self._let_in: dict[int, Mapping[bytes, bytes]] = {}
        """Fields that let in whatever is asked, by identity: heads that say the same share them (see `parse_head`)."""
        self._elsewhere = (
            f"this node serves {', '.join(sorted(self._hosts))} and IP addresses; CLIENT_HOSTS names other hosts"
        )

    def as_of(self) -> object:
        """Who is let in depends on this as well; what was let in before it changed is to be asked again."""
        tokens = self._tokens()
        if tokens != self._as_of:
            self._as_of, self._let_in = tokens, {}  # another dict: who is being let in by the old ones keeps to that
        return tokens

    def __call__(self, head: Head) -> Operation:
        """The operation that answers, or one that refuses."""
        fields, let_in = head.fields, self._let_in
        if let_in.get(id(fields)) is fields:
            return self._route(head)
        origin = fields.get(b"origin", b"").decode("latin-1")
        operation = self._instead(head, origin)
        if not (operation or origin or b"sec-fetch-mode" in fields):
            if len(let_in) >= _MOST_LET_IN:
                let_in.clear()
            let_in[id(fields)] = fields
        operation = operation or self._route(head)
        return _shared(operation, origin) if origin in self._origins else operation

    def _instead(self, head: Head, origin: str) -> Operation | None:
        """What answers in the place of the operation: refusals, and what browsers ask beforehand."""
        if not self._serves(head):
            return refusing(421, self._elsewhere)
        if origin not in self._origins:
            if _is_foreign(head, origin):
                return refusing(403, _FOREIGN)
        elif head.method == "OPTIONS" and b"access-control-request-method" in head.fields:
            return _preflight  # which comes without a token
        tokens = self._tokens()
        if not tokens or _has_one(head, tokens):
            return None
        if head.path == b"/" and head.method in _READS:
            return self._route(head)  # the status page, which holds nothing of the map, and asks for a token itself
        return refusing(401, _NO_TOKEN, _CHALLENGE)

    def _serves(self, head: Head) -> bool:
        host = head.fields.get(b"host")
        if host is None or ANY in self._hosts:  # no browser speaks so old an HTTP that Host may be left out
            return True
        name = _PORT.sub("", host.decode("latin-1").lower()).removesuffix(".")
        return name in self._hosts or _is_ip(name)


def _is_ip(name: str) -> bool:
    try:
        if name.startswith("[") and name.endswith("]"):
            ipaddress.IPv6Address(name[1:-1])
        else:
            ipaddress.IPv4Address(name)
    except ValueError:
        return False
    return True


def _is_foreign(head: Head, origin: str) -> bool:
    """Whether a browser says that a page of another origin writes, or has this run or shown as its own."""
    if head.method not in _READS:
        return bool(origin) and not _is_own(origin.lower(), head.fields.get(b"host", b"").decode("latin-1").lower())
    fields = head.fields
    return fields.get(b"sec-fetch-mode") == b"no-cors" and fields.get(b"sec-fetch-site", b"none") not in _OWN_SITES


def _is_own(origin: str, host: str) -> bool:
    """Whether a page of this origin came from here. What is `https` there is taken to be so by a proxy, which passes on
    Host and need not say so."""
    scheme, _, authority = origin.partition("://")
    default = {"http": ":80", "https": ":443"}.get(scheme)
    return default is not None and authority.removesuffix(default) == host.removesuffix(default) != ""


def _has_one(head: Head, tokens: Collection[bytes]) -> bool:
    scheme, _, given = head.fields.get(b"authorization", b"").partition(b" ")
    # all are compared, each in a time that says nothing of how much of it is right
    found = [hmac.compare_digest(given.strip(b" "), token) for token in tokens]
    return scheme.lower() == b"bearer" and any(found)


def _preflight(_: Request) -> Answer:
    """What a browser asks before it lets a page of another origin do more than a form can (the Fetch standard)."""
    return Answer(204, fields=_PREFLIGHT)


def _shared(operation: Operation, origin: str) -> Operation:
    """The same, with what makes a browser give a page of that origin the answer."""
    fields: Fields = (
        ("Access-Control-Allow-Origin", origin),
        ("Access-Control-Expose-Headers", _EXPOSED),
        ("Vary", "Origin"),
    )

    def share(answer: Answer) -> Answer:
        return answer._replace(fields=(*answer.fields, *fields))

    def answer(request: Request) -> Answer:
        try:
            return share(operation(request))
        except (HttpError, Streamed) as ended:
            ended.answer = share(ended.answer)
            raise

    return answer
