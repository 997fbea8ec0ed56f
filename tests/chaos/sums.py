"""Counters, judged exactly: what a process's share may be, by what was added at it.

All that was acknowledged counts, but of a process that died with what only it held: then all up to some add counts. Of
adds of which it is not known whether they were made, any may count.
"""

from collections import defaultdict
from collections.abc import Iterator

from gossip.data.counters import counter_of, share_of
from gossip.data.entry import Entry
from tests.chaos.history import Add, Process, Read
from tests.chaos.words import whose


class Sums:
    """What was added where. Grows with the history."""

    def __init__(self) -> None:
        self._acknowledged: dict[tuple[Process, bytes], list[int]] = defaultdict(list)
        self._unknown: dict[tuple[Process | None, bytes], set[int]] = defaultdict(lambda: {0})
        """All sums of some of those of which it is not known whether they were made."""

    def added(self, add: Add) -> None:
        if add.acknowledged and add.process is not None:
            self._acknowledged[add.process, add.counter].append(add.amount)
        else:
            sums = self._unknown[add.process, add.counter]
            sums |= {sum_ + add.amount for sum_ in sums}

    def read(self, read: Read) -> Iterator[str]:
        """What is wrong with what a process holds as its own share, by what it has acknowledged up to now."""
        if read.key != counter_of(read.key) and whose(read.key) == read.process:
            yield from self.judge(read.key, read.entry, whole=True)

    def judge(self, key: bytes, entry: Entry | None, whole: bool) -> Iterator[str]:
        """What is wrong with a share; `whole` if nothing that was acknowledged may be missing."""
        process, counter = whose(key), counter_of(key)
        share = share_of(entry) if entry else None
        amount = share.amount if share else 0
        added = self._acknowledged[process, counter]
        sums = [sum(added[:number]) for number in range(len(added) + 1)]
        known = sums[-1:] if whole else sums
        # an add that may have been made at another process, too
        unknown = {a + b for a in self._unknown[process, counter] for b in self._unknown[None, counter]}
        if not any(amount - sum_ in unknown for sum_ in known):
            yield (
                f"{counter.decode()} is wrong: the share of {process:x} is {amount}; "
                f"{sums[-1]} was added, and {max(unknown)} more may have been"
            )

    def shares(self) -> set[tuple[Process, bytes]]:
        """Where something was added for certain, and to which counter."""
        return {*self._acknowledged}
