from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from catguard.supervisor.deaths import OomKilled
from catguard.supervisor.memory import MemoryLimit, own_cgroup, resident_bytes


@pytest.fixture
def cgroup(tmp_path: Path) -> Path:
    """A directory with the files of a cgroup v2, as the kernel shows them: they exist before they are written."""
    path = tmp_path / f"catguard-{os.getpid()}-store"
    path.mkdir()
    for name in ("memory.max", "memory.swap.max", "cgroup.procs"):
        (path / name).write_text("max")
    (path / "memory.events").write_text("low 0\nhigh 0\nmax 12\noom 0\noom_kill 0\noom_group_kill 0\n")
    return path


def test_memory_limit_writes_limit_no_swap_and_worker_into_its_cgroup(cgroup: Path) -> None:
    limit = MemoryLimit("store", 123, base=cgroup.parent)
    limit.hold(4567)
    assert not limit.watched
    assert [(cgroup / name).read_text()[:4].rstrip("ax") for name in ("memory.max", "memory.swap.max")] == ["123", "0"]
    assert (cgroup / "cgroup.procs").read_text() == "4567"


def test_memory_limit_counts_the_kernels_kills_since_it_last_looked(cgroup: Path) -> None:
    limit = MemoryLimit("store", 123, base=cgroup.parent)
    assert limit.oom_killed() is None
    (cgroup / "memory.events").write_text("oom 1\noom_kill 2\noom_group_kill 0\n")
    assert limit.oom_killed() == OomKilled(123, 2)
    assert limit.oom_killed() is None


def test_memory_limit_without_a_memory_controller_is_watched_and_leaves_nothing_behind(tmp_path: Path) -> None:
    limit = MemoryLimit("store", 123, base=tmp_path)
    assert limit.watched
    assert limit.oom_killed() is None
    assert list(tmp_path.iterdir()) == []


def test_memory_limit_that_cannot_hold_the_worker_is_watched(cgroup: Path) -> None:
    limit = MemoryLimit("store", 123, base=cgroup.parent)
    (cgroup / "cgroup.procs").unlink()
    limit.hold(4567)
    assert limit.watched


def test_memory_limit_sees_a_process_that_has_too_much(tmp_path: Path) -> None:
    limit = MemoryLimit("store", 2**20, base=None)
    exceeded = limit.exceeded(os.getpid())
    assert exceeded is not None
    assert exceeded.resident > exceeded.limit == 2**20
    assert MemoryLimit("store", 2**40, base=None).exceeded(os.getpid()) is None


def test_resident_bytes_of_an_ended_process_is_0() -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    assert resident_bytes(process.pid) == 0


def test_own_cgroup_joins_the_unified_mount_and_the_path(tmp_path: Path) -> None:
    (tmp_path / "cgroup").write_text("4:memory:/elsewhere\n0::/system.slice/catguard.service\n")
    (tmp_path / "mountinfo").write_text(
        "24 1 0:21 / /sys rw,nosuid shared:2 - sysfs sysfs rw\n"
        "31 24 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n"
    )
    assert own_cgroup(tmp_path) == Path("/sys/fs/cgroup/system.slice/catguard.service")


def test_own_cgroup_without_cgroup_v2_is_none(tmp_path: Path) -> None:
    (tmp_path / "cgroup").write_text("4:memory:/elsewhere\n")
    (tmp_path / "mountinfo").write_text("24 1 0:21 / /sys rw shared:2 - sysfs sysfs rw\n")
    assert own_cgroup(tmp_path) is None
    assert own_cgroup(tmp_path / "nowhere") is None
