"""How much memory processes take at most while something is done to them."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

#: What a worker may take for one attack, beside what it has: copies of bounded buffers, and what the allocator keeps.
GROWTH = 48 * 2**20


@contextlib.contextmanager
def bounded(pids: Mapping[str, int], *, growth: int = GROWTH) -> Iterator[None]:
    """Hold processes to so many bytes beyond what they have now, at every moment until the end of the block."""
    before = {name: _restarted_peak(pid) for name, pid in pids.items()}
    yield
    grown = {name: _peak(pid) - before[name] for name, pid in pids.items()}
    assert all(size <= growth for size in grown.values()), {
        name: f"{size / 2**20:.0f} MiB" for name, size in grown.items()
    }


def _restarted_peak(pid: int) -> int:
    # The peak begins anew (proc(5)); not every container allows it, and then growth counts from the peak so far.
    with contextlib.suppress(OSError):
        Path(f"/proc/{pid}/clear_refs").write_text("5")
    return _peak(pid)


def _peak(pid: int) -> int:
    """The most resident memory that a process had, in bytes."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found
    return int(found[1]) * 1024
