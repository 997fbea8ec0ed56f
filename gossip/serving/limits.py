"""What a server allows of each client, each limit with its reason."""

from typing import NamedTuple


class Limits(NamedTuple):
    """The bounds on connections, heads, bodies and patience."""

    connections: int = 512
    """Connections at once: each may hold a thread for a while. The next one is answered 503 and closed."""
    head_bytes: int = 16 * 1024
    """Request line and fields together: room for long keys and many of them, and no more (431)."""
    target_bytes: int = 8 * 1024
    """The path with its query: what every HTTP implementation should take (RFC 9112, section 3), 8,000 bytes (414)."""
    fields: int = 100
    """Field lines in a head (431)."""
    chunk_line_bytes: int = 1024
    """One line between chunks, extensions and trailers included: nobody needs them (400)."""
    idle_seconds: float = 75.0
    """A kept-alive connection may rest so long between requests: above the 60 s that common proxies keep theirs."""
    request_seconds: float = 10.0
    """A head, once begun, and then its body must be here within so long: slow senders hold threads (408)."""
    handshake_seconds: float = 2.0
    """And before all, where there is TLS, its handshake: peers ask within 2 s in any case, and it holds a thread."""
    large_bytes: int = 32 * 1024 * 1024
    """Bodies of over 64 KiB that are on their way, and large answers made for one client, have so much room together:
    others wait, as long as a body may take, and are then answered 503."""
    client_bytes: int = large_bytes
    """And those of one address so much: no less where all clients have the same, as on loopback."""
    drain_bytes: int = 1024 * 1024
    """Of a body that nobody wants, so much is read and thrown away, so that its sender gets to see the answer."""
    drain_seconds: float = 2.0
    """And for so long at most."""


PEER_LIMITS = Limits(connections=64, idle_seconds=5.0, client_bytes=8 * 1024 * 1024)
"""On the peer port, where bodies are large and nobody keeps connections: few at once, and none that rests. Whoever
begins large messages that never come takes the room of two, not that of all."""
