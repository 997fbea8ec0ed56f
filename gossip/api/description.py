"""All that clients may ask, as an OpenAPI 3.1 document: `docs/api.md` for machines."""

from gossip import __version__
from gossip.api.entries import JSON
from gossip.api.page import HTML
from gossip.api.schemas import (
    ERRORS,
    MICROS,
    ORIGIN,
    STRING,
    Spec,
    answered,
    by_key,
    condition,
    confirmed,
    error,
    field,
    key_in_path,
    key_of,
    keys,
    query,
    ref,
    schemas,
    ttl,
    wait,
)
from gossip.serving.answer import OCTETS, TEXT

_ANY_TIME = (400, 401, 403, 405, 408, 414, 417, 421, 431, 500, 501, 503, 505)
_BODY = (411, 413, 507)


def document() -> Spec:
    """All of it."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Gossipcar",
            "version": __version__,
            "summary": "A map of keys and values, in memory, shared by the pods of a Deployment.",
            "description": "What all of it means is in `docs/api.md`. Parameters not named here are passed over.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "paths": {path: _with_head(operations) for path, operations in _paths().items()},
        "components": {"schemas": schemas(), "responses": {str(status): error(status) for status in ERRORS}},
    }


def _paths() -> dict[str, Spec]:
    return {
        "/": {"get": _plain_get("page", "The status page, for people", HTML, STRING)},
        "/map": {"get": _read(), "put": _write("k"), "delete": _delete("k"), "post": _post()},
        "/map/{key}": {"get": _read_one(), "put": _write("key"), "delete": _delete("key")},
        "/keys": {"get": _list()},
        "/watch": {"get": _watch()},
        "/stats": {"get": _plain_get("stats", "What this node tells of itself, as `name=value` lines", TEXT, STRING)},
        "/peers": {"get": _plain_get("peers", "The peers as this node sees them", JSON, ref("Peers"))},
        "/openapi.json": {"get": _plain_get("openapi", "This document", JSON, {"type": "object"})},
    }


def _plain_get(name: str, summary: str, content_type: str, schema: Spec) -> Spec:
    return _operation(name, summary, [], {200: answered(summary, {content_type: schema})})


def _read() -> Spec:
    answer = answered("the keys that are present", {OCTETS: None, JSON: by_key(ref("Entry"))})
    return _operation(
        "readKeys", "A line `<key>=<value>` for each key that is present", [keys()], {200: answer}, 404, 422
    )


def _read_one() -> Spec:
    fields = {"ETag": STRING, "Last-Modified": STRING, "Gossip-Origin": ORIGIN}
    expiry = {"Gossip-Expiry": field(MICROS, required=False)}
    headers = {name: field(schema) for name, schema in fields.items()} | expiry
    answers = {
        200: answered("the value, of the type that it was put with", {"*/*": None}, headers),
        304: answered("the client has it already", {}, headers),
    }
    asked = [key_in_path(), condition("If-None-Match")]
    return _operation("readValue", "The bytes of one value", asked, answers, 404, 422)


def _write(key: str) -> Spec:
    etag = {"ETag": field(STRING, required=key == "key")}
    answers = {
        201: answered("the key had no value", {}, etag | confirmed()),
        204: answered("the key had a value", {}, etag | confirmed()),
        202: answered("written, but too few peers had it in time", {}, etag | confirmed(required=True)),
    }
    asked = [key_of(key), ttl(), *wait(), condition("If-Match"), condition("If-None-Match")]
    name, what = ("writeValue", ", with its Content-Type") if key == "key" else ("writeKey", "")
    spec = _operation(name, "The body becomes the value" + what, asked, answers, 412, 422, *_BODY)
    return {**spec, "requestBody": {"required": True, "content": {OCTETS: {}, "*/*": {}}}}


def _delete(key: str) -> Spec:
    answers = {
        204: answered("at least one of the keys was there", {}, confirmed()),
        202: answered("deleted, but too few peers know in time", {}, confirmed(required=True)),
    }
    name, asked = ("deleteValue", key_in_path()) if key == "key" else ("deleteKeys", keys())
    return _operation(
        name, "The keys have no values any more", [asked, *wait(), condition("If-Match")], answers, 404, 412, 422
    )


def _post() -> Spec:
    content = {JSON: ref("Written"), TEXT: {"type": "string", "pattern": "^-?[0-9]+\\n$"}}
    answers = {
        200: answered("how many were written, or the new total", content, confirmed()),
        202: answered("the same, but too few peers had it in time", content, confirmed(required=True)),
    }
    add = {"type": "integer", "minimum": 1 - 10**18, "maximum": 10**18 - 1}
    asked = [keys(most=1, required=False), query("add", add, "add to the counter `k`"), ttl(), *wait()]
    spec = _operation(
        "writeMany", "Write many keys, all or none; or add to a counter", asked, answers, 409, 422, *_BODY
    )
    return {**spec, "requestBody": {"content": {JSON: {"schema": {**by_key(ref("Item")), "minProperties": 1}}}}}


def _list() -> Spec:
    asked = [
        query("prefix", STRING, "only keys that begin so"),
        query("after", STRING, "only keys behind this one"),
        query("limit", {"type": "integer", "minimum": 1, "maximum": 10_000, "default": 1_000}, "keys on a page"),
        query("values", STRING, "1: with the entries"),
    ]
    answer = answered("a page of keys", {JSON: ref("Page")})
    return _operation("listKeys", "The keys that have values, sorted by their UTF-8 bytes", asked, {200: answer}, 422)


def _watch() -> Spec:
    asked = [
        keys(required=False),
        query("prefix", {"type": "array", "items": STRING}, "watch keys that begin so"),
        query("since", STRING, "go on behind the event with this id"),
        {"name": "Last-Event-ID", "in": "header", "schema": STRING, "description": "as `since`"},
        query("timeout", {"type": "number", "minimum": 0, "maximum": 300}, "a long poll: seconds"),
    ]
    answer = answered("the events `put`, `delete` and `reset`, as they come", {"text/event-stream": None})
    return _operation("watch", "Changes as server-sent events", asked, {200: answer}, 422)


def _operation(name: str, summary: str, asked: list[Spec], answers: dict[int, Spec], *errors: int) -> Spec:
    refused = {status: {"$ref": f"#/components/responses/{status}"} for status in sorted((*_ANY_TIME, *errors))}
    responses = {str(status): spec for status, spec in (answers | refused).items()}
    return {"operationId": name, "summary": summary, "parameters": asked, "responses": responses}


def _with_head(operations: Spec) -> Spec:
    """With HEAD, which is answered as GET is, without the body."""
    got = operations["get"]
    name = f"{got['operationId']}Head"
    responses = {
        status: {part: spec for part, spec in answer.items() if part != "content"}
        for status, answer in got["responses"].items()
    }
    return {**operations, "head": {**got, "operationId": name, "summary": "The head of a GET", "responses": responses}}
