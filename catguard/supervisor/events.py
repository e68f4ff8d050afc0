"""What a supervisor reports, as data; each event's text is its line on a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from catguard.policies.quantities import format_quantity
from catguard.supervisor.deaths import Death, DrainOver, MemoryExceeded, OomKilled


@dataclass(frozen=True, slots=True)
class Started:
    """A worker process was started; `limit` is its memory limit in bytes, held by a cgroup or else watched."""

    tier: str
    pid: int
    limit: int | None
    watched: bool

    def __str__(self) -> str:
        text = f"{self.tier}[{self.pid}] started"
        if self.limit is None:
            return text
        how = "the supervisor looks every 50 ms" if self.watched else "held by a cgroup"
        return f"{text}, memory limit {format_quantity(self.limit)} ({how})"


@dataclass(frozen=True, slots=True)
class Ready:
    """A worker serves, so many seconds after it was started."""

    tier: str
    pid: int
    url: str
    seconds: float

    def __str__(self) -> str:
        return f"{self.tier}[{self.pid}] serves {self.url} after {self.seconds:.1f} s"


@dataclass(frozen=True, slots=True)
class Serving:
    """All tiers serve, for the first time; the addresses are in the order of the tiers."""

    urls: Mapping[str, str]

    def __str__(self) -> str:
        return "all tiers serve"


#: Signals that a process sends itself when native code breaks.
_FAULTS: Final = frozenset({"SIGSEGV", "SIGABRT", "SIGBUS", "SIGFPE", "SIGILL"})


def _remedy(tier: str, death: Death) -> str:
    """Return what its owner can do about a death, or where to look; empty where nothing is known."""
    match death.kill:
        case MemoryExceeded() | OomKilled():
            return f"; --memory {tier}=SIZE allows more"
        case DrainOver():
            return "; --drain allows more"
    if death.signal in _FAULTS:
        return "; native code faulted: PYTHONFAULTHANDLER=1 shows where"
    if death.signal == "SIGKILL" and death.kill is None:
        return "; dmesg says whether it was the kernel"
    return "; the reason is above" if death.code else ""


@dataclass(frozen=True, slots=True)
class Died:
    """A worker ended although nobody had asked it to, or was killed by the supervisor.

    Attributes:
        uptime: Seconds since it was started.
        served: Whether it had been ready.
        restart_in: Seconds until it is started again; None when it is not.
    """

    tier: str
    pid: int
    death: Death
    uptime: float
    served: bool
    restart_in: float | None

    def __str__(self) -> str:
        state = "died" if self.served else "died before it was ready"
        text = (
            f"{self.tier}[{self.pid}] {state} after {self.uptime:.1f} s: {self.death}{_remedy(self.tier, self.death)}"
        )
        return text if self.restart_in is None else f"{text}; starting again in {self.restart_in * 1000:.0f} ms"


@dataclass(frozen=True, slots=True)
class StartFailed:
    """A tier could not be prepared, or its first worker never got ready: the run is over."""

    tier: str
    step: str
    death: Death

    def __str__(self) -> str:
        return f"{self.tier} {self.step} ({self.death}): the reason is above, and nothing was started for good"


@dataclass(frozen=True, slots=True)
class Draining:
    """The tiers are being drained, in this order, within so many seconds."""

    tiers: tuple[str, ...]
    seconds: float
    signal: str

    def __str__(self) -> str:
        order = ", ".join(self.tiers)
        return f"{self.signal}: draining {order} for at most {self.seconds:g} s; once more stops at once"


@dataclass(frozen=True, slots=True)
class Stopped:
    """A worker ended as it was asked to."""

    tier: str
    pid: int
    uptime: float

    def __str__(self) -> str:
        return f"{self.tier}[{self.pid}] stopped after {self.uptime:.1f} s"


@dataclass(frozen=True, slots=True)
class Filled:
    """What a tier does beside its workers is done, so many seconds after it was begun."""

    tier: str
    pid: int
    seconds: float

    def __str__(self) -> str:
        return f"{self.tier}[{self.pid}] is complete after {self.seconds:.1f} s"


@dataclass(frozen=True, slots=True)
class FillDied:
    """What a tier does beside its workers ended before it was done; `again_in` are seconds, None if it is left so."""

    tier: str
    pid: int
    death: Death
    again_in: float | None

    def __str__(self) -> str:
        remedy = _remedy(self.tier, self.death)
        text = f"{self.tier}[{self.pid}] is not complete: its filling died ({self.death}{remedy})"
        if self.again_in is None:
            return f"{text}; the next start goes on where it was"
        return f"{text}; going on in {self.again_in * 1000:.0f} ms"


@dataclass(frozen=True, slots=True)
class PoliciesJudged:
    """The policy files were read anew; `revision` decides as soon as a tier has taken it, `previous` did before.

    Attributes:
        result: "applied", "rejected" or "kept".
        trigger: Why they were read: "file" or "signal".
        reasons: Why they were rejected or kept, a line each.
        candidate: Whether these are the files of a candidate.
    """

    result: str
    trigger: str
    revision: str
    previous: str
    reasons: tuple[str, ...] = ()
    candidate: bool = False

    def __str__(self) -> str:
        why = {"file": "the policy files changed", "signal": "SIGHUP"}.get(self.trigger, self.trigger)
        if self.candidate:
            why = f"candidate: {why}"
        if self.result == "applied" and self.revision == self.previous:  # in other words, or at other places
            return f"{why}: they say what they said, and revision {self.revision[:12]} stays"
        if self.result == "applied":
            before = f"before it was {self.previous[:12]}" if self.previous else "before there was none"
            return f"{why}: revision {self.revision[:12]} is good, and the tiers take it now; {before}"
        if self.result == "kept":
            return f"{why}: nothing is new, revision {self.revision[:12]} stays"
        lines = "".join(f"\n  {reason}" for reason in self.reasons)
        stays = f"revision {self.revision[:12]} stays" if self.revision else "what is in force stays"
        return f"{why}: rejected, {stays}:{lines}"


Event = Started | Ready | Serving | Died | StartFailed | Draining | Stopped | Filled | FillDied | PoliciesJudged
