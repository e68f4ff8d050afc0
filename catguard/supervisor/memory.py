"""Holds a worker to its memory: by a cgroup of its own where one can be made, else by looking at what is resident.

Never by RLIMIT_AS: that turns a death into a MemoryError somewhere in the worker, which then lives on half broken.
"""

from __future__ import annotations

import os
from pathlib import Path

from catguard.supervisor.deaths import MemoryExceeded, OomKilled

WATCH_SECONDS = 0.05
# Of 1000: when the whole machine or container runs out of memory, the kernel ends a worker before the supervisor, who
# is the one to tell of it.
OOM_SCORE_ADJUSTMENT = 500

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


class MemoryLimit:
    """The memory limit of one tier's worker, one process after the other.

    Args:
        tier: Names the cgroup.
        size: The limit in bytes.
        base: The cgroup v2 directory in which to make one; None where there is none.
    """

    def __init__(self, tier: str, size: int, *, base: Path | None) -> None:
        self.size = size
        self._kills = 0
        self._cgroup = None if base is None else _make_cgroup(base / f"catguard-{os.getpid()}-{tier}", size)

    @property
    def watched(self) -> bool:
        """Whether the supervisor has to look, every `WATCH_SECONDS`, because no cgroup could be made."""
        return self._cgroup is None

    def hold(self, pid: int) -> None:
        """Put a new worker under the limit."""
        if self._cgroup is not None:
            try:
                _write(self._cgroup / "cgroup.procs", str(pid))
            except OSError:
                self.remove()

    def exceeded(self, pid: int) -> MemoryExceeded | None:
        """What the supervisor sees of a watched worker, if it is too much.

        Children of the worker are not counted.
        """
        resident = resident_bytes(pid)
        return MemoryExceeded(self.size, resident) if resident > self.size else None

    def oom_killed(self) -> OomKilled | None:
        """What the kernel killed in the cgroup since this was last asked."""
        if self._cgroup is None:
            return None
        counted = _oom_kills(self._cgroup)
        kills, self._kills = counted - self._kills, counted
        return OomKilled(self.size, kills) if kills > 0 else None

    def remove(self) -> None:
        """Remove the cgroup; its processes must have ended, except when the limit never held."""
        if self._cgroup is not None:
            _remove(self._cgroup)
            self._cgroup = None


def resident_bytes(pid: int) -> int:
    """Resident memory of a process in bytes; 0 for one that has ended."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1]) * _PAGE_BYTES
    except (OSError, IndexError):
        return 0


def prefer_as_victim(pid: int) -> None:
    """Let the kernel's OOM killer take this process before its supervisor."""
    try:
        _write(Path(f"/proc/{pid}/oom_score_adj"), str(OOM_SCORE_ADJUSTMENT))
    except OSError:
        return  # it has ended, or /proc is read-only: nothing depends on it


def own_cgroup(proc: Path = Path("/proc/self")) -> Path | None:
    """The directory of this process's own cgroup v2, None without one (cgroups(7): "/proc/PID/cgroup")."""
    try:
        paths = [line[3:] for line in (proc / "cgroup").read_text().splitlines() if line.startswith("0::")]
        mounts = [line.split() for line in (proc / "mountinfo").read_text().splitlines()]
    except OSError:
        return None
    # proc(5): the type of a file system follows the lone dash, its mount point is the fifth field.
    points = [fields[4] for fields in mounts if fields[fields.index("-") + 1] == "cgroup2"]
    return Path(points[0] + paths[0]) if points and paths else None


def _make_cgroup(path: Path, size: int) -> Path | None:
    try:
        path.mkdir(exist_ok=True)
        if not (path / "memory.max").exists():
            # The memory controller is not given to children here; allowed unless the parent itself has processes.
            _write(path.parent / "cgroup.subtree_control", "+memory")
        _write(path / "memory.max", str(size))
        if (path / "memory.swap.max").exists():  # not there on a kernel without swap accounting
            _write(path / "memory.swap.max", "0")
    except OSError:
        _remove(path)
        return None
    return path


def _write(path: Path, text: str) -> None:
    """Write to a file of the kernel: one write, and no file is made where there is none."""
    fd = os.open(path, os.O_WRONLY)
    try:
        os.write(fd, text.encode("ascii"))
    finally:
        os.close(fd)


def _oom_kills(cgroup: Path) -> int:
    try:
        counters = (cgroup / "memory.events").read_text("ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in counters if line.startswith("oom_kill ")), 0)


def _remove(path: Path) -> None:
    try:
        path.rmdir()
    except OSError:
        return  # never made, or a process of it lingers: an empty cgroup costs nothing
