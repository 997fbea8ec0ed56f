"""What each command does: the exit status, when it was done."""

import base64
import json
import os
import signal
import sys
from argparse import Namespace
from typing import Any

from gossip.client import Client, Entry
from gossip.commands.arguments import WrongUsage
from gossip.commands.output import DONE, NOT_SO, fail, say, say_json


def get(client: Client, given: Namespace) -> int:
    """One value as it is, or lines."""
    if given.json:
        return _get_json(client, given.keys)
    if len(given.keys) == 1:
        value = client.get(*given.keys)
        say(value or b"")
        return _found(value is not None)
    values = client.get_many(given.keys)
    for key in given.keys:
        if key in values:
            say(b"%b=%b\n" % (key.encode(), values[key]))
    return _found(bool(values))


def _get_json(client: Client, keys: list[str]) -> int:
    entries = [(key, entry) for key in keys if (entry := client.entry(key))]
    for key, entry in entries:
        say_json(_told(key, entry))
    return _found(bool(entries))


def _told(key: str, entry: Entry) -> dict[str, Any]:
    try:
        content = {"value": entry.value.decode()}
    except UnicodeDecodeError:
        content = {"base64": base64.b64encode(entry.value).decode()}
    fields = {"stamp": entry.stamp, "origin": entry.origin, "expiry": entry.expiry, "etag": entry.etag}
    return {"key": key, **content, **fields, "contentType": entry.content_type}


def _found(is_found: bool) -> int:
    return DONE if is_found else fail("none of the keys asked for is in the map", NOT_SO)


def put(client: Client, given: Namespace) -> int:
    """Says nothing."""
    client.put(
        given.key,
        _value(given.value),
        ttl=given.ttl,
        if_match=given.if_match,
        if_none_match=given.if_absent,
        wait=given.wait,
        wait_timeout=given.timeout,
    )
    return DONE


def _value(argument: str) -> bytes:
    if argument != "-":
        return os.fsencode(argument)
    try:
        with open(0, "rb", closefd=False) as standard_input:
            return standard_input.read()
    except OSError as error:
        raise WrongUsage(f"standard input: {error.strerror}") from None


def delete(client: Client, given: Namespace) -> int:
    """Says nothing."""
    return _found(client.delete(*given.keys, wait=given.wait, wait_timeout=given.timeout))


def keys(client: Client, given: Namespace) -> int:
    """A line for each."""
    if given.values:
        for key, entry in client.entries(given.prefix):
            say(b"%b=%b\n" % (key.encode(), entry.value))
    else:
        for key in client.keys(given.prefix):
            say(key.encode() + b"\n")
    return DONE


def watch(client: Client, given: Namespace) -> int:
    """A line of JSON for each event."""
    signal.signal(signal.SIGINT, lambda *_: sys.exit(DONE))
    for event in client.watch(*given.keys, prefix=given.prefix):
        say_json({"event": event.kind, "id": event.id, **event.data})
    return DONE


def add(client: Client, given: Namespace) -> int:
    """The total."""
    say(b"%d\n" % client.add(given.key, given.n, given.ttl))
    return DONE


def peers(client: Client, _: Namespace) -> int:
    """JSON, laid out as the node does."""
    say(json.dumps(client.peers(), indent=1).encode() + b"\n")
    return DONE


def stats(client: Client, _: Namespace) -> int:
    """Lines."""
    for name, value in client.stats().items():
        say(f"{name}={value}\n".encode())
    return DONE


ACTS = {act.__name__: act for act in (get, put, delete, keys, watch, add, peers, stats)}
