"""What a node that has met a peer tells in numbers, over its peer port."""

from collections.abc import Iterator
from typing import NamedTuple

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from tests.nodes import wait_until
from tests.unit.test_node import client_url, peer_url, running


class Scrape(NamedTuple):
    """One answer of /metrics."""

    text: str
    content_type: str
    kinds: dict[str, str]
    """Each metric's type, by its name as people write it, with `_total` where it is a counter."""
    names: set[str]
    """The names of all samples that there may be."""


def scrape_of(url: str) -> Scrape:
    response = requests.get(url, timeout=10)
    assert response.status_code == 200
    kinds: dict[str, str] = {}
    names: set[str] = set()
    for family in text_string_to_metric_families(response.text):
        name = f"{family.name}_total" if family.type == "counter" else family.name
        kinds[name] = family.type
        names |= {name, *(sample.name for sample in family.samples)}
    return Scrape(response.text, response.headers["Content-Type"], kinds, names)


@pytest.fixture(scope="session")
def scraped() -> Iterator[Scrape]:
    with running() as first, running(PEERS=f"127.0.0.1:{first.peer_servers[0].port}") as second:
        assert requests.put(client_url(first, "/map?k=key"), b"value", timeout=10).status_code == 201
        wait_until(lambda: second.store.entries == 1, what="the write to arrive")
        wait_until(lambda: second.metrics.exchanges_out.totals["agreed"], what="an exchange that agrees")
        yield scrape_of(peer_url(second, "/metrics"))
