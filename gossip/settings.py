"""The settings, as people meet them: each with its unit, default and reason side by side."""

from collections.abc import Callable
from typing import Any, NamedTuple

from gossip.sync.wire import MAX_NAME_BYTES
from gossip.values import addresses, dns_name, hosts, name, names, one_of, origins, path, pod_ip, seconds, switch, whole

DEFAULT_PEER_PORT = 46747
DEFAULT_HEALTH_PORT = 46748
FALLBACK_CLIENT_PORT = 8080
"""Taken for clients when the default port may not be bound and the user chose none."""

_MIB, _GIB = 2**20, 2**30


class Setting(NamedTuple):
    """One setting as people meet it."""

    name: str
    """The environment variable; the flag is the same in lower case, with dashes."""
    default: str
    """As the user would write it; empty for none."""
    unit: str
    reason: str
    """What it is for, and why the default is what it is."""
    allowed: str
    """What a value may be, to end the sentence "... is not allowed: give ..."."""
    parse: Callable[[str], Any]
    """Text to value; raises ValueError."""

    @property
    def flag(self) -> str:
        return "--" + self.field.replace("_", "-")

    @property
    def field(self) -> str:
        return self.name.lower()


_PORTS = "a whole number from 0 to 65535, where 0 means any free port"
_FILES = "the path of a file that can be read"
_HOSTS = "IP addresses or localhost, separated by commas"

SETTINGS = (
    Setting("CLIENT_HOST", "localhost", "addresses",
            "where clients are served; loopback (127.0.0.1 and ::1) only, as the map asks nobody who they are, unless "
            "there is a CLIENT_TOKEN_FILE",
            _HOSTS, hosts),
    Setting("CLIENT_PORT", "80", "port",
            f"the port for clients; where 80 may not be bound and no port was chosen, {FALLBACK_CLIENT_PORT} is taken",
            _PORTS, whole(0, 65535)),
    Setting("CLIENT_HOSTS", "", "names",
            "names besides localhost that clients may reach the node by, such as that of a Service (else 421): with a "
            "name of its own that leads here a web page could use the browsers of those who visit it; IP addresses are "
            "always taken; * takes any name",
            "host names without port, separated by commas, or *", names),
    Setting("CLIENT_ORIGINS", "", "origins",
            "web pages of other origins that may read and write by way of a browser (CORS); none by default (403)",
            "origins such as https://app.example:8443, separated by commas", origins),
    Setting("CLIENT_TOKEN_FILE", "", "file",
            "a file of tokens, one a line, one of which each client must send (401); it is read again when it changes, "
            "so that tokens can be replaced one by one; without it whoever reaches the client port may read and write",
            _FILES, path),
    Setting("PEER_HOST", "::", "addresses",
            "where peers are served; :: is every address of the machine, IPv4 and IPv6, as peers are other pods",
            _HOSTS, hosts),
    Setting("PEER_PORT", str(DEFAULT_PEER_PORT), "port",
            "the port for peers, health and metrics; the one that peers without a port of their own are called on, too",
            _PORTS, whole(0, 65535)),
    Setting("PEER_SECRET_FILE", "", "file",
            "a file of secrets, one a line, by which peers prove themselves: the first proves, any is taken. Read "
            "again when it changes",
            _FILES, path),
    Setting("PEER_TLS_CERT", "", "file",
            "this node's certificate in PEM, for TLS between peers, both of whom show theirs. Goes with the next two; "
            "all are read again when they change",
            _FILES, path),
    Setting("PEER_TLS_KEY", "", "file", "the certificate's key in PEM, in the clear", _FILES, path),
    Setting("PEER_TLS_CA", "", "file",
            "the certificates, in PEM, of the authority that signs those of all peers and nobody else's",
            _FILES, path),
    Setting("HEALTH_PORT", str(DEFAULT_HEALTH_PORT), "port",
            "health and metrics in the clear, at PEER_HOST, for kubelets and Prometheus, who have no certificate; "
            "opened where PEER_TLS_CERT is given, or this port is",
            _PORTS, whole(0, 65535)),
    Setting("PEERS", "", "addresses",
            "peers known beforehand, for use without DNS; not all are needed, and this node may be among them",
            "host:port or host, separated by commas, IPv6 in brackets", addresses),
    Setting("SERVICE_DNS_NAME", "", "DNS name",
            "the name whose A and AAAA records are the peers: a headless Service; one that begins with _ is looked up "
            "as SRV, which gives ports as well",
            "a DNS name", dns_name),
    Setting("MY_POD_NAME", "", "name",
            "what this node calls itself in its statistics; the machine's name by default",
            f"up to {MAX_NAME_BYTES} printable bytes", name),
    Setting("MY_POD_IP", "", "address",
            "this node's own address, so that it does not call itself; without it a node finds out when it first does",
            "one IP address", pod_ip),
    Setting("CLUSTER_NAME", "", "name",
            "nodes exchange entries with nodes of the same cluster only; SERVICE_DNS_NAME by default, else gossipcar",
            f"up to {MAX_NAME_BYTES} printable bytes", name),
    Setting("GOSSIP_INTERVAL", "1.0", "seconds",
            "the time between rounds of gossip; an idle round costs under a kilobyte, so 1 s is cheap and prompt",
            "a number from 0.01 to 3600", seconds(0.01, 3600)),
    Setting("GOSSIP_FANOUT", "3", "peers",
            "how many peers each node tells at once of a write, who tell as many others each, until all know; 0 leaves "
            "writes to the rounds of gossip. More makes fewer steps, each of which takes longer",
            "a whole number from 0 to 64", whole(0, 64)),
    Setting("MAX_VALUE_BYTES", str(_MIB), "bytes",
            "the largest value; they travel whole, within 2 s, so large ones delay others. Give all nodes the same",
            f"a whole number from 1 to {16 * _MIB}", whole(1, 16 * _MIB)),
    Setting("MAX_STORE_BYTES", str(64 * _MIB), "bytes",
            "keys and values together, so that the map cannot take the pod's memory; each entry takes some 300 bytes "
            "besides, and there may be one for each 64 bytes of this. Give all nodes the same",
            f"a whole number from 1 to {1024 * _GIB}", whole(1, 1024 * _GIB)),
    Setting("MAX_CLOCK_SKEW", "60", "seconds",
            "entries stamped further ahead than this are refused: one broken clock must not own a key for years",
            "a number from 0.1 to 86400", seconds(0.1, 86400)),
    Setting("TOMBSTONE_TTL", "86400", "seconds",
            "how long deleted and expired keys are remembered, so that older values cannot return; not for ever, as "
            "they take memory. Give all nodes the same",
            "a number from 10 to 31536000", seconds(10, 31_536_000)),
    Setting("MAX_CONNECTIONS", "512", "connections",
            "clients at once at each client port; the next is answered 503, as each may hold a thread for a while; "
            "peers and health have an allowance of their own",
            "a whole number from 1 to 100000", whole(1, 100_000)),
    Setting("MAX_WATCHERS", "256", "watchers",
            "clients that watch at once, of those that MAX_CONNECTIONS allows; the next is answered 503, so that "
            "there is room for others",
            "a whole number from 0 to 100000", whole(0, 100_000)),
    Setting("MAX_HEAD_BYTES", str(16 * 1024), "bytes",
            "the largest head of a client's request (431): room for many keys at once and the fields of proxies",
            f"a whole number from 256 to {_MIB}", whole(256, _MIB)),
    Setting("MAX_TARGET_BYTES", str(8 * 1024), "bytes",
            "the longest path and query of it (414): what HTTP asks every server to take, 8,000 bytes",
            f"a whole number from 64 to {_MIB}", whole(64, _MIB)),
    Setting("MAX_FIELDS", "100", "fields",
            "the most header fields of it (431): clients and their proxies send a dozen or two",
            "a whole number from 1 to 10000", whole(1, 10_000)),
    Setting("IDLE_SECONDS", "75", "seconds",
            "how long a client's connection may rest between requests; above the 60 s that common proxies keep theirs",
            "a number from 0.1 to 86400", seconds(0.1, 86400)),
    Setting("REQUEST_SECONDS", "10", "seconds",
            "how long a client may take over a head, over a body, and to take an answer; slow ones are cut (408)",
            "a number from 0.1 to 3600", seconds(0.1, 3600)),
    Setting("THREAD_STACK_BYTES", str(256 * 1024), "bytes",
            "the stack of each thread; nothing here goes deep, and hundreds of threads at the usual 8 MiB would count",
            f"a whole number from 131072 to {64 * _MIB}", whole(128 * 1024, 64 * _MIB)),
    Setting("LOG_LEVEL", "info", "level",
            "the least important lines that are logged",
            "debug, info, warning or error", one_of("debug", "info", "warning", "error")),
    Setting("LOG_FORMAT", "logfmt", "format",
            "how an event is written, on one line: logfmt is for people, json for what collects logs; with json, where "
            "the node listens is told by events, too, and nothing goes to standard output",
            "logfmt or json", one_of("logfmt", "json")),
    Setting("ACCESS_LOG", "off", "on or off",
            "whether each request of a client is logged, with its keys and without values: that takes longer than most "
            "requests do",
            "on or off", switch),
)  # fmt: skip
