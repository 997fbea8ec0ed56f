"""A dnsmasq for each test that asks for one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gossip.sync import dns_peers
from tests.dns.server import Dnsmasq


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Dnsmasq]:
    """A dnsmasq that is not started yet: `run` starts it."""
    with Dnsmasq(tmp_path) as server:
        yield server


@pytest.fixture
def short_lookups(monkeypatch: pytest.MonkeyPatch) -> float:
    """A question that nobody answers is given up soon. So many seconds."""
    monkeypatch.setattr(dns_peers, "LOOKUP_SECONDS", 0.8)
    monkeypatch.setattr(dns_peers, "REFRESH_SECONDS", 2.0)
    return dns_peers.LOOKUP_SECONDS
