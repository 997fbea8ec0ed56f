"""From settings to how peers know each other: which secrets serve, and what is said where they do not."""

import logging
from pathlib import Path

import pytest

from gossip.config import SettingError, load
from gossip.trust import read_secrets, trust, warn_of_open_ports

LONG = b"0123456789abcdef"


@pytest.mark.parametrize(
    ("content", "secrets"),
    [
        (LONG, (LONG,)),
        (LONG + b"\n", (LONG,)),
        (b"\n  " + LONG + b"\t\r\n\nx" + LONG + b"\n", (LONG, b"x" + LONG)),
        (b"two words and some more \xff\n", (b"two words and some more \xff",)),
        ((LONG + b"\n") * 16, (LONG,) * 16),
    ],
)
def test_each_line_is_a_secret(tmp_path: Path, content: bytes, secrets: tuple[bytes, ...]) -> None:
    (tmp_path / "secrets").write_bytes(content)
    assert read_secrets(str(tmp_path / "secrets")) == secrets


BAD = [
    (b"", "it has no secrets; give 1 to 16, one a line"),
    (b" \n\n", "it has no secrets; give 1 to 16, one a line"),
    (LONG + b"\n" + LONG[1:], "line 2 has 15 bytes, but a secret has 16 at least"),
    ((LONG + b"\n") * 17, "it has 17 secrets; give 1 to 16, one a line"),
    (b"x" * 65_537, "it has over 65536 bytes"),
]


@pytest.mark.parametrize(("content", "why"), BAD, ids=[why for _, why in BAD])
def test_a_file_that_does_not_serve_is_told_of_without_what_is_in_it(tmp_path: Path, content: bytes, why: str) -> None:
    path = tmp_path / "secrets"
    path.write_bytes(content)
    with pytest.raises(SettingError) as caught:
        trust(load({}, {"PEER_SECRET_FILE": str(path)}))
    assert str(caught.value) == f"PEER_SECRET_FILE cannot be used: {path}: {why}"


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "secrets"
    with pytest.raises(SettingError) as caught:
        trust(load({}, {"PEER_SECRET_FILE": str(path)}))
    assert str(caught.value) == f"PEER_SECRET_FILE cannot be used: {path}: No such file or directory"


@pytest.mark.parametrize("given", [{"cert"}, {"key"}, {"ca"}, {"cert", "key"}, {"cert", "ca"}, {"key", "ca"}])
def test_the_files_of_tls_go_together(given: set[str]) -> None:
    with pytest.raises(SettingError) as caught:
        trust(load({}, {f"PEER_TLS_{name.upper()}": "/dev/null" for name in given}))
    assert str(caught.value) == "PEER_TLS_CERT, PEER_TLS_KEY, PEER_TLS_CA go together: give all three, or none"


@pytest.mark.parametrize(
    ("host", "warns"),
    [("::", True), ("0.0.0.0", True), ("10.0.0.1", True), ("localhost,10.0.0.1", True), ("localhost", False),
     ("127.0.0.9", False), ("::1", False)],
)  # fmt: skip
def test_a_port_that_believes_everybody_is_warned_of(host: str, warns: bool, caplog: pytest.LogCaptureFixture) -> None:
    settings = load({}, {"PEER_HOST": host})
    with caplog.at_level(logging.WARNING):
        warn_of_open_ports(settings, trust(settings))
    line = "whoever reaches the peer port can read and write the map; give all nodes a PEER_SECRET_FILE"
    assert caplog.messages == [line] * warns


def test_a_port_with_a_secret_is_not_warned_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "secrets").write_bytes(LONG)
    settings = load({}, {"PEER_SECRET_FILE": str(tmp_path / "secrets")})
    trusting = trust(settings)
    assert trusting.proofs is not None
    warn_of_open_ports(settings, trusting)
    assert caplog.messages == []


def test_a_client_port_that_asks_nobody_is_warned_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "tokens").write_text("\n one \n#two\n")
    open_to_all = {"CLIENT_HOST": "0.0.0.0", "PEER_HOST": "localhost"}
    settings = load({}, {**open_to_all, "CLIENT_TOKEN_FILE": str(tmp_path / "tokens")})
    trusting = trust(settings)
    assert trusting.tokens() == (b"one", b"#two")
    warn_of_open_ports(settings, trusting)
    assert caplog.messages == []
    settings = load({}, open_to_all)
    trusting = trust(settings)
    assert trusting.tokens() == ()
    warn_of_open_ports(settings, trusting)
    assert caplog.messages == ["whoever reaches the client port can read and write the map; set CLIENT_TOKEN_FILE"]


@pytest.mark.parametrize(
    ("content", "why"),
    [(b"", "it has no token; give them one a line"),
     (b"one\n# two\n", "line 2 is no token: those are printable ASCII characters without spaces"),
     ("t\u00e9st".encode(), "line 1 is no token: those are printable ASCII characters without spaces"),
     (b"x" * 65_537, "it has over 65536 bytes"),
     (None, "No such file or directory")],
)  # fmt: skip
def test_a_file_without_tokens(tmp_path: Path, content: bytes | None, why: str) -> None:
    path = tmp_path / "tokens"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SettingError) as caught:
        trust(load({}, {"CLIENT_TOKEN_FILE": str(path)}))
    assert str(caught.value) == f"CLIENT_TOKEN_FILE cannot be used: {path}: {why}"
