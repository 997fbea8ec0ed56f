"""The alerts and the dashboard: that they are what Prometheus and Grafana take, and ask for what nodes tell."""

import json
import re
import subprocess
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.metrics.conftest import Scrape
from tests.metrics.promtool import promtool
from tests.nodes import ROOT

ALERTS = ROOT / "deploy" / "alerts.yaml"
DASHBOARD = json.loads((ROOT / "deploy" / "grafana.json").read_text())
PANELS = DASHBOARD["panels"]
TARGETS = [target for panel in PANELS for target in panel["targets"]]
NAME = re.compile(r"\b(?:gossipcar|process)_\w+")


def rules() -> list[dict[str, Any]]:
    return [rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]


def run(*arguments: str | Path) -> str:
    done = subprocess.run([promtool(), *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_each_alert_fires_when_it_should_and_not_otherwise() -> None:
    assert "SUCCESS: 4 rules found" in run("check", "rules", ALERTS)
    assert "SUCCESS" in run("test", "rules", ROOT / "tests" / "metrics" / "alerts.yaml")


def test_the_page_says_what_to_do_about_each_alert() -> None:
    told = re.findall(r"^\| `(Gossipcar\w+)` \|", (ROOT / "docs" / "metrics.md").read_text(), re.MULTILINE)
    assert told == [rule["alert"] for rule in rules()]


@pytest.mark.parametrize("expression", [rule["expr"] for rule in rules()] + [target["expr"] for target in TARGETS])
def test_what_is_asked_for_is_told(scraped: Scrape, expression: str) -> None:
    asked = set(NAME.findall(expression))
    assert asked
    assert asked <= scraped.names


def test_prometheus_understands_what_the_dashboard_asks_for(tmp_path: Path) -> None:
    filled = [target["expr"].replace("$__rate_interval", "1m") for target in TARGETS]
    recording = [{"record": f"panel:{at}", "expr": expression} for at, expression in enumerate(filled)]
    path = tmp_path / "dashboard.yaml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": recording}]}))
    assert f"SUCCESS: {len(TARGETS)} rules found" in run("check", "rules", path)


def test_the_dashboard_can_be_imported_wherever_there_is_prometheus() -> None:
    assert (DASHBOARD["title"], DASHBOARD["schemaVersion"]) == ("Gossipcar", 39)
    assert "id" not in DASHBOARD, "that is Grafana's to give"
    variables = {variable["name"]: variable for variable in DASHBOARD["templating"]["list"]}
    assert [*variables] == ["datasource", "job", "instance"]
    assert (variables["datasource"]["type"], variables["datasource"]["query"]) == ("datasource", "prometheus")
    source = {"type": "prometheus", "uid": "${datasource}"}
    askers = [*PANELS, *TARGETS, variables["job"], variables["instance"]]
    assert all(asker["datasource"] == source for asker in askers)
    used = {name for asker in askers for name in re.findall(r"\$\{?(\w+)", json.dumps(asker))}
    assert used == {"datasource", "job", "instance", "__all", "__rate_interval"}


def test_six_panels_side_by_side() -> None:
    assert [panel["title"] for panel in PANELS] == [
        "Agreement",
        "Requests",
        "Travel time",
        "Store against its limit",
        "Exchanges",
        "Clocks, and what is refused",
    ]
    assert [panel["id"] for panel in PANELS] == [1, 2, 3, 4, 5, 6]
    for panel in PANELS:
        assert panel["type"] == "timeseries"
        assert panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24
        assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"])
    assert not any(overlap(a["gridPos"], b["gridPos"]) for a, b in combinations(PANELS, 2))


def overlap(a: dict[str, int], b: dict[str, int]) -> bool:
    across = a["x"] < b["x"] + b["w"] and b["x"] < a["x"] + a["w"]
    return across and a["y"] < b["y"] + b["h"] and b["y"] < a["y"] + a["h"]


def test_what_a_panel_says_of_some_of_its_lines_is_said_of_lines_that_it_has() -> None:
    for panel in PANELS:
        for override in panel["fieldConfig"]["overrides"]:
            assert override["matcher"]["id"] == "byRegexp"
            pattern = re.compile(override["matcher"]["options"])
            assert any(pattern.fullmatch(target["legendFormat"]) for target in panel["targets"]), panel["title"]
