"""The cat service as its users start it: one `catguard up`, everything that it says, and the deaths it tells of."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TIERS = ("frontend", "catomatic", "store")
#: What the store is to draw, of all that it can: enough to choose from, in a fifth of the time.
DRAWINGS = "*/sleeping, beach, meadow, rose-garden, snow"
#: Seconds that the first start may take: it draws the store's pictures, which is slow where the cores are shared.
START_SECONDS = 300.0
#: How long requests may still take at the end; by then every request of this program has been answered.
DRAIN = "2s"
#: Seconds after which the supervisor is taken for stuck: far more than the drain and the end of the workers take.
STOP_SECONDS = 60.0

_TIMESTAMP = r"(?:\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} )?"
# With the logger of what a tier says itself, and the trace, where there is one.
_LINE = re.compile(
    _TIMESTAMP + r"(?P<tier>[\w-]+)\[(?P<pid>\d+)\] (?:[A-Z]+ [\w.]+: )?(?P<text>.*?)(?: trace [0-9a-f]{32})?"
)
_COMPLETE = re.compile(r"store\[\d+\] is complete after")
_DEATH = re.compile(r"died (?:before it was ready )?after [\d.]+ s: (?P<cause>[^;]*)(?:; .*)?")


class NotStarted(Exception):
    """`catguard up` ended, or said nothing for too long; the message has its last lines."""


@dataclass(frozen=True, slots=True)
class Death:
    """A worker that ended unasked, and the supervisor's words for why."""

    tier: str
    pid: int
    cause: str


def deaths_in(lines: Sequence[str]) -> tuple[Death, ...]:
    """Return the deaths that a supervisor told of on its terminal."""
    found = (_LINE.fullmatch(line) for line in lines)
    told = ((line, _DEATH.fullmatch(line["text"])) for line in found if line is not None)
    return tuple(Death(line["tier"], int(line["pid"]), death["cause"]) for line, death in told if death is not None)


def said_in(lines: Sequence[str], tier: str) -> tuple[str, ...]:
    """Return what a tier logged, and the supervisor about it, without time, process, logger and trace."""
    found = (_LINE.fullmatch(line) for line in lines)
    return tuple(line["text"] for line in found if line is not None and line["tier"] == tier)


class System:
    """A running `catguard up`.

    Args:
        process: The supervisor; its output is piped.
        log: Where its terminal's lines are kept.
        tell: Called with a line that somebody who waits wants to see.
    """

    def __init__(self, process: asyncio.subprocess.Process, log: Path, tell: Callable[[str], None]) -> None:
        self.url = ""
        self._process = process
        self._log = log
        self._tell = tell
        self._lines: list[str] = []
        self._marked = 0
        self._reading = asyncio.create_task(self._read())

    def mark(self) -> None:
        """Begin the part of the log that `said` and `deaths` are about."""
        self._marked = len(self._lines)

    def said(self, tier: str) -> tuple[str, ...]:
        """Return what `said_in` finds since the mark."""
        return said_in(self._lines[self._marked :], tier)

    def deaths(self) -> tuple[Death, ...]:
        """Return what `deaths_in` finds since the mark."""
        return deaths_in(self._lines[self._marked :])

    async def died(self, seconds: float) -> bool:
        """Wait for a death, at most so many seconds; returns whether there was one."""
        until = time.monotonic() + seconds
        while not self.deaths() and time.monotonic() < until:
            await asyncio.sleep(0.1)
        return bool(self.deaths())

    async def ready(self) -> None:
        """Wait until all tiers serve, and the store has all its pictures.

        Raises:
            NotStarted: They do not.
        """
        assert self._process.stdout is not None
        word = ""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(START_SECONDS):
                line = (await self._process.stdout.readline()).decode()
                while self._process.returncode is None and not any(_COMPLETE.search(told) for told in self._lines):
                    await asyncio.sleep(0.1)
                word, _, self.url = line.strip().partition(" ")
        if word != "ready":
            raise NotStarted("\n".join(["catguard up did not get ready; its last lines:", *self._lines[-20:]]))

    async def stop(self) -> None:
        """Drain the system and wait for its end; the workers end with the supervisor, however that ends."""
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(self._process.wait(), STOP_SECONDS)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
        await self._reading

    async def _read(self) -> None:
        assert self._process.stderr is not None
        with self._log.open("w", encoding="utf-8") as log:
            async for raw in self._process.stderr:
                line = raw.decode(errors="replace").rstrip()
                log.write(f"{line}\n")
                log.flush()
                self._lines.append(line)
                if "drawing pictures" in line or " died " in line:
                    self._tell(line)


@contextlib.asynccontextmanager
async def running(
    options: Sequence[str], *, data: Path, trace: Path, log: Path, tell: Callable[[str], None]
) -> AsyncIterator[System]:
    """Start the cat service on free ports, wait until it serves, and end it in any case.

    Args:
        options: For `catguard up`, beside those for places and ports.
        data: What the tiers keep.
        trace: Where spans and events are appended.
        log: Where the terminal's lines are kept.
        tell: As for `System`.
    """
    command = [sys.executable, "-m", "catguard", "up", "--policies", "policies.yaml"]
    command += ["--data", str(data), "--trace", str(trace), "--drain", DRAIN, *options]
    for tier in TIERS:
        command += ["--bind", f"{tier}=127.0.0.1:0"]
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=ROOT,
        # Whoever has set options by environment means their own system, not this one.
        env={
            **{name: value for name, value in os.environ.items() if not name.startswith("CATGUARD_")},
            "CATGUARD_STORE_DRAWINGS": DRAWINGS,
        },
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=2**20,  # of a line
        start_new_session=True,  # an interrupt of the terminal reaches this program, which then drains the system
    )
    system = System(process, log, tell)
    try:
        await system.ready()
        yield system
    finally:
        await system.stop()
