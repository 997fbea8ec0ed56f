"""The settings in force: from flags, else the environment, else the default."""

import argparse
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations, product, starmap
from typing import Any

from gossip.serving.server import EVERYWHERE
from gossip.settings import DEFAULT_PEER_PORT, SETTINGS
from gossip.sync.address import Address

LEAST_ROUNDS = 10
"""So many rounds at least are shorter than TOMBSTONE_TTL: who misses one or the other is not out of touch."""


FLAGS, ENVIRONMENT, DEFAULTS = SOURCES = ("flags", "environment", "defaults")


class SettingError(Exception):
    """A setting has a value that is not allowed; the text names the setting, the value, and what is allowed."""


@dataclass(frozen=True)
class Settings:
    """All settings in force."""

    client_host: tuple[str, ...]
    client_port: int
    client_hosts: tuple[str, ...]
    client_origins: tuple[str, ...]
    client_token_file: str
    peer_host: tuple[str, ...]
    peer_port: int
    peer_secret_file: str
    peer_tls_cert: str
    peer_tls_key: str
    peer_tls_ca: str
    health_port: int
    peers: tuple[Address, ...]
    service_dns_name: str
    my_pod_name: str
    my_pod_ip: str
    cluster_name: str
    gossip_interval: float
    gossip_fanout: int
    max_value_bytes: int
    max_store_bytes: int
    max_clock_skew: float
    tombstone_ttl: float
    max_connections: int
    max_watchers: int
    max_head_bytes: int
    max_target_bytes: int
    max_fields: int
    idle_seconds: float
    request_seconds: float
    thread_stack_bytes: int
    log_level: str
    log_format: str
    access_log: bool
    sources: Mapping[str, str]
    """Where the value of each field comes from: one of SOURCES."""

    @property
    def chosen(self) -> set[str]:
        """The fields whose values the user gave."""
        return {field for field, source in self.sources.items() if source != DEFAULTS}

    def by_source(self) -> dict[str, dict[str, object]]:
        """The values in force as people write them, by name, for each source that gave any."""
        found: dict[str, dict[str, object]] = {}
        for setting in SETTINGS:
            value = _written(getattr(self, setting.field))
            found.setdefault(self.sources[setting.field], {})[setting.name] = value
        return {source: found[source] for source in SOURCES if source in found}

    @property
    def default_peer_port(self) -> int:
        """The port of peers that come without one."""
        return self.peer_port or DEFAULT_PEER_PORT

    @property
    def opens_health_port(self) -> bool:
        """Whether health and metrics have a port of their own."""
        return bool(self.peer_tls_cert) or "health_port" in self.chosen


def _written(value: object) -> object:
    if isinstance(value, bool):
        return "on" if value else "off"
    return ",".join(map(str, value)) if isinstance(value, tuple) else value


def add_flags(parser: argparse.ArgumentParser) -> None:
    """The flags of all settings, so that what was parsed can be given to `load`."""
    for setting in SETTINGS:
        text = f"{setting.reason}. Unit: {setting.unit}. Default: {setting.default or 'none'}. [{setting.name}]"
        parser.add_argument(setting.flag, metavar=setting.unit.upper().replace(" ", "_"), help=text.replace("%", "%%"))


def _one_line(text: str) -> str:
    return text if text.isprintable() else repr(text)


def load(flags: Mapping[str, str | None], environ: Mapping[str, str]) -> Settings:
    """The settings from flags (by field name; None where not given), the environment and the defaults.

    An empty environment variable counts as not given, as manifests often have them. Raises SettingError.
    """
    values: dict[str, Any] = {}
    sources = {}
    for setting in SETTINGS:
        flag = flags.get(setting.field)
        text = (flag if flag is not None else environ.get(setting.name, "")).strip()
        sources[setting.field] = DEFAULTS if not text else ENVIRONMENT if flag is None else FLAGS
        shown = f"{setting.flag} {text!r}" if flag is not None else f"{setting.name}={_one_line(text)}"
        try:
            values[setting.field] = setting.parse(text or setting.default)
        except ValueError:
            raise SettingError(f"{shown} is not allowed: give {setting.allowed}") from None
    default_port = values["peer_port"] or DEFAULT_PEER_PORT
    values["peers"] = tuple(Address(host, port or default_port) for host, port in values["peers"])
    if values["tombstone_ttl"] < LEAST_ROUNDS * values["gossip_interval"]:
        shown = f"TOMBSTONE_TTL={values['tombstone_ttl']:g}"
        raise SettingError(f"{shown} is not allowed: give at least {LEAST_ROUNDS} times GOSSIP_INTERVAL")
    values["my_pod_name"] = values["my_pod_name"] or socket.gethostname()
    values["cluster_name"] = values["cluster_name"] or values["service_dns_name"] or "gossipcar"
    settings = Settings(**values, sources=sources)
    _check_ports(settings)
    # its default is for any map: where that is smaller, what does not fit is answered 507
    if "max_value_bytes" in settings.chosen and settings.max_value_bytes > settings.max_store_bytes:
        shown = f"MAX_VALUE_BYTES={settings.max_value_bytes}"
        raise SettingError(f"{shown} is not allowed: give at most MAX_STORE_BYTES, {settings.max_store_bytes}")
    return settings


def _check_ports(settings: Settings) -> None:
    """Raises SettingError where a node would open one port twice."""
    opened = [
        ("CLIENT_PORT", settings.client_host, settings.client_port),
        ("PEER_PORT", settings.peer_host, settings.peer_port),
    ]
    if settings.opens_health_port:
        opened.append(("HEALTH_PORT", settings.peer_host, settings.health_port))
    for (first, its_hosts, its_port), (name, hosts, port) in combinations(opened, 2):
        if port == its_port != 0 and any(starmap(_overlap, product(its_hosts, hosts))):
            raise SettingError(f"{name}={port} is not allowed: {first} has it; give each a port of its own")


def _overlap(one: str, other: str) -> bool:
    """Whether no two may listen at these addresses with the same port."""
    both_v4 = ":" not in one + other
    return one == other or EVERYWHERE in (one, other) or (both_v4 and "0.0.0.0" in (one, other))  # noqa: S104
