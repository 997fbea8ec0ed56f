"""What is made of files is made anew when they change, and stands when they cannot be used."""

import logging
import os
from pathlib import Path

import pytest

from gossip.files import FromFiles, Unusable
from tests.nodes import wait_until
from tests.unit.fakes import Watch


class Numbers:
    """Makes the sum of numbers in files."""

    def __init__(self, *paths: Path) -> None:
        self.made = 0
        self.now = Watch()
        self._paths = paths
        self.files = FromFiles([str(path) for path in paths], self._make, "NUMBERS", self.now)

    def _make(self) -> int:
        self.made += 1
        try:
            return sum(int(path.read_text()) for path in self._paths)
        except ValueError:
            raise Unusable("there is no number in it") from None

    def after(self, seconds: float) -> int:
        self.now.now += seconds
        return self.files.get()


def swap(path: Path, text: str) -> None:
    """Another file in the place of this one, at once."""
    other = path.with_suffix(".new")
    other.write_text(text)
    other.replace(path)


def test_a_change_is_seen_after_a_second_and_not_before(tmp_path: Path) -> None:
    path = tmp_path / "number"
    path.write_text("1")
    numbers = Numbers(path)
    path.write_text("22")
    assert [numbers.after(0.9), numbers.after(0.2), numbers.after(5)] == [1, 22, 22]


def test_nothing_is_read_while_nothing_changes(tmp_path: Path) -> None:
    path = tmp_path / "number"
    path.write_text("1")
    numbers = Numbers(path)
    assert {numbers.after(2) for _ in range(10)} == {1}
    assert numbers.made == 1
    swap(path, "2")
    assert {numbers.after(2) for _ in range(10)} == {2}
    assert numbers.made == 2


def test_any_of_several_files_may_change(tmp_path: Path) -> None:
    paths = tmp_path / "one", tmp_path / "other"
    for path in paths:
        path.write_text("1")
    numbers = Numbers(*paths)
    assert numbers.after(2) == 2
    swap(paths[1], "5")
    assert numbers.after(2) == 6


def test_a_file_of_the_same_size_in_its_place_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "number"
    path.write_text("1")
    numbers = Numbers(path)
    state = path.stat()
    swap(path, "2")
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert numbers.after(2) == 2


def test_links_that_are_swapped_as_kubernetes_does_are_seen(tmp_path: Path) -> None:
    for number in ("1", "2"):
        (tmp_path / f"..{number}").mkdir()
        (tmp_path / f"..{number}" / "number").write_text(number)
    (tmp_path / "..data").symlink_to("..1")
    (tmp_path / "number").symlink_to("..data/number")
    numbers = Numbers(tmp_path / "number")
    (tmp_path / "..new").symlink_to("..2")
    (tmp_path / "..new").replace(tmp_path / "..data")
    assert numbers.after(2) == 2


def test_what_was_read_last_stands_while_the_file_cannot_be_used(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "number"
    path.write_text("1")
    numbers = Numbers(path)
    with caplog.at_level(logging.INFO):
        path.write_text("none")
        assert [numbers.after(2) for _ in range(10)] == [1] * 10
        path.unlink()
        assert [numbers.after(2) for _ in range(10)] == [1] * 10
        assert numbers.after(60) == 1
        path.write_text("3")
        assert numbers.after(2) == 3
    stands = "changed files cannot be used; what was read before stands"
    said = [(record.getMessage(), getattr(record, "error", None)) for record in caplog.records]
    assert list(dict.fromkeys(said)) == [
        (stands, "there is no number in it"),
        (stands, f"{path}: No such file or directory"),
        ("changed files were read again", None),
    ]


def test_the_first_time_it_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Numbers(tmp_path / "number")
    (tmp_path / "number").write_text("none")
    with pytest.raises(Unusable):
        Numbers(tmp_path / "number")


def test_a_file_of_the_same_size_and_time_is_read_again_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / "number"
    path.write_text("1")
    numbers, state = Numbers(path), path.stat()

    def write_later() -> bool:
        """Whether the clock by which the system notes changes has moved on: that of older Linux has steps of 4 ms."""
        path.write_text("2")
        os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
        return path.stat().st_ctime_ns != state.st_ctime_ns

    wait_until(write_later)
    assert numbers.after(2) == 2
