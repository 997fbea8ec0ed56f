"""What the OpenAPI document is put together from: parameters, answers, and what bodies look like."""

from collections.abc import Collection, Mapping
from typing import Any

from gossip.serving.answer import TEXT

Spec = dict[str, Any]
"""Some piece of the document."""

STRING: Spec = {"type": "string"}
KEY: Spec = {"type": "string", "minLength": 1, "maxLength": 65_535, "pattern": "^[^\\u0000]"}
MICROS: Spec = {"type": "integer", "minimum": 0, "description": "microseconds since 1970"}
ORIGIN: Spec = {"type": "string", "pattern": "^[0-9a-f]{16}$", "description": "the process that wrote it"}
TTL: Spec = {"exclusiveMinimum": 0, "maximum": 10**9, "description": "gone so many seconds later"}
BASE64: Spec = {
    "type": "string",
    "pattern": "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$",
    "contentEncoding": "base64",
}
_FINGERPRINT: Spec = {"type": "string", "pattern": "^[0-9a-f]{16}$"}
_COUNT: Spec = {"type": "integer", "minimum": 0}

ERRORS = {
    400: "the request breaks HTTP's rules",
    401: "a token is wanted (`CLIENT_TOKEN_FILE`)",
    403: "a page of another site asks by way of a browser (`CLIENT_ORIGINS`)",
    404: "none of the keys is in the map",
    405: "this path does not take that method",
    408: "the request did not arrive in time",
    409: "the key's value is no whole number, so nothing can be added to it",
    411: "a body without a length",
    412: "the condition does not hold",
    413: "the body is too large",
    414: "path and query are too long",
    417: "an expectation that is not met",
    421: "Host is no name that is served (`CLIENT_HOSTS`)",
    422: "a key, a parameter, a field or the body is not as it must be",
    431: "the head is too large",
    500: "this node failed",
    501: "a transfer coding that is not served",
    503: "the node is stopping, or has all the connections, watchers or bytes on their way that it may have",
    505: "a version of HTTP that is not served",
    507: "the map is full; what is held can still be overwritten",
}
"""What each status says; each comes with one sentence that says what to do."""


def schemas() -> Spec:
    """What bodies look like that are JSON."""
    return {
        "Entry": _entry(),
        "Item": _item(),
        "Page": _object(
            {"keys": _array(KEY), "next": _or_null(KEY), "entries": by_key(ref("Entry"))}, optional=("entries",)
        ),
        "Written": _object({"created": _COUNT, "overwritten": _COUNT}),
        "Peers": _peers(),
        "Peer": _peer(),
    }


def by_key(schema: Spec) -> Spec:
    """An object with such a thing for each key."""
    return {"type": "object", "propertyNames": KEY, "additionalProperties": schema}


def _entry() -> Spec:
    told = {"stamp": MICROS, "origin": ORIGIN, "expiry": _or_null(MICROS), "contentType": STRING}
    value = {"oneOf": [_object({"value": STRING}), _object({"base64": BASE64})]}
    return {**_object(told, optional=("contentType",)), **value}


def _item() -> Spec:
    nothing = {"type": "null"}
    text = _object({"value": STRING, "base64": nothing}, optional=("base64",))
    octets = _object({"base64": BASE64, "value": nothing}, optional=("value",))
    ttl = {"type": ["number", "null"], **TTL}
    content_type = {"type": "string", "maxLength": 255, "pattern": "^([!-~][ -~]*)?$"}
    told = {"ttl": ttl, "contentType": content_type}
    return {**_object(told, optional=told), "oneOf": [text, octets]}


def _peers() -> Spec:
    told = {"origin": ORIGIN, "fingerprint": _FINGERPRINT, "latestStamp": MICROS, "agreeing": _COUNT}
    return _object({**told, "peers": _array(ref("Peer")), "notHeard": _array(STRING)})


def _peer() -> Spec:
    number: Spec = {"type": "number"}
    return _object({
        "origin": ORIGIN,
        "address": _or_null(STRING),
        "agrees": {"type": "boolean"},
        "agreesSinceSecs": number,
        "lastExchangeSecsAgo": number,
        "roundTripMs": _or_null(number),
        "clockOffsetMs": _or_null(number),
        "fingerprint": _FINGERPRINT,
        "latestStamp": MICROS,
        "leaving": {"type": "boolean"},
    })  # fmt: skip


def _object(properties: Spec, optional: Collection[str] = ()) -> Spec:
    """With these properties; others may come with a later version."""
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, **({"required": required} if required else {})}


def _array(items: Spec) -> Spec:
    return {"type": "array", "items": items}


def _or_null(schema: Spec) -> Spec:
    return {**schema, "type": [schema["type"], "null"]}


def answered(description: str, content: Mapping[str, Spec | None], headers: Spec | None = None) -> Spec:
    """An answer with a body of one of these types, of a schema where there is one."""
    media = {name: {"schema": schema} if schema else {} for name, schema in content.items()}
    return {
        "description": description,
        **({"headers": headers} if headers else {}),
        **({"content": media} if media else {}),
    }


def error(status: int) -> Spec:
    headers = {
        401: {"WWW-Authenticate": field(STRING)},
        405: {"Allow": field(STRING)},
        503: {"Retry-After": field({"type": "integer"})},
    }
    return answered(ERRORS[status], {TEXT: STRING}, headers.get(status))


def ref(schema: str) -> Spec:
    return {"$ref": f"#/components/schemas/{schema}"}


def field(schema: Spec, required: bool = True) -> Spec:
    return {"schema": schema, "required": required}


def confirmed(required: bool = False) -> Spec:
    count = {"type": "integer", "minimum": 0, "description": "how many peers are known to have it; with `wait`"}
    return {"Gossip-Confirmed": field(count, required)}


def query(name: str, schema: Spec, description: str, required: bool = False) -> Spec:
    return {"name": name, "in": "query", "required": required, "schema": schema, "description": description}


def keys(most: int | None = None, required: bool = True) -> Spec:
    schema = {
        "type": "array",
        "items": KEY,
        **({"minItems": 1} if required else {}),
        **({"maxItems": most} if most else {}),
    }
    return query("k", schema, "keys", required)


def key_of(name: str) -> Spec:
    return key_in_path() if name == "key" else query("k", KEY, "the key", required=True)


def key_in_path() -> Spec:
    return {"name": "key", "in": "path", "required": True, "schema": KEY, "description": "the key; slashes may stay"}


def ttl() -> Spec:
    return query("ttl", {"type": "number", **TTL}, "seconds")


def wait() -> list[Spec]:
    peers = {"type": "string", "pattern": "^([0-9]{1,5}|majority|all)$"}
    seconds = {"type": "number", "minimum": 0, "maximum": 30, "default": 1}
    return [
        query("wait", peers, "answer once so many peers have it"),
        query("timeout", seconds, "how long `wait` may take, in seconds"),
    ]


def condition(field: str) -> Spec:
    return {"name": field, "in": "header", "schema": STRING, "description": "`*`, or ETags; of the value at this node"}
