"""The commands of `.ci`, run in a copy of what they read, with stand-ins for programs that go out into the world."""

import os
import shutil
import subprocess
from pathlib import Path

from tests.nodes import ROOT

VERSION = subprocess.run([ROOT / ".ci" / "version"], capture_output=True, text=True, check=True).stdout.strip()


class Checkout:
    """A folder with `.ci` and what its commands read, in which nobody works."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "checkout"
        self._programs = folder / "programs"
        self._programs.mkdir()
        shutil.copytree(ROOT / ".ci", self.folder / ".ci")
        (self.folder / "gossip").mkdir()
        for name in ("gossip/__init__.py", "CHANGELOG.md", "requirements-image.txt"):
            shutil.copy(ROOT / name, self.folder / name)

    def stand_in(self, program: str, script: str) -> None:
        """Have a program do what the script says."""
        path = self._programs / program
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def run(self, *command: str, **environ: str) -> subprocess.CompletedProcess[str]:
        path = f"{self._programs}:{os.environ['PATH']}"
        environ = {"PATH": path, "HOME": str(self.folder), **environ}
        return subprocess.run(command, cwd=self.folder, env=environ, capture_output=True, text=True, timeout=30)

    def commit(self, tag: str) -> None:
        """Make it a repository, whose one commit has this tag."""
        who = ["-c", "user.name=somebody", "-c", "user.email=somebody@localhost"]
        for arguments in (["init", "-q"], ["add", "."], [*who, "commit", "-qm", "all of it"], ["tag", tag]):
            assert self.run("git", *arguments).returncode == 0
