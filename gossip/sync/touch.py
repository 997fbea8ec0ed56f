"""Whether a node was out of touch for so long that it may have missed deletes which nobody remembers any more.

Tombstones are dropped after their time. A node that met nobody for longer may hold values that were deleted meanwhile,
and nobody could tell. So each node knows until when it was in touch, and says so in each message.

Rule 1: whoever is behind by more than the time of a tombstone gives up what it held while it was in touch, before
        anything else is made of the message, and takes what the others hold. What was written since then stays.
Rule 2: from one that is behind, nothing is taken but what was written since it was in touch.
Rule 3: a node that never met anybody knows as much as the first that it meets: it takes over until when that one was in
        touch. So old values do not get in by way of a new node.
Rule 4: those that are behind and for a minute meet only such as are no better are the cluster, and go on from there.
"""

import time
from collections.abc import Callable

from gossip.data.store import Store

ALONE_SECONDS = 60.0
"""For so long one that is behind looks for others that are not."""


class Touch:
    """Until when this node was in touch. Safe to use from any thread: each change is one step."""

    def __init__(self, store: Store, now: Callable[[], float] = time.monotonic) -> None:
        self.until = 0
        """The greatest of the wall clock's time and all times seen, when it last was; 0 when it never was."""
        self._store = store
        self._now = now
        self._alone_since: float | None = None

    def hear(self, until: int) -> bool:
        """A peer says until when it was in touch; 0 when it never was. Whether this node gave up what it held."""
        theirs = min(until, self._wall)
        if self._is_behind(self.until, theirs):
            self._store.forget(self.until)
            self.until, self._alone_since = theirs, None
            return True
        if not self.until and theirs and self._is_behind(theirs, self._wall):
            self.until = theirs
        return False

    def is_behind(self, until: int) -> bool:
        """Whether one that was in touch until then is behind this node."""
        return self._is_behind(until, self.until)

    def met(self) -> None:
        """This node and a peer have just come to hold the same, or all that they could give each other."""
        if not self._is_behind(self.until, self._wall):
            self._in_touch()
        elif self._alone_since is None:
            self._alone_since = self._now()
        elif self._now() - self._alone_since >= ALONE_SECONDS:
            self._in_touch()

    def _in_touch(self) -> None:
        self.until, self._alone_since = max(self._wall, self._store.clock.latest), None

    @property
    def _wall(self) -> int:
        return self._store.clock.wall()

    def _is_behind(self, one: int, other: int) -> bool:
        return 0 < one < other - self._store.limits.tombstone_micros
