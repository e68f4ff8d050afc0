"""What a tier does beside its workers: one process, begun again while something kills it."""

from __future__ import annotations

import selectors
import signal
from collections.abc import Callable

from catguard.supervisor.deaths import classify
from catguard.supervisor.events import Event, FillDied, Filled
from catguard.supervisor.processes import FIRST_DELAY, LONGEST_DELAY, Process, WorkerSpec


class Filling:
    """The fill command of one tier, from its start to its end.

    One that ends with an exit code of its own has said why, and would say it again: it is not repeated. One that was
    killed is.

    Args:
        spec: Its `fill` is run, if there is one.
        lifeline: The read end of the pipe that closes with the supervisor.
        selector: Where its end is waited for.
        report: Called with each event.
        clock: Seconds that only ever go up.
    """

    def __init__(
        self,
        spec: WorkerSpec,
        *,
        lifeline: int,
        selector: selectors.BaseSelector,
        report: Callable[[Event], None],
        clock: Callable[[], float],
    ) -> None:
        self._spec = spec
        self._lifeline = lifeline
        self._selector = selector
        self._report = report
        self._clock = clock
        self._delay = FIRST_DELAY
        self._process: Process | None = None
        self._stopped = False
        self.start_at: float | None = None

    def start(self) -> None:
        """Run the command; nothing happens without one."""
        self.start_at = None
        if self._spec.fill is None or self._stopped:
            return
        command = (*self._spec.fill, "--lifeline", str(self._lifeline))
        process = self._process = Process(command, self._spec.environment, (self._lifeline,))
        began = self._clock()
        self._selector.register(process.pidfd, selectors.EVENT_READ, lambda: self._ended(process, began))

    def stop(self) -> None:
        """End it for good; what it did stays."""
        self.start_at, self._stopped = None, True
        if self._process is not None:
            self._process.send(signal.SIGTERM)

    def end(self) -> None:
        """Kill it if it still runs, and wait for that."""
        self.stop()
        if self._process is not None:
            self._process.send(signal.SIGKILL)
            self._selector.unregister(self._process.pidfd)
            self._process.reap()
            self._process = None

    def _ended(self, process: Process, began: float) -> None:
        self._selector.unregister(process.pidfd)
        self._process = None
        death, now = classify(process.reap(), kill=None, oom=None), self._clock()
        if death.code == 0:
            self._report(Filled(self._spec.tier, process.pid, now - began))
        elif not self._stopped:
            again_in = self._delay if death.signal else None
            if again_in is not None:
                self.start_at = now + again_in
                self._delay = min(self._delay * 2, LONGEST_DELAY)
            self._report(FillDied(self._spec.tier, process.pid, death, again_in))
