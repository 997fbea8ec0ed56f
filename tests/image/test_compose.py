"""compose.yaml is what Compose takes, and makes a cluster on a laptop."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator

import pytest
import yaml

from tests.image.commands import DOWN, GET, PUT, UP
from tests.image.engine import Engine
from tests.nodes import ROOT, wait_until

PORTS = range(8001, 8006)
READ_ONLY = "'{{.HostConfig.ReadonlyRootfs}}'"


def with_debian(command: str) -> str:
    """Debian's package has Compose as a program of its own, not as a part of `docker`."""
    return command.replace("docker compose", "docker-compose")


@pytest.fixture
def cluster(engine: Engine, image: str) -> Iterator[None]:
    if shutil.which("docker-compose", path="/usr/bin") is None:
        pytest.skip("there is no Compose (Debian: apt-get install docker-compose)")
    try:
        engine.run(with_debian(UP))
        yield
    finally:
        engine.attempt(with_debian(DOWN))


def test_it_is_as_the_compose_specification_has_it() -> None:
    command = ["check_jsonschema", "--builtin-schema", "vendor.compose-spec", "compose.yaml"]
    subprocess.run([sys.executable, "-m", *command], cwd=ROOT, check=True)


def test_ports_are_open_to_the_laptop_alone() -> None:
    (service,) = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"].values()
    assert service["ports"] == ["127.0.0.1:8001-8005:80"]
    assert service["scale"] == len(PORTS)


def test_five_nodes_agree_and_go_when_told_to(engine: Engine, cluster: None) -> None:
    asking = [f"curl -sf http://localhost:{port}/peers" for port in PORTS]
    wait_until(lambda: all(engine.attempt(each).returncode == 0 for each in asking), 60, "that all serve")
    wait_until(lambda: json.loads(engine.run(asking[0]))["agreeing"] == 4, 30, "that all agree")
    engine.run(PUT.command)
    wait_until(lambda: engine.run(GET.command) == GET.output, what="that the value is everywhere")
    ids = engine.run("docker ps -q").split()
    assert len(ids) == 5
    assert engine.run(f"docker inspect --format {READ_ONLY} {' '.join(ids)}").split() == ["true"] * 5
    engine.run(with_debian(DOWN))
    assert engine.run("docker ps -aq") == ""
