"""A network for each test that asks for one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.netns.network import Network


@pytest.fixture
def network(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Network]:
    """Three hosts without nodes; with the parameter `ipv6`, on a network that has no IPv4."""
    with Network(tmp_path, hosts=3, ipv6=getattr(request, "param", "ipv4") == "ipv6") as network:
        yield network
