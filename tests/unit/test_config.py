"""The settings in force: where each comes from, and what the others make of it."""

import socket
from typing import Any

import pytest

from gossip.config import SettingError, load
from gossip.settings import SETTINGS
from gossip.sync.address import Address

DEFAULTS = {
    "client_host": ("127.0.0.1", "::1"),
    "client_port": 80,
    "client_hosts": (),
    "client_origins": (),
    "client_token_file": "",
    "peer_host": ("::",),
    "peer_port": 46747,
    "peer_secret_file": "",
    "peer_tls_cert": "",
    "peer_tls_key": "",
    "peer_tls_ca": "",
    "health_port": 46748,
    "peers": (),
    "service_dns_name": "",
    "my_pod_name": socket.gethostname(),
    "my_pod_ip": "",
    "cluster_name": "gossipcar",
    "gossip_interval": 1.0,
    "gossip_fanout": 3,
    "max_value_bytes": 1_048_576,
    "max_store_bytes": 67_108_864,
    "max_clock_skew": 60.0,
    "tombstone_ttl": 86400.0,
    "max_connections": 512,
    "max_watchers": 256,
    "max_head_bytes": 16_384,
    "max_target_bytes": 8192,
    "max_fields": 100,
    "idle_seconds": 75.0,
    "request_seconds": 10.0,
    "thread_stack_bytes": 262_144,
    "log_level": "info",
    "log_format": "logfmt",
    "access_log": False,
}


def test_the_defaults() -> None:
    settings = load({}, {})
    assert {name: getattr(settings, name) for name in DEFAULTS} == DEFAULTS
    assert settings.chosen == set()
    assert {setting.field for setting in SETTINGS} == set(DEFAULTS)


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
@pytest.mark.parametrize("text", ["", "  "])
def test_an_empty_environment_variable_is_not_given(setting: Any, text: str) -> None:
    settings = load({setting.field: None}, {setting.name: text})
    assert getattr(settings, setting.field) == DEFAULTS[setting.field]
    assert settings.chosen == set()


def test_an_empty_flag_asks_for_the_default_whatever_the_environment_says() -> None:
    settings = load({"client_port": ""}, {"CLIENT_PORT": "7000"})
    assert (settings.client_port, settings.chosen) == (80, set())


def test_spaces_around_a_variable_are_passed_over() -> None:
    assert load({}, {"CLIENT_PORT": " 7000\n"}).client_port == 7000


def test_a_default_that_is_given_counts_as_chosen() -> None:
    assert load({}, {"CLIENT_PORT": "80"}).chosen == {"client_port"}


@pytest.mark.parametrize(
    ("environ", "cluster"),
    [
        ({}, "gossipcar"),
        ({"SERVICE_DNS_NAME": "cars"}, "cars"),
        ({"SERVICE_DNS_NAME": "cars", "CLUSTER_NAME": "fleet"}, "fleet"),
    ],
)
def test_the_clusters_name(environ: dict[str, str], cluster: str) -> None:
    assert load({}, environ).cluster_name == cluster


@pytest.mark.parametrize(("peer_port", "expected"), [("", 46747), ("7000", 7000), ("0", 46747)])
def test_peers_without_a_port_are_called_on_the_nodes_own(peer_port: str, expected: int) -> None:
    settings = load({}, {"PEERS": "a", "PEER_PORT": peer_port})
    assert settings.peers == (Address("a", expected),)
    assert settings.default_peer_port == expected


def test_tombstones_outlast_many_rounds() -> None:
    load({}, {"GOSSIP_INTERVAL": "10", "TOMBSTONE_TTL": "100"})
    with pytest.raises(SettingError) as refused:
        load({}, {"GOSSIP_INTERVAL": "10", "TOMBSTONE_TTL": "99"})
    assert str(refused.value) == "TOMBSTONE_TTL=99 is not allowed: give at least 10 times GOSSIP_INTERVAL"


def test_a_value_may_be_as_large_as_the_map() -> None:
    load({}, {"MAX_VALUE_BYTES": "2000", "MAX_STORE_BYTES": "2000"})
    assert load({}, {"MAX_STORE_BYTES": "2000"}).max_value_bytes == 1_048_576
    with pytest.raises(SettingError) as refused:
        load({"max_value_bytes": "2001"}, {"MAX_STORE_BYTES": "2000"})
    assert str(refused.value) == "MAX_VALUE_BYTES=2001 is not allowed: give at most MAX_STORE_BYTES, 2000"


TLS = {"PEER_TLS_CERT": "tls.crt", "PEER_TLS_KEY": "tls.key", "PEER_TLS_CA": "ca.crt"}


@pytest.mark.parametrize(
    ("environ", "refused"),
    [
        ({"CLIENT_PORT": "7000", "PEER_PORT": "7000"}, "PEER_PORT=7000 is not allowed: CLIENT_PORT"),
        ({"PEER_PORT": "80"}, "PEER_PORT=80 is not allowed: CLIENT_PORT"),
        ({"CLIENT_PORT": "46747"}, "PEER_PORT=46747 is not allowed: CLIENT_PORT"),
        ({"PEER_PORT": "7000", "HEALTH_PORT": "7000"}, "HEALTH_PORT=7000 is not allowed: PEER_PORT"),
        ({"CLIENT_PORT": "7000", "HEALTH_PORT": "7000"}, "HEALTH_PORT=7000 is not allowed: CLIENT_PORT"),
        ({"PEER_PORT": "46748", **TLS}, "HEALTH_PORT=46748 is not allowed: PEER_PORT"),
        ({"CLIENT_HOST": "10.0.0.1", "PEER_HOST": "0.0.0.0", "PEER_PORT": "80"},
         "PEER_PORT=80 is not allowed: CLIENT_PORT"),
        ({"CLIENT_HOST": "::", "PEER_HOST": "127.0.0.1", "PEER_PORT": "80"},
         "PEER_PORT=80 is not allowed: CLIENT_PORT"),
        ({"CLIENT_HOST": "10.0.0.1,::1", "PEER_HOST": "::1", "PEER_PORT": "80"},
         "PEER_PORT=80 is not allowed: CLIENT_PORT"),
    ],
)  # fmt: skip
def test_a_port_is_given_once(environ: dict[str, str], refused: str) -> None:
    with pytest.raises(SettingError) as caught:
        load({}, environ)
    assert str(caught.value) == f"{refused} has it; give each a port of its own"


@pytest.mark.parametrize(
    "environ",
    [
        {"CLIENT_PORT": "0", "PEER_PORT": "0", "HEALTH_PORT": "0"},
        {"CLIENT_HOST": "127.0.0.1", "PEER_HOST": "127.0.0.2", "PEER_PORT": "80"},
        {"CLIENT_HOST": "::1", "PEER_HOST": "0.0.0.0", "PEER_PORT": "80"},
        {"PEER_PORT": "46748"},
    ],
)
def test_a_port_may_be_given_twice_where_that_works(environ: dict[str, str]) -> None:
    load({}, environ)
