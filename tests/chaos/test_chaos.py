"""Eight nodes on hosts of their own, clients that write, and one fault on top of the other: nothing that was
acknowledged is lost while a node that has it lives, and all nodes end with the same.

`CHAOS_SECONDS` says for how long there are faults, `CHAOS_SEED` which ones. The same seed gives the same faults; what
meets what is up to the machine.
"""

import os
import time
from pathlib import Path

import pytest

from tests.chaos.checker import Walk, check, surviving
from tests.chaos.clients import clients
from tests.chaos.cluster import AGREEMENT_SECONDS, Cluster
from tests.chaos.faults import Faults
from tests.chaos.history import Contents, History, Read, Survey, Write
from tests.chaos.plan import LONGEST, plan
from tests.netns.network import Network, iptables_or_skip

pytestmark = pytest.mark.netns

HOSTS = 8
SECONDS = float(os.environ.get("CHAOS_SECONDS") or 40)
SEED = int(os.environ.get("CHAOS_SEED") or 1)

MOST_SENTENCES = 20


def test_nothing_acknowledged_is_lost_whatever_fails(tmp_path: Path) -> None:
    iptables_or_skip()
    history: History = []
    with Network(tmp_path, HOSTS) as network:
        network.dns.run(hosts=network.records(*range(HOSTS)))
        cluster = Cluster(network, tmp_path, HOSTS, history)
        for host in cluster.hosts:
            cluster.start(host)
        faults = Faults(network, cluster)
        try:
            with clients(network, cluster, history, SEED):
                faults.run(plan(SEED, SECONDS, HOSTS), SECONDS)
            seconds, contents = agreement(cluster)
        finally:
            keep(tmp_path, cluster, history, faults)
    problems = check(history, contents)
    report = "\n".join([*faults.log, *summary(history, contents, faults, seconds), *problems[:MOST_SENTENCES]])
    print(f"\n{report}")
    assert not problems, f"{len(problems)} problems; logs and history are in {tmp_path}\n{report}"
    assert not [process.log for process in cluster.processes if "Traceback" in process.log]
    assert_hard(history, faults)


def agreement(cluster: Cluster) -> tuple[float, Contents]:
    """Wait until all nodes agree: after how many seconds they did, or gave up; and what they hold."""
    began = time.monotonic()
    while not cluster.agree() and time.monotonic() < began + AGREEMENT_SECONDS:
        time.sleep(0.05)
    return time.monotonic() - began, cluster.contents()


def assert_hard(history: History, faults: Faults) -> None:
    """Enough has happened for the checker to have had something to check."""
    acknowledged, unknown = writes(history)
    assert acknowledged > 20 * SECONDS
    assert unknown > 0
    assert {*faults.count} == {*LONGEST}
    assert len(surviving(Walk(history))) > 100


def writes(history: History) -> tuple[int, int]:
    """How many were acknowledged, and of how many it is not known whether they were made."""
    outcomes = [event.acknowledged for event in history if isinstance(event, Write)]
    return outcomes.count(True), outcomes.count(False)


def summary(history: History, contents: Contents, faults: Faults, seconds: float) -> list[str]:
    acknowledged, unknown = writes(history)
    walk = Walk(history)
    keys = {key for entries in contents.values() for key in entries}
    lost = len({event.key for event in history if isinstance(event, Write) and event.acknowledged} - keys)
    surveys = sum(isinstance(event, Survey) for event in history)
    handed_over = sum(walk.keeper(process) is not None for process in walk.heirs)
    return [
        f"seed {SEED}, {SECONDS:g} s: {acknowledged} writes acknowledged, {unknown} unknown; "
        f"{sum(isinstance(event, Read) for event in history)} reads",
        "faults: " + ", ".join(f"{kind} {faults.count[kind]}" for kind in LONGEST),
        f"{len(walk.heirs)} processes ended, {handed_over} of them with an heir that lives; {surveys} surveys; "
        f"{sum(map(len, walk.kept.values()))} stamps kept watch on, {len(surviving(walk))} keys must have survived",
        f"{lost} keys that were written are gone with the processes that held them",
        f"all nodes agreed {seconds:.1f} s after all was well again",
    ]


def keep(folder: Path, cluster: Cluster, history: History, faults: Faults) -> None:
    """What is needed to find out how it came to this."""
    for number, process in enumerate(cluster.processes):
        (folder / f"node-{number}-at-host-{process.host}.log").write_text(process.log)
    (folder / "history").write_text("".join(f"{str(event)[:200]}\n" for event in history))
    (folder / "faults").write_text("".join(f"{line}\n" for line in faults.log))
