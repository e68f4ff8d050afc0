"""The three runs of the story, what came of each, and how that differs from what the story says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from system import Death
from traffic import Answer

FRONTEND = "frontend.outbound.render"
CATOMATIC = "catomatic.inbound.render"
MEMORY = "512MiB"


@dataclass(frozen=True, slots=True)
class Run:
    """One run: its options for `catguard up`, and which boundaries refuse or only audit the monitor's picture.

    `traced` are pairs of boundary and action; what is audited stands in the trace alone. A run that `dies` names
    nobody, as nobody is left to say so.
    """

    name: str
    title: str
    options: tuple[str, ...]
    traced: tuple[tuple[str, str], ...]
    dies: bool = False


RUNS = (
    Run("a", "as shipped", (), ((FRONTEND, "deny"),)),
    Run(
        "b",
        "frontend only audits",
        ("--action", f"{FRONTEND}=audit"),
        ((CATOMATIC, "deny"), (FRONTEND, "audit")),
    ),
    Run(
        "c",
        "nobody refuses",
        ("--action", "catomatic.*=audit", "--action", "frontend.outbound.*=audit", "--memory", f"catomatic={MEMORY}"),
        (),
        dies=True,
    ),
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a run.

    Attributes:
        run: Which.
        deaths: Workers that died while there was traffic.
        probes: What the monitoring saw.
        traced: For each probe, the boundaries that were violated in its trace, each with its action.
        log: What Cat-o-matic logged, and the supervisor about it.
        users: What the users saw.
    """

    run: Run
    deaths: tuple[Death, ...]
    probes: tuple[Answer, ...]
    traced: tuple[tuple[tuple[str, str], ...], ...]
    log: tuple[str, ...]
    users: tuple[Answer, ...]

    @property
    def served(self) -> int:
        """How many users got their picture."""
        return sum(answer.status == 200 for answer in self.users)


def deviations(outcome: Outcome) -> tuple[str, ...]:
    """Say what is not as in the story; nothing where all is."""
    found = _of_deaths(outcome) if outcome.run.dies else _of_refusals(outcome)
    return tuple(f"({outcome.run.name}) {text}" for text in found)


def _of_refusals(outcome: Outcome) -> Iterator[str]:
    expected = tuple(boundary for boundary, action in outcome.run.traced if action == "deny")
    for death in outcome.deaths:
        yield f"{death.tier} died: {death.cause}"
    for number, (probe, traced) in enumerate(zip(outcome.probes, outcome.traced, strict=True), start=1):
        if (probe.status, probe.boundaries) != (422, expected):
            yield f"probe {number} got {probe.status} naming {probe.boundaries}, not 422 naming {expected}"
        if traced != outcome.run.traced:
            yield f"the trace of probe {number} has {traced}, not {outcome.run.traced}"
    if outcome.served < len(outcome.users):
        yield f"{outcome.served} of {len(outcome.users)} users were served, not all"


def _of_deaths(outcome: Outcome) -> Iterator[str]:
    for death in outcome.deaths:
        if death.tier != "catomatic" or "memory limit" not in death.cause:
            yield f"{death.tier} died, and not of its memory limit: {death.cause}"
    # 502 says that the connection broke. One whom the frontend gave up on (504) may die later, of two such requests.
    broken = sum(probe.status == 502 for probe in outcome.probes)
    if len(outcome.deaths) < max(1, broken):
        yield f"{len(outcome.deaths)} deaths of {len(outcome.probes)} probes, {broken} of which lost their connection"
    for number, probe in enumerate(outcome.probes, start=1):
        if probe.status not in (502, 503, 504) or probe.boundaries:
            yield f"probe {number} got {probe.status} naming {probe.boundaries}, not an error that names nobody"
