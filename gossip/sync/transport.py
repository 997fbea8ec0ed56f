"""One message to a peer and its answer back, over HTTP by `urllib`, within a time and a size; proven, if need be."""

import http.client
import ssl
import urllib.error
import urllib.request

from gossip.metrics import Metrics
from gossip.sync.address import Address
from gossip.sync.connection import ClientTls, opener
from gossip.sync.message import (
    NotBelieved,
    NotReachable,
    OtherCluster,
    PeerFault,
    RanOut,
    Refused,
    TlsFailed,
    Unproven,
)
from gossip.sync.packing import CODING, Unreadable, packed, unpacked
from gossip.sync.proof import FIELD, Challenge, Proofs
from gossip.sync.wire import CONTENT_TYPE

PATH = "/exchange"
_COMPLAINT_BYTES = 300
_MOST_ADDRESSES = 10_000
_REFUSALS: dict[int, type[PeerFault]] = {401: NotBelieved, 403: OtherCluster}


class Transport:
    """Carries messages to peers, compressed to those that have shown that they understand it."""

    def __init__(
        self, limit: int, metrics: Metrics | None = None, proofs: Proofs | None = None, tls: ClientTls | None = None
    ) -> None:
        """An answer may have `limit` bytes, once it is unpacked. With `proofs`, each message is proven, and each answer
        must be; with `tls`, they travel under it."""
        self._limit = limit
        self._metrics = metrics or Metrics()
        self._proofs = proofs
        self._opener = opener(tls)
        self._unpacking: dict[Address, None] = {}
        """The peers that unpack what they are sent. Bounded: when full, it starts anew."""

    def post(self, address: Address, message: bytes, timeout: float) -> bytes:
        """The peer's answer to a message, within `timeout` seconds. Raises PeerFault, with a sentence, if none."""
        smaller = packed(message) if address in self._unpacking else None
        body, coding = (message, "") if smaller is None else (smaller, CODING)
        fields = {"Content-Type": CONTENT_TYPE, "Accept-Encoding": CODING}
        if coding:
            fields["Content-Encoding"] = coding
        asked = None
        if self._proofs:
            asked, fields[FIELD] = self._proofs.of_request("POST", PATH, coding, body)
        request = urllib.request.Request(f"http://{address}{PATH}", body, fields)
        try:
            with self._opener.open(request, timeout=timeout) as response:
                self._metrics.bytes_out.add(len(body))
                if response.status != 200:
                    self._unpacking.pop(address, None)  # another may have taken its place, that does not know how
                    kind = _REFUSALS.get(response.status, Refused)
                    raise kind(f"{address} answered {response.status}: {_complaint(response)}")
                return self._answer(address, asked, response)
        except urllib.error.URLError as error:
            if isinstance(error.reason, ssl.SSLError):
                raise _no_tls(address, error.reason) from None
            raise NotReachable(f"{address} is not reachable: {error.reason}") from None
        except ssl.SSLError as error:  # where the peer does not take this node's certificate, it says so late
            raise _no_tls(address, error) from None
        except (OSError, http.client.HTTPException, ValueError, Unreadable) as error:
            raise PeerFault(f"{address} gave no usable answer: {str(error) or type(error).__name__}") from None

    def _answer(self, address: Address, asked: Challenge | None, response: http.client.HTTPResponse) -> bytes:
        """What is in an answer, once it is proven."""
        body = _read(response, self._limit)
        self._metrics.bytes_in.add(len(body))
        coding = response.headers.get("Content-Encoding", "").lower()
        if self._proofs and asked:
            try:
                self._proofs.check_answer(asked, response.headers.get(FIELD, ""), coding, body)
            except Unproven as unproven:
                raise Unproven(unproven.kind, f"{address} gave no usable answer: {unproven}") from None
        if CODING in response.headers.get("Accept-Encoding", ""):
            self._note(address)
        return unpacked(body, self._limit) if coding == CODING else body

    def _note(self, address: Address) -> None:
        if len(self._unpacking) >= _MOST_ADDRESSES:
            self._unpacking.clear()
        self._unpacking[address] = None


def _no_tls(address: Address, error: ssl.SSLError) -> TlsFailed:
    """What to tell of it. Of certificates that have run out OpenSSL has two sentences: one is the peer's own."""
    if "alert certificate expired" in str(error):
        return RanOut(f"{address} says that this node's certificate has run out: renew PEER_TLS_CERT ({error})")
    if "certificate has expired" in str(error):
        return RanOut(f"the certificate of {address} has run out: renew PEER_TLS_CERT there ({error})")
    return TlsFailed(f"{address} and this node do not get on by TLS: {error}")


def _read(response: http.client.HTTPResponse, limit: int) -> bytes:
    """The whole body. Its length must be said first: of a chunked body `http.client` might read without end."""
    length = response.length
    if length is None:
        raise ValueError("it does not say how long it is")
    if length > limit:
        raise ValueError(f"it has {length} bytes, more than {limit}")
    body = response.read(length)
    if len(body) < length:
        raise ValueError(f"it ends {length - len(body)} bytes too early")
    return body


def _complaint(response: http.client.HTTPResponse) -> str:
    """The beginning of what a peer says about a refusal, as far as it can be had."""
    if not response.length:
        return ""
    try:
        return response.read(min(response.length, _COMPLAINT_BYTES)).decode(errors="replace").strip()
    except (OSError, http.client.HTTPException):
        return ""
