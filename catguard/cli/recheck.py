"""The hidden command that judges policy files while tiers run with older ones; `catguard up` starts it."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

import click

from catguard.cli import options
from catguard.errors import CatguardError, PolicyError
from catguard.policies import lastgood
from catguard.policies.apart import NICENESS
from catguard.policies.following import not_followed
from catguard.policies.loader import compile_sources, load_sources, read_sources
from catguard.policies.model import Action
from catguard.policies.sources import NO_TEXTS, Sources
from catguard.supervisor.exporters import configure
from catguard.telemetry import ConfigLoaded, Telemetry, Trigger
from catguard.telemetry.events import Result

#: Under which name the attempt is told to telemetry: no worker sees a text that is rejected.
SERVICE = "supervisor"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What became of the files: `revision` decides from now on, `previous` did before."""

    result: Result
    revision: str
    previous: str
    reasons: tuple[str, ...]
    files: tuple[str, ...]


def judge(
    policies: tuple[Path, ...],
    kept: Path,
    *,
    actions: tuple[tuple[str, Action], ...],
    tiers: tuple[str, ...],
    addresses: tuple[str, ...],
    trigger: Trigger,
) -> Judgement:
    """Judge policy files, and keep them as the last good ones if they are.

    Args:
        policies: The files.
        kept: Where the text is kept that the tiers run with.
        actions: Overrides (glob, action).
        tiers: That run.
        addresses: The components that are known where to be found.
        trigger: Why they are read.
    """
    # A candidate that was broken from the start has no text yet.
    previous, old = lastgood.read_kept(kept) if kept.exists() else ("", NO_TEXTS)
    files = tuple(dict.fromkeys((*(str(path) for path in policies), *old.files)))
    sources: Sources | None = None
    try:
        sources = read_sources(policies)
        if sources == old:
            return Judgement("kept", previous, previous, ("the text is the same",), sources.files)
        compiled = compile_sources(sources, actions=actions)
        reasons = []
        if tiers:
            before = load_sources(old, actions=actions)
            reasons = not_followed(before, compiled.policies, tiers=tiers, addresses=addresses)
        if not reasons:
            lastgood.keep(kept, compiled.revision, sources, trigger=trigger)
            return Judgement("applied", compiled.revision, previous, (), sources.files)
    except PolicyError as error:
        reasons = [str(fault) for fault in error.faults]
    except CatguardError as error:
        reasons = [str(error)]
    return Judgement("rejected", previous, previous, tuple(reasons), sources.files if sources else files)


@click.command(hidden=True)
@click.option("--policies", type=click.Path(path_type=Path), multiple=True, required=True)
@click.option("--kept", type=click.Path(path_type=Path), required=True)
@click.option("--action", "actions", type=options.ActionOverride(), multiple=True)
@click.option("--tier", "tiers", multiple=True)
@click.option("--known", "known", multiple=True, help="A component that is known where to be found.")
@click.option("--trace")
@click.option("--candidate", is_flag=True, help="These are the files of a candidate.")
@click.option("--trigger", type=click.Choice(["file", "signal"]), required=True)
def recheck(
    policies: tuple[Path, ...],
    kept: Path,
    actions: tuple[tuple[str, Action], ...],
    tiers: tuple[str, ...],
    known: tuple[str, ...],
    trace: str | None,
    candidate: bool,
    trigger: Trigger,
) -> None:
    """Judge policy files under a supervisor."""
    os.nice(NICENESS)
    found = judge(policies, kept, actions=actions, tiers=tiers, addresses=known, trigger=trigger)
    if found.result != "applied":
        reason = "\n".join(found.reasons)
        tell(
            ConfigLoaded(
                found.result, trigger, found.revision, found.previous, reason, len(found.reasons), candidate=candidate
            ),
            trace,
        )
    click.echo(
        json.dumps(
            {
                "result": found.result,
                "revision": found.revision,
                "previous": found.previous,
                "reasons": found.reasons,
                "files": found.files,
            }
        )
    )


def tell(loaded: ConfigLoaded, trace: str | None) -> None:
    """Tell telemetry what no worker will hear of; those that take new policies tell it themselves."""
    providers = configure(trace if trace != "console" else None, service=SERVICE)
    try:
        telemetry = Telemetry(SERVICE, logger_provider=providers.logger_provider)
        telemetry.config_loaded(loaded)
    finally:
        providers.shutdown()
