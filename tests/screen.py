"""What a person sees: a terminal on which a command runs, of so much as is needed for that."""

import os
import pty
import re
import select
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from tests.nodes import ROOT, wait_until

_PIECE = re.compile(r"\x1b\[(?P<at>\d+);1H|\x1b(?P<code>\[2J|\[J|\[K|7|8)|(?P<control>[\r\n])|(?P<text>[^\x1b\r\n]+)")


class Screen:
    """A terminal of 24 lines, and what stands on it."""

    def __init__(self, process: subprocess.Popen[bytes], terminal: int) -> None:
        self.process = process
        self._terminal = terminal
        self._lines = [""] * 24
        self._row = self._column = 0
        self._kept = (0, 0)

    def type(self, text: str) -> None:
        os.write(self._terminal, text.encode())

    def wait_for(self, pattern: str, seconds: float = 20.0) -> re.Match[str]:
        """Until it stands there."""
        wait_until(lambda: re.search(pattern, self.text, re.MULTILINE), seconds, f"{pattern!r} on\n{self.text}\nthis")
        found = re.search(pattern, self.text, re.MULTILINE)
        assert found
        return found

    @property
    def text(self) -> str:
        """What stands there now."""
        while select.select([self._terminal], [], [], 0)[0]:
            try:
                printed = os.read(self._terminal, 65536)
            except OSError:  # how Linux says that the last process on it has closed it
                break
            if not printed:
                break
            self._print(printed.decode())
        return "\n".join(line.rstrip() for line in self._lines)

    def _print(self, text: str) -> None:
        pieces = list(_PIECE.finditer(text))
        assert "".join(piece[0] for piece in pieces) == text
        for piece in pieces:
            if piece["at"]:
                self._row, self._column = int(piece["at"]) - 1, 0
            elif piece["code"]:
                self._obey(piece["code"])
            elif piece["control"]:
                self._row, self._column = (self._row, 0) if piece[0] == "\r" else (self._row + 1, self._column)
            else:
                line = self._lines[self._row].ljust(self._column)
                self._lines[self._row] = line[: self._column] + piece[0] + line[self._column + len(piece[0]) :]
                self._column += len(piece[0])

    def _obey(self, code: str) -> None:
        if code == "7":
            self._kept = self._row, self._column
        elif code == "8":
            self._row, self._column = self._kept
        elif code == "[2J":
            self._lines = [""] * len(self._lines)
        else:
            self._lines[self._row] = self._lines[self._row][: self._column]
            if code == "[J":
                self._lines[self._row + 1 :] = [""] * (len(self._lines) - self._row - 1)


@contextmanager
def on_a_screen(command: Sequence[str], environ: Mapping[str, str]) -> Iterator[Screen]:
    """The command, on a terminal of its own, until the test is over at most."""
    here, there = pty.openpty()
    process = subprocess.Popen(
        command, cwd=ROOT, env={"TERM": "xterm", "COLUMNS": "120", **environ}, stdin=there, stdout=there, stderr=there
    )
    os.close(there)
    try:
        yield Screen(process, here)
    finally:
        process.kill()
        process.wait()
        os.close(here)
