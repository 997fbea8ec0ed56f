"""One engine for all tests of the image, and the image, built as the README says."""

import re
from collections.abc import Iterator

import pytest

from tests.image.commands import BUILD
from tests.image.engine import Engine, engine_or_skip
from tests.nodes import ROOT


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory, base: str) -> Iterator[Engine]:
    """An engine that has the Dockerfile's base image."""
    engine_or_skip()
    with Engine(tmp_path_factory.mktemp("docker")) as engine:
        engine.import_base(base)
        yield engine


@pytest.fixture(scope="session")
def base() -> str:
    """The name of the image that the Dockerfile builds on."""
    found = re.search(r"^ARG PYTHON=(\S+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert found
    return found[1]


@pytest.fixture(scope="session")
def image(engine: Engine) -> str:
    """The image's name."""
    engine.run(BUILD)
    return "gossipcar"
