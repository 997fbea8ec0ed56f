"""What a schema cannot see of a manifest. Each rule yields a sentence for every breach."""

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from gossip.api.health import PATIENCE_SECONDS
from gossip.config import SettingError, Settings
from gossip.config import load as load_settings
from gossip.data.limits import PEER_ALLOWANCE
from gossip.node import STOP_SECONDS
from gossip.settings import SETTINGS
from tests.manifests.manifest import Document, Manifest

SAFE_SYSCTLS = {
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ping_group_range",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_syncookies",
}
"""Those that Kubernetes 1.29 allows without configuration of the machines."""

_NODE_BYTES = 30 * 2**20
"""What a node takes with an empty map, rounded up."""

_QUANTITY = re.compile(r"(\d+(?:\.\d+)?)(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][+-]?\d+)?")


def quantity(text: str) -> Decimal:
    """A Kubernetes quantity as a number. Raises ValueError."""
    match = _QUANTITY.fullmatch(str(text))
    if not match:
        raise ValueError(f"{text!r} is no quantity")
    number, unit = Decimal(match[1]), match[2] or ""
    if unit == "m":
        return number / 1000
    if unit[:1] in ("e", "E") and len(unit) > 1 and unit != "Ei":
        return Decimal(match[1] + unit)
    power = "kMGTPE".index(unit[0].replace("K", "k")) + 1 if unit else 0
    return number * Decimal(1024 if unit.endswith("i") else 1000) ** Decimal(power)


def selectors_meet_labels(manifest: Manifest) -> Iterator[str]:
    labels = manifest.template["metadata"]["labels"].items()
    selectors = {
        "Service": manifest.service["spec"]["selector"],
        "PodDisruptionBudget": manifest.budget["spec"]["selector"]["matchLabels"],
        "Deployment": manifest.deployment["spec"]["selector"]["matchLabels"],
    }
    for spread in manifest.pod["topologySpreadConstraints"]:
        selectors[f"spread over {spread['topologyKey']}"] = spread["labelSelector"]["matchLabels"]
    for name, selector in selectors.items():
        if not selector or not selector.items() <= labels:
            yield f"the selector of the {name} does not select the pods: {selector}"


def ports_meet(manifest: Manifest) -> Iterator[str]:
    named = {port["name"]: port["containerPort"] for port in manifest.node["ports"]}
    settings = _settings(manifest)
    peer_port = settings.peer_port
    health_port = settings.health_port if settings.peer_tls_cert else peer_port
    for name, probe in manifest.probes.items():
        port = probe["httpGet"]["port"]
        if named.get(port, port) != health_port:
            yield f"{name} asks port {port}, health is at {health_port}"
    for port in manifest.service["spec"]["ports"]:
        if named.get(port["targetPort"], port["targetPort"]) != peer_port or port["port"] != peer_port:
            yield f"the Service leads to port {port['targetPort']} by {port['port']}, peers are at {peer_port}"


def quantities_are_sane(manifest: Manifest) -> Iterator[str]:
    for container in manifest.containers:
        amounts: dict[str, dict[str, Decimal]] = {}
        for kind, resources in container["resources"].items():
            for resource, text in resources.items():
                try:
                    amounts.setdefault(kind, {})[resource] = quantity(text)
                except ValueError as error:
                    yield f"{kind} of {resource} of {container['name']}: {error}"
        requests, limits = amounts.get("requests", {}), amounts.get("limits", {})
        if not {"cpu", "memory"} <= requests.keys() or "memory" not in limits:
            yield f"{container['name']} must request cpu and memory, and limit memory"
        for resource in requests.keys() & limits.keys():
            if requests[resource] > limits[resource]:
                yield f"{container['name']} requests more {resource} than its limit"


def memory_fits_the_map(manifest: Manifest) -> Iterator[str]:
    limit = quantity(manifest.node["resources"]["limits"]["memory"])
    need = _NODE_BYTES + _settings(manifest).max_store_bytes * PEER_ALLOWANCE
    if limit < need:
        yield f"the memory limit is {limit}, and a full map alone takes {need}"


def environment_is_known(manifest: Manifest) -> Iterator[str]:
    known = {setting.name for setting in SETTINGS} | {"MY_POD_NAMESPACE"}  # which is for use in CLUSTER_NAME
    for variable in manifest.node["env"]:
        if variable["name"] not in known:
            yield f"{variable['name']} is no setting"
    try:
        load_settings({}, manifest.literals)
    except SettingError as error:
        yield str(error)
    if manifest.literals.get("SERVICE_DNS_NAME") != manifest.service["metadata"]["name"]:
        yield "SERVICE_DNS_NAME is not the name of the Service"
    fields = {"MY_POD_IP": "status.podIP", "MY_POD_NAME": "metadata.name", "MY_POD_NAMESPACE": "metadata.namespace"}
    if manifest.fields != fields:
        yield f"the pod's address and names are not what the pod's fields say: {manifest.fields}"
    if not manifest.literals.get("CLUSTER_NAME", "").startswith("$(MY_POD_NAMESPACE)/"):
        yield "the same manifest in two namespaces would make one cluster"


def service_is_headless(manifest: Manifest) -> Iterator[str]:
    spec = manifest.service["spec"]
    if spec.get("clusterIP") != "None":
        yield "the Service is not headless"
    if spec.get("publishNotReadyAddresses") is not True:
        yield "the Service hides nodes that are not ready, so none would ever find another"


def pods_are_restricted(manifest: Manifest) -> Iterator[str]:
    pod = manifest.pod.get("securityContext", {})
    for key in ("hostNetwork", "hostPID", "hostIPC"):
        if manifest.pod.get(key):
            yield f"the pod has {key}"
    if any("secret" not in volume for volume in manifest.pod.get("volumes", [])):
        yield "the pod has volumes that are no Secrets"
    for container in manifest.containers:
        own = container.get("securityContext", {})
        for fault in _unrestricted({**pod, **own}):
            yield f"{container['name']}: {fault}"


def _unrestricted(context: Document) -> Iterator[str]:
    if context.get("runAsNonRoot") is not True or not context.get("runAsUser"):
        yield "must run as a user by number that is not root"
    if context.get("seccompProfile", {}).get("type") != "RuntimeDefault":
        yield "must have the seccomp profile RuntimeDefault"
    if context.get("allowPrivilegeEscalation") is not False or context.get("privileged"):
        yield "must not be able to gain privileges"
    if context.get("capabilities") != {"drop": ["ALL"]}:
        yield "must drop all capabilities"
    if context.get("readOnlyRootFilesystem") is not True:
        yield "must have a read-only root file system"


def low_ports_may_be_bound(manifest: Manifest) -> Iterator[str]:
    sysctls: dict[str, Any] = {s["name"]: s["value"] for s in manifest.pod["securityContext"].get("sysctls", [])}
    for name in sysctls.keys() - SAFE_SYSCTLS:
        yield f"{name} is not a safe sysctl"
    if int(sysctls.get("net.ipv4.ip_unprivileged_port_start", 1024)) > _settings(manifest).client_port:
        yield "the port for clients may not be bound without root"


def updates_keep_the_map(manifest: Manifest) -> Iterator[str]:
    spec = manifest.deployment["spec"]
    update = spec.get("strategy", {}).get("rollingUpdate", {})
    if update.get("maxUnavailable") != 0 or update.get("maxSurge") != 1:
        yield "an update must add a pod before it takes one away, one by one"
    if spec.get("minReadySeconds", 0) < 5 * _settings(manifest).gossip_interval:
        yield "a new pod has no time for a few rounds before an old one goes"
    if spec["replicas"] < 2 or manifest.budget["spec"].get("maxUnavailable") != 1:
        yield "the map needs two pods or more, of which one at most is taken away"
    if manifest.pod.get("terminationGracePeriodSeconds", 30) < 2 * STOP_SECONDS:
        yield "a node has no time to stop in good order after the application"


def node_is_a_sidecar(manifest: Manifest) -> Iterator[str]:
    if manifest.node.get("restartPolicy") != "Always":
        yield "the node is an init container that never ends, not a sidecar"
    if manifest.containers[0] is not manifest.node:
        yield "an init container before the node cannot ask it"
    probes = manifest.probes
    if probes.keys() != {"startupProbe", "readinessProbe", "livenessProbe"}:
        yield f"these are not the three probes: {sorted(probes)}"
    startup = probes.get("startupProbe", {})
    if startup.get("failureThreshold", 0) * startup.get("periodSeconds", 0) < 2 * PATIENCE_SECONDS:
        yield "a node that waits for its peers would be taken for one that does not start"


def images_are_named(manifest: Manifest) -> Iterator[str]:
    for container in manifest.containers:
        name, _, tag = container["image"].rpartition(":")
        if not name or not tag:
            yield f"the image of {container['name']} has no tag"
        elif tag == "latest" and container.get("imagePullPolicy") != "IfNotPresent":
            yield f"the image of {container['name']} is pulled always, even when it was built on the machine"


RULES: tuple[Callable[[Manifest], Iterator[str]], ...] = (
    selectors_meet_labels,
    ports_meet,
    quantities_are_sane,
    memory_fits_the_map,
    environment_is_known,
    service_is_headless,
    pods_are_restricted,
    low_ports_may_be_bound,
    updates_keep_the_map,
    node_is_a_sidecar,
    images_are_named,
)


def _settings(manifest: Manifest) -> Settings:
    """The settings that a node in this manifest would have; the defaults, where it would not even start."""
    try:
        return load_settings({}, manifest.literals)
    except SettingError:
        return load_settings({}, {})
