"""The store against a model: a plain dict, and the rules written once more in the plainest way."""

from collections import defaultdict

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from gossip.data.clock import Clock
from gossip.data.digest import FANOUT, ROOT, fingerprint, leaf_of
from gossip.data.entry import Entry, newest, size
from gossip.data.limits import StoreLimits
from gossip.data.refused import StoreFrozen, StoreFull
from gossip.data.store import Store
from tests.properties.strategies import Items

START = 1_000
LIMITS = StoreLimits(store_bytes=60, value_bytes=20, skew_micros=50)
ORIGIN = 2

keys = st.sampled_from([b"a", b"b", b"c", b"dd", b"a longer key", "é".encode()])
values = st.binary(max_size=22)
entries = st.builds(
    Entry,
    time=st.integers(START - 20, START + 90),
    origin=st.integers(1, 3),
    value=st.none() | st.sampled_from([b"", b"x", b"y", b"z" * 20, b"z" * 21]),
    extra=st.sampled_from([b"", b"", b"extra"]),
)


class StoreMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.wall = START
        self.store = Store(ORIGIN, Clock(lambda: self.wall), LIMITS)
        self.model: dict[bytes, Entry] = {}
        self.latest = 0
        self.frozen = False
        self.issued: set[int] = set()
        self.stamps: dict[bytes, tuple[int, int]] = {}

    def bytes_with(self, key: bytes, entry: Entry) -> int:
        return sum(size(k, e) for k, e in {**self.model, key: entry}.items())

    @property
    def bytes_held(self) -> int:
        return sum(size(k, e) for k, e in self.model.items())

    @rule(micros=st.integers(-30, 60))
    def move_the_wall_clock(self, micros: int) -> None:
        self.wall += micros

    @rule(key=keys, value=values)
    def put(self, key: bytes, value: bytes) -> None:
        if self.frozen:
            return self.put_refused(key, value, StoreFrozen)
        time = max(self.wall, self.latest + 1)
        entry = Entry(time, ORIGIN, value)
        after = self.bytes_with(key, entry)
        if after > self.bytes_held and after > LIMITS.store_bytes:
            return self.put_refused(key, value, StoreFull)
        self.latest = time
        had_none = key not in self.model or self.model[key].value is None
        assert self.store.put(key, value) is had_none
        assert self.store.get(key) == entry
        assert entry.time not in self.issued
        self.issued.add(entry.time)
        self.model[key] = entry
        return None

    def put_refused(self, key: bytes, value: bytes, error: type[Exception]) -> None:
        try:
            self.store.put(key, value)
        except error:
            return
        raise AssertionError("it was taken")

    @rule(chosen=st.sets(keys, max_size=3))
    def delete(self, chosen: set[bytes]) -> None:
        if self.frozen:
            return
        present = {key for key in chosen if key in self.model and self.model[key].value is not None}
        assert self.store.delete(chosen) == len(present)
        for key in chosen:
            if key in present:
                self.latest = max(self.wall, self.latest + 1)
                self.issued.add(self.latest)
                self.model[key] = Entry(self.latest, ORIGIN, None)

    @rule(items=st.lists(st.tuples(keys, entries), max_size=6))
    def apply(self, items: Items) -> None:
        news = stale = 0
        refused: dict[str, int] = defaultdict(int)
        for key, entry in items:
            reason = self.refusal(key, entry)
            if reason == "stale":
                stale += 1
            elif reason:
                refused[reason] += 1
            else:
                news += 1
                self.model[key] = entry
                self.latest = max(self.latest, entry.time)
        merged = self.store.apply(items)
        assert (merged.news, merged.stale, merged.refused) == (news, stale, refused)
        assert [(kind, count) for kind, _, count in merged.faults()] == [
            (f"entry refused, {reason}", count) for reason, count in refused.items()
        ]

    def refusal(self, key: bytes, entry: Entry) -> str | None:
        old = self.model.get(key)
        if old is not None and newest(old, entry) == old:
            return "stale"
        if entry.time > self.wall + LIMITS.skew_micros:
            return "future"
        if entry.value is not None and len(entry.value) > LIMITS.value_bytes:
            return "large"
        after = self.bytes_with(key, entry)
        return "full" if after > self.bytes_held and after > 2 * LIMITS.store_bytes else None

    @rule(key=keys)
    def get(self, key: bytes) -> None:
        assert self.store.get(key) == self.model.get(key)

    @rule()
    def freeze(self) -> None:
        self.store.freeze()
        self.frozen = True

    @invariant()
    def holds_what_the_model_holds(self) -> None:
        assert dict(self.store.items()) == self.model
        assert self.store.entries == len(self.model)
        assert self.store.tombstones == sum(entry.value is None for entry in self.model.values())
        assert self.store.total_bytes == self.bytes_held
        assert self.store.clock.latest == self.latest
        assert self.store.frozen is self.frozen

    @invariant()
    def stamps_never_go_backwards(self) -> None:
        for key, entry in self.store.items():
            stamp = (entry.time, entry.origin)
            assert stamp >= self.stamps.get(key, (0, 0))
            self.stamps[key] = stamp

    @invariant()
    def the_digest_is_what_one_made_from_scratch_would_be(self) -> None:
        parts: dict[int, int] = defaultdict(int)
        for key, entry in self.model.items():
            part = leaf_of(key)
            while True:
                parts[part] ^= fingerprint(key, entry)
                if part == ROOT:
                    break
                part = (part - 1) // FANOUT
        assert {part: self.store.fingerprint(part) for part in parts} == parts
        assert self.store.fingerprint() == parts[ROOT]

    @invariant()
    def counting_stops_where_it_should(self) -> None:
        held = len(self.model)
        assert self.store.holds_at_most(ROOT, held)
        assert not self.store.holds_at_most(ROOT, held - 1)


TestStore = StoreMachine.TestCase
TestStore.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
