"""Whether a node was out of touch for so long that it may have missed deletes which nobody remembers any more.

Tombstones are dropped after their time. A node that met nobody for longer may hold values that were deleted meanwhile,
and nobody could tell. So each node knows since when and until when it was in touch, and says so in each message.

Rule 1: who was in touch until long before another, but within the time of which that one knows, is behind it. It gives
        up what it held while it was in touch, before anything else is made of the message, and takes what the other
        holds. What was written since then stays.
Rule 2: from one that is behind, nothing is taken but what was written since it was in touch.
Rule 3: a node that never was in touch knows as much as the first that it meets and that was: it takes over its times.
        So old values do not get in by way of a new node.
Rule 4: those that were never in touch, or long ago, and for a minute meet only such as are no better, are the cluster:
        they are in touch from then on.
"""

import threading
import time
from collections.abc import Callable

from gossip.data.store import Store
from gossip.sync.message import Touched

MOST_OF_IT = 3 / 4
"""Of the time that tombstones are kept: who was in touch just then may not have heard of the latest deletes yet, and
clocks differ."""

ALONE_SECONDS = 60.0
"""For so long one that is not in touch looks for others that are."""


class Touch:
    """Since when and until when this node was in touch. Safe to use from any thread."""

    def __init__(self, store: Store, now: Callable[[], float] = time.monotonic) -> None:
        self.said = Touched(0, 0)
        """What it says of that; see `Touched`. To be read before the entries that go into the same message."""
        self._store = store
        self._now = now
        self._lock = threading.Lock()
        self._alone_since: float | None = None
        self._own_until = 0
        """Of what this node wrote itself, others had all up to this time."""

    def hear(self, theirs: Touched) -> bool:
        """A peer says when it was in touch. Whether this node gave up what it held for it."""
        with self._lock:
            theirs = theirs._replace(until=min(theirs.until, self._store.clock.wall()))
            if self._is_behind(self.said, theirs):
                self._store.forget(self.said.until, self._own_until)
                self.said, self._alone_since = theirs, None
                return True
            if theirs.until and not self.said.until:
                self.said = theirs
            return False

    def is_behind(self, theirs: Touched) -> bool:
        """Whether one that was in touch then is behind this node."""
        said = self.said
        return self._is_behind(theirs, said._replace(until=min(said.until, self._store.clock.wall())))

    def met(self, theirs: Touched, began: int) -> None:
        """This node and a peer have just come to hold the same, or all that they could give each other.

        All that this node had written up to the time `began` was among that.
        """
        with self._lock:
            wall = self._store.clock.wall()
            latest = max(self.said.until, min(theirs.until, wall))
            if self._is_long_ago(latest, wall) and not self._was_alone_for_long():
                return
            since = min((since for since in (self.said.since, theirs.since) if since), default=wall)
            self.said = Touched(since, max(wall, self._store.clock.latest))
            self._own_until, self._alone_since = began, None

    def _was_alone_for_long(self) -> bool:
        if self._alone_since is None:
            self._alone_since = self._now()
        return self._now() - self._alone_since >= ALONE_SECONDS

    def _is_behind(self, one: Touched, other: Touched) -> bool:
        return 0 < other.since <= one.until and self._is_long_ago(one.until, other.until)

    def _is_long_ago(self, time: int, now: int) -> bool:
        """Whether somebody who was in touch until then, or never, may have missed a delete that is forgotten by now."""
        return time < now - self._store.limits.tombstone_micros * MOST_OF_IT
