"""How the checker's sentences name things."""

from gossip.data.counters import counter_of
from gossip.data.entry import Entry
from tests.chaos.history import Stamp, stamp_of

SHOWN_BYTES = 40
"""So much of a value is shown to people."""


def key_named(key: bytes) -> str:
    counter = counter_of(key)
    return key.decode() if counter == key else f"the share of {whose(key):x} in {counter.decode()}"


def whose(share: bytes) -> int:
    """Whose share is held under a key."""
    return int(share[2:18], 16)


def stamp_named(stamp: Stamp) -> str:
    return f"{stamp[0]}/{stamp[1]:x}" if stamp[0] else "nothing"


def entry_named(entry: Entry | None) -> str:
    if entry is None:
        return "nothing"
    return f"{entry.value and entry.value[:SHOWN_BYTES]!r} of {stamp_named(stamp_of(entry))}"
