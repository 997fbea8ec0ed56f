"""What docs/kubernetes.md shows is what Kubernetes takes, and does what the page says."""

import re
import shutil
from functools import cache
from pathlib import Path

import pytest

from tests.manifests.kustomize import KUSTOMIZE, only, rendered
from tests.manifests.manifest import Document, Manifest, parse
from tests.manifests.policy import lets_in
from tests.manifests.test_k8s_deploy import VERSIONS, invalid_against
from tests.manifests.test_kustomize import made
from tests.nodes import ROOT

BUDGET = "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata:\n  name: shop\n"


@cache
def shown() -> list[str]:
    """The manifests of the page: two files, and then two policies."""
    return re.findall(r"^```yaml\n(.*?)^```", (ROOT / "docs" / "kubernetes.md").read_text(), re.DOTALL | re.MULTILINE)


def policy(name: str) -> Document:
    (found,) = [d for text in shown()[2:] for d in parse(text) if d["metadata"]["name"] == name]
    return found


def lay_out(folder: Path, kustomization: str = "", init: str = "") -> Path:
    """The files of the page, with more lines, in a folder beside a copy of the project."""
    shutil.copytree(KUSTOMIZE, folder / "gossipcar" / "deploy" / "kustomize")
    for text in shown()[:2]:
        name, _, rest = text.removeprefix("# ").partition("\n")
        (folder / name).write_text(rest + {"kustomization.yaml": kustomization, "deployment.yaml": init}[name])
    (folder / "budget.yaml").write_text(BUDGET)
    return folder


def mine(folder: Path) -> Manifest:
    return Manifest([*rendered(folder), *parse(BUDGET)])


INIT = """
      initContainers:
        - name: migrate
          image: shop:1
"""


def test_a_deployment_of_ones_own_gets_the_sidecar_before_all_else_and_stays_as_it_was(tmp_path: Path) -> None:
    own = mine(lay_out(tmp_path, init=INIT.lstrip("\n")))
    assert [container["name"] for container in own.containers] == ["gossipcar", "migrate", "shop"]
    assert own.node["image"] == "your-registry/gossipcar:1"
    assert own.containers[1:] == [{"name": "migrate", "image": "shop:1"}, {"name": "shop", "image": "shop:1"}]
    (before,) = [d for text in shown()[:2] for d in parse(text) if d["kind"] == "Deployment"]
    assert own.template["metadata"]["labels"] == {"app": "shop", "gossipcar": "sidecar"}
    assert own.pod.keys() - before["spec"]["template"]["spec"].keys() == {"initContainers", "securityContext"}
    assert own.pod["securityContext"].keys() == {"sysctls"}
    rest = {key: value for key, value in own.deployment["spec"].items() if key != "template"}
    assert rest == {key: value for key, value in before["spec"].items() if key != "template"}


@pytest.mark.parametrize("version", [VERSIONS[0], VERSIONS[-1]])
def test_schemas_accept_it(version: str, tmp_path: Path) -> None:
    assert invalid_against(mine(lay_out(tmp_path)), version) == []


def test_a_deployment_without_the_label_is_left_alone(tmp_path: Path) -> None:
    lay_out(tmp_path)
    file = tmp_path / "deployment.yaml"
    file.write_text(file.read_text().replace("gossipcar: sidecar", "gossipcar: none"))
    assert "initContainers" not in only("Deployment", rendered(tmp_path))["spec"]["template"]["spec"]


@pytest.mark.parametrize(("more", "name"), [("", "gossipcar-peers"), ("namePrefix: a-\n", "a-gossipcar-peers")])
def test_nodes_look_up_the_service_whatever_it_is_called(more: str, name: str, tmp_path: Path) -> None:
    own = mine(lay_out(tmp_path, more))
    assert own.service["metadata"]["name"] == own.literals["SERVICE_DNS_NAME"] == name


def test_two_maps_in_one_namespace_are_kept_apart(tmp_path: Path) -> None:
    labels = "labels:\n  - pairs:\n      map: a\n    includeSelectors: true\n"
    own = mine(lay_out(tmp_path, f"nameSuffix: -a\n{labels}"))
    assert own.service["spec"]["selector"] == {"gossipcar": "sidecar", "map": "a"}
    assert own.template["metadata"]["labels"] == {"app": "shop", "gossipcar": "sidecar", "map": "a"}


def test_the_other_components_are_listed_after_it(tmp_path: Path) -> None:
    folder = lay_out(tmp_path)
    file = folder / "kustomization.yaml"
    line = "  - gossipcar/deploy/kustomize/components/sidecar\n"
    more = "".join(line.replace("sidecar", name) for name in ("secured", "metrics"))
    file.write_text(file.read_text().replace(line, line + more))
    own = mine(folder)
    assert own.node["volumeMounts"][0]["mountPath"] == "/etc/gossipcar"
    assert own.template["metadata"]["annotations"]["prometheus.io/port"] == "46747"


def test_schemas_accept_the_policies() -> None:
    with_policies = Manifest([*made("base").documents, policy("gossipcar-out"), policy("gossipcar-metrics")])
    assert {version: invalid_against(with_policies, version) for version in VERSIONS} == {v: [] for v in VERSIONS}


def test_prometheus_is_let_in_and_nobody_else() -> None:
    own = made("base").template["metadata"]["labels"]
    prometheus = {"app.kubernetes.io/name": "prometheus"}
    assert lets_in(policy("gossipcar-metrics"), own, 46747, prometheus, namespace="monitoring")
    assert not lets_in(policy("gossipcar-metrics"), own, 46747, prometheus, namespace="other")
    assert not lets_in(policy("gossipcar-metrics"), own, 46747, {"app": "other"}, namespace="monitoring")


def test_nodes_are_let_out_to_dns_and_to_each_other() -> None:
    dns, peers = policy("gossipcar-out")["spec"]["egress"]
    assert dns == {"ports": [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}]}
    own = made("base").template["metadata"]["labels"]
    assert peers["to"][0]["podSelector"]["matchLabels"].items() <= own.items()
    assert peers["ports"] == [{"port": 46747, "protocol": "TCP"}]
