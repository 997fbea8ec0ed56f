"""A seed says what will happen."""

from itertools import pairwise

from tests.chaos.plan import CALM, CALM_SECONDS, EVERY_SECONDS, KILL, LONGEST, Fault, plan


def test_a_seed_gives_one_plan() -> None:
    assert plan(1, 40, 8) == plan(1, 40, 8)
    assert plan(1, 40, 8) != plan(2, 40, 8)


def test_every_kind_of_fault_comes_before_any_comes_again() -> None:
    for seed in range(20):
        kinds = [fault.kind for fault in plan(seed, 40, 8)]
        assert len(kinds) > 40 / EVERY_SECONDS / 2
        assert {*kinds[: len(LONGEST)]} == {*LONGEST}


def test_nothing_begins_in_a_calm_and_a_kill_comes_after_it() -> None:
    faults = plan(5, 180, 8)
    calms = [(fault, after) for fault, after in pairwise(faults) if fault.kind == CALM]
    assert len(calms) > 5
    for calm, after in calms:
        assert (after.kind, after.at) == (KILL, calm.at + CALM_SECONDS)


def test_hosts_are_in_one_group_each_and_one_host_at_least_is_in_each_group() -> None:
    for fault in plan(3, 1000, 8):
        hosts = [host for group in fault.groups for host in group]
        assert sorted({*hosts}) == sorted(hosts)
        assert {*hosts} <= {*range(8)}
        assert all(fault.groups)


def test_a_fault_is_told_in_a_line() -> None:
    assert str(Fault(1.0, 2.5, "partition", ((0, 3), (1, 2)))) == "partition of 0 3 | 1 2 for 2.5 s"
    assert str(Fault(2.0, 4.0, "calm", ())) == "calm for 4.0 s"
    assert str(Fault(31, 9, "clock step", ((7,),), -4)) == "clock step of 7 by -4.0 s for 9.0 s"
