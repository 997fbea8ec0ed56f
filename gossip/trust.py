"""Who is believed: peers by a secret, by certificates, by both, or at once; clients by a token, or at once."""

import ipaddress
import logging
import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

from gossip.certificates import SETTINGS_OF_TLS, Certificates
from gossip.config import SettingError, Settings
from gossip.faults import Faults
from gossip.files import FromFiles, Unusable, lines_of, reason
from gossip.serving.tls import Tls
from gossip.sync.connection import ClientTls
from gossip.sync.message import TlsFailed
from gossip.sync.proof import Proofs

LEAST_BYTES = 16
"""A secret has so many at least: 128 bits, where they are drawn by lot."""

MOST_SECRETS = 16
"""A message by none of them costs a look at all."""

_TOKEN = re.compile(rb"[!-~]+")
"""What clients can send, and can be told of by their users."""

log = logging.getLogger("gossipcar.node")


class Trust(NamedTuple):
    """What a node, its peers and its clients show each other."""

    proofs: Proofs | None
    certificates: Certificates | None
    tokens: Callable[[], tuple[bytes, ...]]
    """Those of which each client must have one now; none where it needs none."""

    @property
    def client_tls(self) -> ClientTls | None:
        """What calls to peers are made under."""
        return self.certificates.client if self.certificates else None

    def server_tls(self, faults: Faults) -> Tls | None:
        """What peers' calls are taken under."""
        return Tls(self.certificates.server, partial(faults.note, TlsFailed.kind)) if self.certificates else None


def trust(settings: Settings) -> Trust:
    """As the settings say. Raises SettingError for files that cannot be used."""
    return Trust(_proofs(settings), _certificates(settings), _tokens(settings))


def warn_of_open_ports(settings: Settings, trusting: Trust) -> None:
    """Say so where whoever reaches a port is believed, and that is not this machine alone."""
    if _is_open(settings.peer_host) and not (trusting.proofs or trusting.certificates):
        log.warning("whoever reaches the peer port can read and write the map; give all nodes a PEER_SECRET_FILE")
    if _is_open(settings.client_host) and not settings.client_token_file:
        log.warning("whoever reaches the client port can read and write the map; set CLIENT_TOKEN_FILE")


def _is_open(hosts: Sequence[str]) -> bool:
    return not all(ipaddress.ip_address(host).is_loopback for host in hosts)


def read_secrets(path: str) -> tuple[bytes, ...]:
    """The secrets in a file, one a line. Raises Unusable or OSError, without a word of what is in it."""
    found = []
    for number, secret in enumerate(lines_of(path), 1):
        if 0 < len(secret) < LEAST_BYTES:
            raise Unusable(f"{path}: line {number} has {len(secret)} bytes, but a secret has {LEAST_BYTES} at least")
        if secret:
            found.append(secret)
    if not 0 < len(found) <= MOST_SECRETS:
        raise Unusable(f"{path}: it has {len(found) or 'no'} secrets; give 1 to {MOST_SECRETS}, one a line")
    return tuple(found)


def read_tokens(path: str) -> tuple[bytes, ...]:
    """The tokens in a file, one a line. Raises Unusable or OSError, without a word of what is in it."""
    lines = lines_of(path)
    for number, token in enumerate(lines, 1):
        if token and not _TOKEN.fullmatch(token):
            raise Unusable(f"{path}: line {number} is no token: those are printable ASCII characters without spaces")
    found = tuple(filter(None, lines))
    if not found:
        raise Unusable(f"{path}: it has no token; give them one a line")
    return found


def _proofs(settings: Settings) -> Proofs | None:
    path = settings.peer_secret_file
    return Proofs(_lines("PEER_SECRET_FILE", path, read_secrets), settings.cluster_name) if path else None


def _tokens(settings: Settings) -> Callable[[], tuple[bytes, ...]]:
    path = settings.client_token_file
    return _lines("CLIENT_TOKEN_FILE", path, read_tokens) if path else tuple


def _lines(name: str, path: str, read: Callable[[str], tuple[bytes, ...]]) -> Callable[[], tuple[bytes, ...]]:
    """What is in the file of this setting now, by such a reader."""
    try:
        return FromFiles([path], partial(read, path), name).get
    except (Unusable, OSError) as error:
        raise SettingError(f"{name} cannot be used: {reason(error)}") from None


def _certificates(settings: Settings) -> Certificates | None:
    paths = settings.peer_tls_cert, settings.peer_tls_key, settings.peer_tls_ca
    if not any(paths):
        return None
    if not all(paths):
        raise SettingError(f"{SETTINGS_OF_TLS} go together: give all three, or none")
    try:
        return Certificates(*paths)
    except (Unusable, OSError) as error:
        raise SettingError(f"{SETTINGS_OF_TLS} cannot be used: {reason(error)}") from None
