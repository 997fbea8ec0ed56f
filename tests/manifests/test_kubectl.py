"""The README's kubectl commands, run by the real kubectl against a stand-in for a cluster."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.docs.readme import examples
from tests.manifests import manifest
from tests.manifests.api_server import ApiServer
from tests.nodes import ROOT

APPLY, GET_PODS = (example.command for example in examples() if example.program == "kubectl")
"""The commands of the README, in its order."""

Run = Callable[[str], str]


@pytest.fixture
def cluster() -> Iterator[ApiServer]:
    if shutil.which("kubectl") is None:
        pytest.skip("kubectl is not installed (Debian: apt-get install kubernetes-client)")
    with ApiServer() as server:
        yield server


@pytest.fixture
def run(cluster: ApiServer, tmp_path: Path) -> Run:
    """Runs a command for the cluster and returns what it prints. The command must end with status 0."""
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "stand-in", "cluster": {"server": cluster.url}}],
        "contexts": [{"name": "stand-in", "context": {"cluster": "stand-in", "user": ""}}],
        "current-context": "stand-in",
    }
    file = tmp_path / "config"
    file.write_text(json.dumps(config))
    # kubectl keeps a cache at home.
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "KUBECONFIG": str(file)}

    def run(command: str) -> str:
        done = subprocess.run(
            ["bash", "-c", command], cwd=ROOT, env=environ, capture_output=True, text=True, timeout=30
        )
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout

    return run


def as_in_the_file(arrived: manifest.Document) -> manifest.Document:
    """An object without what kubectl adds to each: its namespace, and what it was made from."""
    metadata = {k: v for k, v in arrived["metadata"].items() if k not in ("namespace", "annotations")}
    return {**arrived, "metadata": metadata}


def test_apply_creates_the_objects_of_the_file(cluster: ApiServer, run: Run) -> None:
    printed = run(APPLY)
    assert list(cluster.objects) == [
        "/api/v1/namespaces/default/services/gossipcar-example",
        "/apis/policy/v1/namespaces/default/poddisruptionbudgets/gossipcar-example",
        "/apis/apps/v1/namespaces/default/deployments/gossipcar-example",
    ]
    assert [as_in_the_file(o) for o in cluster.objects.values()] == manifest.load().documents
    assert printed.splitlines() == [
        "service/gossipcar-example created",
        "poddisruptionbudget.policy/gossipcar-example created",
        "deployment.apps/gossipcar-example created",
    ]


def test_the_pods_are_listed(run: Run) -> None:
    run(APPLY)
    heading, *pods = run(GET_PODS).splitlines()
    assert heading.split()[0] == "NAME"
    assert [line.split()[0] for line in pods] == [f"gossipcar-example-{number}" for number in range(3)]
