"""Each setting: what it may be, and what people are told when it is not."""

from typing import Any

import pytest

from gossip.config import SettingError, Settings, load
from gossip.settings import SETTINGS
from gossip.sync.address import Address

MIB, GIB = 2**20, 2**30

GOOD = [
    ("CLIENT_HOST", "127.0.0.2", ("127.0.0.2",)),
    ("CLIENT_HOST", "localhost, 10.0.0.1,::1", ("127.0.0.1", "::1", "10.0.0.1")),
    ("CLIENT_HOST", "[::1]", ("::1",)),
    ("CLIENT_PORT", "0", 0),
    ("CLIENT_PORT", "65535", 65535),
    ("CLIENT_HOSTS", "Map, map.shop.svc.", ("map", "map.shop.svc")),
    ("CLIENT_HOSTS", "*", ("*",)),
    ("CLIENT_ORIGINS", "https://App.example:8443,http://[::1]", ("https://app.example:8443", "http://[::1]")),
    ("CLIENT_ORIGINS", "https://a:443,http://[::1]:80,http://a:443", ("https://a", "http://[::1]", "http://a:443")),
    ("CLIENT_TOKEN_FILE", "/run/secrets/tokens", "/run/secrets/tokens"),
    ("PEER_HOST", "0.0.0.0", ("0.0.0.0",)),
    ("PEER_PORT", "7000", 7000),
    ("PEER_SECRET_FILE", "/run/secrets/peers", "/run/secrets/peers"),
    ("PEER_TLS_CERT", "tls.crt", "tls.crt"),
    ("PEER_TLS_KEY", "my files/tls.key", "my files/tls.key"),
    ("PEER_TLS_CA", "ca.crt", "ca.crt"),
    ("HEALTH_PORT", "8081", 8081),
    ("PEERS", "a, b:5 ,[::1],", (Address("a", 46747), Address("b", 5), Address("::1", 46747))),
    ("SERVICE_DNS_NAME", "cars.default.svc.cluster.local.", "cars.default.svc.cluster.local."),
    ("SERVICE_DNS_NAME", "_peer._tcp.cars", "_peer._tcp.cars"),
    ("MY_POD_NAME", "pod é", "pod é"),
    ("MY_POD_IP", "10.0.0.1", "10.0.0.1"),
    ("MY_POD_IP", "FD00:0::1", "fd00::1"),
    ("CLUSTER_NAME", "é" * 127, "é" * 127),
    ("GOSSIP_INTERVAL", "0.01", 0.01),
    ("GOSSIP_INTERVAL", "3600", 3600.0),
    ("GOSSIP_FANOUT", "0", 0),
    ("GOSSIP_FANOUT", "64", 64),
    ("MAX_VALUE_BYTES", "1", 1),
    ("MAX_VALUE_BYTES", str(16 * MIB), 16 * MIB),
    ("MAX_STORE_BYTES", "1", 1),
    ("MAX_STORE_BYTES", str(1024 * GIB), 1024 * GIB),
    ("MAX_CLOCK_SKEW", "0.1", 0.1),
    ("MAX_CLOCK_SKEW", "86400", 86400.0),
    ("TOMBSTONE_TTL", "10", 10.0),
    ("TOMBSTONE_TTL", "31536000", 31_536_000.0),
    ("MAX_CONNECTIONS", "1", 1),
    ("MAX_WATCHERS", "0", 0),
    ("MAX_WATCHERS", "100000", 100_000),
    ("MAX_HEAD_BYTES", "256", 256),
    ("MAX_TARGET_BYTES", "64", 64),
    ("MAX_FIELDS", "10000", 10_000),
    ("IDLE_SECONDS", "0.1", 0.1),
    ("REQUEST_SECONDS", "3600", 3600.0),
    ("THREAD_STACK_BYTES", "131072", 131_072),
    ("LOG_LEVEL", "Debug", "debug"),
    ("LOG_LEVEL", "ERROR", "error"),
    ("LOG_FORMAT", "JSON", "json"),
    ("ACCESS_LOG", "on", True),
]  # fmt: skip

PORTS = "a whole number from 0 to 65535, where 0 means any free port"
HOSTS = "IP addresses or localhost, separated by commas"
FILE = "the path of a file that can be read"
NAMES = "host names without port, separated by commas, or *"
ORIGINS = "origins such as https://app.example:8443, separated by commas"
PEERS = "host:port or host, separated by commas, IPv6 in brackets"
NAME = "up to 255 printable bytes"

BAD = [
    ("CLIENT_HOST", "example.org", HOSTS),
    ("CLIENT_HOST", ",", HOSTS),
    ("CLIENT_HOST", "127.0.0.1 ::1", HOSTS),
    ("CLIENT_PORT", "http", PORTS),
    ("CLIENT_PORT", "-1", PORTS),
    ("CLIENT_PORT", "65536", PORTS),
    ("CLIENT_PORT", "80.0", PORTS),
    ("CLIENT_PORT", "٨٠", PORTS),
    ("CLIENT_PORT", "8_0", PORTS),
    ("CLIENT_PORT", "9" * 5000, PORTS),
    ("CLIENT_HOSTS", "map:80", NAMES),
    ("CLIENT_HOSTS", "http://map", NAMES),
    ("CLIENT_HOSTS", "*.example.org", NAMES),
    ("CLIENT_HOSTS", ".", NAMES),
    ("CLIENT_ORIGINS", "*", ORIGINS),
    ("CLIENT_ORIGINS", "null", ORIGINS),
    ("CLIENT_ORIGINS", "app.example", ORIGINS),
    ("CLIENT_ORIGINS", "https://app.example/", ORIGINS),
    ("CLIENT_TOKEN_FILE", "a\0b", FILE),
    ("PEER_HOST", "10.0.0.300", HOSTS),
    ("PEER_PORT", "1e3", PORTS),
    ("PEER_SECRET_FILE", "a\nb", FILE),
    ("PEER_TLS_CERT", "\x00", FILE),
    ("PEER_TLS_KEY", "\udcff", FILE),
    ("PEER_TLS_CA", "a\tb", FILE),
    ("HEALTH_PORT", "health", PORTS),
    ("PEERS", "a b", PEERS),
    ("PEERS", "::1", PEERS),
    ("PEERS", "a:0", PEERS),
    ("SERVICE_DNS_NAME", "two words", "a DNS name"),
    ("MAX_CONNECTIONS", "0", "a whole number from 1 to 100000"),
    ("MAX_WATCHERS", "100001", "a whole number from 0 to 100000"),
    ("MAX_HEAD_BYTES", "255", "a whole number from 256 to 1048576"),
    ("MAX_TARGET_BYTES", "1048577", "a whole number from 64 to 1048576"),
    ("MAX_FIELDS", "many", "a whole number from 1 to 10000"),
    ("IDLE_SECONDS", "0", "a number from 0.1 to 86400"),
    ("REQUEST_SECONDS", "3601", "a number from 0.1 to 3600"),
    ("THREAD_STACK_BYTES", "4096", "a whole number from 131072 to 67108864"),
    ("SERVICE_DNS_NAME", "a..b", "a DNS name"),
    ("SERVICE_DNS_NAME", "cars:46747", "a DNS name"),
    ("SERVICE_DNS_NAME", "http://cars", "a DNS name"),
    ("SERVICE_DNS_NAME", "a\\b", "a DNS name"),
    ("SERVICE_DNS_NAME", "a" * 64, "a DNS name"),
    ("SERVICE_DNS_NAME", "a." * 127 + "a", "a DNS name"),
    ("MY_POD_NAME", "a\nb", NAME),
    ("MY_POD_NAME", "\udcff", NAME),
    ("MY_POD_IP", "pod-1", "one IP address"),
    ("MY_POD_IP", "10.0.0.1,10.0.0.2", "one IP address"),
    ("CLUSTER_NAME", "é" * 128, NAME),
    ("GOSSIP_INTERVAL", "0", "a number from 0.01 to 3600"),
    ("GOSSIP_INTERVAL", "nan", "a number from 0.01 to 3600"),
    ("GOSSIP_INTERVAL", "inf", "a number from 0.01 to 3600"),
    ("GOSSIP_INTERVAL", "1s", "a number from 0.01 to 3600"),
    ("GOSSIP_INTERVAL", "1_0", "a number from 0.01 to 3600"),
    ("GOSSIP_FANOUT", "65", "a whole number from 0 to 64"),
    ("CLIENT_HOST", "[::1", "IP addresses or localhost, separated by commas"),
    ("SERVICE_DNS_NAME", "a\\b", "a DNS name"),
    ("TOMBSTONE_TTL", "9", "a number from 10 to 31536000"),
    ("MAX_VALUE_BYTES", "0", "a whole number from 1 to 16777216"),
    ("MAX_VALUE_BYTES", "1M", "a whole number from 1 to 16777216"),
    ("MAX_STORE_BYTES", "0", "a whole number from 1 to 1099511627776"),
    ("MAX_CLOCK_SKEW", "-1", "a number from 0.1 to 86400"),
    ("LOG_LEVEL", "loud", "debug, info, warning or error"),
    ("LOG_FORMAT", "xml", "logfmt or json"),
    ("ACCESS_LOG", "maybe", "on or off"),
]


def given(name: str, text: str) -> tuple[Settings, Settings]:
    """The settings when this one is given by the environment, and when it is given by its flag."""
    return load({}, {name: text}), load({name.lower(): text}, {})


@pytest.mark.parametrize(("name", "text", "value"), GOOD)
def test_what_is_allowed(name: str, text: str, value: Any) -> None:
    for settings in given(name, text):
        assert getattr(settings, name.lower()) == value
        assert settings.chosen == {name.lower()}


def test_every_setting_is_tried_here() -> None:
    names = {setting.name for setting in SETTINGS}
    assert {name for name, *_ in GOOD} == names
    assert {name for name, *_ in BAD} == names


@pytest.mark.parametrize(("name", "text", "allowed"), BAD)
def test_what_is_not_allowed_is_told_with_what_is(name: str, text: str, allowed: str) -> None:
    with pytest.raises(SettingError) as caught:
        load({}, {name: text})
    shown = text if text.isprintable() else repr(text)
    assert str(caught.value) == f"{name}={shown} is not allowed: give {allowed}"
    flag = "--" + name.lower().replace("_", "-")
    with pytest.raises(SettingError) as caught:
        load({name.lower(): text}, {})
    assert str(caught.value) == f"{flag} {text!r} is not allowed: give {allowed}"


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_the_flag_goes_before_the_environment(setting: Any) -> None:
    text, value = next((text, value) for name, text, value in GOOD if name == setting.name)
    assert getattr(load({setting.field: text}, {setting.name: "never looked at \n"}), setting.field) == value
