"""Whether this node lives, and whether it is ready: what a kubelet asks on the peer port."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from gossip.serving.answer import Answer, HttpError, plain
from gossip.serving.request import Request

ALONE_SECONDS = 3.0
"""When discovery has found nobody for so long after the start, there is nobody to wait for."""

PATIENCE_SECONDS = 10.0
"""After so long a node is ready in any case: a map that is not filled yet beats a Deployment that never comes up."""


CATCH_UP_SECONDS = 60.0
"""The same while a peer gives it what it holds: that takes some seconds for each million entries."""


@dataclass(frozen=True)
class Situation:
    """What readiness depends on."""

    stopping: bool
    caught_up: bool
    """Whether this node has ever held all that a peer held."""
    catching_up: bool
    """Whether a peer is giving it all that it holds."""
    discovers: bool
    """Whether there is any way to find peers, be it a list or a name."""
    peers: int
    """How many peers discovery gives now."""
    up_seconds: float


def unready_because(situation: Situation) -> str | None:
    """One sentence on what the node still waits for, or None when it is ready."""
    if situation.stopping:
        return "this node is stopping"
    patience = CATCH_UP_SECONDS if situation.catching_up else PATIENCE_SECONDS
    if situation.caught_up or not situation.discovers or situation.up_seconds >= patience:
        return None
    if situation.peers:
        return "this node does not yet hold what its peers hold"
    return None if situation.up_seconds >= ALONE_SECONDS else "no peer has been found yet"


class HealthApi:
    """Answers the kubelet."""

    def __init__(
        self,
        dead_threads: Callable[[], list[str]],
        situation: Callable[[float], Situation],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """`dead_threads` names those that should run and do not; `situation` is given the seconds since the start."""
        self._dead_threads = dead_threads
        self._situation = situation
        self._now = now
        self._started = now()

    def alive(self, request: Request) -> Answer:
        """200 while every thread of the node lives."""
        dead = self._dead_threads()
        if dead:
            raise HttpError(503, f"these threads have ended: {', '.join(dead)}")
        return plain(200, "alive")

    def ready(self, request: Request) -> Answer:
        """200 once the node holds what its peers hold, or need not wait for that."""
        reason = unready_because(self._situation(self._now() - self._started))
        if reason:
            raise HttpError(503, reason)
        return plain(200, "ready")
