"""DNS servers for tests: a real dnsmasq, and one that says the same to everybody, or nothing at all."""

import getpass
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

import dns.message
import dns.name
import dns.nameserver
import dns.rcode
import dns.resolver
import pytest

from tests.nodes import wait_until


def dnsmasq_or_skip() -> str:
    """Where dnsmasq is; the test is skipped when it is nowhere."""
    program = shutil.which("dnsmasq", path="/usr/sbin:/usr/bin:/sbin:/bin") or shutil.which("dnsmasq")
    if program is None:
        pytest.skip("dnsmasq is not installed (Debian: apt-get install dnsmasq-base)")
    return program


def free_port() -> int:
    """A port that is free for UDP and TCP on loopback."""
    while True:
        with socket.socket(type=socket.SOCK_DGRAM) as udp, socket.socket() as tcp:
            udp.bind(("127.0.0.1", 0))
            port = int(udp.getsockname()[1])
            try:
                tcp.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def resolver_at(*ports: int, search: Sequence[str] = (), ndots: int | None = None) -> dns.resolver.Resolver:
    """A resolver that asks the servers at these ports of loopback, and looks at no file of the machine."""
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers = [dns.nameserver.Do53Nameserver("127.0.0.1", port) for port in ports]
    resolver.search = [dns.name.from_text(suffix) for suffix in search]
    resolver.ndots = ndots
    return resolver


class Dnsmasq:
    """A dnsmasq in the foreground. It is the authority for `test`, refuses all else, and caches nothing."""

    def __init__(
        self, folder: Path, prefix: Sequence[str] = (), listen: Sequence[str] = ("127.0.0.1",), port: int | None = None
    ) -> None:
        """Its files go to `folder`; `prefix` is put before the command, as for `ip netns exec NAME`."""
        self.port = free_port() if port is None else port
        self._folder = folder
        self._hosts = folder / "hosts"
        self._config = folder / "dnsmasq.conf"
        self._log = folder / "dnsmasq.log"
        self._command = [*prefix, dnsmasq_or_skip(), "--no-daemon", f"--conf-file={self._config}"]
        self._listen = listen
        self._process: subprocess.Popen[bytes] | None = None
        self.resolver = resolver_at(self.port)
        """Asks this server and no other; the same one each time, as a test may set its search list."""

    def __enter__(self) -> "Dnsmasq":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    def run(self, *config: str, hosts: Sequence[str] = (), ttl: int = 1) -> None:
        """Start it, or start it anew, with these further lines of configuration and lines of its hosts file."""
        self.kill()
        self._write_hosts(hosts)
        listen = [f"listen-address={address}" for address in self._listen]
        settings = [f"port={self.port}", "bind-interfaces", "no-resolv", "no-hosts", f"addn-hosts={self._hosts}"]
        settings += [f"user={getpass.getuser()}", f"pid-file={self._folder / 'dnsmasq.pid'}", "cache-size=0"]
        self._config.write_text("\n".join([*listen, *settings, f"local-ttl={ttl}", "local=/test/", *config, ""]))
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log)
        wait_until(lambda: self._said("started, version") or not self._running(), what="dnsmasq's start")
        assert self._running(), self._log.read_text()

    def hosts(self, *lines: str) -> None:
        """Replace the lines of its hosts file while it runs: `ADDRESS NAME` each."""
        assert self._process
        already = self._said("read")
        self._write_hosts(lines)
        self._process.send_signal(signal.SIGHUP)
        wait_until(lambda: self._said("read") > already, what="dnsmasq's reading")

    def silence(self) -> None:
        """It answers nobody until `speak`."""
        assert self._process
        self._process.send_signal(signal.SIGSTOP)

    def speak(self) -> None:
        assert self._process
        self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _said(self, word: str) -> int:
        return sum(f"dnsmasq: {word}" in line for line in self._log.read_text().splitlines())

    def _write_hosts(self, lines: Sequence[str]) -> None:
        self._hosts.write_text("".join(f"{line}\n" for line in lines))


class Constant:
    """A DNS server on loopback that gives every question the same status; None is no answer at all."""

    def __init__(self, rcode: dns.rcode.Rcode | None) -> None:
        self._rcode = rcode
        self._socket = socket.socket(type=socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(0.1)
        self.port = int(self._socket.getsockname()[1])
        self.asked = 0
        """How many questions came in."""
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="constant", daemon=True)

    def __enter__(self) -> "Constant":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while not self._done.is_set():
            try:
                question, address = self._socket.recvfrom(4096)
            except TimeoutError:
                continue
            self.asked += 1
            if self._rcode is not None:
                answer = dns.message.make_response(dns.message.from_wire(question))
                answer.set_rcode(self._rcode)
                self._socket.sendto(answer.to_wire(), address)


class Clock:
    """A monotonic clock that stands still until it is moved."""

    def __init__(self) -> None:
        self._time = time.monotonic()

    def __call__(self) -> float:
        return self._time

    def move(self, seconds: float) -> None:
        self._time += seconds
