"""Keeps the last good policies: watches the files, has each new text judged, and says when workers are to take it.

A text is judged in a process of its own (`catguard recheck`), which writes it down as the last good one if it is; a
worker reads it there, when it is told and whenever it starts.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from typing import IO, Any, Final

from catguard.policies.watch import LOOK, FileWatch
from catguard.supervisor.events import Event, PoliciesJudged

#: Seconds between two looks at the process that judges.
JUDGING: Final = 0.02
#: Seconds after which it is ended: a thousand boundaries take two.
PATIENCE: Final = 120.0
#: Most characters of what it says that are read: 20 faults have 4,000.
MAX_ANSWER: Final = 4_000_000


class PolicyKeeper:
    """Asked by whoever runs an event loop: `due` says when to call `on_time` next.

    Args:
        files: To watch.
        command: Judges the files as they are and prints one JSON object; `--trigger file|signal` is added.
        on_applied: Called when a new text is the last good one.
        report: Called with what was judged.
        clock: Seconds that only ever go up.
    """

    def __init__(
        self,
        files: Sequence[str],
        command: Sequence[str],
        *,
        on_applied: Callable[[], None],
        report: Callable[[Event], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._watch = FileWatch(files, clock=clock)
        self._command = tuple(command)
        self._on_applied = on_applied
        self._report = report
        self._clock = clock
        self._asked: str | None = None
        self._judge: tuple[subprocess.Popen[bytes], IO[bytes], float, str] | None = None

    def due(self, now: float) -> float:
        """Return when to look next, in seconds of the clock."""
        return now + (LOOK if self._judge is None else JUDGING)

    def hangup(self) -> None:
        """Have the files judged though they may be the same: SIGHUP came."""
        self._asked = "signal"

    def on_time(self) -> None:
        """Look at the files, and at the process that judges them."""
        if self._watch.look():
            self._asked = self._asked or "file"
        if self._judge is not None:
            self._look_at(*self._judge)
        elif self._asked is not None:
            trigger, self._asked = self._asked, None
            # A file takes an answer of any length; a pipe that nobody reads would hold its writer.
            answer = tempfile.TemporaryFile()  # noqa: SIM115 # closed when the answer was read
            process = subprocess.Popen(
                (*self._command, "--trigger", trigger), stdin=subprocess.DEVNULL, stdout=answer, start_new_session=True
            )
            self._judge = (process, answer, self._clock(), trigger)

    def close(self) -> None:
        """End a process that still judges."""
        if self._judge is not None:
            self._judge[0].kill()
            self._judge[0].wait()
            self._judge[1].close()
            self._judge = None

    def _look_at(self, process: subprocess.Popen[bytes], answer: IO[bytes], since: float, trigger: str) -> None:
        if process.poll() is None:
            if self._clock() - since > PATIENCE:
                process.kill()
            return
        self._judge = None
        with answer:
            answer.seek(0)
            told = _read(answer.read(MAX_ANSWER))
        if told is None:
            reason = f"the process that judges them ended with {process.returncode}; what it said stands above"
            self._report(PoliciesJudged("rejected", trigger, "", "", (reason,)))
            return
        self._watch.watch(told["files"])
        self._report(
            PoliciesJudged(told["result"], trigger, told["revision"], told["previous"], tuple(told["reasons"]))
        )
        if told["result"] == "applied":
            self._on_applied()


def _read(answer: bytes) -> Any:
    try:
        return json.loads(answer)
    except ValueError:
        return None
