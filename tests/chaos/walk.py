"""What follows from a history by itself, event by event. No I/O."""

from collections import defaultdict
from collections.abc import Iterator, Set
from typing import NamedTuple

from tests.chaos.history import (
    Add,
    Calm,
    Ended,
    History,
    Process,
    Read,
    Settled,
    Stamp,
    Started,
    Stopping,
    Survey,
    Write,
    stamp_of,
)
from tests.chaos.sums import Sums
from tests.chaos.words import key_named, stamp_named

Stamps = dict[Process, dict[bytes, Stamp]]
"""What a process must hold for each key, at the least."""


class Spread(NamedTuple):
    """So many of these processes, at the least, held what had these stamps."""

    stamps: dict[bytes, Stamp]
    holders: int
    among: Set[Process]
    how: str
    """For people."""


class Due(NamedTuple):
    """What must be there at the end, at the least, and why."""

    stamp: Stamp
    why: str


class Walk:
    """Notes what is wrong on the way, and what must be there at the end."""

    def __init__(self, history: History) -> None:
        self.problems: list[str] = []
        self.kept: Stamps = defaultdict(dict)
        """What must be there while the process lives, and must be handed over when it stops."""
        self.spread: list[Spread] = []
        """What must be there while fewer than `holders` of those processes, or of their heirs, are dead."""
        self.heirs: dict[Process, Process | None] = {}
        """For each process that ended, whom it handed over to."""
        self.deletes: set[tuple[bytes, Stamp]] = set()
        self.sums = Sums()
        self._least: Stamps = defaultdict(dict)
        """What the next read must show."""
        self._handed_over: dict[Process, list[tuple[int, Process]]] = defaultdict(list)
        """Who handed over to a process, and at which place in the history it was done."""
        self._latest: dict[Process, int] = {}
        """The greatest time that a process must have seen: its next write is above it."""
        self._started_at = {event.process: event.since for event in history if isinstance(event, Started)}
        self._stopping: set[Process] = set()
        self._ended_at: dict[Process, int] = {}
        self._before_calm: dict[bytes, Stamp] = {}
        """What there was when the calm began."""
        for number, event in enumerate(history):
            self._take(event, number)

    def keeper(self, process: Process) -> Process | None:
        """The living process that must have what this one held; None when all who must have are dead."""
        last = self._last_heir(process)
        return None if last in self.heirs else last

    def circles(self) -> Iterator[str]:
        for process in self.heirs:
            if self._last_heir(process) in self.heirs:
                yield f"{process:x} handed over to nobody in the end: its heirs are each other's"

    def _last_heir(self, process: Process) -> Process | None:
        """The last of its heirs' heirs; one that has ended only if they go round in a circle."""
        last: Process | None = process
        for _ in self.heirs:
            if last is None or last not in self.heirs:
                break
            last = self.heirs[last]
        return last

    def _take(self, event: object, number: int) -> None:
        if isinstance(event, Write):
            self._written(event, number)
        elif isinstance(event, Add):
            self.sums.added(event)
            self._written(event.write, number)
        elif isinstance(event, Read):
            self._read(event)
        elif isinstance(event, Survey):
            self._surveyed(event)
        elif isinstance(event, Stopping):
            self._stopping.add(event.process)
        elif isinstance(event, Ended):
            self._ended(event, number)
        elif isinstance(event, Calm):
            self._before_calm = {key: due.stamp for key, due in surviving(self).items()}
        elif isinstance(event, Settled):
            living = self._there(number, number)
            self.spread.append(Spread(self._before_calm, len(living), living, "all had time to hear of it in a calm"))

    def _ended(self, end: Ended, number: int) -> None:
        self.heirs[end.process] = end.heir
        self._ended_at[end.process] = number
        if end.heir is not None:
            self._handed_over[end.heir].append((number, end.process))
        if end.silent and self.kept[end.process]:
            key = key_named(min(self.kept[end.process]))
            self.problems.append(f"{end.process:x} was stopped and did not say what became of {key}")

    def _surveyed(self, survey: Survey) -> None:
        for number, process in self._handed_over[survey.process]:
            promised = self.kept[process].items() if number < survey.since else ()
            lacking = [key for key, stamp in promised if survey.stamps.get(key, (0, 0)) < stamp]
            if lacking:
                keys = f"{key_named(min(lacking))} and {len(lacking) - 1} others"
                self.problems.append(f"{survey.process:x} lacks what {process:x} handed over: {keys}")
        if survey.process not in self._stopping:
            for key, stamp in survey.stamps.items():
                _raise(self.kept[survey.process], key, stamp)

    def _there(self, since: int, until: int) -> set[Process]:
        """The processes that may have been there between two places in the history."""
        started = {process for process, at in self._started_at.items() if at <= until}
        return {process for process in started if self._ended_at.get(process, since) >= since}

    def _written(self, write: Write, number: int) -> None:
        if not write.acknowledged or write.process is None:
            return
        self._latest[write.process] = time = self._latest.get(write.process, 0) + 1
        _raise(self._least[write.process], write.key, (time, 0))
        _raise(self.kept[write.process], write.key, (time, 0))
        if write.value is None:
            self.deletes.add((write.key, (time, 0)))
        if write.confirmed:
            peers = self._there(write.since, number) - {write.process}
            how = f"{write.confirmed} confirmed it to {write.process:x}"
            self.spread.append(Spread({write.key: (time, 0)}, write.confirmed, peers, how))

    def _read(self, read: Read) -> None:
        process, key, stamp = read.process, read.key, stamp_of(read.entry)
        least = self._least[process].get(key, (0, 0))
        if stamp < least:
            self.problems.append(
                f"{key_named(key)} went back at {process:x}: {stamp_named(stamp)} after {stamp_named(least)}"
            )
        _raise(self._least[process], key, stamp)
        if read.entry and (process not in self._stopping or stamp[1] == process):
            _raise(self.kept[process], key, stamp)
        if read.entry and read.entry.value is None and not read.entry.extra:
            self.deletes.add((key, stamp))
        self._latest[process] = max(self._latest.get(process, 0), stamp[0])
        self.problems += self.sums.read(read)


def surviving(walk: Walk) -> dict[bytes, Due]:
    """For each key the greatest stamp that must have survived."""
    greatest: dict[bytes, Due] = {}
    for process, kept in walk.kept.items():
        keeper = walk.keeper(process)
        if keeper is not None:
            _demand(greatest, kept, f"{process:x} held it, and {keeper:x} lives")
    for spread in walk.spread:
        dead = sum(walk.keeper(process) is None for process in spread.among)
        if dead < spread.holders:
            _demand(
                greatest,
                spread.stamps,
                f"{spread.how}, and of {len(spread.among)} who may have held it {dead} are dead",
            )
    return greatest


def _demand(greatest: dict[bytes, Due], stamps: dict[bytes, Stamp], why: str) -> None:
    for key, stamp in stamps.items():
        if key not in greatest or greatest[key].stamp < stamp:
            greatest[key] = Due(stamp, why)


def _raise(least: dict[bytes, Stamp], key: bytes, stamp: Stamp) -> None:
    least[key] = max(least.get(key, (0, 0)), stamp)
