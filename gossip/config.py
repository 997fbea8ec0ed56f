"""Settings: each with its unit, default and reason side by side, from flags, else the environment, else the default."""

import ipaddress
import re
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from gossip.sync.address import Address, parse_address
from gossip.sync.wire import MAX_NAME_BYTES

DEFAULT_PEER_PORT = 46747
FALLBACK_CLIENT_PORT = 8080
"""Taken for clients when the default port may not be bound and the user chose none."""

_MIB, _GIB = 2**20, 2**30


class SettingError(Exception):
    """A setting has a value that is not allowed; the text names the setting, the value, and what is allowed."""


class Setting(NamedTuple):
    """One setting as people meet it."""

    name: str
    """The environment variable; the flag is the same in lower case, with dashes."""
    default: str
    """As the user would write it; empty for none."""
    unit: str
    reason: str
    """What it is for, and why the default is what it is."""
    allowed: str
    """What a value may be, to end the sentence "... is not allowed: give ..."."""
    parse: Callable[[str], Any]
    """Text to value; raises ValueError."""

    @property
    def flag(self) -> str:
        return "--" + self.field.replace("_", "-")

    @property
    def field(self) -> str:
        return self.name.lower()


def _whole(least: int, most: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not (text.isascii() and text.isdecimal() and least <= int(text) <= most):
            raise ValueError(text)
        return int(text)

    return parse


_DECIMAL = re.compile(r"[0-9]+(\.[0-9]*)?|\.[0-9]+")


def _seconds(least: float, most: float) -> Callable[[str], float]:
    def parse(text: str) -> float:
        if not _DECIMAL.fullmatch(text):
            raise ValueError(text)
        seconds = float(text)
        if not least <= seconds <= most:
            raise ValueError(text)
        return seconds

    return parse


def _listed(text: str) -> list[str]:
    return [item.strip() for item in text.split(",") if item.strip()]


def _hosts(text: str) -> tuple[str, ...]:
    hosts: list[str] = []
    for item in _listed(text):
        if item == "localhost":
            hosts += ("127.0.0.1", "::1")
        else:
            bare = item[1:-1] if item.startswith("[") and item.endswith("]") else item
            hosts.append(str(ipaddress.ip_address(bare)))
    if not hosts:
        raise ValueError(text)
    return tuple(dict.fromkeys(hosts))


_PORT_NOT_GIVEN = 0


def _addresses(text: str) -> tuple[Address, ...]:
    return tuple(parse_address(item, _PORT_NOT_GIVEN) for item in _listed(text))


def _pod_ip(text: str) -> str:
    return str(ipaddress.ip_address(text)) if text else ""


def _dns_name(text: str) -> str:
    labels = text.removesuffix(".").split(".")
    if text and not all(0 < len(label) < 64 and label.isascii() and label.isprintable() for label in labels):
        raise ValueError(text)
    if any(c.isspace() or c in ":/,\\" for c in text) or len(text) > 253:
        raise ValueError(text)
    return text


def _name(text: str) -> str:
    if len(text.encode()) > MAX_NAME_BYTES or not (text.isprintable() or not text):
        raise ValueError(text)
    return text


def _level(text: str) -> str:
    if text.lower() not in ("debug", "info", "warning", "error"):
        raise ValueError(text)
    return text.upper()


_PORTS = "a whole number from 0 to 65535, where 0 means any free port"
_HOSTS = "IP addresses or localhost, separated by commas"

SETTINGS = (
    Setting("CLIENT_HOST", "localhost", "addresses",
            "where clients are served; loopback (127.0.0.1 and ::1) only, as the map asks nobody who they are",
            _HOSTS, _hosts),
    Setting("CLIENT_PORT", "80", "port",
            f"the port for clients; where 80 may not be bound and no port was chosen, {FALLBACK_CLIENT_PORT} is taken",
            _PORTS, _whole(0, 65535)),
    Setting("PEER_HOST", "::", "addresses",
            "where peers are served; :: is every address of the machine, IPv4 and IPv6, as peers are other pods",
            _HOSTS, _hosts),
    Setting("PEER_PORT", str(DEFAULT_PEER_PORT), "port",
            "the port for peers and health; the one that peers without a port of their own are called on, too",
            _PORTS, _whole(0, 65535)),
    Setting("PEERS", "", "addresses",
            "peers known beforehand, for use without DNS; not all are needed, and this node may be among them",
            "host:port or host, separated by commas, IPv6 in brackets", _addresses),
    Setting("SERVICE_DNS_NAME", "", "DNS name",
            "the name whose A and AAAA records are the peers: a headless Service; one that begins with _ is looked up "
            "as SRV, which gives ports as well",
            "a DNS name", _dns_name),
    Setting("MY_POD_NAME", "", "name",
            "what this node calls itself in its statistics; the machine's name by default",
            f"up to {MAX_NAME_BYTES} printable bytes", _name),
    Setting("MY_POD_IP", "", "address",
            "this node's own address, so that it does not call itself; without it a node finds out when it first does",
            "one IP address", _pod_ip),
    Setting("CLUSTER_NAME", "", "name",
            "nodes exchange entries with nodes of the same cluster only; SERVICE_DNS_NAME by default, else gossipcar",
            f"up to {MAX_NAME_BYTES} printable bytes", _name),
    Setting("GOSSIP_INTERVAL", "1.0", "seconds",
            "the time between rounds of gossip; an idle round costs under a kilobyte, so 1 s is cheap and prompt",
            "a number from 0.01 to 3600", _seconds(0.01, 3600)),
    Setting("MAX_VALUE_BYTES", str(_MIB), "bytes",
            "the largest value; they travel whole, within 2 s, so large ones delay others. Give all nodes the same",
            f"a whole number from 1 to {16 * _MIB}", _whole(1, 16 * _MIB)),
    Setting("MAX_STORE_BYTES", str(64 * _MIB), "bytes",
            "keys and values together, so that the map cannot take the pod's memory; each entry takes some 300 bytes "
            "besides, and there may be one for each 64 bytes of this. Give all nodes the same",
            f"a whole number from 1 to {1024 * _GIB}", _whole(1, 1024 * _GIB)),
    Setting("MAX_CLOCK_SKEW", "60", "seconds",
            "entries stamped further ahead than this are refused: one broken clock must not own a key for years",
            "a number from 0.1 to 86400", _seconds(0.1, 86400)),
    Setting("LOG_LEVEL", "info", "level",
            "the least important lines that are logged",
            "debug, info, warning or error", _level),
)  # fmt: skip


@dataclass(frozen=True)
class Settings:
    """All settings in force."""

    client_host: tuple[str, ...]
    client_port: int
    peer_host: tuple[str, ...]
    peer_port: int
    peers: tuple[Address, ...]
    service_dns_name: str
    my_pod_name: str
    my_pod_ip: str
    cluster_name: str
    gossip_interval: float
    max_value_bytes: int
    max_store_bytes: int
    max_clock_skew: float
    log_level: str
    chosen: frozenset[str]
    """The fields whose values the user gave."""

    @property
    def default_peer_port(self) -> int:
        """The port of peers that come without one."""
        return self.peer_port or DEFAULT_PEER_PORT


def _one_line(text: str) -> str:
    return text if text.isprintable() else repr(text)


def load(flags: Mapping[str, str | None], environ: Mapping[str, str]) -> Settings:
    """The settings from flags (by field name; None where not given), the environment and the defaults.

    An empty environment variable counts as not given, as manifests often have them. Raises SettingError.
    """
    values: dict[str, Any] = {}
    chosen = set()
    for setting in SETTINGS:
        flag = flags.get(setting.field)
        text = (flag if flag is not None else environ.get(setting.name, "")).strip()
        if text:
            chosen.add(setting.field)
        shown = f"{setting.flag} {text!r}" if flag is not None else f"{setting.name}={_one_line(text)}"
        try:
            values[setting.field] = setting.parse(text or setting.default)
        except ValueError:
            raise SettingError(f"{shown} is not allowed: give {setting.allowed}") from None
    default_port = values["peer_port"] or DEFAULT_PEER_PORT
    values["peers"] = tuple(Address(host, port or default_port) for host, port in values["peers"])
    values["my_pod_name"] = values["my_pod_name"] or socket.gethostname()
    values["cluster_name"] = values["cluster_name"] or values["service_dns_name"] or "gossipcar"
    return Settings(**values, chosen=frozenset(chosen))
