"""Keeps one worker process per tier running, and is the only one who handles signals and tells of deaths."""

from __future__ import annotations

import os
import selectors
import signal
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from catguard.supervisor.deaths import Death, DrainOver, StoppedAtOnce, SupervisorKill, classify
from catguard.supervisor.events import Died, Draining, Event, Ready, Serving, Started, StartFailed, Stopped
from catguard.supervisor.filling import Filling
from catguard.supervisor.keeper import PolicyKeeper
from catguard.supervisor.memory import WATCH_SECONDS, MemoryLimit, own_cgroup
from catguard.supervisor.processes import FIRST_DELAY, LONGEST_DELAY, Process, Worker, WorkerSpec
from catguard.supervisor.serving import CLOSING_SECONDS, SAME_WISH_SECONDS
from catguard.supervisor.sockets import url_of

# A worker that served so long has started well: what kills it next is a new story.
SERVED_SECONDS = 10.0

_STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class _Tier:
    """A tier's worker, if there is one now, and what is remembered from one worker to the next."""

    def __init__(self, spec: WorkerSpec, limit: MemoryLimit | None) -> None:
        self.spec = spec
        self.limit = limit
        self.url = url_of(spec.socket)
        self.worker: Worker | None = None
        self.served = False
        self.delay = FIRST_DELAY
        self.start_at: float | None = None


class Supervisor:
    """Runs the tiers until a signal comes.

    The first SIGTERM or SIGINT drains the tiers one after the other, from the last to the first: callers before those
    whom they call, so that the requests at hand can still be finished. The second ends them at once.

    Args:
        specs: One per tier, in the order in which they are prepared and started: those who are called first.
        drain: Seconds that requests at hand may still take, in all tiers together.
        report: Called with each event as it happens.
        closing: Seconds that a worker may still take to end, after the drain.
        keepers: Makes what looks after policies, given what it calls when workers are to take new ones; it is told of
            SIGHUP.
        clock: Seconds that only ever go up.
    """

    def __init__(
        self,
        specs: Sequence[WorkerSpec],
        *,
        drain: float = 10.0,
        report: Callable[[Event], None],
        closing: float = CLOSING_SECONDS,
        keepers: Callable[[Callable[[], None]], Sequence[PolicyKeeper]] = lambda _: (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        base = own_cgroup() if any(spec.memory for spec in specs) else None
        self._tiers = [
            _Tier(spec, None if spec.memory is None else MemoryLimit(spec.tier, spec.memory, base=base))
            for spec in specs
        ]
        self._drain = drain
        self._closing = closing
        self._keepers = keepers(self._hang_up)
        self._report = report
        self._clock = clock
        self._selector = selectors.DefaultSelector()
        self._lifeline, self._lifeline_held = os.pipe()
        self._signals: list[signal.Signals] = []
        self._signalled = 0.0
        self._fillings = [
            Filling(spec, lifeline=self._lifeline, selector=self._selector, report=report, clock=clock)
            for spec in specs
        ]
        self._drain_until: float | None = None
        self._failed = False
        self._serving = False

    def run(self) -> int:
        """Prepare the tiers, run them and fill them beside that, and end with them.

        Returns:
            The exit code: 0 after a drain, 1 when a tier could not start, the code of a failed prepare command,
            128 + the signal's number when a second signal cut the drain short.
        """
        with self._handled_signals():
            try:
                return self._run()
            finally:
                for filling in self._fillings:
                    filling.end()
                os.close(self._lifeline_held)  # whoever still runs ends with it
                os.close(self._lifeline)
                self._selector.close()
                for keeper in self._keepers:
                    keeper.close()
                for tier in self._tiers:
                    if tier.limit is not None:
                        tier.limit.remove()

    def _run(self) -> int:
        for tier in self._tiers:
            code = self._prepare(tier.spec)
            if code is not None:
                return code
        for tier in self._tiers:
            self._start(tier)
        for filling in self._fillings:
            filling.start()
        while any(tier.worker or tier.start_at is not None for tier in self._tiers):
            self._wait()
            self._on_time()
        if self._failed:
            return 1
        return 0 if len(self._signals) < 2 else 128 + self._signals[1]

    def _wait(self) -> None:
        now = self._clock()
        due = [tier.start_at for tier in self._tiers if tier.start_at is not None]
        due += [filling.start_at for filling in self._fillings if filling.start_at is not None]
        if any(tier.worker and tier.limit and tier.limit.watched for tier in self._tiers):
            due.append(now + WATCH_SECONDS)
        if self._drain_until is None:
            due += [keeper.due(now) for keeper in self._keepers]
        if self._drain_until is not None:
            # A moment that is past has been acted upon; kept, it would turn the wait into a spin.
            ends = (self._drain_until, self._drain_until + self._closing)
            due += [moment for moment in ends if moment > now]
        for key, _ in self._selector.select(max(0.0, min(due) - now) if due else None):
            key.data()

    def _on_time(self) -> None:
        """Do what is due: watch memory, start again, carry the drain on."""
        now = self._clock()
        for tier in self._tiers:
            if tier.start_at is not None and now >= tier.start_at:
                self._start(tier)
            worker = tier.worker
            if worker and tier.limit and tier.limit.watched and worker.kill is None:
                exceeded = tier.limit.exceeded(worker.process.pid)
                if exceeded is not None:
                    worker.end(exceeded)
        for filling in self._fillings:
            if filling.start_at is not None and now >= filling.start_at:
                filling.start()
        if self._drain_until is not None:
            self._carry_drain_on(now, self._drain_until)
        else:
            for keeper in self._keepers:
                keeper.on_time()

    def _hang_up(self) -> None:
        """Let the workers that serve take the last good policies; others take them when they start."""
        for tier in self._tiers:
            if tier.worker is not None and tier.worker.ready is not None and not tier.worker.told:
                tier.worker.process.send(signal.SIGHUP)

    def _carry_drain_on(self, now: float, until: float) -> None:
        running = [(tier, tier.worker) for tier in reversed(self._tiers) if tier.worker]
        if now >= until + self._closing:
            self._kill_all(DrainOver(self._drain))
        for tier, worker in running if now >= until else running[:1]:
            if not worker.told:
                tier.spec.socket.close()  # the worker closes its own: from now on callers are refused, not kept waiting
                worker.drain()

    def _prepare(self, spec: WorkerSpec) -> int | None:
        """Run a tier's prepare command; returns the exit code of the run if that ends here."""
        if spec.prepare is None:
            return None
        command = (*spec.prepare, "--lifeline", str(self._lifeline))
        process = Process(command, spec.environment, (self._lifeline,))
        ended = False

        def note_end() -> None:
            nonlocal ended
            ended = True

        self._selector.register(process.pidfd, selectors.EVENT_READ, note_end)
        told = 0
        while not ended:
            for key, _ in self._selector.select():
                key.data()
            if len(self._signals) > told:
                told = len(self._signals)
                process.send(signal.SIGTERM if told == 1 else signal.SIGKILL)
        self._selector.unregister(process.pidfd)
        death = classify(process.reap(), kill=None, oom=None)
        if self._signals:
            return 0 if told < 2 else 128 + self._signals[1]
        if death.code == 0:
            return None
        self._report(StartFailed(spec.tier, "could not be prepared", death))
        return death.code or 1

    def _start(self, tier: _Tier) -> None:
        tier.start_at = None
        worker = Worker(tier.spec, self._lifeline, self._clock())
        tier.worker = worker
        if tier.limit is not None:
            tier.limit.hold(worker.process.pid)
        self._selector.register(worker.process.pidfd, selectors.EVENT_READ, lambda: self._ended(tier, worker))
        self._selector.register(worker.status, selectors.EVENT_READ, lambda: self._heard(tier, worker))
        watched = tier.limit is not None and tier.limit.watched
        self._report(Started(tier.spec.tier, worker.process.pid, tier.spec.memory, watched))

    def _heard(self, tier: _Tier, worker: Worker) -> None:
        if tier.worker is not worker:
            return  # it ended in the same wait, and was heard then
        self._selector.unregister(worker.status)
        self._note_ready(tier, worker)

    def _note_ready(self, tier: _Tier, worker: Worker) -> None:
        if worker.ready is not None or not worker.said_ready():
            return
        worker.ready = self._clock()
        tier.served = True
        self._report(Ready(tier.spec.tier, worker.process.pid, tier.url, worker.ready - worker.started))
        if not self._serving and all(other.served for other in self._tiers):
            self._serving = True
            self._report(Serving({other.spec.tier: other.url for other in self._tiers}))

    def _ended(self, tier: _Tier, worker: Worker) -> None:
        if worker.status in self._selector.get_map():
            self._selector.unregister(worker.status)
        self._note_ready(tier, worker)
        self._selector.unregister(worker.process.pidfd)
        now = self._clock()
        death = worker.reap(tier.limit.oom_killed() if tier.limit else None)
        tier.worker = None
        name, pid, uptime = tier.spec.tier, worker.process.pid, now - worker.started
        unready = worker.told and worker.ready is None and death.signal == "SIGTERM"
        if unready or (worker.told and death.code == 0):
            self._report(Stopped(name, pid, uptime))
            return
        stopping = self._drain_until is not None
        if tier.served and not stopping:
            tier.start_at = now + self._next_delay(tier, worker, now)
        restart_in = None if tier.start_at is None else tier.start_at - now
        self._report(Died(name, pid, death, uptime, worker.ready is not None, restart_in))
        if not tier.served and not stopping:
            self._give_up(tier, death)

    def _next_delay(self, tier: _Tier, worker: Worker, now: float) -> float:
        if worker.ready is None:
            tier.delay = min(tier.delay * 2, LONGEST_DELAY)
        elif now - worker.ready >= SERVED_SECONDS:
            tier.delay = FIRST_DELAY
        return tier.delay

    def _give_up(self, tier: _Tier, death: Death) -> None:
        self._failed = True
        self._report(StartFailed(tier.spec.tier, "did not start", death))
        self._drain_until = self._clock()

    def _kill_all(self, kill: SupervisorKill) -> None:
        for tier in self._tiers:
            tier.start_at = None
            if tier.worker is not None:
                tier.worker.end(kill)

    def _begin_drain(self, received: signal.Signals) -> None:
        self._drain_until = self._clock() + self._drain
        for tier in self._tiers:
            tier.start_at = None
        for filling in self._fillings:
            filling.stop()
        order = tuple(tier.spec.tier for tier in reversed(self._tiers) if tier.worker)
        self._report(Draining(order, self._drain, received.name))

    @contextmanager
    def _handled_signals(self) -> Iterator[None]:
        """Turn signals into events of the selector; the handlers found are put back afterwards."""
        receiving, sending = socket.socketpair()
        receiving.setblocking(False)
        sending.setblocking(False)

        def received() -> None:
            for number in receiving.recv(4096):
                if number in _STOP_SIGNALS:
                    self._stop_asked(signal.Signals(number))
                elif number == signal.SIGHUP:
                    for keeper in self._keepers:
                        keeper.hangup()

        handled = (*_STOP_SIGNALS, signal.SIGHUP) if self._keepers else _STOP_SIGNALS
        found = {number: signal.signal(number, lambda *_: None) for number in handled}
        woken = signal.set_wakeup_fd(sending.fileno())
        self._selector.register(receiving, selectors.EVENT_READ, received)
        try:
            yield
        finally:
            signal.set_wakeup_fd(woken)
            for number, handler in found.items():
                signal.signal(number, handler)
            receiving.close()
            sending.close()

    def _stop_asked(self, number: signal.Signals) -> None:
        now = self._clock()
        if self._signals and now - self._signalled < SAME_WISH_SECONDS:
            return
        self._signalled = now
        self._signals.append(number)
        if any(tier.worker or tier.start_at is not None for tier in self._tiers):
            if self._drain_until is None:
                self._begin_drain(number)
            else:
                self._kill_all(StoppedAtOnce())
