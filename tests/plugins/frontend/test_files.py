import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from catguard_frontend.files import BLOCK, FRESH, Files


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        self.now += 1
        return self.now


def name(number: int) -> str:
    return f"{number:016x}.webp"


def on_disk(folder: Path) -> int:
    return sum(
        -(-max(path.stat().st_size, 1) // BLOCK) * BLOCK
        for path in folder.rglob("*")
        if path.is_file() and path.name not in ("lock", "size")
    )


def test_write_then_read_gives_the_bytes(tmp_path: Path) -> None:
    files = Files(tmp_path, limit=100 * BLOCK)

    files.write(name(1), b"miau")

    assert files.read(name(1)) == b"miau"
    assert files.read(name(2)) is None
    assert files.size == BLOCK


@pytest.mark.parametrize(
    "bad", ["../../etc/passwd", "a.webp", "0123456789abcdef", "0123456789ABCDEF.webp", "0123456789abcdef.webp\n"]
)
def test_names_of_elsewhere_are_refused(tmp_path: Path, bad: str) -> None:
    files = Files(tmp_path, limit=BLOCK)

    with pytest.raises(ValueError, match="not the name"):
        files.read(bad)
    with pytest.raises(ValueError, match="not the name"):
        files.write(bad, b"")


def test_write_past_the_limit_lets_the_oldest_go(tmp_path: Path) -> None:
    files = Files(tmp_path, limit=10 * BLOCK, clock=Clock())
    for number in range(15):
        files.write(name(number), bytes(BLOCK))
        assert on_disk(tmp_path) == files.size <= 10 * BLOCK

    assert files.read(name(0)) is None
    assert files.read(name(14)) is not None


def test_what_was_read_lately_stays(tmp_path: Path) -> None:
    clock = Clock()
    files = Files(tmp_path, limit=10 * BLOCK, clock=clock)
    for number in range(10):
        files.write(name(number), b"x")
    clock.now += FRESH * 2

    assert files.read(name(0)) == b"x"
    files.write(name(10), b"x")

    assert files.read(name(0)) == b"x"
    assert files.read(name(1)) is None


def test_small_files_count_as_blocks(tmp_path: Path) -> None:
    files = Files(tmp_path, limit=10 * BLOCK)
    for number in range(50):
        files.write(name(number), b"")

    assert sum(path.suffix == ".webp" for path in tmp_path.rglob("*")) <= 10


def test_what_is_larger_than_the_limit_is_not_kept(tmp_path: Path) -> None:
    files = Files(tmp_path, limit=2 * BLOCK)
    files.write(name(1), b"x")

    files.write(name(2), bytes(3 * BLOCK))

    assert files.read(name(1)) == b"x"
    assert files.read(name(2)) is None


def test_size_is_known_after_a_restart_without_listing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Files(tmp_path, limit=10 * BLOCK).write(name(1), b"x")
    monkeypatch.setattr(os, "scandir", lambda _: pytest.fail("the folder was listed"))

    again = Files(tmp_path, limit=10 * BLOCK)
    again.write(name(2), b"x")
    again.read(name(1))

    assert again.size == 2 * BLOCK


def test_write_again_counts_once(tmp_path: Path) -> None:
    files = Files(tmp_path, limit=10 * BLOCK)
    for _ in range(30):
        files.write(name(1), bytes(2 * BLOCK))

    assert files.size == 2 * BLOCK == on_disk(tmp_path)


def test_remove_gives_the_room_back(tmp_path: Path) -> None:
    files = Files(tmp_path, limit=10 * BLOCK)
    files.write(name(1), b"x")

    files.remove(name(1))
    files.remove(name(2))

    assert files.size == 0
    assert files.read(name(1)) is None


@pytest.mark.parametrize("damage", [b"", b"many", None])
def test_a_lost_size_is_counted_again(tmp_path: Path, damage: bytes | None) -> None:
    files = Files(tmp_path, limit=10 * BLOCK)
    files.write(name(1), b"x")
    size = tmp_path / "size"
    size.unlink() if damage is None else size.write_bytes(damage)

    again = Files(tmp_path, limit=10 * BLOCK)
    again.write(name(2), b"x")

    assert again.size == 2 * BLOCK


def test_a_half_written_file_is_swept_away(tmp_path: Path) -> None:
    files = Files(tmp_path, limit=4 * BLOCK)
    files.write(name(1), b"x")
    half = tmp_path / name(1)[:2] / f".{name(2)}"
    half.write_bytes(b"half")
    for number in range(3, 9):
        files.write(name(number), b"x")

    assert not half.exists()


def test_threads_and_processes_keep_the_limit_together(tmp_path: Path) -> None:
    program = """
import sys
from pathlib import Path
from catguard_frontend.files import BLOCK, Files
files = Files(Path(sys.argv[1]), limit=20 * BLOCK)
for number in range(60):
    files.write(f"{int(sys.argv[2]) * 1000 + number:016x}.webp", bytes(BLOCK))
"""
    workers = [subprocess.Popen([sys.executable, "-c", program, str(tmp_path), str(place)]) for place in (1, 2)]
    files = Files(tmp_path, limit=20 * BLOCK)
    threads = [
        threading.Thread(target=lambda place=place: [files.write(name(place * 1000 + n), b"x") for n in range(60)])
        for place in (3, 4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [worker.wait(30) for worker in workers] == [0, 0]

    assert on_disk(tmp_path) == files.size <= 20 * BLOCK
