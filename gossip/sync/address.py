"""Where a peer listens, and how people write it."""

import ipaddress
from typing import NamedTuple


class Address(NamedTuple):
    """Where a peer listens."""

    host: str
    """An IP address or a host name, without brackets."""
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_address(text: str, default_port: int) -> Address:
    """An address from `host:port` or `host`, IPv6 in brackets. Raises ValueError for anything else."""
    if text.startswith("["):
        host, bracket, rest = text[1:].partition("]")
        ipaddress.IPv6Address(host.partition("%")[0])
        if not bracket or (rest and not rest.startswith(":")):
            raise ValueError(text)
        port = rest[1:] if rest else None
    else:
        host, colon, rest = text.partition(":")
        port = rest if colon else None
    if not host or any(c.isspace() or c in "/@?#[]," for c in host):
        raise ValueError(text)
    if port is None:
        return Address(host, default_port)
    if not (port.isascii() and port.isdecimal() and len(port) <= 5 and 0 < int(port) < 65536):
        raise ValueError(text)
    return Address(host, int(port))


def is_ip(host: str) -> bool:
    """Whether a host is an IP address, not a name."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
