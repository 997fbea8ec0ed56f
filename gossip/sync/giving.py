"""Giving a node that was just started all that is held here, the newest first.

Comparing would bring the same in the end. But where one side has next to nothing there is nothing to compare, and what
was written last is what is wanted first.

Rule 1: the giver keeps nothing. How far it came is a `Place`, which it says and the asker brings back with its next
        request; another peer can go on from there.
Rule 2: entries are given in bands of time, the newest first, and in the order of leaves within a band, so that walking
        through all costs one walk for each band.
Rule 3: what changes meanwhile, or does not fit, is found by the comparison that follows.
"""

import random

from gossip.data.digest import FIRST_LEAF, LEAVES
from gossip.data.store import Store
from gossip.sync.draft import Draft
from gossip.sync.message import Place

LATEST = 2**64 - 1
START = Place(LATEST, LATEST, LEAVES)
"""Before anything was given."""
END = Place(LATEST, 0, LEAVES)
"""After all was given; only its last two matter."""

FEW = 20_000
"""So many entries are given in one band: they are here in a moment."""

BANDS = (1 / 64, 1 / 8)
"""The first band is to hold this part of all entries, the first two together that, and the third all others."""

SAMPLE = 1_000
"""So many entries are looked at to tell where a band is to end."""


def is_end(place: Place) -> bool:
    return place.since == 0 and place.leaf >= LEAVES


def give(store: Store, place: Place, draft: Draft, rng: random.Random) -> Place:
    """Give what follows this place, until the message is full. The place that was reached."""
    before, since, first = place
    if first >= LEAVES and since:
        before, since, first = since, _end_of_band(store, since, rng), 0
    for leaf in range(first, LEAVES):
        for key, entry in store.leaf(FIRST_LEAF + leaf):
            if since <= entry.time < before and not draft.give(key, entry):
                return Place(before, since, max(leaf, first + 1))  # one too large for any message is left at that
    return Place(before, since, LEAVES)


def _end_of_band(store: Store, before: int, rng: random.Random) -> int:
    """The least time in the band that follows the one that ended with this time; 0 when there is nothing older."""
    if store.entries <= FEW:
        return 0
    times: list[int] = []
    for _ in range(SAMPLE):
        times += (entry.time for _, entry in store.leaf(FIRST_LEAF + rng.randrange(LEAVES)))
        if len(times) >= SAMPLE:
            break
    times.sort(reverse=True)
    given = sum(time >= before for time in times)
    for band in BANDS:
        if given < len(times) * band / 2 and times[int(len(times) * band)] < before:
            return times[int(len(times) * band)]
    return 0
