"""The composition root: builds a tier of policies, telemetry, guard, plugin and context, and takes it apart again."""

from __future__ import annotations

import asyncio
import contextlib
import graphlib
import logging
import os
from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from starlette.types import ASGIApp

from catguard.context import TierContext
from catguard.enforcement.problem import Render
from catguard.engine.snapshots import Engine
from catguard.errors import CatguardError, ConfigurationError, PolicyError
from catguard.failures import report
from catguard.guard import Guard
from catguard.hookspecs import Tier
from catguard.plugins import plugin_manager, refusal_page, tiers
from catguard.policies.diagnostics import did_you_mean
from catguard.policies.lastgood import read_kept, why_kept
from catguard.policies.loader import read_sources
from catguard.policies.model import Action, PolicySet
from catguard.policies.sources import Sources
from catguard.proposing import Proposal
from catguard.reloading import PolicyLoader
from catguard.supervisor.exporters import configure
from catguard.telemetry import ConfigLoaded, Telemetry, Trigger

log = logging.getLogger("catguard.host")

#: Where workers write what a candidate decides otherwise, below the data folder; no component's name has a dot.
DIFFERENCES: Final = ".candidate"
#: Variables of a tier begin with CATGUARD_STORE_, for the tier store.
PREFIX: Final = "CATGUARD"


@dataclass(frozen=True, slots=True)
class HostSettings:
    """What a process needs to know to host tiers.

    Attributes:
        policies: the policy files; later ones overlay earlier ones.
        data: where tiers keep what they keep, each in a folder of its name.
        addresses: where each tier answers, by its name.
        actions: overrides, pairs of a glob over boundaries and an action.
        trace: where telemetry goes: "console", "otlp", the path of a .jsonl file; None for nowhere.
        block: tiers whose plugins are not loaded.
        kept: the file of the last good policy text, written by `lastgood.keep`; None to take the files themselves.
        candidate: the file of the last good text of a candidate policy, which decides beside the others; None for none.
        environ: the environment, of which each tier gets its own variables as settings.
    """

    policies: tuple[Path, ...]
    data: Path
    addresses: Mapping[str, str] = field(default_factory=dict)
    actions: tuple[tuple[str, Action], ...] = ()
    trace: str | None = None
    block: tuple[str, ...] = ()
    kept: Path | None = None
    candidate: Path | None = None
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))


@dataclass(frozen=True, slots=True)
class OpenTier:
    """A tier that is ready to serve.

    Attributes:
        guard: of its component.
        app: the guarded ASGI app.
        proposal: the candidate policy, if there is one.
        kept: the file of the last good policy text, if it follows one.
    """

    guard: Guard
    app: ASGIApp
    proposal: Proposal | None = None
    kept: Path | None = None

    async def follow(self) -> None:
        """Take the policies that were found good, and the candidate, if they are new."""
        trigger: Trigger = "signal" if self.kept is not None and why_kept(self.kept) == "signal" else "file"
        with contextlib.suppress(CatguardError):  # told by the guard, and the old policies stay
            await self.guard.reloader.reload_apart(trigger, only_new=True)
        if self.proposal is not None:
            await self.proposal.reload_apart()


@contextlib.asynccontextmanager
async def open_tier(settings: HostSettings, component: str) -> AsyncIterator[OpenTier]:
    """Build a tier; closes what it opened and flushes its telemetry at the end.

    Raises:
        PolicyError: the policy is bad.
        PluginError: a plugin is bad.
        ConfigurationError: no plugin serves the component, the policy does not declare it, or the tier's routes and
            those of the policy differ.
    """
    async with _open(settings, component) as (tier, guard, context, render):
        guard.telemetry.config_loaded(_started(settings, guard))
        app = guard.asgi(tier.app(context), render=render)
        if settings.candidate is None:
            yield OpenTier(guard, app, kept=settings.kept)
            return
        proposal = _propose(settings, guard, settings.candidate)
        async with proposal.writing():
            yield OpenTier(guard, app, proposal, settings.kept)


@contextlib.asynccontextmanager
async def open_context(settings: HostSettings, component: str) -> AsyncIterator[TierContext]:
    """Build the context of a tier that is not served, for its commands; raises and closes what `open_tier` does."""
    async with _open(settings, component) as (_, _, context, _):
        yield context


async def prepare(settings: HostSettings, component: str) -> None:
    """Run a tier's preparation to its end, if it has one; raises what `open_tier` raises, and what the tier does."""
    async with _open(settings, component) as (tier, _, context, _):
        if tier.prepare is not None:
            await tier.prepare(context)


async def fill(settings: HostSettings, component: str) -> None:
    """Run what a tier does beside its workers to its end, if it has such; raises as `prepare`."""
    async with _open(settings, component) as (tier, _, context, _):
        if tier.fill is not None:
            await tier.fill(context)


def installed_tiers(policies: PolicySet, *, block: Collection[str] = ()) -> tuple[Tier, ...]:
    """Return the tiers that are both installed and declared, in the order in which they start: callees first.

    Raises:
        PluginError: a plugin is bad.
        ConfigurationError: `block` has a name that nothing installed has.
    """
    installed = tiers(plugin_manager(block=block))
    return tuple(installed[name] for name in start_order(policies, installed))


def start_order(policies: PolicySet, components: Iterable[str]) -> tuple[str, ...]:
    """Return those components that are declared, each behind those that it needs or calls.

    Components that call each other in a ring keep the order of the policy.
    """
    wanted = set(components)
    names = [name for name in policies.components if name in wanted]
    graph = {
        name: [
            callee
            for callee in dict.fromkeys(
                (
                    *policies.components[name].needs,
                    *(found.callee for found in policies.components[name].outbound.values()),
                )
            )
            if callee in names and callee != name
        ]
        for name in names
    }
    try:
        return tuple(graphlib.TopologicalSorter(graph).static_order())
    except graphlib.CycleError:
        return tuple(names)


def tier_settings(component: str, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the settings of a tier: CATGUARD_STORE_DATABASE=x is {"database": "x"} for the tier store."""
    prefix = f"{PREFIX}_{component.upper().replace('-', '_')}_"
    return {name.removeprefix(prefix).lower(): value for name, value in environ.items() if name.startswith(prefix)}


def _read(settings: HostSettings) -> Sources:
    """Read what the supervisor found good; the files may have been edited since, and may be broken."""
    return read_sources(settings.policies) if settings.kept is None else read_kept(settings.kept)[1]


def _propose(settings: HostSettings, guard: Guard, candidate: Path) -> Proposal:
    """Let a candidate decide beside the guard's policies; one that does not load is logged, and nothing is compared."""
    loader = PolicyLoader(lambda: read_kept(candidate)[1], guard.component, settings.actions)
    path = settings.data / DIFFERENCES / f"{guard.component}-{os.getpid()}.json"
    proposal = Proposal(guard.engine, guard.telemetry, loader, path)
    if not candidate.exists():  # it was broken from the start, which was told; it is taken when it is mended
        return proposal
    try:
        proposal.begin()
    except CatguardError as error:
        report(log, error, "the candidate does not decide beside the policies of %s", guard.component)
    return proposal


def _started(settings: HostSettings, guard: Guard) -> ConfigLoaded:
    """Say what a tier starts with: its files, or the last good text in their place."""
    revision = guard.engine.snapshot.revision
    with contextlib.suppress(PolicyError):
        if read_sources(settings.policies) == guard.reloader.sources:
            return ConfigLoaded("applied", "start", revision)
    return ConfigLoaded("kept", "start", revision, reason="the files differ from the last good text")


@contextlib.asynccontextmanager
async def _open(
    settings: HostSettings, component: str
) -> AsyncIterator[tuple[Tier, Guard, TierContext, Render | None]]:
    manager = plugin_manager(block=settings.block)
    installed = tiers(manager)
    if component not in installed:
        hint = did_you_mean(component, installed) or f"installed are: {', '.join(sorted(installed)) or 'none'}"
        raise ConfigurationError(f"no installed plugin serves the tier {component} ({hint})")

    loader = PolicyLoader(lambda: _read(settings), component, settings.actions)
    sources = loader.read()
    engine = Engine(loader.compile(sources))
    providers = configure(settings.trace, service=component)
    try:
        telemetry = Telemetry(
            component,
            tracer_provider=providers.tracer_provider,
            meter_provider=providers.meter_provider,
            logger_provider=providers.logger_provider,
        )
        guard = Guard(engine, component, telemetry, loader=loader, sources=sources)
        data = settings.data / component
        data.mkdir(parents=True, exist_ok=True)
        context = TierContext(
            guard, data=data, settings=tier_settings(component, settings.environ), addresses=settings.addresses
        )
        try:
            yield installed[component], guard, context, refusal_page(manager, component)
        finally:
            await context.close()
    finally:
        # Waits for exporters: not in the event loop, where other tiers may still be served.
        await asyncio.to_thread(providers.shutdown)
