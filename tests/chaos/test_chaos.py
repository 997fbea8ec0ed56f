"""Eight nodes on hosts of their own, clients that write, and one fault on top of the other: nothing that was
acknowledged is lost while a node that has it lives, and all nodes end with the same.

`CHAOS_SECONDS` says for how long there are faults, `CHAOS_SEED` which ones. The same seed gives the same faults; what
meets what is up to the machine. A long run is one of three minutes after the other, each with the next seed, a new
cluster, and a history of its own.
"""

import math
import os
import time
from collections import Counter
from pathlib import Path

import pytest

from gossip.data.entry import Entry
from tests.chaos.checker import check
from tests.chaos.clients import COUNTERS, clients
from tests.chaos.cluster import AGREEMENT_SECONDS, Cluster
from tests.chaos.delays import Delays
from tests.chaos.faults import Faults
from tests.chaos.history import Add, Contents, History, Read, Survey, Write
from tests.chaos.plan import CALM, LONGEST, plan
from tests.chaos.walk import Walk, surviving
from tests.netns.network import Network, iptables_or_skip

pytestmark = pytest.mark.netns

HOSTS = 8
SECONDS = float(os.environ.get("CHAOS_SECONDS") or 40)
SEED = int(os.environ.get("CHAOS_SEED") or 1)

AT_A_TIME = 180.0
"""Seconds after which a long run begins anew: a history is judged as a whole."""

EXPIRY_SECONDS = 20.0
"""After so long whatever has a time when it is gone is gone: clocks were ahead."""

MOST_SENTENCES = 20

tally: Counter[str] = Counter()
"""What was done in all runs up to now."""


@pytest.mark.parametrize("number", range(math.ceil(SECONDS / AT_A_TIME)))
def test_nothing_acknowledged_is_lost_whatever_fails(tmp_path: Path, number: int) -> None:
    iptables_or_skip()
    seed, duration = SEED + number, min(AT_A_TIME, SECONDS - number * AT_A_TIME)
    history: History = []
    with Network(tmp_path, HOSTS) as network, Delays(network, range(HOSTS)) as delays:
        network.dns.run(hosts=network.records(*range(HOSTS)))
        cluster = Cluster(network, tmp_path, HOSTS, history)
        for host in cluster.hosts:
            cluster.start(host)
        faults = Faults(network, cluster, delays)
        try:
            with clients(network, cluster, history, seed):
                faults.run(plan(seed, duration, HOSTS), duration)
            seconds, contents = agreement(cluster)
        finally:
            keep(tmp_path, cluster, history, faults)
    problems = check(history, contents)
    count(history, contents, faults)
    report = "\n".join([*faults.log, *summary(seed, duration, seconds), *problems[:MOST_SENTENCES]])
    print(f"\n{report}")
    assert not problems, f"{len(problems)} problems; logs and history are in {tmp_path}\n{report}"
    assert not [process.log for process in cluster.processes if "Traceback" in process.log]
    assert_hard(history, faults, duration)


def agreement(cluster: Cluster) -> tuple[float, Contents]:
    """Wait until all nodes agree: after how many seconds they did, or gave up; and what they hold."""
    began = time.monotonic()
    while not cluster.agree() and time.monotonic() < began + AGREEMENT_SECONDS:
        time.sleep(0.05)
    seconds = time.monotonic() - began
    while any(map(expires, cluster.contents().values())) and time.monotonic() < began + EXPIRY_SECONDS:
        time.sleep(0.5)
    cluster.read_totals([*COUNTERS])
    return seconds, cluster.contents()


def expires(entries: dict[bytes, Entry]) -> bool:
    """Whether some of these are not gone yet though they have a time when they are."""
    return any(entry.extra and entry.value is not None for entry in entries.values())


def count(history: History, contents: Contents, faults: Faults) -> None:
    """Add to the tally."""
    walk = Walk(history)
    writes = [event for event in history if isinstance(event, Write | Add)]
    acknowledged = [write for write in writes if write.acknowledged]
    keys = {key for entries in contents.values() for key in entries}
    tally.update(faults.count)
    tally["writes acknowledged"] += len(acknowledged)
    tally["confirmed by peers"] += sum(write.confirmed > 0 for write in acknowledged)
    tally["deletes"] += sum(isinstance(write, Write) and write.value is None for write in acknowledged)
    tally["expiring"] += sum(isinstance(write, Write) and write.expires for write in acknowledged)
    tally["adds"] += sum(isinstance(write, Add) for write in acknowledged)
    tally["unknown"] += len(writes) - len(acknowledged)
    tally["reads"] += sum(isinstance(event, Read) for event in history)
    tally["surveys"] += sum(isinstance(event, Survey) for event in history)
    tally["processes ended"] += len(walk.heirs)
    tally["with an heir that lived"] += sum(walk.keeper(process) is not None for process in walk.heirs)
    tally["keys that had to survive"] += len(surviving(walk))
    tally["keys gone with the killed processes that held them"] += len(
        {write.key for write in acknowledged if isinstance(write, Write)} - keys
    )


def summary(seed: int, duration: float, seconds: float) -> list[str]:
    figures = ", ".join(f"{what} {number:,}" for what, number in tally.items())
    return [
        f"seed {seed}, {duration:g} s; all nodes agreed {seconds:.1f} s after all was well again",
        f"up to now: {figures}",
    ]


def assert_hard(history: History, faults: Faults, duration: float) -> None:
    """Enough has happened for the checker to have had something to check."""
    writes = [event for event in history if isinstance(event, Write | Add)]
    acknowledged = [write for write in writes if write.acknowledged]
    assert len(acknowledged) > 5 * duration
    assert len(writes) / 3 < len(acknowledged) < len(writes)
    for n in (0, 1, 2):
        assert sum(write.confirmed == n for write in acknowledged) > duration / 2
    assert {*faults.count} == {*LONGEST, CALM}
    assert len(surviving(Walk(history))) > 100


def keep(folder: Path, cluster: Cluster, history: History, faults: Faults) -> None:
    """What is needed to find out how it came to this."""
    for number, process in enumerate(cluster.processes):
        (folder / f"node-{number}-at-host-{process.host}.log").write_text(process.log)
    (folder / "history").write_text("".join(f"{str(event)[:200]}\n" for event in history))
    (folder / "faults").write_text("".join(f"{line}\n" for line in faults.log))
