"""What a NetworkPolicy lets in: a pod that it selects gets what at least one of its rules lets in, any other all."""

from tests.manifests.manifest import Document

Labels = dict[str, str]


def _matches(selector: Document, labels: Labels) -> bool:
    return bool(selector["matchLabels"].items() <= labels.items())


def _is_of(peer: Document, labels: Labels, namespace: str | None) -> bool:
    """Whether a pod is one of those that a rule names; `namespace` is another one than the policy's."""
    if "namespaceSelector" in peer:
        if namespace is None or not _matches(peer["namespaceSelector"], {"kubernetes.io/metadata.name": namespace}):
            return False
    elif namespace is not None:
        return False
    return "podSelector" not in peer or _matches(peer["podSelector"], labels)


def _has(ports: list[Document], port: int, protocol: str) -> bool:
    """Whether a port is among those that a rule names; one that names none has all."""
    own = [each for each in ports if each["protocol"] == protocol]
    ranges = [range(each["port"], each["endPort"] + 1 if "endPort" in each else each["port"] + 1) for each in own]
    return not ports or any(port in each for each in ranges)


def lets_in(
    policy: Document, pod: Labels, port: int, caller: Labels, namespace: str | None = None, protocol: str = "TCP"
) -> bool:
    """Whether a caller reaches a port of a pod, as far as this one policy is asked."""
    spec = policy["spec"]
    if not _matches(spec["podSelector"], pod) or "Ingress" not in spec["policyTypes"]:
        return True
    return any(
        _has(rule.get("ports", []), port, protocol)
        and ("from" not in rule or any(_is_of(peer, caller, namespace) for peer in rule["from"]))
        for rule in spec["ingress"]
    )
