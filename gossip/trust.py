"""How peers know each other: by a secret, by certificates, by both, or not at all."""

import ipaddress
import logging
from functools import partial
from typing import NamedTuple

from gossip.certificates import SETTINGS_OF_TLS, Certificates
from gossip.config import SettingError, Settings
from gossip.faults import Faults
from gossip.files import FromFiles, Unusable, reason
from gossip.serving.tls import Tls
from gossip.sync.connection import Tls as ClientTls
from gossip.sync.message import TlsFailed
from gossip.sync.proof import Proofs

LEAST_BYTES = 16
"""A secret has so many at least: 128 bits, where they are drawn by lot."""

MOST_SECRETS = 16
"""A message by none of them costs a look at all."""

_MOST_BYTES = 64 * 1024

log = logging.getLogger("gossipcar")


class Trust(NamedTuple):
    """What a node and its peers show each other."""

    proofs: Proofs | None
    certificates: Certificates | None

    @property
    def client_tls(self) -> ClientTls | None:
        """What calls to peers are made under."""
        return self.certificates.client if self.certificates else None

    def server_tls(self, faults: Faults) -> Tls | None:
        """What peers' calls are taken under."""
        return Tls(self.certificates.server, partial(faults.note, TlsFailed.kind)) if self.certificates else None


def trust(settings: Settings) -> Trust:
    """As the settings say. Raises SettingError for files that cannot be used."""
    return Trust(_proofs(settings), _certificates(settings))


def warn_of_open_port(settings: Settings, trusting: Trust) -> None:
    """Say so where whoever reaches the peer port is believed, and that is not this machine alone."""
    beyond = not all(ipaddress.ip_address(host).is_loopback for host in settings.peer_host)
    if beyond and trusting == Trust(None, None):
        log.warning("whoever reaches the peer port can read and write the map; give all nodes a PEER_SECRET_FILE")


def read_secrets(path: str) -> tuple[bytes, ...]:
    """The secrets in a file, one a line. Raises Unusable or OSError, without a word of what is in it."""
    with open(path, "rb") as file:
        content = file.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        raise Unusable(f"{path}: it has over {_MOST_BYTES} bytes")
    found = []
    for number, line in enumerate(content.split(b"\n"), 1):
        secret = line.strip()
        if 0 < len(secret) < LEAST_BYTES:
            raise Unusable(f"{path}: line {number} has {len(secret)} bytes, but a secret has {LEAST_BYTES} at least")
        if secret:
            found.append(secret)
    if not 0 < len(found) <= MOST_SECRETS:
        raise Unusable(f"{path}: it has {len(found) or 'no'} secrets; give 1 to {MOST_SECRETS}, one a line")
    return tuple(found)


def _proofs(settings: Settings) -> Proofs | None:
    path = settings.peer_secret_file
    if not path:
        return None
    name = "PEER_SECRET_FILE"
    try:
        return Proofs(FromFiles([path], partial(read_secrets, path), name).get, settings.cluster_name)
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
