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

from gossip.sync.address import Address
from gossip.sync.message import NotReachable, PeerFault, Refused
from gossip.sync.wire import CONTENT_TYPE

PATH = "/exchange"
_COMPLAINT_BYTES = 300


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
    for handler in (_Handler(), urllib.request.HTTPErrorProcessor(), urllib.request.HTTPDefaultErrorHandler()):
        opener.add_handler(handler)
    return opener


_OPENER = _opener()


def post(address: Address, message: bytes, timeout: float, limit: int) -> bytes:
    """The peer's answer to a message, of at most `limit` bytes, within `timeout` seconds.

    Raises PeerFault with a sentence when there is none.
    """
    request = urllib.request.Request(f"http://{address}{PATH}", message, {"Content-Type": CONTENT_TYPE})
    try:
        with _OPENER.open(request, timeout=timeout) as response:
            answer: bytes = response.read(limit + 1)
    except urllib.error.HTTPError as error:
        with error:
            complaint = error.read(_COMPLAINT_BYTES).decode(errors="replace").strip()
        raise Refused(f"{address} answered {error.code}: {complaint}") from None
    except urllib.error.URLError as error:
        raise NotReachable(f"{address} is not reachable: {error.reason}") from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise PeerFault(f"{address} gave no usable answer: {str(error) or type(error).__name__}") from None
    if len(answer) > limit:
        raise PeerFault(f"{address} answered with more than {limit} bytes")
    return answer
