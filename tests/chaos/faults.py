"""Faults as they are carried out and undone, several at once."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

from tests.chaos.cluster import Cluster
from tests.chaos.delays import Delays
from tests.chaos.plan import (
    CALM,
    CLOCK_STEP,
    DEAFNESS,
    DELAY,
    KILL,
    LOSS,
    PARTITION,
    PAUSE,
    RESTART,
    STOPS_AT_ONCE,
    Fault,
)
from tests.netns.network import Network

MOST_AT_ONCE = 32

LOST = 0.2
"""The share of packets that a lossy host loses of those that come in from other hosts."""

Rules = dict[int, list[str]]
"""For each host, what it drops."""


class Faults:
    """Carries out a plan, and undoes it."""

    def __init__(self, network: Network, cluster: Cluster, delays: Delays) -> None:
        self.log: list[str] = []
        """What was done, a line each."""
        self.count: Counter[str] = Counter()
        self._network = network
        self._cluster = cluster
        self._delays = delays
        self._began = time.monotonic()
        self._over = threading.Event()
        self._filters = threading.Lock()
        self._rules: list[Rules] = []
        """All that are in force."""
        self._acts = {
            PARTITION: self._part,
            DEAFNESS: self._deafen,
            LOSS: self._lose,
            DELAY: self._delay,
            PAUSE: self._pause,
            KILL: self._kill,
            RESTART: self._restart,
            STOPS_AT_ONCE: self._stop_at_once,
            CLOCK_STEP: self._step_clock,
        }

    def run(self, plan: list[Fault], seconds: float) -> None:
        """Carry out this plan. After so many seconds all that is still in force is undone."""
        with ThreadPoolExecutor(MOST_AT_ONCE, "fault") as pool:
            running: list[Future[None]] = []
            for fault in plan:
                self._wait_until(fault.at)
                if fault.kind == CALM:
                    self._undo(running)
                    self._note(str(fault))
                    self._cluster.calm(fault.seconds)
                    self.count[CALM] += 1
                else:
                    running.append(pool.submit(self._carry_out, fault))
            self._wait_until(seconds)
            for host in self._cluster.hosts:
                self._cluster.survey(host)
            self._undo(running)

    def _undo(self, running: list[Future[None]]) -> None:
        """End all faults that are in force."""
        self._over.set()
        for carried_out in running:
            carried_out.result()
        running.clear()
        self._over.clear()
        self._note("all faults are undone")

    def _wait_until(self, seconds: float) -> None:
        time.sleep(max(0.0, self._began + seconds - time.monotonic()))

    def _note(self, text: str) -> None:
        self.log.append(f"{time.monotonic() - self._began:6.1f} s: {text}")

    def _carry_out(self, fault: Fault) -> None:
        self._acts[fault.kind](fault)
        self.count[fault.kind] += 1

    def _hold(self, fault: Fault) -> None:
        """Wait for the end of a fault that is in force now."""
        self._note(str(fault))
        self._over.wait(fault.seconds)

    def _part(self, fault: Fault) -> None:
        one, other = fault.groups
        with self._dropping({**self._from(other, at=one), **self._from(one, at=other)}):
            self._hold(fault)

    def _deafen(self, fault: Fault) -> None:
        deaf, unheard = fault.groups
        with self._dropping(self._from(unheard, at=deaf)):
            self._hold(fault)

    def _lose(self, fault: Fault) -> None:
        (hosts,) = fault.groups
        by_chance = f"-m statistic --mode random --probability {LOST}"
        with self._dropping(self._from(tuple(self._cluster.hosts), at=hosts, match=by_chance)):
            self._hold(fault)

    def _delay(self, fault: Fault) -> None:
        (hosts,) = fault.groups
        with self._delays.at(hosts):
            self._hold(fault)

    def _pause(self, fault: Fault) -> None:
        ((host,),) = fault.groups
        with self._cluster.alone[host]:
            self._cluster.pause(host)
            self._hold(fault)
            self._cluster.resume(host)

    def _kill(self, fault: Fault) -> None:
        ((host,),) = fault.groups
        with self._cluster.alone[host]:
            self._cluster.kill(host)
            self._hold(fault)
            self._cluster.start(host)

    def _restart(self, fault: Fault) -> None:
        (hosts,) = fault.groups
        for host in hosts:
            if not self._over.is_set():
                self._stop_and_start(host, fault)

    def _stop_at_once(self, fault: Fault) -> None:
        (hosts,) = fault.groups
        with ThreadPoolExecutor(len(hosts), "stop") as pool:
            for stopping in [pool.submit(self._stop_and_start, host, fault) for host in hosts]:
                stopping.result()

    def _stop_and_start(self, host: int, fault: Fault) -> None:
        with self._cluster.alone[host]:
            self._note(f"{fault.kind}: {self._cluster.stop(host)}")
            self._over.wait(fault.seconds)
            self._cluster.start(host)

    def _step_clock(self, fault: Fault) -> None:
        """Of several steps of one clock the last one counts, and the first one's end ends them all."""
        ((host,),) = fault.groups
        self._cluster.set_clock(host, fault.step)
        self._hold(fault)
        self._cluster.set_clock(host, 0.0)

    def _from(self, senders: tuple[int, ...], at: tuple[int, ...], match: str = "") -> Rules:
        """Rules by which the hosts `at` drop what comes from the senders. Their own loopback has other addresses."""
        return {host: [f"-s {self._network.address(sender)} {match}" for sender in senders] for host in at}

    @contextmanager
    def _dropping(self, rules: Rules) -> Iterator[None]:
        """Meanwhile these rules are in force, besides others."""
        with self._filters:
            self._rules.append(rules)
            self._filter(rules)
        try:
            yield
        finally:
            with self._filters:
                self._rules.remove(rules)
                self._filter(rules)

    def _filter(self, changed: Rules) -> None:
        for host in changed:
            self._network.drop(host, *(rule for rules in self._rules for rule in rules.get(host, [])))
