"""Interleaved rounds, medians, ratios, and the targets that they are held against."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass

#: Runs one contender once and returns the seconds of one call.
Timed = Callable[[], float]


@dataclass(frozen=True)
class Figure:
    """One contender of one measurement: a median with the spread of the middle half, and the ratio to the first."""

    measurement: str
    contender: str
    value: float
    spread: float
    ratio: float
    unit: str = "µs"


@dataclass(frozen=True)
class Target:
    """What `contender` may cost at most: so many times what `against` costs, or so much of the unit itself."""

    measurement: str
    contender: str
    at_most: float
    against: str | None = None

    def judge(self, figures: list[Figure]) -> tuple[float, bool] | None:
        """Return what was measured and whether it meets the target; None where a contender was not there."""
        values = {found.contender: found.value for found in figures if found.measurement == self.measurement}
        if self.contender not in values or (self.against is not None and self.against not in values):
            return None
        value = values[self.contender] / (values[self.against] if self.against is not None else 1)
        return value, value <= self.at_most

    def __str__(self) -> str:
        if self.against is None:
            return f"{self.measurement}: at most {self.at_most:g}"
        if self.at_most < 0.2:
            return f"{self.measurement}: {1 / self.at_most:.0f} times faster than {self.against}"
        return f"{self.measurement}: at most {self.at_most:g} of {self.against}"


def measure(name: str, contenders: Mapping[str, Timed], rounds: int, progress: Callable[[str], None]) -> list[Figure]:
    """Run every contender once a round, in turn; the first is what the others are compared to."""
    seconds: dict[str, list[float]] = {contender: [] for contender in contenders}
    for number in range(rounds):
        progress(f"{name}: round {number + 1} of {rounds}")
        for contender, run in contenders.items():
            seconds[contender].append(run())
    first = statistics.median(next(iter(seconds.values())))
    figures = []
    for contender, values in seconds.items():
        quarters = statistics.quantiles(values, n=4) if len(values) > 1 else [values[0]] * 3
        median = statistics.median(values)
        figures.append(Figure(name, contender, median * 1e6, (quarters[2] - quarters[0]) / 2 * 1e6, median / first))
    return figures
