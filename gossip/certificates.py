"""This node's certificate and its cluster's authority, from files to what TLS is begun with."""

import logging
import ssl
from contextlib import suppress
from typing import NamedTuple, NoReturn

from gossip.files import FromFiles, Unusable
from gossip.sync.connection import DeadlineTls

_OUT_OF_TIME = (9, 10)
"""OpenSSL's X509_V_ERR_CERT_NOT_YET_VALID and X509_V_ERR_CERT_HAS_EXPIRED."""

_IN_WORDS = {
    20: "none of the authorities in PEER_TLS_CA has signed it",
    26: "it must be for both server auth and client auth",
}
"""X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY and X509_V_ERR_INVALID_PURPOSE."""

SETTINGS_OF_TLS = "PEER_TLS_CERT, PEER_TLS_KEY, PEER_TLS_CA"

log = logging.getLogger("gossipcar.certificates")


class Contexts(NamedTuple):
    """Both sides of mutual TLS."""

    server: ssl.SSLContext
    client: ssl.SSLContext


class Certificates:
    """Contexts for TLS with peers, made anew once the files change. Safe to use from any thread."""

    def __init__(self, cert: str, key: str, authority: str) -> None:
        """Paths of PEM files: the certificate with what leads from it to the authority, its key, and those of the
        authority. Raises Unusable or OSError."""
        self._paths = (cert, key, authority)
        self._files = FromFiles(self._paths, self._read, SETTINGS_OF_TLS)

    def server(self) -> ssl.SSLContext:
        return self._files.get().server

    def client(self) -> ssl.SSLContext:
        return self._files.get().client

    def _read(self) -> Contexts:
        for path in self._paths:
            open(path, "rb").close()  # whose error has the path, which those of `ssl` have not
        server, client = self._context(ssl.PROTOCOL_TLS_SERVER), self._context(ssl.PROTOCOL_TLS_CLIENT)
        server.num_tickets = 0  # each connection is a new one, and shows a certificate that holds then
        server.options |= ssl.OP_NO_TICKET | ssl.OP_NO_RENEGOTIATION
        client.sslsocket_class = DeadlineTls
        _shake_hands(server, client)
        return Contexts(server, client)

    def _context(self, protocol: int) -> ssl.SSLContext:
        """Peers are called by addresses that no certificate names: who has one of this authority belongs here."""
        cert, key, authority = self._paths
        context = ssl.SSLContext(protocol)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.check_hostname = False
        context.verify_mode = ssl.CERT_REQUIRED
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # the authority may be another one's intermediate
        _load_own(context, cert, key)
        _load_authority(context, authority)
        return context


def _load_own(context: ssl.SSLContext, cert: str, key: str) -> None:
    try:
        context.load_cert_chain(cert, key, _no_password)
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            raise Unusable(f"{key}: it is not the key of {cert}") from None
        why = error.reason or "one of them is no certificate or key"
        raise Unusable(f"{cert} and {key} are no PEM files that go together ({why})") from None


def _load_authority(context: ssl.SSLContext, path: str) -> None:
    try:
        context.load_verify_locations(path)
        found = context.get_ca_certs()
    except ssl.SSLError:
        found = []
    if not found:
        raise Unusable(f"{path}: it has no certificate of an authority in PEM")


def _shake_hands(server: ssl.SSLContext, client: ssl.SSLContext) -> None:
    """Do with oneself, in memory, what is to be done with peers: what fails here fails with all of them.

    But for its time: a certificate that has run out will be renewed, and clocks are set.
    """
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    asked = server.wrap_bio(to_server, to_client, server_side=True)
    asking = client.wrap_bio(to_client, to_server)
    try:
        for side in (asking, asked) * 3:  # TLS 1.2 takes two turns of each and one, TLS 1.3 two of each
            with suppress(ssl.SSLWantReadError):
                side.do_handshake()
    except ssl.SSLCertVerificationError as error:
        if error.verify_code in _OUT_OF_TIME:
            log.warning("no peer takes this node's certificate now", extra={"error": error.verify_message})
            return
        why = _IN_WORDS.get(error.verify_code, error.verify_message)
        raise Unusable(f"no peer would take this certificate: {why}") from None


def _no_password() -> NoReturn:
    """Without this, a key that is encrypted would have its password asked for at the terminal."""
    raise Unusable("the key is encrypted; give it in the clear")
