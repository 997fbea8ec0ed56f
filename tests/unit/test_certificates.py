"""Who gets on with whom by TLS, and what becomes of files that change."""

import os
import socket
import ssl
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from gossip.certificates import Certificates
from gossip.files import Unusable
from tests.authority import Authority


def certificates(authority: Authority, trusts: str = "", name: str = "tls", days: float = 1) -> Certificates:
    cert, key = authority.issue(name, days)
    return Certificates(cert, key, trusts or authority.path("ca.crt"))


def get_on(server: ssl.SSLContext, client: ssl.SSLContext) -> bool:
    """Whether a word gets from a server to a client that it has taken."""
    here, there = socket.socketpair()

    def serve() -> None:
        try:
            with server.wrap_socket(here, server_side=True) as connection:
                connection.sendall(b"word")
        except OSError:
            pass

    thread = threading.Thread(target=serve, daemon=True)
    for end in (here, there):
        end.settimeout(5)
    thread.start()
    try:
        with client.wrap_socket(there) as connection:
            return connection.recv(4) == b"word"
    except OSError:
        return False
    finally:
        thread.join(5)


def bare() -> ssl.SSLContext:
    """A client that shows no certificate and trusts anybody."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def test_those_of_one_authority_get_on(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    one, other = certificates(authority, name="one"), certificates(authority, name="other")
    assert get_on(one.server(), other.client())


def test_files_that_are_no_certificate_are_told_of_in_words(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    _, key = authority.issue("one", 1)
    with pytest.raises(Unusable, match=r"are no PEM files that go together \((?!None)[A-Za-z _]+\)$"):
        Certificates(key, key, authority.path("ca.crt"))


def test_another_authority_is_trusted_by_neither_side(tmp_path: Path) -> None:
    ours, theirs = Authority(tmp_path / "ours"), Authority(tmp_path / "theirs")
    here, there = certificates(ours), certificates(theirs)
    both = tmp_path / "both.crt"
    both.write_text(Path(ours.path("ca.crt")).read_text() + Path(theirs.path("ca.crt")).read_text())
    lenient = certificates(theirs, str(both))
    assert not get_on(here.server(), there.client())
    assert not get_on(here.server(), lenient.client()), "the server has taken a stranger"
    assert not get_on(lenient.server(), here.client()), "the client has taken a stranger"
    assert get_on(there.server(), lenient.client())
    assert get_on(certificates(ours, str(both)).server(), lenient.client()), "two authorities, as while one is replaced"


def test_who_shows_no_certificate_is_not_served(tmp_path: Path) -> None:
    assert not get_on(certificates(Authority(tmp_path)).server(), bare())


def test_what_has_expired_is_trusted_by_neither_side(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    expired = certificates(authority, name="expired", days=-1)
    valid = certificates(authority)
    assert not get_on(expired.server(), valid.client())
    assert not get_on(valid.server(), expired.client())


@pytest.mark.parametrize(
    ("version", "taken"),
    [(ssl.TLSVersion.TLSv1_1, False), (ssl.TLSVersion.TLSv1_2, True), (ssl.TLSVersion.TLSv1_3, True)],
)
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
def test_tls_is_1_2_or_newer(tmp_path: Path, version: ssl.TLSVersion, taken: bool) -> None:
    """Whatever this machine's OpenSSL would do by itself: here it is told to do all it can."""
    both = certificates(Authority(tmp_path))
    server, client = both.server(), both.client()
    for context in (server, client):
        context.set_ciphers("ALL:@SECLEVEL=0")
    assert server.minimum_version == ssl.TLSVersion.TLSv1_2
    assert client.minimum_version == ssl.TLSVersion.TLSv1_2
    client.minimum_version = client.maximum_version = version
    assert get_on(server, client) == taken


def test_files_that_do_not_go_together_are_refused(tmp_path: Path) -> None:
    one, other = Authority(tmp_path / "one"), Authority(tmp_path / "other")
    (cert, _), (_, key) = one.issue(), other.issue()
    with pytest.raises(Unusable) as caught:
        Certificates(cert, key, one.path("ca.crt"))
    assert str(caught.value) == f"{key}: it is not the key of {cert}"
    with pytest.raises(FileNotFoundError):
        Certificates(cert, one.path("tls.key"), one.path("no such file"))


@pytest.mark.parametrize("authority", ["a leaf", "a key", "nothing"])
def test_an_authority_must_be_one(tmp_path: Path, authority: str) -> None:
    """A node that trusts its own certificate alone would shake hands with itself, and with nobody else."""
    cert, key = Authority(tmp_path).issue()
    path = {"a leaf": cert, "a key": key}.get(authority, str(tmp_path / "empty"))
    (tmp_path / "empty").touch()
    with pytest.raises(Unusable) as caught:
        Certificates(cert, key, path)
    assert str(caught.value) == f"{path}: it has no certificate of an authority in PEM"


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    cert, key = Authority(tmp_path).issue()
    os.mkfifo(pipe := str(tmp_path / "pipe"))
    for path in (pipe, str(tmp_path)):
        with pytest.raises(Unusable) as caught:
            Certificates(cert, key, path)
        assert str(caught.value) == f"{path}: it is no regular file"


def test_a_certificate_that_has_run_out_is_warned_of_and_does_not_end_the_start(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    certificates(Authority(tmp_path))
    assert caplog.records == []
    certificates(Authority(tmp_path), days=-1)
    assert [(record.getMessage(), vars(record)["error"]) for record in caplog.records] == [
        ("no peer takes this node's certificate now", "certificate has expired")
    ]


FOREIGN = "no peer would take this certificate: none of the authorities in PEER_TLS_CA has signed it"


def test_a_certificate_that_is_not_of_the_authority_is_refused(tmp_path: Path) -> None:
    ours, theirs = Authority(tmp_path / "ours"), Authority(tmp_path / "theirs")
    with pytest.raises(Unusable) as caught:
        certificates(theirs, ours.path("ca.crt"))
    assert str(caught.value) == FOREIGN


def test_an_authority_that_is_replaced_before_the_certificate_waits_for_it(tmp_path: Path) -> None:
    ours, theirs = Authority(tmp_path / "ours"), Authority(tmp_path / "theirs")
    here = certificates(ours)
    before = here.server()
    Path(theirs.path("ca.crt")).replace(ours.path("ca.crt"))
    seconds_later(here)
    assert here.server() is before
    for path in theirs.issue():
        Path(path).replace(tmp_path / "ours" / Path(path).name)
    seconds_later(here)
    assert here.server() is not before
    assert get_on(here.server(), here.client())


def test_an_encrypted_key_is_refused_and_nobody_asked_for_its_password(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    cert, key = authority.issue()
    plain = serialization.load_pem_private_key(Path(key).read_bytes(), None)
    how = serialization.BestAvailableEncryption(b"password")
    pem = plain.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, how)
    Path(key).write_bytes(pem)
    with pytest.raises(Unusable, match="the key is encrypted; give it in the clear"):
        Certificates(cert, key, authority.path("ca.crt"))


def seconds_later(made: Certificates) -> None:
    made._files._look_at = 0.0


@pytest.mark.parametrize("side", ["server", "client"])
def test_what_has_changed_is_used_for_the_next_connection(tmp_path: Path, side: str) -> None:
    authority = Authority(tmp_path)
    here = certificates(authority)
    context: Callable[[], ssl.SSLContext] = getattr(here, side)
    before = context()
    authority.issue(name="tls")
    assert context() is before
    seconds_later(here)
    assert context() is not before
    assert get_on(here.server(), here.client())


def test_a_certificate_whose_key_has_not_come_yet_waits_for_it(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    here = certificates(authority)
    before = here.server()
    cert, key = authority.issue("new")
    Path(cert).replace(authority.path("tls.crt"))
    seconds_later(here)
    assert here.server() is before
    assert get_on(here.server(), here.client())
    Path(key).replace(authority.path("tls.key"))
    seconds_later(here)
    assert here.server() is not before
