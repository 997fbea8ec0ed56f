"""What is to be seen on this machine: Python, addresses, and what the system allows."""

import importlib.util
import platform
import socket
import threading
from collections.abc import Iterator

from gossip.commands.doctor.finding import Finding, ok, warning, wrong
from gossip.config import Settings
from gossip.serving.limits import PEER_LIMITS
from gossip.settings import SETTINGS

_OTHER_FILES = 50
"""What a node has open besides connections: ports, the log, look-ups, its own calls to peers."""


def chosen(settings: Settings) -> Finding:
    """Which settings are not as they come. What they are is left out: some are secrets."""
    names = [setting.name for setting in SETTINGS if setting.field in settings.chosen]
    given = f"{', '.join(names)} given, the rest by default" if names else "all by default"
    return ok("settings", f"{given}; the cluster is {settings.cluster_name!r}")


def python(settings: Settings) -> Finding:
    """Which one runs this, and whether it can look up names."""
    version = f"{platform.python_implementation()} {platform.python_version()}"
    if importlib.util.find_spec("dns"):
        return ok("Python", f"{version}, with dnspython")
    if settings.service_dns_name:
        return wrong("Python", f"{version}, without dnspython, which SERVICE_DNS_NAME needs: pip install dnspython")
    return ok("Python", f"{version}, without dnspython, which is not needed as SERVICE_DNS_NAME is not set")


def own_address(settings: Settings) -> Finding:
    """Whether MY_POD_IP is this machine's."""
    address = settings.my_pod_ip
    if not address:
        return ok(
            "own address", "MY_POD_IP is not set; a node finds out which address is its own when it first calls it"
        )
    try:
        with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as probe:
            probe.bind((address, 0))
    except OSError as error:
        return wrong(
            "own address",
            f"MY_POD_IP={address} is not this machine's ({error.strerror}), and a node never calls the peer there: "
            "set it from status.podIP, or leave it out",
        )
    return ok("own address", f"{address} is this machine's (MY_POD_IP)")


def allowed(settings: Settings) -> Iterator[Finding]:
    """Whether the system allows as many open files as connections, and such threads."""
    wanted = settings.max_connections + PEER_LIMITS.connections + _OTHER_FILES
    most = _open_files()
    if most is not None:
        room = (
            f"{most} (ulimit -n), for {settings.max_connections} clients, {PEER_LIMITS.connections} peers and the rest"
        )
        advice = f"{room}: raise it to {wanted} at least, or lower MAX_CONNECTIONS"
        yield ok("open files", room) if most >= wanted else warning("open files", advice)
    before = threading.stack_size()
    try:
        threading.stack_size(settings.thread_stack_bytes)
    except ValueError as error:
        words = f"THREAD_STACK_BYTES={settings.thread_stack_bytes} does not suit this system ({error})"
        yield wrong("threads", f"{words}: take a multiple of 65536")
    else:
        threading.stack_size(before)
        mebibytes = settings.thread_stack_bytes * settings.max_connections / 2**20
        yield ok("threads", f"their stacks may come to {mebibytes:,.0f} MiB with MAX_CONNECTIONS clients that are slow")


def _open_files() -> int | None:
    """How many a process may have; None where there is no such limit."""
    try:
        import resource
    except ImportError:  # not on Windows
        return None
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return None if soft == resource.RLIM_INFINITY else soft
