"""The Dockerfile makes an image that is small, runs without root, and stops when it is told to."""

import json
import re
import subprocess
import sys
from typing import NamedTuple

import pytest

from gossip.settings import DEFAULT_PEER_PORT, SETTINGS
from tests.nodes import ROOT, RunningNode


class Instruction(NamedTuple):
    word: str
    rest: str


def instructions(text: str) -> list[Instruction]:
    """The instructions of a Dockerfile, with continued lines joined and comments left out."""
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    return [Instruction(*line.strip().split(None, 1)) for line in joined.splitlines()]


DOCKERFILE = instructions((ROOT / "Dockerfile").read_text())
LAST_STAGE = DOCKERFILE[max(i for i, instruction in enumerate(DOCKERFILE) if instruction.word == "FROM") :]


def only(word: str) -> str:
    """What follows the one instruction of this name in the last stage."""
    (found,) = [instruction.rest for instruction in LAST_STAGE if instruction.word == word]
    return found


def health_command() -> list[str]:
    """The command of the health check. Raises ValueError unless it is in exec form."""
    command: list[str] = json.loads(only("HEALTHCHECK").partition("CMD ")[2])
    return command


def environment() -> dict[str, str]:
    return dict(pair.split("=", 1) for pair in only("ENV").split())


def test_every_stage_is_built_on_one_base_that_is_pinned_by_its_tag() -> None:
    bases = [instruction.rest.split()[0] for instruction in DOCKERFILE if instruction.word == "FROM"]
    (base,) = [instruction.rest for instruction in DOCKERFILE if instruction.word == "ARG"]
    assert re.fullmatch(r"PYTHON=python:3\.\d+-slim", base)
    assert bases == ["${PYTHON}"] * 2


def test_python_is_process_1_and_so_gets_signals() -> None:
    assert json.loads(only("ENTRYPOINT")) == ["python", "/app/gossipcar.py"]
    assert not any(instruction.word in ("CMD", "SHELL", "STOPSIGNAL") for instruction in LAST_STAGE)


def test_the_user_is_a_number_and_not_root() -> None:
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", only("USER"))


def test_nothing_is_done_as_root_after_the_user_is_set() -> None:
    words = [instruction.word for instruction in LAST_STAGE]
    assert not {"RUN", "COPY", "ADD"} & set(words[words.index("USER") :])


def test_both_ports_are_exposed() -> None:
    default = {setting.name: setting.default for setting in SETTINGS}
    assert only("EXPOSE").split() == [default["CLIENT_PORT"], default["PEER_PORT"]]


def test_it_runs_on_a_read_only_file_system_and_logs_at_once() -> None:
    assert environment().items() >= {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1"}.items()
    assert any("compileall" in instruction.rest for instruction in DOCKERFILE)


def test_the_environment_holds_settings_or_is_for_python_and_the_c_library() -> None:
    known = {setting.name for setting in SETTINGS} | {"MALLOC_ARENA_MAX"}
    assert {name for name in environment() if not name.startswith("PYTHON")} <= known


def test_only_dnspython_is_installed() -> None:
    (install,) = [instruction.rest for instruction in DOCKERFILE if "pip install" in instruction.rest]
    assert "--require-hashes" in install.split()
    assert install.split()[-2:] == ["-r", "/tmp/requirements-image.txt"]
    lines = (ROOT / "requirements-image.txt").read_text().splitlines()
    assert [re.split(r"[^\w-]", line)[0] for line in lines if not line.startswith("#")] == ["dnspython"]


def test_only_the_node_comes_from_the_project() -> None:
    sources = {i.rest.split()[0] for i in DOCKERFILE if i.word == "COPY" and not i.rest.startswith("--from")}
    assert sources == {"requirements-image.txt", "gossipcar.py", "gossip"}


def test_the_build_is_given_only_what_it_copies() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    patterns = [line for line in lines if line and not line.startswith("#")]
    assert patterns[0] == "*"  # so .git, tests, docs and all else stay out
    assert {p for p in patterns if p.startswith("!")} == {"!requirements-image.txt", "!gossipcar.py", "!gossip"}


def test_no_instruction_asks_for_a_newer_builder_or_names_a_registry() -> None:
    text = (ROOT / "Dockerfile").read_text()
    assert not re.search(r"^#\s*syntax=|<<|--link|\b[\w-]+\.(io|com|dev)/", text, re.MULTILINE)


def test_the_health_check_has_no_shell() -> None:
    assert health_command()[:2] == ["python", "-c"]
    assert str(DEFAULT_PEER_PORT) in health_command()[2]


@pytest.mark.parametrize("proxies", [{}, {"http_proxy": "http://127.0.0.1:9"}])
def test_the_health_check_tells_a_node_that_lives_from_one_that_does_not(proxies: dict[str, str]) -> None:
    command = [sys.executable, *health_command()[1:]]
    with RunningNode() as node:
        environ = {**proxies, "PEER_PORT": str(node.peer_port)}
        assert subprocess.run(command, env=environ).returncode == 0
    assert subprocess.run(command, env=environ, stderr=subprocess.DEVNULL).returncode == 1


def test_the_health_check_asks_the_port_for_health_where_there_is_one() -> None:
    command = [sys.executable, *health_command()[1:]]
    with RunningNode("--health-port=0") as node:
        port = node.health_url.rpartition(":")[2]
        assert subprocess.run(command, env={"HEALTH_PORT": port, "PEER_PORT": "9"}).returncode == 0
    assert "e.get('PEER_TLS_CERT') and 46748" in health_command()[2]
