"""One tier's process as its supervisor sees it: started, ready or not, and how long it took."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from catguard.supervisor.deaths import Death, OomKilled, SupervisorKill, classify
from catguard.supervisor.memory import prefer_as_victim

READY = b"ready"
# Seconds until a process is started again: hardly noticed once, and one that cannot start does not eat a core.
FIRST_DELAY = 0.05
LONGEST_DELAY = 2.0


@dataclass(frozen=True, slots=True)
class WorkerSpec:
    """What to run for one tier.

    Attributes:
        tier: Its name.
        command: The command line of a worker; ``--fd N --lifeline M --status K`` is added: the listening socket, the
            pipe that closes with the supervisor, and the pipe to which the worker writes ``ready`` once it serves.
        socket: The listening socket.
        memory: How much memory a worker may have, in bytes; None for no limit.
        environment: Variables beside those of the supervisor.
        prepare: A command that runs once before any worker, with ``--lifeline M`` added; None for nothing to do.
        fill: A command that runs to its end beside the workers, likewise; it is run again when it is killed.
    """

    tier: str
    command: tuple[str, ...]
    socket: socket.socket
    memory: int | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    prepare: tuple[str, ...] | None = None
    fill: tuple[str, ...] | None = None


class Process:
    """A child in a session of its own, so that no signal of the terminal reaches it; what it started ends with it.

    Args:
        command: What to run.
        environment: Variables beside those of the supervisor.
        fds: Descriptors that it inherits.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], fds: Sequence[int]) -> None:
        self._popen = subprocess.Popen(
            command,
            env={**os.environ, **environment},
            pass_fds=fds,
            start_new_session=True,
            stdin=subprocess.DEVNULL,
        )
        self.pid = self._popen.pid
        # Readable once the process has ended; the child is not reaped before, so the number cannot be another's.
        self.pidfd = os.pidfd_open(self.pid)
        prefer_as_victim(self.pid)

    def send(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.pidfd, number)

    def reap(self) -> int:
        """Take note of its end, and kill what it left behind in its session; returns as `subprocess.Popen.returncode`.

        Called once `pidfd` is readable, or after SIGKILL.
        """
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)  # nobody has waited for it yet, so the number is still its own
        os.close(self.pidfd)
        return self._popen.wait()


class Worker:
    """A tier's worker process, from start to end.

    Args:
        spec: What to run.
        lifeline: The read end of the pipe that closes with the supervisor.
        now: When it is started, in seconds of the supervisor's clock.
    """

    def __init__(self, spec: WorkerSpec, lifeline: int, now: float) -> None:
        self.status, write = os.pipe()
        os.set_blocking(self.status, False)
        listener = spec.socket.fileno()
        added = ("--fd", str(listener), "--lifeline", str(lifeline), "--status", str(write))
        try:
            self.process = Process((*spec.command, *added), spec.environment, (listener, lifeline, write))
        except OSError:
            os.close(self.status)
            raise
        finally:
            os.close(write)
        self.started = now
        self.ready: float | None = None
        self.kill: SupervisorKill | None = None
        self.told = False  # to drain

    def said_ready(self) -> bool:
        """Whether the worker has said by now that it serves."""
        with contextlib.suppress(BlockingIOError):
            return os.read(self.status, len(READY)) == READY
        return False

    def drain(self) -> None:
        self.told = True
        self.process.send(signal.SIGTERM)

    def end(self, kill: SupervisorKill) -> None:
        """Kill it; the reason is noted first, so that the death is never without one."""
        self.kill = self.kill or kill
        self.process.send(signal.SIGKILL)

    def reap(self, oom: OomKilled | None) -> Death:
        os.close(self.status)
        return classify(self.process.reap(), kill=self.kill, oom=oom)
