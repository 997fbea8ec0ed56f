"""The README's commands, with the output that it promises for each."""

import re
from typing import NamedTuple

from tests.nodes import ROOT

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
        return self.program == "curl" and "PUT" not in self.command

    def is_matched_by(self, printed: str) -> bool:
        pattern = "[^\n]*".join(map(re.escape, self.output.split("...")))
        return re.fullmatch(pattern, printed.replace("\r\n", "\n")) is not None


def examples() -> list[Example]:
    """All examples in the README, in order."""
    text = (ROOT / "README.md").read_text()
    found = []
    for block in _BLOCK.findall(text):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            found.append(Example(command, output))
    return found
