"""Tells how far a long task is: a bar on a terminal, a line for every tenth elsewhere."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


class Advance(Protocol):
    """What the body of `progress` tells of its steps."""

    def advance(self, n: int = 1) -> None:
        """Count `n` more steps as done."""


@contextlib.contextmanager
def progress(label: str, total: int, *, console: Console | None = None) -> Iterator[Advance]:
    """Show how far a task is.

    Args:
        label: what is done: "seeding pictures".
        total: number of steps.
        console: where it is shown; standard error by default.
    """
    console = console or Console(stderr=True, highlight=False)
    if not console.is_terminal:
        yield _Lines(label, total, lambda line: console.print(line, soft_wrap=True))
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as shown:
        yield _Bar(shown, label, total)


class _Bar:
    def __init__(self, shown: Progress, label: str, total: int) -> None:
        self._shown = shown
        self._task = shown.add_task(label, total=total)

    def advance(self, n: int = 1) -> None:
        self._shown.advance(self._task, n)


class _Lines:
    def __init__(self, label: str, total: int, write: Callable[[str], None]) -> None:
        self._label = label
        self._total = total
        self._write = write
        self._done = 0
        self._told = 0

    def advance(self, n: int = 1) -> None:
        self._done += n
        tenths = 10 if self._total <= 0 else min(10, 10 * self._done // self._total)
        if tenths > self._told:
            self._told = tenths
            self._write(f"{self._label}: {tenths * 10} % ({self._done} of {self._total})")
