"""The command line: arguments, environment, logging, signals. What to do about them is `node`'s."""

import argparse
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Mapping, Sequence
from typing import NoReturn

from gossip import __version__, config, logs
from gossip.node import Node
from gossip.serving.listen import CannotListen
from gossip.serving.server import EVERYWHERE, Server
from gossip.sync.dns_peers import DnsUnavailable
from gossip.trust import warn_of_open_ports

DONE, CANNOT_RUN, BAD_SETTING = 0, 1, 2

SWITCH_SECONDS = 0.0002
"""How long a thread may compute while another waits for its turn: 5 ms by default, and whoever serves clients waits for
it at each receive and send while a peer's entries are given or taken in. `bench/receiving.py` shows what it does."""

log = logging.getLogger("gossipcar.node")


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
    lines = logs.begin(settings.log_level, settings.log_format)
    threading.stack_size(settings.thread_stack_bytes)
    sys.setswitchinterval(SWITCH_SECONDS)
    try:
        node = Node(settings)
    except CannotListen as error:
        return _fail(str(error), CANNOT_RUN)
    except config.SettingError as error:
        return _fail(str(error), BAD_SETTING)
    except DnsUnavailable as error:
        return _fail(f"SERVICE_DNS_NAME={settings.service_dns_name} cannot be looked up: {error}", BAD_SETTING)
    return _run(node, settings, signals, lines)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="gossipcar.py",
        description="A node of a shared, in-memory, volatile key-value map.",
        epilog="Each setting can be given by the environment variable that is named, too; the flag goes first. "
        "Where a command comes first (get, put, delete, keys, watch, add, peers or stats), no node is started, but one "
        "that runs is asked; demo shows some nodes, and doctor finds what is wrong; see gossipcar.py get --help and "
        "the like.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"gossipcar {__version__}")
    config.add_flags(parser)
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


def _run(node: Node, settings: config.Settings, signals: socket.socket, lines: logs.Lines) -> int:
    say = _log_where if settings.log_format == "json" else _print_where
    say("clients", f"{_urls(node.client_servers)}{_remark(node, settings)}")
    say("peers", _urls(node.peer_servers, "https" if node.trust.certificates else "http"))
    if node.health_servers:
        say("health", _urls(node.health_servers))
    for source, values in settings.by_source().items():
        log.info("settings", extra={"from": source, **values})
    warn_of_open_ports(settings, node.trust)
    node.start()
    own = {"origin": f"{node.store.origin:016x}", "cluster": settings.cluster_name}
    log.info("node is up", extra={**own, "version": __version__})
    _await_signal(signals, lines)
    threading.Thread(target=_exit_at_once, args=(signals,), daemon=True).start()
    node.stop()
    lines.sum_up()
    log.info("node is down", extra=own)
    return DONE


def _await_signal(signals: socket.socket, lines: logs.Lines) -> None:
    """Return when a signal comes; until then the log is summed up now and then."""
    signals.settimeout(logs.SUM_UP_SECONDS)
    while True:
        try:
            signals.recv(1)
        except TimeoutError:
            lines.sum_up()
        else:
            break
    signals.settimeout(None)


def _print_where(who: str, where: str) -> None:
    """On standard output, for people and for scripts."""
    try:
        print(f"gossipcar: {who} at {where}", flush=True)
    except OSError:  # nobody can read it; the node serves all the same
        _log_where(who, where)


def _log_where(who: str, where: str) -> None:
    log.info("listening", extra={"for": who, "at": where})


def _urls(servers: Sequence[Server], scheme: str = "http") -> str:
    return " and ".join(_url(scheme, str(server.server_address[0]), server.port) for server in servers)


def _url(scheme: str, host: str, port: int) -> str:
    everywhere = " (all addresses)" if host in (EVERYWHERE, "0.0.0.0") else ""  # noqa: S104
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}{everywhere}"


def _remark(node: Node, settings: config.Settings) -> str:
    if node.client_servers[0].port == settings.client_port or not settings.client_port:
        return ""
    return f" (port {settings.client_port} needs rights that this process lacks)"
