"""The policies that `catguard up` begins with, and how they are followed while it runs."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.text import Text

from catguard.cli.recheck import tell
from catguard.errors import CatguardError, PolicyError
from catguard.failures import report as report_failure
from catguard.host import DIFFERENCES, HostSettings, OpenTier
from catguard.policies import lastgood
from catguard.policies.loader import compile_sources, read_sources
from catguard.policies.model import Action, PolicySet
from catguard.policies.sources import Sources
from catguard.proposing import forget_comparisons
from catguard.supervisor.events import Event, PoliciesJudged
from catguard.supervisor.keeper import PolicyKeeper
from catguard.telemetry import ConfigLoaded

log = logging.getLogger("catguard.policies")

COMMAND: Final = (sys.executable, "-m", "catguard")
# Below --data; no component's name begins with a dot.
KEPT: Final = ".policies"
MEND: Final = "mend the files, they are read again as soon as they change"


@dataclass(frozen=True, slots=True)
class Followed:
    """Policy files that are followed, and the file of their last good text; no revision where there is none yet."""

    revision: str | None
    kept: Path
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Live(Followed):
    """The policies to begin with."""

    policies: PolicySet


def begin(policies: Sequence[Path], actions: Sequence[tuple[str, Action]], *, data: Path, console: Console) -> Live:
    """Load the policy files and keep their text; where they are broken, take the last good text in their place.

    Raises:
        PolicyError: They are broken, and there is no text that was good.
        ConfigurationError: An override matches nothing, or nothing can be written below `data`.
    """
    kept = lastgood.place_of(data / KEPT, policies, actions)
    try:
        sources = read_sources(policies)
        policy_set = compile_sources(sources, actions=actions).policies
    except PolicyError as error:
        found = _last_good(kept, actions)
        if found is None:
            raise
        good, policy_set = found
        _warn(console, f"the policies have {_count(error)}:\n{error}")
        _warn(console, f"STARTED WITH THE LAST GOOD TEXT, {_of(policy_set, kept)}: {MEND}")
        return Live(policy_set.revision, kept, _watched(policies, good), policy_set)
    lastgood.keep(kept, policy_set.revision, sources)
    return Live(policy_set.revision, kept, sources.files, policy_set)


def begin_candidate(
    candidate: Sequence[Path],
    actions: Sequence[tuple[str, Action]],
    *,
    data: Path,
    console: Console,
    trace: str | None = None,
) -> Followed | None:
    """Load a candidate policy, if there is one, and keep its text; what other candidates left is removed.

    One that is broken keeps nothing from starting: its last good text decides in its place, or nothing does until it is
    mended, and terminal and telemetry are told.

    Raises:
        ConfigurationError: Nothing can be written below `data`.
    """
    if not candidate:
        return None
    kept = lastgood.place_of(data / KEPT / "candidates", candidate, actions)
    try:
        sources = read_sources(candidate)
        policies = compile_sources(sources, actions=actions).policies
    except CatguardError as error:
        return _begin_without(candidate, actions, kept, error, console, trace)
    lastgood.keep(kept, policies.revision, sources)
    forget_comparisons(data / DIFFERENCES, policies.revision)
    names = ", ".join(str(file) for file in candidate)
    text = f"candidate: {names}, revision {policies.revision[:12]}; `catguard explain --candidate` compares"
    console.print(Text(text, style="yellow"), soft_wrap=True)
    return Followed(policies.revision, kept, sources.files)


def _begin_without(
    candidate: Sequence[Path],
    actions: Sequence[tuple[str, Action]],
    kept: Path,
    error: CatguardError,
    console: Console,
    trace: str | None,
) -> Followed:
    """Begin with the last good text of a candidate that is broken, or with none; both are told."""
    found = _last_good(kept, actions)
    _warn(console, f"the candidate has {_count(error)}:\n{error}")
    faults = len(error.faults) if isinstance(error, PolicyError) else 1
    if found is None:
        kept.unlink(missing_ok=True)  # a text that does not load any more is no good one
        _warn(console, f"STARTED WITHOUT A CANDIDATE: {MEND}")
        tell(ConfigLoaded("rejected", "start", "", reason=str(error), faults=faults, candidate=True), trace)
        return Followed(None, kept, _watched(candidate, None))
    good, policies = found
    _warn(console, f"STARTED WITH THE CANDIDATE'S LAST GOOD TEXT, {_of(policies, kept)}: {MEND}")
    tell(ConfigLoaded("kept", "start", policies.revision, reason=str(error), candidate=True), trace)
    return Followed(policies.revision, kept, _watched(candidate, good))


def _last_good(kept: Path, actions: Sequence[tuple[str, Action]]) -> tuple[Sources, PolicySet] | None:
    """Load the last good text; None where there is none, or it does not load any more either."""
    try:
        _, sources = lastgood.read_kept(kept)
        return sources, compile_sources(sources, actions=actions).policies
    except CatguardError:
        return None


def _watched(files: Sequence[Path], good: Sources | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*map(str, files), *(good.files if good else ()))))


def _of(policies: PolicySet, kept: Path) -> str:
    written = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(kept.stat().st_mtime))
    return f"revision {policies.revision[:12]} of {written}"


def _warn(console: Console, text: str) -> None:
    console.print(Text(text, style="bold red"), soft_wrap=True)


def _count(error: CatguardError) -> str:
    faults = len(error.faults) if isinstance(error, PolicyError) else 1
    return "a fault" if faults == 1 else f"{faults} faults"


def keeper(
    live: Followed,
    files: Sequence[Path],
    settings: HostSettings,
    tiers: Collection[str],
    *,
    report: Callable[[Event], None],
    on_applied: Callable[[], None],
    candidate: bool = False,
) -> PolicyKeeper:
    """Return what watches files for tiers that must follow them, and has each new text judged."""
    command = [*COMMAND, "recheck", "--kept", str(live.kept)]
    for path in files:
        command += ["--policies", str(path)]
    for glob, action in settings.actions:
        command += ["--action", f"{glob}={action}"]
    for tier in tiers:
        command += ["--tier", tier]
    for name in settings.addresses:
        command += ["--known", name]
    if settings.trace is not None:
        command += ["--trace", settings.trace]
    if candidate:
        command.append("--candidate")
    return PolicyKeeper(live.files, command, on_applied=on_applied, report=report)


def keepers(
    live: Live,
    candidate: Followed | None,
    settings: HostSettings,
    tiers: Collection[str],
    *,
    files: Sequence[Path],
    report: Callable[[Event], None],
    on_applied: Callable[[], None],
) -> list[PolicyKeeper]:
    """Return what watches the policy files for these tiers, and those of the candidate, which none must follow."""
    found = [keeper(live, settings.policies, settings, tiers, report=report, on_applied=on_applied)]
    if candidate is not None:

        def report_candidate(event: Event) -> None:
            report(replace(event, candidate=True) if isinstance(event, PoliciesJudged) else event)

        found.append(
            keeper(candidate, files, settings, (), report=report_candidate, on_applied=on_applied, candidate=True)
        )
    return found


@contextlib.asynccontextmanager
async def followed(
    opened: Sequence[OpenTier], make: Callable[[Callable[[], None]], Sequence[PolicyKeeper]]
) -> AsyncIterator[None]:
    """Keep the policies of tiers that all run in this process, as a supervisor does for others.

    Args:
        opened: The tiers.
        make: Makes the keepers, given what they call when there is something to take.
    """
    tasks: set[asyncio.Task[None]] = set()
    loop = asyncio.get_running_loop()

    def take_all() -> None:
        for tier in opened:
            task = loop.create_task(tier.follow())
            tasks.add(task)
            task.add_done_callback(tasks.discard)

    kept = make(take_all)

    async def keep() -> None:
        while True:
            for each in kept:
                try:
                    each.on_time()
                except Exception as error:  # noqa: BLE001 # whatever it is, the next change is to be noticed
                    report_failure(log, error, "the policies could not be judged; the old ones stay")
            await asyncio.sleep(min(each.due(0.0) for each in kept))

    def hang_up() -> None:
        for each in kept:
            each.hangup()

    loop.add_signal_handler(signal.SIGHUP, hang_up)
    keeping = loop.create_task(keep())
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGHUP)
        for task in (keeping, *tasks):
            task.cancel()
        for each in kept:
            each.close()
