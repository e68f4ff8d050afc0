"""A folder with a limit in bytes, shared by several processes: what was not used for longest leaves first.

The amount in use is kept in the file `size`, under a lock, so that neither a request nor a restart has to list the
folder. It is written before the file that it counts: after a kill in between it says too much, never too little, and
the next sweep, which lists the folder, puts it right.
"""

from __future__ import annotations

import fcntl
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

#: What a file costs at least: file systems give out space in blocks, and small files use up inodes.
BLOCK = 4096
#: A sweep makes room down to this part of the limit, so that sweeps stay rare.
LOW_WATER = 0.9
#: Seconds before a use is written down again; a finer order of use is not worth a write per request.
FRESH = 60.0

_NAME = re.compile(r"[0-9a-f]{16,64}\.[a-z]{1,8}")


class Files:
    """Named bytes on disk, at most `limit` bytes in all. Names are hexadecimal with a suffix: `0123456789abcdef.webp`.

    Blocking: call it from a thread. Safe between threads and processes on one machine.
    """

    def __init__(self, folder: Path, *, limit: int, clock: Callable[[], float] = time.time) -> None:
        self._folder = folder
        self._limit = limit
        self._clock = clock
        folder.mkdir(parents=True, exist_ok=True)
        with self._locked():
            if not self._size_file.exists():
                self._note(self._sweep(limit))

    @property
    def size(self) -> int:
        """Bytes in use, as last written down."""
        try:
            return int(self._size_file.read_text("ascii"))
        except (OSError, ValueError):
            return self._limit  # unreadable: the next write sweeps and counts again

    def read(self, name: str) -> bytes | None:
        """Return the bytes of `name` and note its use; None if it is not here."""
        try:
            data = self._path(name).read_bytes()
        except FileNotFoundError:
            return None
        self.touch(name)
        return data

    def touch(self, name: str) -> bool:
        """Note a use of `name`; False if it is not here."""
        path = self._path(name)
        now = self._clock()
        try:
            if now - path.stat().st_mtime > FRESH:
                os.utime(path, (now, now))
        except FileNotFoundError:
            return False
        return True

    def write(self, name: str, data: bytes) -> None:
        """Keep `data` as `name`, in one step: a reader sees all of it or nothing.

        Raises:
            OSError: the disk is full or the folder is gone.
        """
        path = self._path(name)
        if _cost(len(data)) > self._limit:
            return
        with self._locked():
            size = self.size + _cost(len(data)) - self._cost_of(path)
            if size > self._limit:
                size = self._sweep(int(self._limit * LOW_WATER) - _cost(len(data))) + _cost(len(data))
            self._note(size)
            path.parent.mkdir(exist_ok=True)
            self._replace(path, data)

    def remove(self, name: str) -> None:
        """Forget `name`, if it is here."""
        path = self._path(name)
        with self._locked():
            size = self.size - self._cost_of(path)
            path.unlink(missing_ok=True)
            self._note(size)

    @property
    def _size_file(self) -> Path:
        return self._folder / "size"

    def _path(self, name: str) -> Path:
        if _NAME.fullmatch(name) is None:
            raise ValueError(f"not the name of a kept file: {name!r}")
        return self._folder / name[:2] / name

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with (self._folder / "lock").open("wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # given back when the file closes, also by a kill
            yield

    def _note(self, size: int) -> None:
        self._replace(self._size_file, str(size).encode())

    def _replace(self, path: Path, data: bytes) -> None:
        new = path.with_name(f".{path.name}")  # one writer at a time holds the lock
        try:
            new.write_bytes(data)
            now = self._clock()
            os.utime(new, (now, now))
            new.replace(path)
        except OSError:
            new.unlink(missing_ok=True)
            raise

    @staticmethod
    def _cost_of(path: Path) -> int:
        try:
            return _cost(path.stat().st_size)
        except FileNotFoundError:
            return 0

    def _sweep(self, goal: int) -> int:
        """Delete the longest unused until at most `goal` bytes are left; return how many are left."""
        kept: list[tuple[float, str, int]] = []
        for folder in [entry for entry in os.scandir(self._folder) if entry.is_dir()]:
            for entry in os.scandir(folder.path):
                if entry.name.startswith("."):
                    os.unlink(entry.path)  # half written by a process that was killed
                    continue
                stat = entry.stat()
                kept.append((stat.st_mtime, entry.path, _cost(stat.st_size)))
        size = sum(cost for _, _, cost in kept)
        for _, path, cost in sorted(kept):
            if size <= goal:
                break
            os.unlink(path)
            size -= cost
        return size


def _cost(size: int) -> int:
    """Return the bytes that a file of `size` bytes takes on disk."""
    return -(-max(size, 1) // BLOCK) * BLOCK
