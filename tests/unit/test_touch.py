"""Nodes that come back after so long that deletes may have been forgotten meanwhile."""

import pytest

from gossip.data.clock import MICROS
from gossip.data.entry import Entry
from gossip.sync.message import Message, OtherCluster, Touched
from gossip.sync.touch import ALONE_SECONDS, Touch
from tests.unit.fakes import NOON, over_the_wire
from tests.unit.touching import TTL, Cluster, grow_together


@pytest.fixture
def cluster() -> Cluster:
    """Nodes 0, 1 and 2, which all held `deleted` and `kept`; then 2 lost touch, and `deleted` was deleted."""
    cluster = Cluster(3)
    cluster.stores[0].put(b"deleted", b"old")
    cluster.stores[0].put(b"kept", b"old")
    grow_together(cluster, 0, 1, 2)
    cluster.pass_seconds(1)
    cluster.stores[0].delete([b"deleted"])
    cluster.meet(0, 1)
    return cluster


def away(cluster: Cluster, seconds: int = 150) -> None:
    """Time passes, in which 0 and 1 keep in touch."""
    for _ in range(seconds):
        cluster.pass_seconds(1)
        cluster.meet(0, 1)
        cluster.meet(1, 0)


@pytest.mark.parametrize(("here", "there"), [(0, 2), (2, 0)])
def test_a_node_that_was_away_for_too_long_gives_up_what_it_held(cluster: Cluster, here: int, there: int) -> None:
    away(cluster)
    cluster.stores[0].put(b"new", b"1")
    cluster.stores[2].put(b"own", b"2")
    cluster.stores[2].put(b"kept", b"own, too")
    assert cluster.held(0) == [{b"kept": b"old", b"new": b"1"}]
    cluster.meet(here, there)
    cluster.meet(here, there)
    both = {b"kept": b"own, too", b"new": b"1", b"own": b"2"}
    assert cluster.held(0, 2) == [both, both]


@pytest.mark.parametrize(("here", "there"), [(0, 2), (2, 0)])
def test_a_node_that_was_away_for_less_gives_up_nothing(cluster: Cluster, here: int, there: int) -> None:
    cluster.stores[2].put(b"own, before all", b"1")
    away(cluster, 60)
    cluster.meet(here, there)
    both = {b"deleted": None, b"kept": b"old", b"own, before all": b"1"}
    assert cluster.held(0, 2) == [both, both]


def test_what_one_tells_that_was_away_is_not_taken_unless_it_was_written_since(cluster: Cluster) -> None:
    away(cluster)
    told = cluster.exchanges[2].opening()
    old = cluster.stores[2].get(b"deleted")
    assert old
    told.entries = [(b"deleted", old), (b"since", Entry(cluster.wall.now, 3, b"v"))]
    answer, merged = cluster.exchanges[0].answer(told)
    assert answer.says_nothing
    assert merged.news == 1
    assert cluster.held(0) == [{b"kept": b"old", b"since": b"v"}]


def test_old_values_do_not_get_in_by_way_of_a_new_node(cluster: Cluster) -> None:
    away(cluster)
    new = cluster.add()
    cluster.meet(new, 2)
    assert cluster.held(new) == [{b"deleted": b"old", b"kept": b"old"}]
    cluster.stores[new].put(b"own", b"1")
    cluster.meet(0, new)
    cluster.meet(0, new)
    assert cluster.held(0, new) == [{b"kept": b"old", b"own": b"1"}] * 2


def test_a_single_node_that_is_joined_after_days_is_the_cluster() -> None:
    cluster = Cluster(2)
    cluster.stores[0].put(b"k", b"v")
    grow_together(cluster, 0, 1)
    cluster.pass_seconds(1000)
    new = cluster.add()
    cluster.meet(new, 0)
    cluster.meet(0, new)
    assert cluster.held(0, new) == [{b"k": b"v"}] * 2
    for _ in range(int(ALONE_SECONDS) + 2):
        cluster.pass_seconds(1)
        cluster.meet(0, new)
        cluster.meet(new, 0)
    assert cluster.exchanges[0].touch.said.until >= cluster.wall.now - MICROS
    late = cluster.add()
    cluster.meet(late, new)
    assert cluster.held(0, new, late) == [{b"k": b"v"}] * 3


def test_a_node_that_never_met_anybody_keeps_what_it_has() -> None:
    cluster = Cluster(2)
    cluster.stores[0].put(b"k", b"v")
    cluster.pass_seconds(1000)
    cluster.stores[1].put(b"l", b"w")
    cluster.meet(0, 1)
    assert cluster.held(0, 1) == [{b"k": b"v", b"l": b"w"}] * 2


def test_a_peer_whose_clock_is_years_ahead_makes_nobody_give_up_anything() -> None:
    cluster = Cluster(1)
    touch = Touch(cluster.stores[0], lambda: 0.0)
    assert not touch.hear(Touched(NOON - 5, NOON))
    cluster.stores[0].put(b"k", b"v")
    assert not touch.hear(Touched(1, NOON + 10**15))
    assert cluster.held(0) == [{b"k": b"v"}]


def test_new_nodes_that_meet_each_other_first_are_not_more_than_the_one_that_has_it_all() -> None:
    cluster = Cluster(2)
    cluster.stores[0].put(b"k", b"v")
    grow_together(cluster, 0, 1)
    cluster.pass_seconds(1000)
    first, second = cluster.add(), cluster.add()
    for here, there in ((first, second), (0, first), (0, second), (second, first), (first, 0)):
        cluster.meet(here, there)
    assert cluster.held(0, first, second) == [{b"k": b"v"}] * 3


def test_what_became_a_cluster_after_a_node_lost_touch_knows_nothing_against_it() -> None:
    cluster = Cluster(2)
    cluster.stores[0].put(b"k", b"v")
    grow_together(cluster, 0, 1)
    cluster.pass_seconds(1000)
    first, second = cluster.add(), cluster.add()
    cluster.stores[first].put(b"young", b"1")
    grow_together(cluster, first, second)
    cluster.meet(0, first)
    cluster.meet(first, second)
    cluster.meet(0, second)
    assert cluster.held(0, first, second) == [{b"k": b"v", b"young": b"1"}] * 3
    assert cluster.exchanges[0].touch.said.until >= cluster.wall.now - MICROS


def test_to_meet_oneself_is_not_to_be_in_touch(cluster: Cluster) -> None:
    for _ in range(150):
        away(cluster, 1)
        cluster.exchanges[2].answer(cluster.exchanges[2].opening())
    cluster.meet(2, 0)
    assert cluster.held(0, 2) == [{b"kept": b"old"}] * 2


def test_a_node_whose_clock_was_ahead_finds_nobody_behind_once_it_is_right() -> None:
    cluster = Cluster(1)
    touch = Touch(cluster.stores[0], lambda: 0.0)
    cluster.wall.now = NOON + 10 * TTL
    touch.hear(Touched(NOON, cluster.wall.now))
    cluster.wall.now = NOON
    assert touch.said.until == NOON + 10 * TTL
    assert not touch.is_behind(Touched(NOON, NOON))


def test_what_was_written_during_the_last_exchange_is_not_given_up(cluster: Cluster) -> None:
    there = over_the_wire(cluster.exchanges[0])

    def send_and_write(message: Message) -> Message:
        answer = there(message)
        cluster.stores[2].put(b"during", b"1")
        return answer

    cluster.exchanges[2].converse(send_and_write, more=lambda: False)
    away(cluster)
    cluster.meet(2, 0)
    assert cluster.held(0)[0][b"during"] == b"1"


def test_what_is_given_up_meanwhile_is_not_told_as_known(cluster: Cluster) -> None:
    away(cluster)
    late = cluster.exchanges[2].opening()
    late.entries = [(b"deleted", Entry(NOON, 1, b"old"))]
    cluster.meet(2, 0)
    cluster.exchanges[0].answer(late)
    assert cluster.held(0) == [{b"kept": b"old"}]


def test_what_was_added_before_is_not_lost_when_a_node_adds_on_its_return(cluster: Cluster) -> None:
    cluster = Cluster(2)
    cluster.stores[0].add(b"hits", 1000)
    grow_together(cluster, 0, 1)
    other = cluster.add()
    for _ in range(150):
        cluster.pass_seconds(1)
        cluster.meet(1, other)
        cluster.meet(other, 1)
    cluster.exchanges[0].touch.hear(cluster.exchanges[1].touch.said)
    assert cluster.stores[0].add(b"hits", 1) == 1
    cluster.meet(0, 1)
    cluster.meet(0, 1)
    totals = [store.present(b"hits") for store in cluster.stores[:2]]
    assert [total and total.value for total in totals] == [b"1001", b"1001"]


def test_nothing_is_given_up_for_another_cluster(cluster: Cluster) -> None:
    away(cluster)
    answer, _ = cluster.exchanges[0].answer(cluster.exchanges[2].opening())
    answer.sender = answer.sender._replace(cluster="another")
    with pytest.raises(OtherCluster):
        cluster.exchanges[2].converse(lambda _: answer, more=lambda: True)
    assert cluster.held(2) == [{b"deleted": b"old", b"kept": b"old"}]
