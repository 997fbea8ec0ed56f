"""Settings as people write them, to values. Each function raises ValueError for what is not allowed."""

import ipaddress
import re
from collections.abc import Callable

from gossip.sync.address import Address, parse_address
from gossip.sync.wire import MAX_NAME_BYTES


def whole(least: int, most: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not (text.isascii() and text.isdecimal() and least <= int(text) <= most):
            raise ValueError(text)
        return int(text)

    return parse


_DECIMAL = re.compile(r"[0-9]+(\.[0-9]*)?|\.[0-9]+")


def seconds(least: float, most: float) -> Callable[[str], float]:
    def parse(text: str) -> float:
        if not _DECIMAL.fullmatch(text):
            raise ValueError(text)
        value = float(text)
        if not least <= value <= most:
            raise ValueError(text)
        return value

    return parse


def _listed(text: str) -> list[str]:
    return [item.strip() for item in text.split(",") if item.strip()]


def hosts(text: str) -> tuple[str, ...]:
    found: list[str] = []
    for item in _listed(text):
        if item == "localhost":
            found += ("127.0.0.1", "::1")
        else:
            bare = item[1:-1] if item.startswith("[") and item.endswith("]") else item
            found.append(str(ipaddress.ip_address(bare)))
    if not found:
        raise ValueError(text)
    return tuple(dict.fromkeys(found))


def names(text: str) -> tuple[str, ...]:
    found = tuple(item.lower().removesuffix(".") for item in _listed(text))
    if not all(item == "*" or ("*" not in item and item and dns_name(item)) for item in found):
        raise ValueError(text)
    return found


_ORIGIN = re.compile(r"https?://([a-z0-9._-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?")


_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


def origins(text: str) -> tuple[str, ...]:
    found = tuple(item.lower() for item in _listed(text))
    if not all(map(_ORIGIN.fullmatch, found)):
        raise ValueError(text)
    return tuple(item.removesuffix(_DEFAULT_PORTS[item.partition(":")[0]]) for item in found)  # as browsers write them


PORT_NOT_GIVEN = 0
"""The port of an address that came without one."""


def addresses(text: str) -> tuple[Address, ...]:
    return tuple(parse_address(item, PORT_NOT_GIVEN) for item in _listed(text))


def pod_ip(text: str) -> str:
    return str(ipaddress.ip_address(text)) if text else ""


def dns_name(text: str) -> str:
    labels = text.removesuffix(".").split(".")
    if text and not all(0 < len(label) < 64 and label.isascii() and label.isprintable() for label in labels):
        raise ValueError(text)
    if any(c.isspace() or c in ":/,\\" for c in text) or len(text) > 253:
        raise ValueError(text)
    return text


def name(text: str) -> str:
    if len(text.encode()) > MAX_NAME_BYTES or not (text.isprintable() or not text):
        raise ValueError(text)
    return text


def path(text: str) -> str:
    if not (text.isprintable() or not text):
        raise ValueError(text)
    return text


def one_of(*words: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text.lower() not in words:
            raise ValueError(text)
        return text.lower()

    return parse


_SWITCH = {"on": True, "true": True, "yes": True, "1": True, "off": False, "false": False, "no": False, "0": False}


def switch(text: str) -> bool:
    if text.lower() not in _SWITCH:
        raise ValueError(text)
    return _SWITCH[text.lower()]
