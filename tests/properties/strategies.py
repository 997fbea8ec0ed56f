"""What hypothesis draws from: keys, entries, stores, messages.

Small alphabets where things should collide, whole ranges where they should not.
"""

from hypothesis import strategies as st

from gossip.data.clock import Clock
from gossip.data.digest import FANOUT, FIRST_LEAF, PARTS
from gossip.data.entry import Entry
from gossip.data.limits import StoreLimits
from gossip.data.store import Store
from gossip.sync.message import Listed, Listing, Message, Place, Sender, Spread, Touched

NOW = 1_000_000
"""Where the wall clocks of drawn stores stand."""

Items = list[tuple[bytes, Entry]]

u64 = st.integers(0, 2**64 - 1)
u32 = st.integers(0, 2**32 - 1)

few_keys = st.sampled_from([b"a", b"b", b"c", "é".encode(), b"key with spaces"])
many_keys = st.integers(0, 400).map(lambda number: b"key%d" % number)
any_keys = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20).map(str.encode)

near_entries = st.builds(
    Entry,
    time=st.integers(1, 5),
    origin=st.integers(1, 3),
    value=st.none() | st.sampled_from([b"", b"a", b"aa", b"b"]),
    extra=st.sampled_from([b"", b"", b"x"]),
)
"""Entries whose stamps often meet, with different values under one."""

any_entries = st.builds(
    Entry, time=u64, origin=u64, value=st.none() | st.binary(max_size=50), extra=st.binary(max_size=10)
)

few_items: st.SearchStrategy[Items] = st.lists(st.tuples(few_keys, near_entries), max_size=8)
many_items: st.SearchStrategy[Items] = st.lists(st.tuples(many_keys, near_entries), max_size=120)

senders = st.builds(
    Sender,
    cluster=st.text(st.characters(exclude_categories=["Cs"]), max_size=60),
    origin=u64,
    time=u64,
    latest=u64,
    fingerprint=u64,
    largest=u64,
    leaving=st.booleans(),
    touched=st.builds(Touched, u64, u64),
)

listings = st.builds(
    Listing,
    part=st.integers(0, PARTS - 1),
    keys=st.dictionaries(any_keys, st.builds(Listed, time=u64, check=u32), max_size=4),
    partial=st.booleans(),
)

messages = st.builds(
    Message,
    sender=senders,
    opening=st.booleans(),
    cut=st.booleans(),
    refused=u32,
    summaries=st.dictionaries(
        st.integers(0, FIRST_LEAF - 1), st.lists(u64, min_size=FANOUT, max_size=FANOUT).map(tuple), max_size=2
    ),
    listings=st.lists(listings, max_size=3),
    wants=st.lists(any_keys, max_size=4),
    entries=st.lists(st.tuples(any_keys, any_entries), max_size=4),
    spread=st.none() | st.builds(Spread, salt=u64, after=u64, until=u64),
    place=st.none() | st.builds(Place, before=u64, since=u64, leaf=u32),
)


def store_of(items: Items, origin: int = 1, limits: StoreLimits | None = None) -> Store:
    """A store that holds these, on a machine whose wall clock stands still."""
    store = Store(origin, Clock(lambda: NOW), limits)
    store.apply(items)
    return store
