"""Where each setting in force comes from, and what turns one on or off."""

import socket

import pytest

from gossip.config import load
from gossip.settings import SETTINGS


def test_each_value_in_force_is_told_with_its_source() -> None:
    flags = {"client_port": "7000", "access_log": "yes", "max_fields": None}
    environ = {"CLIENT_PORT": "8000", "PEERS": "a, [::1]:5", "GOSSIP_INTERVAL": "", "LOG_LEVEL": "DEBUG"}
    found = load(flags, environ).by_source()
    assert list(found) == ["flags", "environment", "defaults"]
    assert found["flags"] == {"CLIENT_PORT": 7000, "ACCESS_LOG": "on"}
    assert found["environment"] == {"PEERS": "a:46747,[::1]:5", "LOG_LEVEL": "debug"}
    defaults = found["defaults"]
    assert (defaults["CLIENT_HOST"], defaults["GOSSIP_INTERVAL"]) == ("127.0.0.1,::1", 1.0)
    assert (defaults["CLUSTER_NAME"], defaults["MY_POD_NAME"]) == ("gossipcar", socket.gethostname()), "as worked out"
    assert sorted(name for values in found.values() for name in values) == sorted(s.name for s in SETTINGS)


def test_a_source_that_gives_nothing_is_not_told() -> None:
    assert list(load({}, {}).by_source()) == ["defaults"]


@pytest.mark.parametrize("word", ["on", "True", "YES", "1"])
def test_words_that_turn_on(word: str) -> None:
    assert load({}, {"ACCESS_LOG": word}).access_log is True


@pytest.mark.parametrize("word", ["OFF", "false", "no", "0"])
def test_words_that_turn_off(word: str) -> None:
    assert load({}, {"ACCESS_LOG": word}).access_log is False
