"""What the component for TLS makes of the manifest."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from gossip.settings import DEFAULT_HEALTH_PORT
from tests.manifests.manifest import PATH, Document, parse
from tests.nodes import ROOT

COMPONENT = ROOT / "deploy" / "kustomize" / "components" / "tls"


@pytest.fixture
def built(tmp_path: Path) -> list[Document]:
    if shutil.which("kubectl") is None:
        pytest.skip("kubectl is not installed (Debian: apt-get install kubernetes-client)")
    shutil.copy(PATH, tmp_path / "app.yaml")
    shutil.copytree(COMPONENT, tmp_path / "tls")
    (tmp_path / "kustomization.yaml").write_text("resources: [app.yaml]\ncomponents: [tls]\n")
    done = subprocess.run(["kubectl", "kustomize", tmp_path], capture_output=True, text=True, timeout=30, check=True)
    return parse(done.stdout)


def sidecar(built: list[Document]) -> tuple[dict[str, Any], dict[str, Any]]:
    (deployment,) = [document for document in built if document["kind"] == "Deployment"]
    pod = deployment["spec"]["template"]["spec"]
    return pod, pod["initContainers"][0]


def test_the_node_is_given_the_files_of_the_certificate(built: list[Document]) -> None:
    pod, container = sidecar(built)
    environ = {variable["name"]: variable.get("value") for variable in container["env"]}
    (mount,) = container["volumeMounts"]
    assert "subPath" not in mount, "what is mounted so never changes"
    for name, file in (("CERT", "tls.crt"), ("KEY", "tls.key"), ("CA", "ca.crt")):
        assert environ[f"PEER_TLS_{name}"] == f"{mount['mountPath']}/{file}"
    (volume,) = [volume for volume in pod["volumes"] if volume["name"] == mount["name"]]
    secrets = [document["spec"]["secretName"] for document in built if document["kind"] == "Certificate"]
    assert volume["secret"]["secretName"] in secrets
    assert environ["SERVICE_DNS_NAME"] == "gossipcar-example", "what was there is still there"


def test_the_kubelet_asks_at_the_port_for_health(built: list[Document]) -> None:
    _, container = sidecar(built)
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    assert ports["health"] == DEFAULT_HEALTH_PORT
    probes = [container[f"{kind}Probe"]["httpGet"] for kind in ("startup", "readiness", "liveness")]
    assert [(probe["path"], probe["port"]) for probe in probes] == [
        ("/readyz", "health"), ("/readyz", "health"), ("/healthz", "health"),
    ]  # fmt: skip


def test_certificates_serve_both_sides_and_come_from_an_authority_of_their_own(built: list[Document]) -> None:
    objects = {(document["kind"], document["metadata"]["name"]): document["spec"] for document in built}
    peers = objects["Certificate", "gossipcar-peers"]
    assert {"server auth", "client auth"} <= set(peers["usages"])
    authority = objects["Issuer", peers["issuerRef"]["name"]]["ca"]["secretName"]
    assert objects["Certificate", "gossipcar-authority"]["secretName"] == authority
    assert objects["Certificate", "gossipcar-authority"]["isCA"] is True
