"""What each peer was like when it was last heard."""

from gossip.sync.address import Address
from gossip.sync.message import Sender
from gossip.sync.sightings import Sighting, Sightings
from tests.unit.fakes import Watch

PEER = Address("10.0.0.1", 1)
OTHER = Address("10.0.0.2", 1)


def said(origin: int, fingerprint: int = 7) -> Sender:
    return Sender("c", origin, 1, 2, fingerprint, 3, leaving=False)


def test_a_peer_is_seen_by_both_ways_and_by_when_it_last_changed() -> None:
    now = Watch(100.0)
    sightings = Sightings(now)
    sightings.called(said(1), agrees=False)
    assert sightings.all() == [Sighting(1, said(1), 100.0, False, 100.0)]
    now.now = 101.0
    sightings.answered(said(1), True, PEER, 0.002, -50)
    now.now = 105.0
    sightings.called(said(1, 8), agrees=True)
    assert sightings.all() == [Sighting(1, said(1, 8), 105.0, True, 101.0, PEER, 0.002, -50)]
    now.now = 106.0
    sightings.called(said(1), agrees=False)
    assert sightings.all()[0].since == 106.0


def test_a_peer_that_is_not_heard_for_five_minutes_is_forgotten() -> None:
    now = Watch(100.0)
    sightings = Sightings(now)
    sightings.answered(said(1), True, PEER, 0.002, 0)
    now.now = 300.0
    sightings.answered(said(2), True, OTHER, 0.002, 0)
    now.now = 400.0
    assert [sighting.origin for sighting in sightings.all()] == [2, 1]
    now.now = 400.1
    assert [sighting.origin for sighting in sightings.all()] == [2]


def test_however_many_call_the_latest_thousand_are_kept() -> None:
    now = Watch(100.0)
    sightings = Sightings(now)
    for origin in range(1500):
        now.now += 0.01
        sightings.called(said(origin), agrees=True)
    sightings.called(said(500), agrees=True)
    sightings.called(said(1500), agrees=True)
    assert {sighting.origin for sighting in sightings.all()} == {500, *range(502, 1501)}


def test_callers_push_out_nobody_that_answered() -> None:
    sightings = Sightings(Watch(100.0))
    sightings.called(said(1), agrees=True)
    sightings.answered(said(1), True, PEER, 0.002, 0)
    sightings.called(said(1), agrees=True)
    for origin in range(2, 1102):
        sightings.called(said(origin), agrees=True)
    assert len(sightings.all()) == 1001
    assert [sighting.address for sighting in sightings.all() if sighting.origin == 1] == [PEER]


def test_those_that_answered_long_ago_take_no_memory() -> None:
    now = Watch(100.0)
    sightings = Sightings(now)
    for origin in range(1000):
        now.now += 1
        sightings.answered(said(origin), True, Address("10.0.0.1", origin), 0.002, 0)
    assert len(sightings._reached) == 301


def test_a_process_that_is_started_anew_takes_the_place_of_the_one_before() -> None:
    sightings = Sightings(Watch(100.0))
    sightings.answered(said(1), True, PEER, 0.002, 0)
    sightings.called(said(3), agrees=True)
    sightings.answered(said(2), True, PEER, 0.002, 0)
    assert sorted(sighting.origin for sighting in sightings.all()) == [2, 3]


def test_who_only_called_is_forgotten_after_a_minute() -> None:
    now = Watch(100.0)
    sightings = Sightings(now)
    sightings.called(said(1), agrees=True)
    now.now = 160.0
    assert [sighting.origin for sighting in sightings.all()] == [1]
    now.now = 160.1
    assert sightings.all() == []


def test_who_does_not_answer_any_more_is_not_there_until_it_is_heard_again() -> None:
    now = Watch(100.0)
    failures = {PEER: 0.0, OTHER: 0.0}
    sightings = Sightings(now, lambda: failures)
    sightings.answered(said(1), True, PEER, 0.002, 0)
    sightings.answered(said(2), True, OTHER, 0.002, 0)
    failures[PEER] = 101.0
    assert [sighting.origin for sighting in sightings.all()] == [2]
    now.now = 102.0
    sightings.called(said(1), agrees=True)
    assert [sighting.origin for sighting in sightings.all()] == [1, 2]
    del failures[OTHER]
    assert [sighting.origin for sighting in sightings.all()] == [1]
