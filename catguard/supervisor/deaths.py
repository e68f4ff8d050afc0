"""Says how a process ended: what is known of it, and where nothing is known, that.

A death is never guessed at: that a worker was killed for its memory is said only when the supervisor did it itself or
the kernel counted it.
"""

from __future__ import annotations

import signal
from dataclasses import dataclass

from catguard.policies.quantities import format_quantity


@dataclass(frozen=True, slots=True)
class MemoryExceeded:
    """The supervisor killed it: it was seen with more resident memory than it may have (both in bytes)."""

    limit: int
    resident: int

    def __str__(self) -> str:
        over = f"{self.resident / 2**20:.1f} MiB resident, {format_quantity(self.limit)} allowed"
        return f"killed by the supervisor, memory limit exceeded: {over}"


@dataclass(frozen=True, slots=True)
class OomKilled:
    """The kernel killed it: its cgroup reached its limit (in bytes), and counts so many kills since the last death."""

    limit: int
    kills: int

    def __str__(self) -> str:
        return (
            f"killed by the kernel, memory limit of {format_quantity(self.limit)} reached "
            f"(oom_kill +{self.kills} in the worker's cgroup)"
        )


@dataclass(frozen=True, slots=True)
class DrainOver:
    """The supervisor killed it: it had not ended so many seconds after it was told to drain."""

    seconds: float

    def __str__(self) -> str:
        return f"killed by the supervisor, not drained after {self.seconds:g} s"


@dataclass(frozen=True, slots=True)
class StoppedAtOnce:
    """The supervisor killed it: a second signal told it to stop at once."""

    def __str__(self) -> str:
        return "killed by the supervisor, which was told to stop at once"


SupervisorKill = MemoryExceeded | DrainOver | StoppedAtOnce
Kill = SupervisorKill | OomKilled


@dataclass(frozen=True, slots=True)
class Death:
    """How a process ended.

    Attributes:
        code: Its exit code, if it ended by itself.
        signal: The name of the signal that ended it, e.g. ``SIGSEGV``, otherwise.
        kill: Who sent the signal and why, where that is known.
    """

    code: int | None
    signal: str | None
    kill: Kill | None = None

    def __str__(self) -> str:
        if self.signal is None:
            return f"exit code {self.code}"
        if self.kill is not None:
            return f"{self.signal}, {self.kill}"
        return f"{self.signal}, sender unknown" if self.signal in _SENT else self.signal


# Signals that another process sends; the others are what the process did to itself (SIGSEGV, SIGABRT, ...).
_SENT = frozenset({"SIGKILL", "SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2"})


def classify(returncode: int, *, kill: SupervisorKill | None, oom: OomKilled | None) -> Death:
    """Say how a process ended.

    Args:
        returncode: As `subprocess.Popen.returncode`: an exit code, or the negative number of a signal.
        kill: Why the supervisor sent SIGKILL, recorded before it did; counts only if that is what ended the process.
        oom: What the kernel counted in the cgroup of the process; counts only if SIGKILL ended it.
    """
    if returncode >= 0:
        return Death(code=returncode, signal=None)
    try:
        name = signal.Signals(-returncode).name
    except ValueError:  # a real-time signal has a number only
        name = f"signal {-returncode}"
    return Death(code=None, signal=name, kill=(oom or kill) if name == "SIGKILL" else None)
