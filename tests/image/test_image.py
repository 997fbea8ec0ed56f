"""The image that the Dockerfile makes, built and run by a real Docker engine with the README's commands."""

import json
import shlex
import time
from collections.abc import Iterator

import pytest

from tests.image.commands import BUILD, REQUESTS, RUN, STOP
from tests.image.engine import Engine
from tests.nodes import wait_until

HARDENED = RUN.replace(" --rm ", " --rm --read-only --cap-drop ALL --security-opt no-new-privileges ")
"""As in the manifest."""


@pytest.fixture(params=[RUN, HARDENED], ids=["as the README runs it", "hardened"])
def container(engine: Engine, image: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """The name of a container whose node serves."""
    try:
        engine.run(request.param)
        wait_until(lambda: engine.attempt("curl -sf http://127.0.0.1:8080/stats").returncode == 0, 60)
        yield "gossipcar"
    finally:
        engine.attempt("docker rm -f gossipcar")
        wait_until(lambda: not engine.run("docker ps -aq"))


@pytest.mark.parametrize("buildkit", ["0", "1"])
def test_it_is_built_by_the_old_builder_and_by_the_new_one(engine: Engine, image: str, buildkit: str) -> None:
    done = engine.attempt(BUILD, DOCKER_BUILDKIT=buildkit)
    if "buildx component is missing" in done.stderr:
        pytest.skip("this client has the new builder in a part of its own (Debian: apt-get install docker-buildx)")
    assert done.returncode == 0, done.stderr


def test_the_map_answers_at_the_published_port(engine: Engine, container: str) -> None:
    assert len(REQUESTS) == 2
    for example in REQUESTS:
        printed = engine.run(example.command)
        assert example.is_matched_by(printed), printed


def test_process_1_is_python_without_root_or_capabilities(engine: Engine, container: str) -> None:
    command = engine.run(f"docker exec {container} grep -az . /proc/1/cmdline")
    assert command.split("\0") == ["python", "/app/gossipcar.py", ""]
    lines = engine.run(f"docker exec {container} grep . /proc/1/status").splitlines()
    status = dict(line.split(":\t", 1) for line in lines)
    assert set(status["Uid"].split()) == set(status["Gid"].split()) == {"65532"}
    assert int(status["CapEff"], 16) == 0


def test_the_health_check_passes(engine: Engine, container: str) -> None:
    found = engine.run(f"docker inspect --format '{{{{json .Config.Healthcheck.Test}}}}' {container}")
    kind, *command = json.loads(found)
    assert kind == "CMD"
    engine.run(f"docker exec {container} {shlex.join(command)}")


def test_the_engine_finds_it_healthy(engine: Engine, image: str) -> None:
    try:
        engine.run(f"docker run --rm -d --name sound --read-only --health-interval 200ms {image}")
        health = "docker inspect --format '{{.State.Health.Status}}' sound"
        wait_until(lambda: engine.run(health) == "healthy\n", 20)
    finally:
        engine.attempt("docker rm -f sound")


def test_docker_stop_ends_it_in_time_with_status_0(engine: Engine, container: str) -> None:
    began = time.time()
    assert engine.run(STOP) == "gossipcar\n"
    assert time.time() - began < 9, "after 10 s it is killed"
    how = "--filter event=die --format '{{.Actor.Attributes.exitCode}}'"
    assert engine.run(f"docker events --since {began:.9f} --until {time.time():.9f} {how}") == "0\n"
    wait_until(lambda: not engine.run("docker ps -aq"), what="that the container is gone")


def test_it_holds_the_node_and_dnspython_and_nothing_else(engine: Engine, image: str) -> None:
    program = "import os; print(*os.listdir())"
    names = engine.run(f"docker run --rm --entrypoint python {image} -c {shlex.quote(program)}").split()
    assert {name.split("-")[0] for name in names} == {"gossipcar.py", "__pycache__", "gossip", "dns", "dnspython"}


def run_python(engine: Engine, image: str, program: str) -> str:
    """What a Python program prints in a container that is as the manifest has it."""
    options = "--rm --read-only --cap-drop ALL --network none --entrypoint python"
    return engine.run(f"docker run {options} {image} -c {shlex.quote(program)}")


def test_no_tests_and_nothing_that_installs_is_left(engine: Engine, image: str) -> None:
    tests = ["pytest", "requests", "hypothesis", "tests"]
    installers = ["pip", "setuptools", "wheel", "ensurepip", "pkg_resources", "easy_install"]
    program = f"import importlib.util as u; print([m for m in {tests + installers} if u.find_spec(m)])"
    assert run_python(engine, image, program) == "[]\n"
    programs = ["pip", "pip3", "easy_install", "cc", "gcc", "g++", "c++", "ld", "as", "make", "cmake", "git", "curl"]
    program = f"import shutil; print([p for p in {programs} if shutil.which(p)])"
    assert run_python(engine, image, program) == "[]\n"


def test_the_base_image_had_pip_so_that_its_absence_says_something(engine: Engine, base: str) -> None:
    program = "import ensurepip, pip, shutil; print(shutil.which('pip'))"
    assert run_python(engine, base, program) == "/usr/local/bin/pip\n"


def test_it_adds_less_than_3_mib_to_its_base_and_dnspython(engine: Engine, base: str, image: str) -> None:
    sizes = engine.run(f"docker image inspect --format '{{{{.Size}}}}' {image} {base}").split()
    program = "import pathlib; print(sum(p.lstat().st_size for p in pathlib.Path('/app').glob('dns*/**/*')))"
    added = int(sizes[0]) - int(sizes[1]) - int(run_python(engine, image, program))
    assert 500_000 < added < 3 * 2**20


def test_the_root_file_system_is_for_reading(engine: Engine, image: str) -> None:
    program = """
import os
tops = [f"/{top}" for top in os.listdir("/") if top not in ("dev", "proc", "sys")]
walks = [walk for top in tops for walk in os.walk(top)]
paths = [path for path, _, _ in walks] + [os.path.join(path, name) for path, _, names in walks for name in names]
print([path for path in paths if os.access(path, os.W_OK)])
"""
    assert run_python(engine, image, program) == "[]\n"
    program = f"docker run --rm --entrypoint python {image} -c {shlex.quote(program)}"
    assert engine.run(program) == "['/tmp']\n"  # even where it is not mounted so


def test_where_port_80_may_not_be_bound_it_says_so_and_ends(engine: Engine, image: str) -> None:
    done = engine.attempt(f"docker run --rm --sysctl net.ipv4.ip_unprivileged_port_start=1024 {image}")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("gossipcar: ")
    assert "80" in line
