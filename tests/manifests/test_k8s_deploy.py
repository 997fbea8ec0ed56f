"""k8s-deploy.yaml is what Kubernetes takes, and means what it should. And the checks bite: each breach is seen."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal

import kubernetes_validate  # type: ignore[import-untyped]
import pytest
import requests
import yaml
from kubernetes_validate.utils import all_versions, major_minor  # type: ignore[import-untyped]

from tests.manifests import rules
from tests.manifests.manifest import Manifest, load, parse
from tests.nodes import RunningNode, wait_until

FIRST_MINOR = 29
"""Kubernetes 1.29 is the first that has native sidecars without being asked."""

VERSIONS = list(dict.fromkeys(v for v in map(major_minor, all_versions()) if int(v.split(".")[1]) >= FIRST_MINOR))

CERT_MANAGER = "cert-manager.io"
"""Whose objects are no part of Kubernetes."""

Change = Callable[[Manifest], object]


def invalid_against(manifest: Manifest, version: str) -> list[str]:
    """What the schemas of this version of Kubernetes have against the manifest."""
    faults = []
    own = (document for document in manifest.documents if not document["apiVersion"].startswith(f"{CERT_MANAGER}/"))
    for document in own:
        try:
            validated = kubernetes_validate.validate(document, version, strict=True)
            assert validated == version
        except kubernetes_validate.ValidationError as error:
            faults.append(f"{'.'.join(map(str, error.path))}: {error.message}")
    return faults


def breaches(manifest: Manifest) -> dict[str, list[str]]:
    """For each rule that is broken, its sentences."""
    found = {rule.__name__: list(rule(manifest)) for rule in rules.RULES}
    return {name: sentences for name, sentences in found.items() if sentences}


def test_versions_reach_from_the_first_with_sidecars_to_recent_ones() -> None:
    assert VERSIONS[0] == f"1.{FIRST_MINOR}"
    assert len(VERSIONS) >= 3


@pytest.mark.parametrize("version", VERSIONS)
def test_schemas_accept_it(version: str) -> None:
    assert invalid_against(load(), version) == []


def test_no_rule_is_broken() -> None:
    assert breaches(load()) == {}


SCHEMA_BREACHES: dict[str, Change] = {
    "unknown field": lambda m: m.pod.update(restartPolice="Always"),
    "field at the wrong level": lambda m: m.node.update(terminationGracePeriodSeconds=30),
    "wrong case": lambda m: m.service["spec"].update(clusterIp="None"),
    "wrong type": lambda m: m.deployment["spec"].update(replicas="3"),
    "number where text is wanted": lambda m: m.node["env"].append({"name": "PEER_PORT", "value": 1}),
    "missing field": lambda m: m.deployment["spec"].pop("selector"),
}


@pytest.mark.parametrize("version", [VERSIONS[0], VERSIONS[-1]])
@pytest.mark.parametrize("change", SCHEMA_BREACHES.values(), ids=SCHEMA_BREACHES.keys())
def test_schemas_see_what_is_wrong(change: Change, version: str) -> None:
    manifest = load()
    change(manifest)
    assert invalid_against(manifest, version)


NAME = "app.kubernetes.io/name"
RULE_BREACHES: list[tuple[str, Change]] = [
    ("selectors_meet_labels", lambda m: m.service["spec"]["selector"].update({NAME: "other"})),
    ("selectors_meet_labels", lambda m: m.budget["spec"]["selector"]["matchLabels"].clear()),
    ("selectors_meet_labels", lambda m: m.template["metadata"]["labels"].pop(NAME)),
    ("ports_meet", lambda m: m.service["spec"]["ports"][0].update(port=80)),
    ("ports_meet", lambda m: m.service["spec"]["ports"][0].update(targetPort="peer")),
    ("ports_meet", lambda m: m.node["livenessProbe"]["httpGet"].update(port=80)),
    ("ports_meet", lambda m: m.node["env"].append({"name": "PEER_PORT", "value": "4000"})),
    ("quantities_are_sane", lambda m: m.node["resources"]["requests"].update(cpu="50 m")),
    ("quantities_are_sane", lambda m: m.app["resources"]["limits"].update(memory="64MB")),
    ("quantities_are_sane", lambda m: m.node["resources"]["requests"].update(memory="1Gi")),
    ("quantities_are_sane", lambda m: m.app["resources"].pop("limits")),
    ("memory_fits_the_map", lambda m: m.node["resources"]["limits"].update(memory="128Mi")),
    ("environment_is_known", lambda m: m.node["env"].append({"name": "SERVICE_NAME", "value": "x"})),
    ("environment_is_known", lambda m: m.node["env"].append({"name": "CLIENT_PORT", "value": "http"})),
    ("environment_is_known", lambda m: m.service["metadata"].update(name="other")),
    ("environment_is_known", lambda m: m.node["env"][1]["valueFrom"]["fieldRef"].update(fieldPath="status.hostIP")),
    ("service_is_headless", lambda m: m.service["spec"].pop("clusterIP")),
    ("service_is_headless", lambda m: m.service["spec"].pop("publishNotReadyAddresses")),
    ("pods_are_restricted", lambda m: m.node["securityContext"].update(runAsUser=0)),
    ("pods_are_restricted", lambda m: m.node["securityContext"].pop("seccompProfile")),
    ("pods_are_restricted", lambda m: m.pod.update(volumes=[{"name": "all", "hostPath": {"path": "/"}}])),
    ("pods_are_restricted", lambda m: m.app["securityContext"].pop("capabilities")),
    ("pods_are_restricted", lambda m: m.node["securityContext"].update(readOnlyRootFilesystem=False)),
    ("pods_are_restricted", lambda m: m.node["securityContext"].update(allowPrivilegeEscalation=True)),
    ("low_ports_may_be_bound", lambda m: m.pod["securityContext"].pop("sysctls")),
    ("low_ports_may_be_bound", lambda m: m.pod["securityContext"]["sysctls"][0].update(name="net.core.somaxconn")),
    ("updates_keep_the_map", lambda m: m.deployment["spec"]["strategy"]["rollingUpdate"].update(maxUnavailable="25%")),
    ("updates_keep_the_map", lambda m: m.deployment["spec"].pop("minReadySeconds")),
    ("updates_keep_the_map", lambda m: m.pod.update(terminationGracePeriodSeconds=5)),
    ("node_is_a_sidecar", lambda m: m.node.pop("restartPolicy")),
    ("node_is_a_sidecar", lambda m: m.pod["initContainers"].insert(0, {**m.app, "name": "first"})),
    ("node_is_a_sidecar", lambda m: m.node["startupProbe"].update(failureThreshold=5)),
    ("images_are_named", lambda m: m.node.pop("imagePullPolicy")),
]


@pytest.mark.parametrize(("rule", "change"), RULE_BREACHES)
def test_rules_see_what_schemas_cannot(rule: str, change: Change) -> None:
    manifest = load()
    change(manifest)
    assert rule in breaches(manifest)


def test_every_rule_has_been_seen_to_bite() -> None:
    assert {rule.__name__ for rule in rules.RULES} == {name for name, _ in RULE_BREACHES}


def test_a_key_that_is_given_twice_is_seen() -> None:
    with pytest.raises(yaml.YAMLError):
        parse("kind: Service\nkind: Deployment\n")


QUANTITIES = [("50m", "0.05"), ("1", "1"), ("1.5", "1.5"), ("2k", "2000"), ("1Ki", "1024"), ("64Mi", "67108864")]


@pytest.mark.parametrize(("text", "number"), [*QUANTITIES, ("1e3", "1000"), ("1E", "1e18"), ("1Ei", str(2**60))])
def test_quantities(text: str, number: str) -> None:
    assert rules.quantity(text) == Decimal(number)


@pytest.mark.parametrize("text", ["", "Mi", "64MB", "64mi", "64 Mi", "1,5", "-1", "1.e", "0x1"])
def test_what_is_no_quantity(text: str) -> None:
    with pytest.raises(ValueError, match="no quantity"):
        rules.quantity(text)


def test_a_node_answers_its_probes() -> None:
    with RunningNode() as node:
        for probe in load().probes.values():
            assert requests.get(node.peer_url + probe["httpGet"]["path"], timeout=5).status_code == 200


@pytest.mark.skipif(not shutil.which("curl") or sys.platform == "win32", reason="the example needs curl and sh")
def test_the_example_reads_and_writes_the_map_and_ends_when_asked_to() -> None:
    *shell, script = load().app["command"]
    with RunningNode() as node:
        script = script.replace("http://localhost:80", node.url)
        assert node.url in script
        example = subprocess.Popen([*shell, script], env={**os.environ, "HOSTNAME": "pod-1"}, text=True)
        try:
            wait_until(lambda: node.get("last-writer") == b"last-writer=pod-1\n")
            example.send_signal(signal.SIGTERM)
            assert example.wait(5) == 0
        finally:
            example.kill()
