"""What people see of the command line: errors in one line, exit statuses, and help that explains itself."""

import signal
import socket
from collections.abc import Iterator

import pytest

from gossip import __version__, cli, logs
from gossip.cli import main
from gossip.settings import SETTINGS

LOOPBACK = ("--client-host=127.0.0.1", "--peer-host=127.0.0.1")


@pytest.fixture(autouse=True)
def logging_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only a process that is a node may have all of Python log as it wants."""
    monkeypatch.setattr(logs, "begin", lambda level, form: logs.Lines(form))


@pytest.fixture
def busy_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


BAD = {
    "a bad flag": (
        ["--client-port=http"],
        {},
        "--client-port 'http' is not allowed: give a whole number from 0 to 65535, where 0 means any free port",
    ),
    "a bad variable": ([], {"LOG_LEVEL": "loud"}, "LOG_LEVEL=loud is not allowed: give debug, info, warning or error"),
    "an unknown flag": (["--colour=red"], {}, "unrecognized arguments: --colour=red; see --help"),
    "half a flag": (["--client=1"], {}, "unrecognized arguments: --client=1; see --help"),
    "a stray word": (["start"], {}, "unrecognized arguments: start; see --help"),
    "a flag without value": (["--peers"], {}, "argument --peers: expected one argument; see --help"),
}


@pytest.mark.parametrize(("argv", "environ", "line"), BAD.values(), ids=BAD.keys())
def test_a_bad_setting_is_one_line_and_status_2(
    argv: list[str], environ: dict[str, str], line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(argv, environ) == 2
    assert capsys.readouterr() == ("", f"gossipcar: {line}\n")


def test_a_busy_client_port_is_one_line_and_status_1(busy_port: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*LOOPBACK, f"--client-port={busy_port}", "--peer-port=0"], {}) == 1
    assert capsys.readouterr() == (
        "", f"gossipcar: CLIENT_PORT {busy_port} cannot be bound at 127.0.0.1 (Address already in use)\n",
    )  # fmt: skip


def test_a_busy_peer_port_is_one_line_and_status_1(busy_port: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*LOOPBACK, "--client-port=0"], {"PEER_PORT": str(busy_port)}) == 1
    assert capsys.readouterr() == (
        "", f"gossipcar: PEER_PORT {busy_port} cannot be bound at 127.0.0.1 (Address already in use)\n",
    )  # fmt: skip


def test_until_a_signal_comes_the_log_is_summed_up_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "SUM_UP_SECONDS", 0.01)
    signals, written = socket.socketpair()
    summed: list[None] = []

    class Counting(logs.Lines):
        def sum_up(self) -> None:
            summed.append(None)
            if len(summed) == 3:
                written.send(bytes([signal.SIGTERM]))

    with signals, written:
        cli._await_signal(signals, Counting())
        assert signals.gettimeout() is None, "the next signal may take as long as it likes"
    assert len(summed) == 3


def shown(flag: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    monkeypatch.setenv("COLUMNS", "10000")
    with pytest.raises(SystemExit) as caught:
        main([flag], {})
    assert caught.value.code == 0
    return capsys.readouterr().out


def test_help_tells_each_settings_reason_unit_default_and_variable(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = shown("--help", monkeypatch, capsys)
    for setting in SETTINGS:
        assert setting.reason
        assert f"{setting.flag} " in text
        told = f"{setting.reason}. Unit: {setting.unit}. Default: {setting.default or 'none'}. [{setting.name}]"
        assert told in text


def test_help_in_words(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    text = shown("--help", monkeypatch, capsys)
    assert "--gossip-interval SECONDS" in text
    assert "Unit: seconds. Default: 1.0. [GOSSIP_INTERVAL]" in text
    assert "Unit: bytes. Default: 1048576. [MAX_VALUE_BYTES]" in text
    assert "Unit: addresses. Default: none. [PEERS]" in text
    assert "the flag goes first" in text


def test_version(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert shown("--version", monkeypatch, capsys) == f"gossipcar {__version__}\n"
