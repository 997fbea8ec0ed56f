"""Reading manifests, and the parts of them that the rules talk about."""

from collections.abc import Hashable
from typing import Any

import yaml

from tests.nodes import ROOT

PATH = ROOT / "k8s-deploy.yaml"

Document = dict[str, Any]


class _StrictLoader(yaml.SafeLoader):
    """As a YAML parser of Kubernetes, but a key that is given twice is an error."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        if len(keys) != len(set(keys)):
            raise yaml.YAMLError(f"a key is given twice in {keys}, {node.start_mark}")
        return super().construct_mapping(node, deep)


def parse(text: str) -> list[Document]:
    """The documents of a manifest. Raises yaml.YAMLError."""
    return list(yaml.load_all(text, Loader=_StrictLoader))


class Manifest:
    """What k8s-deploy.yaml has, or more, and shortcuts into it."""

    def __init__(self, documents: list[Document]) -> None:
        self.documents = documents
        by_kind = {document["kind"]: document for document in documents}
        services = [document for document in documents if document["kind"] == "Service"]
        (self.service,) = [s for s in services if s["spec"]["ports"][0]["name"] == "peers"]
        self.budget: Document = by_kind["PodDisruptionBudget"]
        self.deployment: Document = by_kind["Deployment"]

    @property
    def template(self) -> Document:
        template: Document = self.deployment["spec"]["template"]
        return template

    @property
    def pod(self) -> Document:
        pod: Document = self.template["spec"]
        return pod

    @property
    def node(self) -> Document:
        """The container that runs Gossipcar."""
        (node,) = [c for c in self.containers if c["name"] == "gossipcar"]
        found: Document = node
        return found

    @property
    def app(self) -> Document:
        """The example's own container."""
        (app,) = self.pod["containers"]
        found: Document = app
        return found

    @property
    def containers(self) -> list[Document]:
        return [*self.pod.get("initContainers", []), *self.pod["containers"]]

    @property
    def probes(self) -> dict[str, Document]:
        """The node's probes by name."""
        return {name: probe for name, probe in self.node.items() if name.endswith("Probe")}

    @property
    def literals(self) -> dict[str, str]:
        """The node's environment, as far as the manifest states it itself."""
        return {variable["name"]: variable["value"] for variable in self.node["env"] if "value" in variable}

    @property
    def fields(self) -> dict[str, str]:
        """The node's environment that comes from fields of the pod."""
        return {
            variable["name"]: variable["valueFrom"]["fieldRef"]["fieldPath"]
            for variable in self.node["env"]
            if "valueFrom" in variable
        }


def load() -> Manifest:
    """The manifest of the project, read anew, so that it may be changed."""
    return Manifest(parse(PATH.read_text()))
