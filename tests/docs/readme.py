"""The commands of the README and of the pages beside it, with the output that is promised for each."""

import re
from pathlib import Path
from typing import NamedTuple

from tests.nodes import ROOT

README = ROOT / "README.md"
API = ROOT / "docs" / "api.md"
GETTING_STARTED = ROOT / "docs" / "getting-started.md"

_BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)


class Example(NamedTuple):
    """A command and what it prints, where `...` stands for anything on one line."""

    command: str
    output: str

    @property
    def program(self) -> str:
        return self.command.split()[0]

    @property
    def is_a_node(self) -> bool:
        """Whether it runs until it is stopped, in a terminal of its own."""
        return re.match(r"python3 gossipcar\.py( -|$)", self.command) is not None

    @property
    def is_a_request(self) -> bool:
        """Whether it asks a node that runs."""
        return self.program == "curl" or (self.command.startswith("python3 gossipcar.py ") and not self.is_a_node)

    @property
    def is_a_read(self) -> bool:
        """Whether it may be tried again until the news has arrived."""
        return self.program == "curl" and " -X " not in self.command

    @property
    def is_a_watcher(self) -> bool:
        """Whether it goes on in a terminal of its own and prints what the commands after it bring about."""
        return self.command.startswith("curl -N ")

    def is_matched_by(self, printed: str) -> bool:
        """A value need not end its line: a page cannot show that the next prompt follows it at once."""
        pattern = "[^\n]*".join(map(re.escape, self.output.removesuffix("\n").split("...")))
        return re.fullmatch(pattern, printed.replace("\r\n", "\n").removesuffix("\n")) is not None


def examples(page: Path = README) -> list[Example]:
    """All examples on a page, in order."""
    found = []
    for block in _BLOCK.findall(page.read_text()):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            found.append(Example(command, output))
    return found
