"""What happened in a run, as far as the checker must know it.

Rule 1: an event is noted once it is over; only `Stopping` is noted before its signal is sent. So whatever stands before
        a `Stopping` was over when the process began to stop.
Rule 2: a process has one client, which does one thing at a time: what stands later of it was begun later.
Rule 3: each value is written once, in the whole run. So a value says which write it is of.
"""

from typing import NamedTuple

from gossip.data.entry import Entry

Process = int
"""A node from its start to its end: its origin."""

Stamp = tuple[int, int]
"""The time and the origin of an entry."""


class Write(NamedTuple):
    """A client asked for a write, and was answered, or not."""

    process: Process | None
    """Where; None when the node was restarted meanwhile, so that it may have been either process."""
    key: bytes
    value: bytes
    acknowledged: bool
    """Otherwise it is not known: it may have been made, or may yet be."""


class Read(NamedTuple):
    """What a process held for a key."""

    process: Process
    key: bytes
    entry: Entry | None


class Survey(NamedTuple):
    """All that a process held."""

    process: Process
    stamps: dict[bytes, Stamp]
    since: int
    """How many events had been noted when it was begun: it shows what came of those."""


class Stopping(NamedTuple):
    """A process is about to be told to stop."""

    process: Process


class Ended(NamedTuple):
    """A process is no more."""

    process: Process
    heir: Process | None
    """Whom it handed over to; None when it was killed, or said that nobody took everything over, or said nothing."""
    silent: bool = False
    """Whether it was stopped and did not say what became of what it held."""


Event = Write | Read | Survey | Stopping | Ended
History = list[Event]
"""Threads append to it, which is atomic."""

Contents = dict[Process, dict[bytes, Entry]]
"""All that the nodes hold at the end."""


def stamp_of(entry: Entry | None) -> Stamp:
    """Absence is below every stamp."""
    return (entry.time, entry.origin) if entry else (0, 0)
