"""Says in sentences what a history and the final contents have against the guarantees. No I/O.

(a) All nodes end with the same.
(b) Nothing is held that nobody wrote: an entry has the key, the value and the process of a write.
(c) What a process held lives on with it, and with its heirs: a process that stopped handed over what had been read at
    it before it was told to stop, and all its own writes, so that its heir has it when it ends. What only killed
    processes held may be lost.
(d) A key's stamp never goes backwards at one process, and what it acknowledges is stamped above all that it had held.
(e) One stamp is of one write.
(f) A process that is stopped says what became of what it held, unless it held nothing.
(g) What n peers confirmed lives on while fewer than n of those that were there, or of their heirs, are dead.
(h) What there was when a calm began was everywhere when it had settled: it lives on while one of them does.
(i) No deleted key returns: (c), (g) and (h) hold for deletes as for values. What has expired has no value.
(j) Counters are exact: what was acknowledged counts once, unless (c), (g) and (h) let it go, and nothing else counts
    but adds of which it is not known whether they were made. What is read is the sum of the shares that are held.
"""

from collections import defaultdict
from collections.abc import Iterator
from itertools import chain

from gossip.data.counters import counter_of, share_key, share_of
from gossip.data.entry import Entry
from tests.chaos.history import Contents, History, Process, Read, Stamp, Total, Write, stamp_of
from tests.chaos.walk import Walk, surviving
from tests.chaos.words import entry_named, key_named, stamp_named, whose


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
        *_not_expired(contents),
        *_wrong_shares(walk, contents),
        *_wrong_totals(history, contents),
    ]


def _lost(walk: Walk, contents: Contents) -> Iterator[str]:
    for key, (stamp, why) in surviving(walk).items():
        for node, entries in contents.items():
            entry = entries.get(key)
            held = stamp_of(entry)
            if held < stamp:
                end = f"{node:x} ends with {stamp_named(held)}, below {stamp_named(stamp)}; {why}"
                returned = (key, stamp) in walk.deletes and entry and entry.value is not None
                yield f"{key_named(key)} {'returned after its delete' if returned else 'was lost'}: {end}"
                break


def _differing(contents: Contents) -> Iterator[str]:
    first, *others = contents
    for node in others:
        for key in sorted({*contents[first], *contents[node]}):
            here, there = contents[first].get(key), contents[node].get(key)
            if here != there:
                yield f"{key_named(key)} differs: {entry_named(here)} at {first:x}, {entry_named(there)} at {node:x}"


def _invented(history: History, contents: Contents) -> Iterator[str]:
    """What a share may be is known to `Sums`."""
    writers = _writers(history)
    for key, entry in _all_entries(history, contents):
        known = writers[key, entry.value] if counter_of(key) == key else {whose(key)}
        if not known:
            yield f"{key_named(key)} was held as {entry_named(entry)}, which nobody wrote"
        elif not known & {None, entry.origin}:
            places = ", ".join(sorted(f"{process:x}" for process in known if process is not None))
            yield f"{key_named(key)} was held as {entry_named(entry)}, which was written at {places}"


def _writers(history: History) -> dict[tuple[bytes, bytes | None], set[Process | None]]:
    """Who wrote which value to which key, or ended it, by a delete or an expiry."""
    writers: dict[tuple[bytes, bytes | None], set[Process | None]] = defaultdict(set)
    for event in history:
        if isinstance(event, Write):
            writers[event.key, event.value].add(event.process)
            if event.expires:
                writers[event.key, None].add(event.process)
    return writers


def _ambiguous(history: History, contents: Contents) -> Iterator[str]:
    known: dict[Stamp, tuple[bytes, Entry]] = {}
    for key, entry in _all_entries(history, contents):
        before, one = known.setdefault(stamp_of(entry), (key, entry))
        expired = entry.extra and None in (one.value, entry.value)
        same = one._replace(value=None) == entry._replace(value=None) if expired else one == entry
        if before != key or not same:
            writes = f"{key_named(before)}, {entry_named(one)}; {key_named(key)}, {entry_named(entry)}"
            yield f"one stamp is of two writes: {writes}"


def _all_entries(history: History, contents: Contents) -> list[tuple[bytes, Entry]]:
    """Every entry that was ever seen, each once, with its key."""
    read = ((event.key, event.entry) for event in history if isinstance(event, Read) and event.entry)
    held = chain.from_iterable(entries.items() for entries in contents.values())
    return [*dict.fromkeys(chain(read, held))]


def _not_expired(contents: Contents) -> Iterator[str]:
    for node, entries in contents.items():
        for key, entry in entries.items():
            if entry.extra and entry.value is not None:
                yield f"{key_named(key)} has not expired at {node:x}: {entry_named(entry)}"


def _wrong_shares(walk: Walk, contents: Contents) -> Iterator[str]:
    held = next(iter(contents.values()))
    added = {share_key(counter, process) for process, counter in walk.sums.shares()}
    for key in sorted(added | {key for key in held if counter_of(key) != key}):
        yield from walk.sums.judge(key, held.get(key), whole=walk.keeper(whose(key)) is not None)


def _wrong_totals(history: History, contents: Contents) -> Iterator[str]:
    for event in history:
        if isinstance(event, Total):
            held = contents[event.process].items()
            shares = [
                share_of(entry) for key, entry in held if key != event.counter and counter_of(key) == event.counter
            ]
            total = sum(share.amount for share in shares if share) if shares else None
            if event.total != total:
                place = f"{event.counter.decode()} reads {event.total} at {event.process:x}"
                yield f"{place}, where the shares sum up to {total}"
