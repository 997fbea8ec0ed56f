"""What a node tells, against what Prometheus reads and what `docs/metrics.md` says."""

import re
import subprocess

import requests

from tests.metrics.conftest import Scrape
from tests.metrics.promtool import promtool
from tests.nodes import ROOT
from tests.unit.test_node import client_url, peer_url, running

PAGE = ROOT / "docs" / "metrics.md"
ROW = re.compile(r"^\| `([a-z_]+)(?:\{([a-z, ]+)\})?` \| ([a-z]+) \|", re.MULTILINE)


def test_prometheus_reads_it(scraped: Scrape) -> None:
    assert scraped.content_type == "text/plain; version=0.0.4; charset=utf-8"
    assert 'gossipcar_exchanges_begun_total{result="failed"} 0\n' in scraped.text
    assert "\ngossipcar_peers_agreeing 1\n" in scraped.text
    assert "\ngossipcar_store_entries 1\n" in scraped.text
    assert "\ngossipcar_entries_received_total 1\n" in scraped.text


def test_its_names_are_as_prometheus_wants_them(scraped: Scrape) -> None:
    checked = subprocess.run([promtool(), "check", "metrics"], input=scraped.text, capture_output=True, text=True)
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")
    assert all(name.startswith(("gossipcar_", "process_")) for name in scraped.kinds)


def test_the_page_has_every_metric_and_no_other(scraped: Scrape) -> None:
    assert [(name, kind) for name, _, kind in ROW.findall(PAGE.read_text())] == [*scraped.kinds.items()]


def test_the_page_has_every_label_and_no_other(scraped: Scrape) -> None:
    promised = {name: set(labels.split(", ")) if labels else set() for name, labels, _ in ROW.findall(PAGE.read_text())}
    found = re.findall(r"^(\w+)(?:\{(.*)\})? ", re.sub("^#.*\n", "", scraped.text, flags=re.MULTILINE), re.MULTILINE)
    for name, labels in found:
        metric = re.sub("_(bucket|sum|count)$", "", name)
        assert set(re.findall(r"(\w+)=", labels)) - {"le"} == promised[metric], name


def test_it_is_for_the_peer_port_only() -> None:
    with running() as node:
        assert requests.get(client_url(node, "/metrics"), timeout=10).status_code == 404
        assert requests.head(peer_url(node, "/metrics"), timeout=10).status_code == 200
        requests.get(client_url(node, "/map?k=absent"), timeout=10)
        text = requests.get(peer_url(node, "/metrics"), timeout=10).text
        assert 'gossipcar_http_requests_total{method="GET",status="404"} 2\n' in text
        assert "gossipcar_last_exchange_age_seconds +Inf\n" in text
