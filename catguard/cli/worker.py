"""The hidden commands that `catguard up` runs in processes of their own: a tier's worker, preparation, filling."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import gc
import os
import select
import signal
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import click

from catguard import host
from catguard.cli import options
from catguard.policies.model import Action
from catguard.supervisor import serving, sockets
from catguard.supervisor.processes import READY
from catguard.supervisor.terminal import mask_terminal

# Requests come first: at 10 the kernel gives a filling process a tenth of a core that a worker wants as well.
FILL_NICE = 10


def arguments(settings: host.HostSettings, tier: str) -> tuple[str, ...]:
    """The options that tell one of these commands what `settings` say; the environment is inherited."""
    written = ["--tier", tier, "--data", str(settings.data)]
    for path in settings.policies:
        written += ["--policies", str(path)]
    for name, url in settings.addresses.items():
        written += ["--address", f"{name}={url}"]
    for glob, action in settings.actions:
        written += ["--action", f"{glob}={action}"]
    for name in settings.block:
        written += ["--block", name]
    if settings.kept is not None:
        written += ["--kept", str(settings.kept)]
    if settings.candidate is not None:
        written += ["--candidate", str(settings.candidate)]
    return (*written, *(("--trace", settings.trace) if settings.trace else ()))


def _shared(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of both, and make `settings` of them; their values `catguard up` has checked."""

    @functools.wraps(function)
    def command(
        tier: str,
        data: Path,
        policies: tuple[Path, ...],
        addresses: tuple[tuple[str, str], ...],
        actions: tuple[tuple[str, Action], ...],
        trace: str | None,
        block: tuple[str, ...],
        kept: Path | None,
        candidate: Path | None,
        **own: Any,
    ) -> None:
        # The supervisor alone decides what an interrupt means.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until there is something to reload
        mask_terminal(f"%(asctime)s {tier}[%(process)d] %(levelname)s %(name)s: %(message)s")
        function(
            tier, host.HostSettings(policies, data, dict(addresses), actions, trace, block, kept, candidate), **own
        )

    decorated: Callable[..., None] = command
    for decorate in (
        click.option("--tier", required=True),
        click.option("--data", type=click.Path(path_type=Path), required=True),
        click.option("--policies", type=click.Path(path_type=Path), multiple=True, required=True),
        click.option("--address", "addresses", type=options.TierValue("URL", str), multiple=True),
        click.option("--action", "actions", type=options.ActionOverride(), multiple=True),
        click.option("--trace"),
        click.option("--block", multiple=True),
        click.option("--kept", type=click.Path(path_type=Path), help="The policy text to begin with."),
        click.option("--candidate", type=click.Path(path_type=Path), help="The text of a candidate policy."),
        click.option("--lifeline", type=int, required=True, help="Ends with the supervisor."),
    ):
        decorated = decorate(decorated)
    return decorated


@contextlib.asynccontextmanager
async def following(opened: host.OpenTier) -> AsyncIterator[None]:
    """Take the last good policies whenever the supervisor says so, by SIGHUP."""
    loop = asyncio.get_running_loop()
    tasks: set[asyncio.Task[None]] = set()

    def begin() -> None:
        task = loop.create_task(opened.follow())
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    loop.add_signal_handler(signal.SIGHUP, begin)
    begin()  # what came while this worker was starting
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGHUP)
        for task in tasks:
            task.cancel()


@click.command(hidden=True)
@_shared
@click.option("--drain", type=options.Duration(), required=True)
@click.option("--fd", type=int, required=True, help="The listening socket.")
@click.option("--status", type=int, required=True, help="Where to say that the tier serves.")
def worker(tier: str, settings: host.HostSettings, drain: float, lifeline: int, fd: int, status: int) -> None:
    """Serve one tier under a supervisor."""

    def ready() -> None:
        os.write(status, READY)
        os.close(status)

    async def serve() -> None:
        async with host.open_tier(settings, tier) as opened, following(opened):
            # What is here now stays: the collector need not walk over it, and hold requests up, ever again.
            gc.collect()
            gc.freeze()
            await serving.serve(opened.app, sockets.adopt(fd), lifeline=lifeline, on_ready=ready, drain=drain)

    serving.run(serve())


@click.command(hidden=True)
@_shared
def prepare(tier: str, settings: host.HostSettings, lifeline: int) -> None:
    """Prepare one tier under a supervisor."""
    _end_with_the_supervisor(lifeline)
    serving.run(host.prepare(settings, tier))


@click.command(hidden=True)
@_shared
def fill(tier: str, settings: host.HostSettings, lifeline: int) -> None:
    """Do what a tier does beside its workers, under a supervisor."""
    _end_with_the_supervisor(lifeline)
    os.nice(FILL_NICE)
    serving.run(host.fill(settings, tier))


def _end_with_the_supervisor(lifeline: int) -> None:
    def follow() -> None:
        # Workers share the pipe, and their loops make it one that does not wait: a read would not either.
        select.select([lifeline], [], [])
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=follow, daemon=True).start()
