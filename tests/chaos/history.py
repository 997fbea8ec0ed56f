"""What happened in a run, as far as the checker must know it.

Rule 1: an event is noted once it is over; only `Stopping` is noted before its signal is sent, and `Calm` when it
        begins. So whatever stands before a `Stopping` was over when the process began to stop.
Rule 2: a process has one client, which does one thing at a time: what stands later of it was begun later.
Rule 3: each value is written once, in the whole run. So a value says which write it is of; a tombstone does not.
"""

from typing import NamedTuple

from gossip.data.counters import share_key
from gossip.data.entry import Entry

Process = int
"""A node from its start to its end: its origin."""

Stamp = tuple[int, int]
"""The time and the origin of an entry."""


class Started(NamedTuple):
    """A process is up."""

    process: Process
    since: int = 0
    """How many events had been noted when it was told to start: it may have taken something in from then on."""


class Write(NamedTuple):
    """A client asked for a write, and was answered, or not."""

    process: Process | None
    """Where; None when the node was restarted meanwhile, so that it may have been either process."""
    key: bytes
    value: bytes | None
    """None where the key was deleted."""
    acknowledged: bool
    """Otherwise it is not known: it may have been made, or may yet be."""
    confirmed: int = 0
    """How many peers were said to have it."""
    since: int = 0
    """How many events had been noted when it was asked for."""
    expires: bool = False
    """Whether the value is gone some time later."""


class Add(NamedTuple):
    """A client asked to add to a counter, and was answered, or not. As a write, it is one to the process's share."""

    process: Process | None
    counter: bytes
    amount: int
    acknowledged: bool
    confirmed: int = 0
    since: int = 0

    @property
    def write(self) -> Write:
        key = share_key(self.counter, self.process or 0)
        return Write(self.process, key, b"", self.acknowledged, self.confirmed, self.since)


class Total(NamedTuple):
    """What a client reads of a counter at the end, None where there is none."""

    process: Process
    counter: bytes
    total: int | None


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


class Calm(NamedTuple):
    """All faults are undone, and all processes are up, until it is `Settled`."""


class Settled(NamedTuple):
    """It has been calm for so long that all processes have heard of what stands before the `Calm`."""


Event = Started | Write | Add | Total | Read | Survey | Stopping | Ended | Calm | Settled
History = list[Event]
"""Threads append to it, which is atomic."""

Contents = dict[Process, dict[bytes, Entry]]
"""All that the nodes hold at the end."""


def stamp_of(entry: Entry | None) -> Stamp:
    """Absence is below every stamp."""
    return (entry.time, entry.origin) if entry else (0, 0)
