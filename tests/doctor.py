"""The doctor, run as people run it."""

import re
import subprocess

from tests.commands import COMMAND


class Told:
    """What the doctor said."""

    def __init__(self, command: list[str], environ: dict[str, str]) -> None:
        ended = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=30, check=False)
        self.status = ended.returncode
        self.errors = ended.stderr
        self.lines = ended.stdout.splitlines()

    def about(self, what: str) -> list[str]:
        """The lines on this, each from its level on."""
        return [re.sub(" +", " ", line) for line in self.lines if line[9:].startswith(f"{what}: ")]


def doctor(*flags: str, **environ: str) -> Told:
    """By default it looks after a node that is alone and takes any ports."""
    return Told([*COMMAND, "doctor", "--client-port=0", "--peer-port=0", *flags], environ)
