"""Says in sentences what a history and the final contents have against the guarantees. No I/O.

(a) All nodes end with the same.
(b) Nothing is held that nobody wrote: an entry has the key, the value and the process of a write.
(c) What a process held lives on with it, and with its heirs: a process that stopped handed over what had been read at
    it before it was told to stop, and all its own writes, so that its heir has it when it ends. What only killed
    processes held may be lost.
(d) A key's stamp never goes backwards at one process, and what it acknowledges is stamped above all that it had held.
(e) One stamp is of one write.
(f) A process that is stopped says what became of what it held, unless it held nothing.
"""

from collections import defaultdict
from collections.abc import Iterator
from itertools import chain

from gossip.data.entry import Entry
from tests.chaos.history import Contents, Ended, History, Process, Read, Stamp, Stopping, Survey, Write, stamp_of

SHOWN_BYTES = 40
"""So much of a value is shown to people."""

Stamps = dict[Process, dict[bytes, Stamp]]
"""What a process must hold for each key, at the least."""


def check(history: History, contents: Contents) -> list[str]:
    """What is wrong; nothing, if all is well."""
    walk = Walk(history)
    return [
        *walk.problems,
        *walk.circles(),
        *_differing(contents),
        *_invented(history, contents),
        *_ambiguous(history, contents),
        *_lost(walk, contents),
    ]


class Walk:
    """What follows from a history by itself, event by event."""

    def __init__(self, history: History) -> None:
        self.problems: list[str] = []
        self.kept: Stamps = defaultdict(dict)
        """What must be there while the process lives, and must be handed over when it stops."""
        self.heirs: dict[Process, Process | None] = {}
        """For each process that ended, whom it handed over to."""
        self._least: Stamps = defaultdict(dict)
        """What the next read must show."""
        self._handed_over: dict[Process, list[tuple[int, Process]]] = defaultdict(list)
        """Who handed over to a process, and at which place in the history it was done."""
        self._latest: dict[Process, int] = {}
        """The greatest time that a process must have seen: its next write is above it."""
        self._stopping: set[Process] = set()
        for number, event in enumerate(history):
            if isinstance(event, Write):
                self._written(event)
            elif isinstance(event, Read):
                self._read(event)
            elif isinstance(event, Survey):
                self._surveyed(event)
            elif isinstance(event, Stopping):
                self._stopping.add(event.process)
            elif isinstance(event, Ended):
                self._ended(event, number)

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
            last = self.heirs.get(last, last) if last is not None else None
        return last

    def _ended(self, end: Ended, number: int) -> None:
        self.heirs[end.process] = end.heir
        if end.heir is not None:
            self._handed_over[end.heir].append((number, end.process))
        if end.silent and self.kept[end.process]:
            key = _key(min(self.kept[end.process]))
            self.problems.append(f"{end.process:x} was stopped and did not say what became of {key}")

    def _surveyed(self, survey: Survey) -> None:
        for number, process in self._handed_over[survey.process]:
            promised = self.kept[process].items() if number < survey.since else ()
            lacking = [key for key, stamp in promised if survey.stamps.get(key, (0, 0)) < stamp]
            if lacking:
                keys = f"{_key(min(lacking))} and {len(lacking) - 1} others"
                self.problems.append(f"{survey.process:x} lacks what {process:x} handed over: {keys}")
        if survey.process not in self._stopping:
            for key, stamp in survey.stamps.items():
                _raise(self.kept[survey.process], key, stamp)

    def _written(self, write: Write) -> None:
        if not write.acknowledged or write.process is None:
            return
        self._latest[write.process] = time = self._latest.get(write.process, 0) + 1
        _raise(self._least[write.process], write.key, (time, 0))
        _raise(self.kept[write.process], write.key, (time, 0))

    def _read(self, read: Read) -> None:
        process, key, stamp = read.process, read.key, stamp_of(read.entry)
        least = self._least[process].get(key, (0, 0))
        if stamp < least:
            self.problems.append(f"{_key(key)} went back at {process:x}: {_named(stamp)} after {_named(least)}")
        _raise(self._least[process], key, stamp)
        if read.entry and (process not in self._stopping or stamp[1] == process):
            _raise(self.kept[process], key, stamp)
        self._latest[process] = max(self._latest.get(process, 0), stamp[0])


def surviving(walk: Walk) -> dict[bytes, tuple[Stamp, Process]]:
    """For each key the greatest stamp that must have survived, and the process that held it."""
    greatest: dict[bytes, tuple[Stamp, Process]] = {}
    for process, kept in walk.kept.items():
        if walk.keeper(process) is not None:
            for key, stamp in kept.items():
                greatest[key] = max(greatest.get(key, ((0, 0), 0)), (stamp, process))
    return greatest


def _lost(walk: Walk, contents: Contents) -> Iterator[str]:
    for key, (stamp, process) in surviving(walk).items():
        for node, entries in contents.items():
            held = stamp_of(entries.get(key))
            if held < stamp:
                why = f"{process:x} held it, and {walk.keeper(process):x} lives"
                yield f"{_key(key)} was lost: {node:x} ends with {_named(held)}, below {_named(stamp)}; {why}"
                break


def _differing(contents: Contents) -> Iterator[str]:
    first, *others = contents
    for node in others:
        for key in sorted({*contents[first], *contents[node]}):
            here, there = contents[first].get(key), contents[node].get(key)
            if here != there:
                yield f"{_key(key)} differs: {_shown(here)} at {first:x}, {_shown(there)} at {node:x}"


def _invented(history: History, contents: Contents) -> Iterator[str]:
    writers: dict[tuple[bytes, bytes | None], Process | None] = {
        (event.key, event.value): event.process for event in history if isinstance(event, Write)
    }
    for key, entry in _all_entries(history, contents):
        if (key, entry.value) not in writers:
            yield f"{_key(key)} was held as {_shown(entry)}, which nobody wrote"
        elif writers[key, entry.value] not in (None, entry.origin):
            yield f"{_key(key)} was held as {_shown(entry)}, which was written at {writers[key, entry.value]:x}"


def _ambiguous(history: History, contents: Contents) -> Iterator[str]:
    known: dict[Stamp, tuple[bytes, Entry]] = {}
    for key, entry in _all_entries(history, contents):
        before = known.setdefault(stamp_of(entry), (key, entry))
        if before != (key, entry):
            yield f"one stamp is of two writes: {_key(before[0])}, {_shown(before[1])}; {_key(key)}, {_shown(entry)}"


def _all_entries(history: History, contents: Contents) -> list[tuple[bytes, Entry]]:
    """Every entry that was ever seen, each once, with its key."""
    read = ((event.key, event.entry) for event in history if isinstance(event, Read) and event.entry)
    held = chain.from_iterable(entries.items() for entries in contents.values())
    return [*dict.fromkeys(chain(read, held))]


def _raise(least: dict[bytes, Stamp], key: bytes, stamp: Stamp) -> None:
    least[key] = max(least.get(key, (0, 0)), stamp)


def _key(key: bytes) -> str:
    return key.decode()


def _named(stamp: Stamp) -> str:
    return f"{stamp[0]}/{stamp[1]:x}" if stamp[0] else "nothing"


def _shown(entry: Entry | None) -> str:
    if entry is None:
        return "nothing"
    return f"{entry.value and entry.value[:SHOWN_BYTES]!r} of {_named(stamp_of(entry))}"
