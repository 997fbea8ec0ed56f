"""One message to a peer and its answer back, over HTTP by `urllib`, within a time and a size.

`urllib` bounds each wait for bytes, not their sum: a peer that sends a byte a second would hold the caller for days.
So the connection's socket counts down one deadline for the whole call.
"""

import http.client
import socket
import time
import urllib.error
import urllib.request
from functools import partial

from gossip.metrics import Metrics
from gossip.sync.address import Address
from gossip.sync.message import NotReachable, OtherCluster, PeerFault, Refused
from gossip.sync.packing import CODING, Unreadable, packed, unpacked
from gossip.sync.wire import CONTENT_TYPE

PATH = "/exchange"
_COMPLAINT_BYTES = 300
_MOST_ADDRESSES = 10_000


class _DeadlineSocket(socket.socket):
    """A connected socket whose reads all end by one deadline."""

    deadline = 0.0

    def recv_into(self, *args, **kwargs):  # type: ignore[no-untyped-def]
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        self.settimeout(left)
        return super().recv_into(*args, **kwargs)


class _Connection(http.client.HTTPConnection):
    def __init__(self, host: str, deadline: float, timeout: float) -> None:
        super().__init__(host, timeout=timeout)
        self._deadline = deadline

    def connect(self) -> None:
        super().connect()
        plain = self.sock
        self.sock = _DeadlineSocket(plain.family, plain.type, plain.proto, plain.detach())
        self.sock.deadline = self._deadline
        self.sock.settimeout(max(0.001, self._deadline - time.monotonic()))


class _Handler(urllib.request.HTTPHandler):
    def http_open(self, request: urllib.request.Request) -> http.client.HTTPResponse:
        deadline = time.monotonic() + (request.timeout or 0.0)
        return self.do_open(partial(_Connection, deadline=deadline), request)


def _opener() -> urllib.request.OpenerDirector:
    """One that speaks plain HTTP to the address it is given: no proxies, no redirects, no other schemes."""
    opener = urllib.request.OpenerDirector()
    opener.add_handler(_Handler())
    return opener


_OPENER = _opener()


class Transport:
    """Carries messages to peers, compressed to those that have shown that they understand it."""

    def __init__(self, limit: int, metrics: Metrics | None = None) -> None:
        """An answer may have `limit` bytes, once it is unpacked."""
        self._limit = limit
        self._metrics = metrics or Metrics()
        self._unpacking: dict[Address, None] = {}
        """The peers that unpack what they are sent. Bounded: when full, it starts anew."""

    def post(self, address: Address, message: bytes, timeout: float) -> bytes:
        """The peer's answer to a message, within `timeout` seconds. Raises PeerFault, with a sentence, if none."""
        fields = {"Content-Type": CONTENT_TYPE, "Accept-Encoding": CODING}
        body = packed(message) if address in self._unpacking else None
        if body is not None:
            fields["Content-Encoding"] = CODING
        request = urllib.request.Request(f"http://{address}{PATH}", body or message, fields)
        try:
            with _OPENER.open(request, timeout=timeout) as response:
                self._metrics.bytes_out.add(len(body or message))
                if response.status != 200:
                    self._unpacking.pop(address, None)  # another may have taken its place, that does not know how
                    kind = OtherCluster if response.status == 403 else Refused
                    raise kind(f"{address} answered {response.status}: {_complaint(response)}")
                if CODING in response.headers.get("Accept-Encoding", ""):
                    self._note(address)
                answer = _read(response, self._limit)
                self._metrics.bytes_in.add(len(answer))
                return unpacked(answer, self._limit) if response.headers.get("Content-Encoding") == CODING else answer
        except urllib.error.URLError as error:
            raise NotReachable(f"{address} is not reachable: {error.reason}") from None
        except (OSError, http.client.HTTPException, ValueError, Unreadable) as error:
            raise PeerFault(f"{address} gave no usable answer: {str(error) or type(error).__name__}") from None

    def _note(self, address: Address) -> None:
        if len(self._unpacking) >= _MOST_ADDRESSES:
            self._unpacking.clear()
        self._unpacking[address] = None


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
