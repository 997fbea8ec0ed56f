"""The store: a lock-guarded dict of entries with timestamps.

Rule 1: every change happens under the one lock: stamp, entry and sizes move together; the digest is in step whenever
        it is asked for.
Rule 2: a plain read takes no lock.
Rule 3: no I/O and no logging under the lock; whatever is long takes it in short slices.
Rule 4: a key's stamp never goes backwards, as long as anything is held for it.
"""

import time
from collections.abc import Collection, Iterable, Iterator
from itertools import islice

from gossip.data.clock import Clock
from gossip.data.digest import ROOT
from gossip.data.entry import Entry
from gossip.data.held import Held
from gossip.data.intake import SLICE, Intake
from gossip.data.limits import StoreLimits
from gossip.data.listing import Listing
from gossip.data.local import Local
from gossip.data.merged import Merged
from gossip.data.news import News
from gossip.data.travel import Travel


class Store:
    """All entries that this node holds. Safe to use from any thread."""

    def __init__(self, origin: int, clock: Clock | None = None, limits: StoreLimits | None = None) -> None:
        self.origin = origin
        """The origin of this node's own writes."""
        self.clock = clock or Clock()
        self.limits = limits or StoreLimits()
        self.news = News()
        """The keys written here that peers have not been told of yet."""
        self.travel = Travel()
        """How long entries from peers were on their way."""
        self._held = held = Held(self.clock, self.limits)
        self.changes = held.changes
        """What has changed of late, for those who watch."""
        self._intake = Intake(held, self.travel)
        self._local = local = Local(held, origin, self.news)
        self.recent = local.recent
        """The keys last written here, the latest at the end."""
        self.counters: Collection[bytes] = held.counters.by_counter
        """The keys of counters, whose totals `present` knows, but `get` and `get_all` do not."""
        # what is asked for is answered where it is done, without a call more on the way
        self.get, self.get_all = held.leaves.get, held.leaves.get_all
        self.put, self.write, self.put_all = local.put, local.write, local.put_all
        self.add, self.own_share, self.delete, self.freeze = local.add, local.own_share, local.delete, local.freeze
        self.keys_since = Listing(held, self.items).keys_since

    @property
    def entries(self) -> int:
        """How many keys are held, tombstones included."""
        return self._held.leaves.entries

    @property
    def tombstones(self) -> int:
        """How many of these are tombstones."""
        return self._held.leaves.tombstones

    @property
    def total_bytes(self) -> int:
        """Bytes of keys, values and attributes held."""
        return self._held.leaves.bytes

    def present(self, key: bytes) -> Entry | None:
        """What a reader sees of this key: the entry held for it, if it has a value now, or its total as a counter."""
        return self._held.seen(key, self._held.leaves.get(key))

    def take_news(self) -> list[bytes]:
        """The keys written here since this was last called (see `News`)."""
        with self._held.lock:
            return self.news.take()

    def apply(self, items: Iterable[tuple[bytes, Entry]]) -> Merged:
        """Merge entries that other nodes wrote, each by the merge law."""
        return self._intake.apply(items)

    def sweep(self) -> None:
        """Do what is due: values that have expired become tombstones, old tombstones are dropped."""
        now = self.clock.wall()
        while self._held.leaves.due.is_due(now):
            with self._held.lock:
                for key in self._held.leaves.due.take(now, SLICE):
                    self._held.leaves.bring_up_to(now, key)
            self.changes.tell()
            time.sleep(0)
        for counter in [*self._held.leaves.to_end]:
            with self._held.lock:
                self._held.leaves.end_shares(counter)
            time.sleep(0)

    def forget(self, until: int, own_until: int) -> int:
        """Drop all entries of times up to this one, or to another one for this node's own, as if they had never come.

        How many there were. What this node adds to counters from now on goes to a new share: the former may return.
        """
        dropped = 0
        self._settle()
        self._local.begin_share()
        for number in list(self._held.leaves.digest.leaves(ROOT)):
            with self._held.lock:
                for key, entry in self._held.leaves.leaf(number):
                    if entry.time <= (own_until if entry.origin == self.origin else until):
                        self._held.leaves.remove(key, entry)
                        dropped += 1
            time.sleep(0)
        if dropped:
            self.changes.lose()
        return dropped

    def learn(self, latest: int) -> None:
        """Stamp above a time that a peer has seen from now on, unless it is too far in the future.

        So a node that was restarted with a slower clock writes above its own former stamps from its first contact on.
        """
        with self._held.lock:
            if latest <= self._horizon():
                self.clock.observe(latest)

    @property
    def ahead(self) -> int:
        """By how many microseconds the stamps issued here run ahead of the wall clock, beyond what peers accept."""
        return max(0, self.clock.latest - self._horizon())

    @property
    def frozen(self) -> bool:
        """Whether local writes are refused, as the node is stopping."""
        return self._local.frozen

    def fingerprint(self, part: int = ROOT) -> int:
        """The fingerprint of a part of the store; of the whole, unless told."""
        self._settle()
        return self._held.leaves.digest.fingerprint(part)

    def items(self, part: int = ROOT, first: int = 0) -> Iterator[tuple[bytes, Entry]]:
        """The entries within a part, leaf by leaf, in the order that `first` gives (see `Digest.leaves`).

        Each leaf is as it was at one moment; the whole is not a snapshot.
        """
        self._settle()
        for number in self._held.leaves.digest.leaves(part, first):
            yield from self.leaf(number)

    def leaf(self, number: int) -> list[tuple[bytes, Entry]]:
        """The entries of the leaf with this part number, as they are at one moment."""
        with self._held.lock:
            return self._held.leaves.leaf(number)

    def holds_at_most(self, part: int, count: int) -> bool:
        """Whether a part has no more than `count` entries. Costs no more than walking that many."""
        return sum(1 for _ in islice(self.items(part), count + 1)) <= count

    def _horizon(self) -> int:
        return self.clock.wall() + self.limits.skew_micros

    def _settle(self) -> None:
        """Bring the digest in step with the entries, and the entries with the time."""
        if self._held.leaves.due.is_due(self.clock.wall()):
            self.sweep()
        if not self._held.leaves.settled:
            with self._held.lock:
                self._held.leaves.settle()
