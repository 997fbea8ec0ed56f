"""Secrets in a file, and what becomes of them when it changes."""

import os
from pathlib import Path

import pytest

from gossip.secret_file import NoSecret, SecretFile
from tests.unit.fakes import Watch


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "tokens"
    path.write_text("one\n")
    return path


def test_a_secret_a_line(path: Path) -> None:
    path.write_text("  one \r\n\n# two\nthree")
    assert SecretFile(str(path)).lines() == (b"one", b"# two", b"three")


@pytest.mark.parametrize("content", ["", "\n \n", "x" * 65_537])
def test_a_file_without_secrets(path: Path, content: str) -> None:
    path.write_text(content)
    with pytest.raises(NoSecret, match=r"it is empty|it has more than 65536 bytes"):
        SecretFile(str(path))


def test_no_file(path: Path) -> None:
    with pytest.raises(NoSecret, match="No such file or directory"):
        SecretFile(f"{path}.absent")
    with pytest.raises(NoSecret, match="Is a directory"):
        SecretFile(str(path.parent))


def test_what_it_says_now_counts_a_second_later(path: Path) -> None:
    watch = Watch()
    secrets = SecretFile(str(path), watch)
    path.write_text("two\n")
    watch.now += 0.9
    assert secrets.lines() == (b"one",)
    watch.now += 0.1
    assert secrets.lines() == (b"two",)


def test_a_file_put_in_its_place_is_seen_though_time_and_size_are_the_same(path: Path) -> None:
    """As a Secret's volume does it, by a link."""
    watch = Watch()
    secrets = SecretFile(str(path), watch)
    other = path.with_name("other")
    other.write_text("two\n")
    os.utime(other, ns=(0, path.stat().st_mtime_ns))
    other.replace(path)
    watch.now += 1
    assert secrets.lines() == (b"two",)


@pytest.mark.parametrize("broken", ["", None])
def test_while_it_is_broken_the_last_ones_count(path: Path, broken: str | None) -> None:
    watch = Watch()
    secrets = SecretFile(str(path), watch)
    path.unlink()
    if broken is not None:
        path.write_text(broken)
    watch.now += 1
    assert secrets.lines() == (b"one",)
    path.write_text("three\n")
    watch.now += 1
    assert secrets.lines() == (b"three",)
