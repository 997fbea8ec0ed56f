"""deploy/kustomize: what its folders make is what Kubernetes takes, and means what it should."""

import os
from pathlib import Path

import pytest

from gossip.config import load as load_settings
from tests.manifests import manifest
from tests.manifests.kustomize import KUSTOMIZE, only, rendered
from tests.manifests.manifest import Document, Manifest
from tests.manifests.policy import lets_in
from tests.manifests.test_k8s_deploy import VERSIONS, breaches, invalid_against

OVERLAYS = ["base", "overlays/secured", "overlays/metrics", "overlays/bare", "overlays/tls"]
NAME = {"app.kubernetes.io/name": "gossipcar-example"}


def made(folder: str) -> Manifest:
    return Manifest(rendered(KUSTOMIZE / folder))


@pytest.fixture(scope="module")
def bare() -> Manifest:
    return made("overlays/bare")


@pytest.mark.parametrize("folder", OVERLAYS)
def test_schemas_of_each_version_accept_it(folder: str) -> None:
    rendered_once = made(folder)
    assert {version: invalid_against(rendered_once, version) for version in VERSIONS} == {v: [] for v in VERSIONS}


@pytest.mark.parametrize("folder", OVERLAYS)
def test_no_rule_is_broken(folder: str) -> None:
    elsewhere = {"node_is_a_sidecar"} if folder.endswith("bare") else set()
    assert set(breaches(made(folder))) == elsewhere


def by_kind(documents: list[Document]) -> dict[str, Document]:
    return {document["kind"]: document for document in documents}


def test_the_base_makes_the_objects_of_the_one_file() -> None:
    assert by_kind(rendered(KUSTOMIZE / "base")) == by_kind(manifest.load().documents)


def test_every_folder_is_tested() -> None:
    folders = {str(path.parent.relative_to(KUSTOMIZE)) for path in KUSTOMIZE.rglob("kustomization.yaml")}
    assert {folder for folder in folders if not folder.startswith("components/")} == set(OVERLAYS)


def test_secured_nobody_but_its_own_pods_reaches_the_peer_port() -> None:
    secured = made("overlays/secured")
    policy = only("NetworkPolicy", secured.documents)
    own = secured.template["metadata"]["labels"]
    assert lets_in(policy, own, 46747, caller=own)
    assert not lets_in(policy, own, 46747, caller={"app": "other"})
    assert not lets_in(policy, own, 46747, caller=own, namespace="other")
    assert not lets_in(policy, own, 46747, caller={"gossipcar": "sidecar", "app.kubernetes.io/name": "another"})


@pytest.mark.parametrize("port", [1, 80, 8080, 46746, 46748, 65535])
def test_secured_the_application_is_reached_as_before(port: int) -> None:
    secured = made("overlays/secured")
    policy = only("NetworkPolicy", secured.documents)
    own = secured.template["metadata"]["labels"]
    assert lets_in(policy, own, port, caller={"app": "other"}, namespace="other")
    assert lets_in(policy, own, port, caller={"app": "other"}, protocol="UDP")
    assert policy["spec"]["policyTypes"] == ["Ingress"]  # and goes out as before, to DNS among others


def test_secured_the_node_alone_has_the_secret() -> None:
    secured = made("overlays/secured")
    assert secured.pod["volumes"] == [{"name": "gossipcar-peers", "secret": {"secretName": "gossipcar-peers"}}]
    mounts = [{"name": "gossipcar-peers", "mountPath": "/etc/gossipcar", "readOnly": True}]
    assert secured.node["volumeMounts"] == mounts
    assert secured.literals["PEER_SECRET_FILE"] == "/etc/gossipcar/secret"
    assert "volumeMounts" not in secured.app


def test_tls_comes_on_top_of_the_secret() -> None:
    pods = made("overlays/tls")
    assert [volume["name"] for volume in pods.pod["volumes"]] == ["gossipcar-tls", "gossipcar-peers"]
    given = {name for name in pods.literals if name.startswith("PEER_TLS") or name == "PEER_SECRET_FILE"}
    assert given == {"PEER_TLS_CERT", "PEER_TLS_KEY", "PEER_TLS_CA", "PEER_SECRET_FILE"}
    assert {document["kind"] for document in pods.documents} >= {"Certificate", "Issuer", "NetworkPolicy"}


def test_metrics_are_where_the_annotations_say() -> None:
    pods = made("overlays/metrics")
    assert pods.template["metadata"]["annotations"] == {
        "prometheus.io/scrape": "true",
        "prometheus.io/port": str(pods.node["ports"][0]["containerPort"]),
        "prometheus.io/path": "/metrics",
    }


def test_metrics_under_tls_are_where_health_is(tmp_path: Path) -> None:
    """In the order that docs/kubernetes.md tells."""
    metrics, tls = (os.path.relpath(KUSTOMIZE / folder, tmp_path) for folder in ("overlays/metrics", "components/tls"))
    (tmp_path / "kustomization.yaml").write_text(f"resources: [{metrics}]\ncomponents: [{tls}]\n")
    pods = Manifest(rendered(tmp_path))
    (health,) = [port["containerPort"] for port in pods.node["ports"] if port["name"] == "health"]
    assert pods.template["metadata"]["annotations"] == {
        "prometheus.io/scrape": "true",
        "prometheus.io/port": str(health),
        "prometheus.io/path": "/metrics",
    }


def test_bare_the_pods_run_gossipcar_and_nothing_else(bare: Manifest) -> None:
    assert [container["name"] for container in bare.containers] == ["gossipcar"]
    assert "initContainers" not in bare.pod
    settings = load_settings({}, bare.literals)
    assert (settings.client_host, settings.client_port, settings.peer_port) == (("::",), 80, 46747)


def test_bare_clients_may_call_it_by_the_names_of_its_service(bare: Manifest) -> None:
    names = bare.literals["CLIENT_HOSTS"].replace("$(MY_POD_NAMESPACE)", "shop").split(",")
    assert names == ["gossipcar", "gossipcar.shop", "gossipcar.shop.svc", "gossipcar.shop.svc.cluster.local"]
    listed = [variable["name"] for variable in bare.node["env"]]
    assert listed.index("MY_POD_NAMESPACE") < listed.index("CLIENT_HOSTS"), "what is referred to must come first"


def test_bare_a_service_leads_clients_to_it(bare: Manifest) -> None:
    (clients,) = [d for d in bare.documents if d["kind"] == "Service" and d is not bare.service]
    assert clients["metadata"]["name"] == "gossipcar"
    assert clients["spec"]["selector"].items() <= bare.template["metadata"]["labels"].items()
    assert "clusterIP" not in clients["spec"]
    (port,) = clients["spec"]["ports"]
    ports = {port["name"]: port["containerPort"] for port in bare.node["ports"]}
    assert (port["port"], ports[port["targetPort"]]) == (80, 80)
