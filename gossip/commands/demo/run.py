"""The demo: starts nodes, writes now and then, shows who holds what, and does what is typed."""

import random
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from queue import Empty, SimpleQueue

from gossip.commands.demo.nodes import ENDED, KILLED, STARTING, UP, DemoNode, DemoNodes
from gossip.commands.demo.show import HINT, Show, show
from gossip.commands.demo.spreading import Write, written
from gossip.commands.demo.table import Row
from gossip.commands.output import DONE, FAILED, fail

TURN_SECONDS = 0.2
WRITE_SECONDS = 2.0
FIRST_WRITE_SECONDS = 1.0
"""After all are up: a peer that could not be reached while it started is told nothing for a second."""

START_SECONDS = 30.0
"""Nodes that have not all answered by then are given up."""

_QUIT = "q"


def run(count: int, seconds: float | None) -> int:
    """Until Ctrl-C, SIGTERM or `q`, or for so many seconds. The exit status."""
    typed: SimpleQueue[str] = SimpleQueue()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: typed.put(_QUIT))
    threading.Thread(target=_read, args=(typed,), name="typed", daemon=True).start()
    with DemoNodes(count) as nodes:
        demo = Demo(nodes, show())
        end = time.monotonic() + seconds if seconds else None
        while (end is None or time.monotonic() < end) and demo.goes_on:
            demo.turn()
            demo.obey(_next_line(typed))
    return fail(demo.failure, FAILED) if demo.failure else DONE


def _read(typed: SimpleQueue[str]) -> None:
    """On a thread of its own: waiting for a line in any other way needs to know what standard input is."""
    try:
        for line in sys.stdin or ():
            typed.put(line)
    except (OSError, ValueError):
        pass  # nobody can type anything, and the demo goes on


def _next_line(typed: SimpleQueue[str]) -> str | None:
    try:
        return typed.get(timeout=TURN_SECONDS)
    except Empty:
        return None


class Demo:
    """What goes on, turn by turn."""

    def __init__(self, nodes: Sequence[DemoNode], shown: Show) -> None:
        self._nodes = nodes
        self._show = shown
        self._began = time.monotonic()
        """When it was started; later, when all nodes were up."""
        self._writes = 0
        self._write: Write | None = None
        self._told = False
        """Whether the result of the last write was said."""
        self._agreement = ""
        self._introduced = self._typed = False
        self.goes_on = True
        self.failure = ""
        """Why it could not be started, if so."""

    def turn(self) -> None:
        """See how things are, write if it is time, and show it."""
        for node in self._nodes:
            self._look(node)
        if self._introduced:
            self._follow_the_write()
            self._say_who_agrees()
        else:
            self._introduce()
        self._show.draw([self._row(node) for node in self._nodes], self._typed)
        self._typed = False

    def obey(self, line: str | None) -> None:
        """Do what was typed, if anything was."""
        if line is None:
            return
        self._typed = True
        word, _, number = line.strip().partition(" ")
        node = next((node for node in self._nodes if str(node.number) == number.strip()), None)
        if word == _QUIT:
            self.goes_on = False
        elif word == "k" and node and self._introduced:
            node.kill()
            self._show.say(f"node {node.number} is killed")
        elif word == "r" and node and node.state in (KILLED, ENDED):
            node.start()
        elif word:
            self._show.say(f"{line.strip()!r} cannot be done: {HINT}")

    def _look(self, node: DemoNode) -> None:
        before = node.state
        node.look()
        if not self._introduced or node.state == before:
            return
        if node.state == UP:
            self._show.say(f"node {node.number} is up again")
        elif node.state == ENDED:
            self._show.say(f"node {node.number} ended by itself: {node.last_words}")

    def _introduce(self) -> None:
        """Once all nodes are up, say where they are."""
        if any(node.state == ENDED for node in self._nodes) or time.monotonic() - self._began > START_SECONDS:
            silent = next(node for node in self._nodes if node.state != UP)
            self.failure = f"node {silent.number} does not start: {silent.last_words}"
            self.goes_on = False
        elif all(node.state == UP for node in self._nodes):
            self._show.introduce([f"node {node.number}: {node.url}" for node in self._nodes])
            self._introduced, self._began = True, time.monotonic()

    def _follow_the_write(self) -> None:
        now, last = time.monotonic(), self._write
        is_first_due = last is None and now - self._began >= FIRST_WRITE_SECONDS
        if is_first_due or (last and last.is_over and now - last.at >= WRITE_SECONDS):
            self._write_anew()
        if self._write and not self._told:
            self._write.look()
            if self._write.is_over:
                self._show.say(str(self._write))
                self._told = True

    def _write_anew(self) -> None:
        up = [node for node in self._nodes if node.state == UP]
        if up and (write := written(self._writes + 1, random.choice(up), self._nodes)):
            self._write, self._told = write, False
            self._writes += 1

    def _say_who_agrees(self) -> None:
        up = [node for node in self._nodes if node.state in (STARTING, UP)]
        agreeing = sum(map(self._agrees, up))
        what = f"all {len(up)} nodes" if agreeing == len(up) else f"{agreeing} of {len(up)} nodes"
        agreement = f"{what} agree" if up else "no node is up"
        if agreement != self._agreement:
            self._show.say(agreement)
            self._agreement = agreement

    def _agrees(self, node: DemoNode) -> bool:
        """Whether it holds what most hold."""
        held = Counter(other.status.fingerprint for other in self._nodes if other.status)
        return node.status is not None and node.status.fingerprint == held.most_common(1)[0][0]

    def _row(self, node: DemoNode) -> Row:
        seen = self._write.at_node(node.number) if self._write else "-"
        if node.status is None:
            silent = node.state == UP
            return Row(str(node.number), node.url, "silent" if silent else node.state, seen=seen if silent else "-")
        agrees = "yes" if self._agrees(node) else "no"
        held = node.status
        return Row(str(node.number), node.url, node.state, str(held.entries), held.fingerprint[:8], agrees, seen)
