"""Hosts for tests: network namespaces joined by a bridge that has a namespace of its own, with a DNS server in it."""

import ctypes
import itertools
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.dns.server import Dnsmasq, dnsmasq_or_skip
from tests.nodes import RunningNode

DOMAIN = "cluster.test"
NAME = f"gossip.{DOMAIN}"
PEER_PORT = 46747

_CLONE_NEWNET = 0x40000000
_CONFIG = Path("/etc/netns")
"""`ip netns exec NAME` shows the files in the folder NAME here as those in /etc."""

_numbers = itertools.count()


def namespaces_or_skip() -> str:
    """Where `ip` is; the test is skipped when it cannot make network namespaces."""
    program = shutil.which("ip", path="/usr/sbin:/usr/bin:/sbin:/bin")
    if program is None:
        pytest.skip("ip is not installed (Debian: apt-get install iproute2)")
    if os.geteuid() != 0:
        pytest.skip("network namespaces need root")
    probe = f"gossip-{os.getpid()}-probe"
    made = subprocess.run([program, "netns", "add", probe], capture_output=True, text=True)
    subprocess.run([program, "netns", "del", probe], capture_output=True)
    if made.returncode:
        pytest.skip(f"network namespaces cannot be made here: {made.stderr.strip()}")
    return program


def iptables_or_skip() -> str:
    """Where `iptables-restore` is, which takes a whole table at once; the test is skipped when it is nowhere."""
    program = shutil.which("iptables-restore", path="/usr/sbin:/usr/bin:/sbin:/bin")
    if program is None:
        pytest.skip("iptables is not installed (Debian: apt-get install iptables)")
    return program


def ipv6_or_skip() -> None:
    """The test is skipped when new network namespaces have no IPv6."""
    disabled = Path("/proc/sys/net/ipv6/conf/default/disable_ipv6")
    if not disabled.exists() or disabled.read_text().strip() != "0":
        pytest.skip("this machine has no IPv6")


class Network:
    """Up to nine hosts in a row, each with a node or without. A context manager: leaving it leaves nothing behind."""

    def __init__(self, folder: Path, hosts: int, ipv6: bool = False) -> None:
        """All its addresses are of one family. The DNS server keeps its files in `folder`; it is not started yet."""
        dnsmasq_or_skip()
        self._ip = namespaces_or_skip()
        if ipv6:
            ipv6_or_skip()
        self._net, self._length = ("fd00:77::", 64) if ipv6 else ("10.77.0.", 24)
        self._name = f"gossip-{os.getpid()}-{next(_numbers)}"
        self._hub = f"{self._name}-hub"
        self._hosts = hosts
        self._to_undo = ExitStack()
        self.dns_address = f"{self._net}1"
        self.dns = Dnsmasq(folder, (self._ip, "netns", "exec", self._hub), (self.dns_address,), 53)

    def __enter__(self) -> "Network":
        with ExitStack() as undo:
            undo.callback(self._to_undo.close)
            self._namespace(self._hub)
            self._run("-n", self._hub, "link", "add", "bridge", "type", "bridge")
            self._run("-n", self._hub, "link", "set", "bridge", "up")
            self._address(self._hub, "bridge", self.dns_address)
            for host in range(self._hosts):
                self._join(host)
            self._to_undo.enter_context(self.dns)
            undo.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        self._to_undo.close()

    def address(self, host: int) -> str:
        return f"{self._net}{host + 11}"

    def records(self, *hosts: int) -> list[str]:
        """Lines for the DNS server's hosts file that make these hosts the cluster."""
        return [f"{self.address(host)} {NAME}" for host in hosts]

    def node(self, host: int, environ: dict[str, str] | None = None, *flags: str) -> RunningNode:
        """A node at a host, on the ports that a pod has. It ends with the network, if not before."""
        settings = {"SERVICE_DNS_NAME": "gossip", "GOSSIP_INTERVAL": "0.2", **(environ or {})}
        node = RunningNode(
            *flags,
            environ=settings,
            python=sys.executable,
            prefix=self.at_host(host),
            client_port=80,
            peer_port=PEER_PORT,
        )
        return self._to_undo.enter_context(node)

    def at_host(self, host: int) -> list[str]:
        """What is put before a command that is to run there."""
        return [self._ip, "netns", "exec", self._of(host)]

    @contextmanager
    def at(self, host: int) -> Iterator[None]:
        """Meanwhile this thread is at the host: what it connects to, it connects to from there."""
        here = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        try:
            there = os.open(f"/run/netns/{self._of(host)}", os.O_RDONLY)
            try:
                _enter(there)
            finally:
                os.close(there)
            try:
                yield
            finally:
                _enter(here)
        finally:
            os.close(here)

    def drop(self, host: int, *packets: str) -> None:
        """What a host drops of what comes in, until this is called again: packets that match, as iptables puts it."""
        self._set_table(host, "filter", "INPUT", [f"{match} -j DROP" for match in packets])

    def detour(self, host: int, port: int | None) -> None:
        """To which port of its own a host leads what others send to its peer port, from the next connection on."""
        rules = [f"-p tcp --dport {PEER_PORT} -j REDIRECT --to-ports {port}"] if port else []
        self._set_table(host, "nat", "PREROUTING", rules)

    def set_dns_server(self, host: int, address: str) -> None:
        """What a host's /etc/resolv.conf says; nodes that start later read it."""
        text = f"nameserver {address}\nsearch {DOMAIN}\noptions ndots:5\n"
        (_CONFIG / self._of(host) / "resolv.conf").write_text(text)

    def _set_table(self, host: int, table: str, chain: str, rules: list[str]) -> None:
        text = f"*{table}\n:{chain} ACCEPT\n" + "".join(f"-A {chain} {rule}\n" for rule in rules) + "COMMIT\n"
        done = subprocess.run([*self.at_host(host), iptables_or_skip()], input=text, capture_output=True, text=True)
        assert done.returncode == 0, f"{text}{done.stderr}"

    def _of(self, host: int) -> str:
        return f"{self._name}-{host}"

    def _run(self, *arguments: str) -> None:
        done = subprocess.run([self._ip, *arguments], capture_output=True, text=True)
        assert done.returncode == 0, f"ip {' '.join(arguments)}: {done.stderr}"

    def _namespace(self, name: str) -> None:
        self._run("netns", "add", name)
        self._to_undo.callback(self._run, "netns", "del", name)
        self._run("-n", name, "link", "set", "lo", "up")

    def _address(self, namespace: str, link: str, address: str) -> None:
        at_once: Sequence[str] = ("nodad",) if ":" in address else ()
        self._run("-n", namespace, "address", "add", f"{address}/{self._length}", "dev", link, *at_once)

    def _join(self, host: int) -> None:
        name = self._of(host)
        self._namespace(name)
        port = f"host{host}"
        self._run("-n", self._hub, "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", name)
        self._run("-n", self._hub, "link", "set", port, "master", "bridge", "up")
        self._run("-n", name, "link", "set", "eth0", "up")
        self._address(name, "eth0", self.address(host))
        self._to_undo.callback(_remove_config, name)
        (_CONFIG / name).mkdir(parents=True)
        self.set_dns_server(host, self.dns_address)


def _enter(namespace: int) -> None:
    """Move this thread to a network namespace, an open file."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(namespace, _CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "the network namespace cannot be entered")


def _remove_config(name: str) -> None:
    shutil.rmtree(_CONFIG / name, ignore_errors=True)
    try:
        _CONFIG.rmdir()
    except OSError:
        pass  # it was never made, or others have folders in it
