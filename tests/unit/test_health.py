"""When a node lives, and when it is ready."""

from dataclasses import replace
from typing import Any

import pytest

from gossip.api.health import HealthApi, Situation, unready_because
from tests.unit.fakes import Watch, get_of, refusal_of, text_of

YOUNG = Situation(stopping=False, caught_up=False, catching_up=False, discovers=True, peers=2, up_seconds=0.0)

STOPPING = "this node is stopping"
FIRST = "this node does not yet hold what its peers hold"
NOBODY = "no peer has been found yet"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, FIRST),
        ({"up_seconds": 9.9}, FIRST),
        ({"up_seconds": 10.0}, None),
        ({"up_seconds": 59.9, "catching_up": True}, FIRST),
        ({"up_seconds": 60.0, "catching_up": True}, None),
        ({"caught_up": True}, None),
        ({"peers": 0}, NOBODY),
        ({"peers": 0, "up_seconds": 2.9}, NOBODY),
        ({"peers": 0, "up_seconds": 3.0}, None),
        ({"peers": 0, "discovers": False}, None),
        ({"stopping": True, "caught_up": True}, STOPPING),
        ({"stopping": True, "up_seconds": 3600.0}, STOPPING),
    ],
)
def test_what_a_node_waits_for(change: dict[str, Any], reason: str | None) -> None:
    assert unready_because(replace(YOUNG, **change)) == reason


def test_a_node_lives_while_its_threads_do() -> None:
    dead: list[str] = []
    health = HealthApi(lambda: dead, lambda up: YOUNG)
    answer = health.alive(get_of("/healthz"))
    assert (answer.status, text_of(answer)) == (200, "alive\n")
    dead += ["gossip", "discovery"]
    assert refusal_of(lambda: health.alive(get_of("/healthz"))) == (503, "these threads have ended: gossip, discovery")


def test_readiness_counts_from_the_start() -> None:
    now = Watch(500.0)
    health = HealthApi(list, lambda up: replace(YOUNG, up_seconds=up), now)
    now.now = 509.0
    assert refusal_of(lambda: health.ready(get_of("/readyz"))) == (503, FIRST)
    now.now = 510.0
    answer = health.ready(get_of("/readyz"))
    assert (answer.status, text_of(answer)) == (200, "ready\n")
