"""A change is told once, and only when the files have stayed as they are for a moment."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from catguard.policies.watch import STABLE, FileWatch


class Watched:
    """A file that is looked at, at times that the test sets."""

    def __init__(self, place: Path) -> None:
        self.now = 0.0
        self.path = place / "policies.yaml"
        self.path.write_text("a")
        self.watch = FileWatch([str(self.path)], clock=lambda: self.now)

    def look(self, after: float) -> bool:
        self.now += after
        return self.watch.look()


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    return Watched(tmp_path)


def test_change_is_told_once_it_is_stable(watched: Watched) -> None:
    assert not watched.look(1)
    watched.path.write_text("bb")
    assert [watched.look(after) for after in (0.1, 0.1, 0.05, STABLE, 1)] == [False, False, False, True, False]


def test_file_that_goes_on_changing_is_not_told(watched: Watched) -> None:
    for number in range(2, 9):
        watched.path.write_text("x" * number)
        assert not watched.look(STABLE)
    assert watched.look(STABLE + 0.01)


def test_change_that_is_taken_back_is_none(watched: Watched) -> None:
    before = os.stat(watched.path)
    watched.path.write_text("bb")
    assert not watched.look(0.1)
    watched.path.write_text("a")
    os.utime(watched.path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert not watched.look(0.1)
    assert not watched.look(STABLE)


def test_file_that_is_replaced_by_one_of_the_same_size_and_time_is_told(watched: Watched) -> None:
    before = os.stat(watched.path)
    other = watched.path.with_name("other")
    other.write_text("b")
    os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
    other.replace(watched.path)
    assert not watched.look(0.1)
    assert watched.look(STABLE)


def test_file_that_goes_and_comes_is_told(watched: Watched) -> None:
    watched.path.unlink()
    assert [watched.look(0.1), watched.look(STABLE)] == [False, True]
    watched.path.write_text("new")
    assert [watched.look(0.1), watched.look(STABLE)] == [False, True]


def test_files_that_come_to_be_watched_lose_no_change_of_the_others(watched: Watched, tmp_path: Path) -> None:
    watched.path.write_text("bb")
    watched.watch.watch([str(watched.path), str(tmp_path / "team.yaml")])
    assert [watched.look(0.1), watched.look(STABLE)] == [False, True]
    (tmp_path / "team.yaml").write_text("")
    assert [watched.look(0.1), watched.look(STABLE)] == [False, True]
