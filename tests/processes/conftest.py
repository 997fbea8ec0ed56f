"""A cluster for whoever wants one."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.processes.cluster import Cluster


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    with ExitStack() as stack:
        yield Cluster(stack)
