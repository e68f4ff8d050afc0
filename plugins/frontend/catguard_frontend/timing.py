"""How long the parts of an answer took, as the header `Server-Timing` tells it (W3C Server Timing)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Timing:
    """Takes the times of one answer; `clock` gives seconds. Names and descriptions are ours, never a caller's."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._taken: dict[str, float] = {}
        self._described: dict[str, str] = {}

    @contextmanager
    def measure(self, name: str) -> Iterator[None]:
        """Add what is done inside to the time of `name`, also where it fails."""
        begun = self._clock()
        try:
            yield
        finally:
            self._taken[name] = self._taken.get(name, 0.0) + self._clock() - begun

    def describe(self, name: str, description: str) -> None:
        """Say of `name` in one word how it went."""
        self._described[name] = description

    def header(self) -> str:
        """Return the value of the header, in milliseconds: "menu;dur=0.0, cache;desc=miss;dur=0.4, render;dur=41.2"."""
        names = dict.fromkeys((*self._taken, *self._described))
        return ", ".join(self._metric(name) for name in names)

    def _metric(self, name: str) -> str:
        described = f";desc={self._described[name]}" if name in self._described else ""
        taken = f";dur={self._taken[name] * 1000:.1f}" if name in self._taken else ""
        return f"{name}{described}{taken}"
