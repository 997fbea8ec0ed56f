"""The nodes of a run, one at each host: they are started, stopped, killed, paused, and given wrong clocks."""

import re
import signal
import threading
import time
from pathlib import Path

from gossip.sync.message import PeerFault
from tests.chaos import asking
from tests.chaos.clock import SteppedClock
from tests.chaos.history import Calm, Contents, Ended, History, Settled, Started, Stopping, Survey, Total, stamp_of
from tests.chaos.history import Process as Origin
from tests.netns.network import Network
from tests.nodes import RunningNode

STOP_SECONDS = 5.0 + 2.0
"""How long a node may take to end after SIGTERM, with some seconds for a busy machine."""

SURVEY_SECONDS = 1.0
"""A node that does not tell all that it holds in steps of so many seconds is paused or gone."""

AGREEMENT_SECONDS = 60.0
"""Nodes that all hear each other agree within this time: peers that failed are asked rarely for 30 s."""

_HANDED_OVER = re.compile(r'msg="handed over" peer=(\S+):\d+ ')
_NOT_HANDED_OVER = "no peer took everything over in time"


class Process:
    """A node from its start to its end."""

    def __init__(self, host: int) -> None:
        self.host = host
        self.node: RunningNode | None = None
        self.origin: Origin | None = None
        """None until it is up."""
        self.stopping = False

    @property
    def log(self) -> str:
        return self.node.log if self.node else ""


class Cluster:
    """Its hosts, whose order is that of the network. What happens to a host is for one thread at a time: `alone`."""

    def __init__(self, network: Network, folder: Path, hosts: int, history: History) -> None:
        self.hosts = range(hosts)
        self.alone = [threading.Lock() for _ in self.hosts]
        self.processes: list[Process] = []
        """All that ever were."""
        self._network = network
        self._history = history
        self._clocks = [SteppedClock(folder / f"clock-{host}") for host in self.hosts]
        self._current = [Process(host) for host in self.hosts]

    def current(self, host: int) -> Process:
        """The host's process; the one before it until the next one is about to be started.

        Who finds the same one before and after a request knows whom it went to.
        """
        return self._current[host]

    def start(self, host: int) -> None:
        process, since = Process(host), len(self._history)
        self._current[host] = process
        self.processes.append(process)
        process.node = self._network.node(
            host, {"MY_POD_IP": self._network.address(host), **self._clocks[host].environ}
        )
        with self._network.at(host):
            origin, _ = asking.held([])
        self._history.append(Started(origin, since))
        process.origin = origin

    def kill(self, host: int) -> None:
        node, origin = self._running(host)
        node.kill()
        self._history.append(Ended(origin, heir=None))

    def stop(self, host: int) -> str:
        """As SIGTERM does. What came of it, for people."""
        node, origin = self._running(host)
        self.survey(host)
        before = [*self._current]
        began = time.monotonic()
        self._history.append(Stopping(origin))
        self._current[host].stopping = True
        node.process.terminate()
        status = node.process.wait(STOP_SECONDS)
        seconds = time.monotonic() - began
        assert status == 0, f"host {host} ended with status {status}: {node.log}"
        heir = self._heir(node.log)
        silent = heir is None and _NOT_HANDED_OVER not in node.log
        certain = heir is not None and before[heir] is self._current[heir]  # else it may have been either process
        self._history.append(Ended(origin, before[heir].origin if heir is not None and certain else None, silent))
        if heir is not None:
            self.survey(heir)
        return f"host {host} stopped in {seconds:.1f} s, its heir is {heir}"

    def survey(self, host: int) -> None:
        """Note what the host's process holds, if it answers."""
        since = len(self._history)
        try:
            with self._network.at(host):
                origin, entries = asking.everything(SURVEY_SECONDS)
        except PeerFault:
            return
        self._history.append(Survey(origin, {key: stamp_of(entry) for key, entry in entries.items()}, since))

    def pause(self, host: int) -> None:
        self._running(host)[0].process.send_signal(signal.SIGSTOP)

    def resume(self, host: int) -> None:
        self._running(host)[0].process.send_signal(signal.SIGCONT)

    def set_clock(self, host: int, ahead: float) -> None:
        """The clock of the host's processes is so many seconds ahead from now on."""
        self._clocks[host].set(ahead)

    def calm(self, seconds: float) -> None:
        """Let the nodes be for so long."""
        self._history.append(Calm())
        time.sleep(seconds)
        self._history.append(Settled())

    def agree(self) -> bool:
        """Whether all nodes have one fingerprint."""
        return len({self._fingerprint(host) for host in self.hosts}) == 1

    def contents(self) -> Contents:
        contents: Contents = {}
        for host in self.hosts:
            with self._network.at(host):
                origin, entries = asking.everything()
            contents[origin] = entries
        return contents

    def read_totals(self, counters: list[bytes]) -> None:
        """Note what clients read of these counters at each host."""
        for host in self.hosts:
            node, origin = self._running(host)
            with self._network.at(host):
                lines = {counter: node.get(counter.decode()) for counter in counters}
            totals = {counter: int(line.partition(b"=")[2]) if line else None for counter, line in lines.items()}
            self._history.extend(Total(origin, counter, total) for counter, total in totals.items())

    def _fingerprint(self, host: int) -> str:
        with self._network.at(host):
            return self._running(host)[0].stats()["fingerprint"]

    def _running(self, host: int) -> tuple[RunningNode, Origin]:
        process = self._current[host]
        assert process.node
        assert process.origin is not None
        return process.node, process.origin

    def _heir(self, log: str) -> int | None:
        """The host that a stopped node handed over to; None when it names none."""
        found = _HANDED_OVER.search(log)
        return next(host for host in self.hosts if self._network.address(host) == found[1]) if found else None
