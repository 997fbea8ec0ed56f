"""The command line: arguments, environment, logging, signals. What to do about them is `node`'s."""

import argparse
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Mapping, Sequence
from ipaddress import ip_address
from typing import NoReturn

from gossip import __version__, config
from gossip.node import Node
from gossip.secret_file import NoSecret
from gossip.serving.listen import CannotListen
from gossip.serving.server import EVERYWHERE, Server
from gossip.settings import SETTINGS
from gossip.sync.dns_peers import DnsUnavailable

DONE, CANNOT_RUN, BAD_SETTING = 0, 1, 2

SWITCH_SECONDS = 0.0002
"""How long a thread may compute while another waits for its turn: 5 ms by default, and whoever serves clients waits for
it at each receive and send while a peer's entries are given or taken in. `bench/receiving.py` shows what it does."""

_OPEN = (
    "CLIENT_HOST lets others than this machine in, and they are not asked who they are: "
    "set CLIENT_TOKEN_FILE, or let only those reach the port who may read and write everything"
)

log = logging.getLogger("gossipcar")


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise config.SettingError(f"{message}; see --help")


def main(argv: Sequence[str] | None = None, environ: Mapping[str, str] | None = None) -> int:
    """Run a node until a signal ends it. The exit status: 0 done, 1 a port cannot be bound, 2 a setting is wrong."""
    signals = _signals()
    try:
        flags = vars(_parser().parse_args(argv))
        settings = config.load(flags, os.environ if environ is None else environ)
    except config.SettingError as error:
        return _fail(str(error), BAD_SETTING)
    logging.basicConfig(level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    threading.stack_size(settings.thread_stack_bytes)
    sys.setswitchinterval(SWITCH_SECONDS)
    try:
        node = Node(settings)
    except CannotListen as error:
        return _fail(str(error), CANNOT_RUN)
    except NoSecret as error:
        return _fail(f"CLIENT_TOKEN_FILE={settings.client_token_file} gives no token: {error}", BAD_SETTING)
    except DnsUnavailable as error:
        return _fail(f"SERVICE_DNS_NAME={settings.service_dns_name} cannot be looked up: {error}", BAD_SETTING)
    return _run(node, settings, signals)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="gossipcar.py",
        description="A node of a shared, in-memory, volatile key-value map.",
        epilog="Each setting can be given by the environment variable that is named, too; the flag goes first. "
        "Where a command comes first (get, put, delete, keys, watch, add, peers or stats), no node is started, but one "
        "that runs is asked; see gossipcar.py get --help and the like.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"gossipcar {__version__}")
    for setting in SETTINGS:
        text = f"{setting.reason}. Unit: {setting.unit}. Default: {setting.default or 'none'}. [{setting.name}]"
        parser.add_argument(setting.flag, metavar=setting.unit.upper().replace(" ", "_"), help=text.replace("%", "%%"))
    return parser


def _fail(sentence: str, status: int) -> int:
    print(f"gossipcar: {' '.join(sentence.split())}", file=sys.stderr)
    return status


def _signals() -> socket.socket:
    """Each SIGTERM or SIGINT is a byte to be read here: its number.

    Not an event that a handler sets: handlers run when the main thread gets to them, and one that has just begun to
    wait for an event, or whose signal went to another thread, would never get there. A byte waits until it is read.
    """
    signals, written = socket.socketpair()
    written.setblocking(False)
    signal.set_wakeup_fd(written.detach(), warn_on_full_buffer=False)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    return signals


def _exit_at_once(signals: socket.socket) -> NoReturn:
    """The second signal does not wait for anything."""
    os._exit(128 + signals.recv(1)[0])


def _run(node: Node, settings: config.Settings, signals: socket.socket) -> int:
    _say(f"clients at {_urls(node.client_servers)}{_remark(node, settings)}")
    _say(f"peers at {_urls(node.peer_servers)}")
    if not settings.client_token_file and any(not ip_address(host).is_loopback for host in settings.client_host):
        log.warning("%s", _OPEN)
    node.start()
    log.info("node %016x of cluster %s is up", node.store.origin, settings.cluster_name)
    signals.recv(1)
    threading.Thread(target=_exit_at_once, args=(signals,), daemon=True).start()
    node.stop()
    log.info("node %016x is down", node.store.origin)
    return DONE


def _say(line: str) -> None:
    try:
        print(f"gossipcar: {line}", flush=True)
    except OSError as error:  # nobody can read it; the node serves all the same
        log.warning("%s (not printed: %s)", line, error)


def _urls(servers: Sequence[Server]) -> str:
    return " and ".join(_url(str(server.server_address[0]), server.port) for server in servers)


def _url(host: str, port: int) -> str:
    everywhere = " (all addresses)" if host in (EVERYWHERE, "0.0.0.0") else ""  # noqa: S104
    return f"http://{f'[{host}]' if ':' in host else host}:{port}{everywhere}"


def _remark(node: Node, settings: config.Settings) -> str:
    if node.client_servers[0].port == settings.client_port or not settings.client_port:
        return ""
    return f" (port {settings.client_port} needs rights that this process lacks)"
