"""What `kubectl kustomize` makes of a folder."""

import json
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

from tests.manifests.manifest import Document, parse
from tests.nodes import ROOT

KUSTOMIZE = ROOT / "deploy" / "kustomize"


@cache
def kubectl_or_skip() -> str:
    """Where kubectl is; the test is skipped when it has no kustomize that knows components and labels."""
    program = shutil.which("kubectl")
    if program is None:
        pytest.skip("kubectl is not installed (Debian: apt-get install kubernetes-client)")
    told = subprocess.run([program, "version", "--client", "--output=json"], capture_output=True, text=True, timeout=30)
    version = json.loads(told.stdout).get("kustomizeVersion", "v0")
    if int(version.lstrip("v").split(".")[0]) < 5:
        pytest.skip("kubectl is older than 1.27, and has a kustomize older than 5")
    return program


def rendered(folder: Path) -> list[Document]:
    """The objects, in kubectl's order."""
    done = subprocess.run([kubectl_or_skip(), "kustomize", str(folder)], capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""  # as it warns of what is deprecated
    return parse(done.stdout)


def only(kind: str, documents: list[Document]) -> Document:
    """The one object of a kind."""
    (found,) = [document for document in documents if document["kind"] == kind]
    return found
