"""A node for programs that people use; who wants another one makes it."""

from collections.abc import Iterator

import pytest

from tests.nodes import RunningNode


@pytest.fixture(scope="module")
def node() -> Iterator[RunningNode]:
    with RunningNode("--client-hosts=car") as running:
        running.put("a", b"1")
        yield running
        assert "Traceback" not in running.log
