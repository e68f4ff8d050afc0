"""`catguard up`: start the tiers, one process each or all in this one, and end them together."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from errno import EADDRINUSE
from pathlib import Path

import click
from rich.console import Console
from rich.control import Control
from rich.segment import ControlType
from rich.text import Text

from catguard import host
from catguard.analysis.waivers import statuses
from catguard.cli import options
from catguard.cli.live import COMMAND, begin, begin_candidate, followed, keepers
from catguard.cli.worker import arguments
from catguard.errors import ConfigurationError
from catguard.hookspecs import Tier
from catguard.policies.clock import utc_now
from catguard.policies.diagnostics import did_you_mean
from catguard.policies.model import Action, PolicySet
from catguard.supervisor import serving, sockets
from catguard.supervisor.deaths import classify
from catguard.supervisor.events import (
    Died,
    Draining,
    Event,
    FillDied,
    Filled,
    PoliciesJudged,
    Ready,
    Serving,
    Started,
    StartFailed,
)
from catguard.supervisor.keeper import PolicyKeeper
from catguard.supervisor.processes import WorkerSpec
from catguard.supervisor.terminal import mask_terminal
from catguard.supervisor.workers import Supervisor

HOST = "127.0.0.1"
# Where a tier answers unless --bind says otherwise; others take the next free ports from FIRST_PORT on.
PORTS: Mapping[str, int] = {"frontend": 8000, "catomatic": 8001, "store": 8002}
FIRST_PORT = 8003
FRONT = "frontend"

EXAMPLES = """
\b
Examples:
  catguard up                                      every installed tier, the page at http://127.0.0.1:8000
  catguard up store catomatic                      these two only
  catguard up frontend --address catomatic=http://10.0.0.7:8001
  catguard up --bind frontend=0.0.0.0:80 --bind store=127.0.0.1:0
  catguard up --policies policies.yaml --policies ours.yaml
  catguard up --candidate stricter.yaml            what it would do otherwise: catguard explain --candidate
  catguard up --action 'catomatic.*=audit' --trace var/trace.jsonl
  catguard up --memory catomatic=512MiB --drain 30s

\b
Standard output is one line, "ready ADDRESS", when all tiers serve; what happens is told on standard error.
At the first start the store still draws its cats then, the most wanted first: "store[PID] is complete" ends that.
The first SIGTERM or SIGINT drains the tiers, callers before those whom they call, and the exit code is 0;
the second ends them at once. A tier that cannot start ends the others with exit code 1.
"""


@click.command(epilog=EXAMPLES)
@click.argument("tiers", metavar="[TIER]...", nargs=-1, envvar="CATGUARD_UP_TIERS")
@click.option("--in-process", is_flag=True, show_envvar=True, help="All tiers in this process, in one event loop.")
@click.option(
    "--bind",
    "binds",
    type=options.TierValue("HOST:PORT", options.read_address),
    multiple=True,
    envvar="CATGUARD_UP_BIND",
    show_envvar=True,
    help="Where a tier listens; port 0 takes any free one. Repeatable. "
    "[default: 127.0.0.1, ports 8000 frontend, 8001 catomatic, 8002 store, others from 8003 on]",
)
@options.address_option
@options.data_option
@options.policies_option
@options.action_option
@click.option(
    "--candidate",
    type=click.Path(path_type=Path),
    multiple=True,
    show_envvar=True,
    help="A policy file that decides beside the others, and does nothing: where it would decide otherwise is counted. "
    "It stands for all of them; repeated, later files overlay earlier ones.",
)
@click.option(
    "--memory",
    "memory",
    type=options.TierValue("SIZE", options.read_memory),
    multiple=True,
    show_envvar=True,
    help="How much memory a tier's worker may have, e.g. 512Mi: held by a cgroup of its own where one can be made, "
    "else looked at every 50 ms. A worker that has more is killed and started again. Repeatable.",
)
@click.option(
    "--drain",
    type=options.Duration(),
    default="10s",
    show_default=True,
    show_envvar=True,
    help="How long requests at hand may still take after the first signal.",
)
@options.trace_option
@click.option(
    "--block",
    multiple=True,
    metavar="TIER",
    show_envvar=True,
    help="Leave out a tier, and do not even import its plugin. Repeatable.",
)
def up(
    tiers: tuple[str, ...],
    in_process: bool,
    binds: tuple[tuple[str, tuple[str, int]], ...],
    addresses: tuple[tuple[str, str], ...],
    data: Path,
    policies: tuple[Path, ...],
    actions: tuple[tuple[str, Action], ...],
    candidate: tuple[Path, ...],
    memory: tuple[tuple[str, int], ...],
    drain: float,
    trace: str | None,
    block: tuple[str, ...],
) -> None:
    """Start the tiers TIER..., or every tier that is installed and declared in the policy.

    The tiers can be given by CATGUARD_UP_TIERS as well; values of repeatable options are separated by spaces in their
    environment variables.
    """
    if in_process and memory:
        raise click.UsageError("--memory limits a worker process, and --in-process has none: leave one out")
    elsewhere = options.pairs("--address", addresses)
    binding = options.pairs("--bind", binds)
    limits = options.pairs("--memory", memory)
    console = Console(stderr=True, highlight=False)
    live = begin(policies, actions, data=data, console=console)
    policy_set = live.policies
    started = _choose(tiers, policy_set, block, elsewhere)
    names = [tier.name for tier in started]
    options.check_known("--address", elsewhere, policy_set.components)
    options.check_known("--bind", binding, names)
    options.check_known("--memory", limits, names)
    _announce(console, policy_set, policies, actions)
    proposed = begin_candidate(candidate, actions, data=data, console=console, trace=trace)
    listeners = listen(names, binding)
    here = {name: sockets.url_of(listener) for name, listener in listeners.items()}
    settings = host.HostSettings(
        policies=policies,
        data=data,
        addresses={**_assumed(policy_set, {*here, *elsewhere}, console), **elsewhere, **here},
        actions=actions,
        trace=trace,
        block=block,
        kept=live.kept,
        candidate=proposed.kept if proposed else None,
    )

    def report(event: Event) -> None:
        _tell(console, event)

    def kept(on_applied: Callable[[], None]) -> list[PolicyKeeper]:
        return keepers(live, proposed, settings, names, files=candidate, report=report, on_applied=on_applied)

    if in_process:
        mask_terminal("%(levelname)s %(name)s: %(message)s")
        _prepare_here(started, settings)
        filled = [tier.name for tier in started if tier.fill is not None]
        serving.run(_serve_here(listeners, settings, kept, drain, filled, report))
        return
    specs = [_spec(tier, listeners[tier.name], settings, limits.get(tier.name), drain) for tier in started]
    sys.exit(Supervisor(specs, drain=drain, report=report, keepers=kept).run())


def _choose(
    asked: Sequence[str], policy_set: PolicySet, block: Sequence[str], elsewhere: Collection[str]
) -> tuple[Tier, ...]:
    """Say which tiers to start, in which order."""
    found = {tier.name: tier for tier in host.installed_tiers(policy_set, block=block)}
    for name in asked:
        if name in elsewhere:
            raise click.UsageError(f"{name} is to be started here, and --address says that it runs elsewhere: choose")
        if name not in policy_set.components:
            hint = did_you_mean(name, policy_set.components) or "add it under components:"
            raise ConfigurationError(f"the policy declares no component {name}; {hint}")
        if name not in found:
            raise ConfigurationError(f"no installed plugin serves the tier {name}; pip install the one that does")
    chosen = tuple(tier for name, tier in found.items() if (name in asked if asked else name not in elsewhere))
    if not chosen:
        raise ConfigurationError(
            f"there is no tier to start: the policy declares {', '.join(policy_set.components) or 'none'}, "
            "and of these no plugin is installed here that is not blocked or said to run elsewhere"
        )
    return chosen


def _assumed(policy_set: PolicySet, known: Collection[str], console: Console) -> dict[str, str]:
    """Where tiers are looked for that are neither started here nor said to run elsewhere."""
    assumed = {
        name: f"http://{HOST}:{port}"
        for name, port in PORTS.items()
        if name in policy_set.components and name not in known
    }
    for name, url in assumed.items():
        text = f"{name} is not started here: it is looked for at {url} (--address {name}=URL says otherwise)"
        console.print(Text(text, style="yellow"), soft_wrap=True)
    return assumed


def listen(tiers: Sequence[str], binding: Mapping[str, tuple[str, int]]) -> dict[str, socket.socket]:
    """Open the sockets of all tiers, those with an address of their own first.

    Raises:
        ConfigurationError: An address cannot be had.
    """
    listeners: dict[str, socket.socket] = {}
    for tier in tiers:
        if tier in binding or tier in PORTS:
            host, port = binding.get(tier) or (HOST, PORTS[tier])
            listeners[tier] = sockets.bind(host, port, tier=tier)
    port = FIRST_PORT
    for tier in tiers:
        while tier not in listeners:
            try:
                listeners[tier] = sockets.bind(HOST, port, tier=tier)
            except ConfigurationError as error:
                if getattr(error.__cause__, "errno", None) != EADDRINUSE or port == 65535:
                    raise
            port += 1
    return {tier: listeners[tier] for tier in tiers}


def _spec(
    tier: Tier, listener: socket.socket, settings: host.HostSettings, memory: int | None, drain: float
) -> WorkerSpec:
    return WorkerSpec(
        tier=tier.name,
        command=(*COMMAND, "worker", "--drain", f"{drain * 1000:.0f}ms", *arguments(settings, tier.name)),
        socket=listener,
        memory=memory,
        prepare=None if tier.prepare is None else (*COMMAND, "prepare", *arguments(settings, tier.name)),
        fill=None if tier.fill is None else (*COMMAND, "fill", *arguments(settings, tier.name)),
    )


def _prepare_here(tiers: Sequence[Tier], settings: host.HostSettings) -> None:
    """Prepare the tiers, each in a process of its own that ends with this one."""
    for tier in tiers:
        if tier.prepare is None:
            continue
        lifeline, held = os.pipe()
        command = (*COMMAND, "prepare", *arguments(settings, tier.name), "--lifeline", str(lifeline))
        try:
            code = subprocess.run(command, pass_fds=[lifeline], check=False).returncode
        finally:
            os.close(lifeline)
            os.close(held)
        if code:
            raise ConfigurationError(f"{tier.name} could not be prepared (exit code {code}): the reason is above")


async def _serve_here(
    listeners: Mapping[str, socket.socket],
    settings: host.HostSettings,
    kept: Callable[[Callable[[], None]], Sequence[PolicyKeeper]],
    drain: float,
    filled: Sequence[str],
    report: Callable[[Event], None],
) -> None:
    async with contextlib.AsyncExitStack() as stack:
        for name in filled:
            stack.callback(asyncio.create_task(_fill_here(name, settings, report)).cancel)
        opened = [await stack.enter_async_context(host.open_tier(settings, name)) for name in listeners]
        served = [(tier.app, listener) for tier, listener in zip(opened, listeners.values(), strict=True)]
        await stack.enter_async_context(followed(opened, kept))
        urls = {name: settings.addresses[name] for name in listeners}
        await serving.serve_all(
            served,
            on_ready=lambda: _ready(urls),
            on_drain=lambda received: report(Draining(tuple(reversed(list(listeners))), drain, received.name)),
            drain=drain,
        )


async def _fill_here(tier: str, settings: host.HostSettings, report: Callable[[Event], None]) -> None:
    """Fill a tier in a process of its own, which ends with this one."""
    began = time.monotonic()
    lifeline, held = os.pipe()
    try:
        process = await asyncio.create_subprocess_exec(
            *COMMAND, "fill", *arguments(settings, tier), "--lifeline", str(lifeline), pass_fds=[lifeline]
        )
        code = await process.wait()
    finally:
        os.close(lifeline)
        os.close(held)
    seconds = time.monotonic() - began
    death = classify(code, kill=None, oom=None)
    report(Filled(tier, process.pid, seconds) if code == 0 else FillDied(tier, process.pid, death, None))


def _announce(
    console: Console, policy_set: PolicySet, files: Sequence[Path], actions: Sequence[tuple[str, Action]]
) -> None:
    names = ", ".join(str(file) for file in files)
    console.print(f"{policy_set.system}: {names}, revision {policy_set.revision[:12]}", style="bold", soft_wrap=True)
    for status in statuses(policy_set, utc_now()):
        if status.state != "in force":
            style = "bold red" if status.state == "expired" else "yellow"
            console.print(Text(str(status), style=style), soft_wrap=True)
    for glob, action in actions:
        console.print(Text(f"action override: {glob} = {action}", style="yellow"), soft_wrap=True)


def _ready(urls: Mapping[str, str]) -> None:
    """Say where the system is reached: at the frontend, or at the tier that calls the others."""
    click.echo(f"ready {urls.get(FRONT) or list(urls.values())[-1]}")


def _tell(console: Console, event: Event) -> None:
    """Write an event on its line: what went wrong in red."""
    if isinstance(event, Serving):
        _ready(event.urls)
    elif not isinstance(event, Started) or event.limit is not None:
        judged = event.result if isinstance(event, PoliciesJudged) else None
        wrong = isinstance(event, Died | StartFailed | FillDied) or judged == "rejected"
        good = isinstance(event, Ready | Filled) or judged == "applied"
        style = "bold red" if wrong else "green" if good else "dim"
        if console.is_terminal:  # a progress bar may stand on this line; whoever draws it draws it again below
            console.control(Control(ControlType.CARRIAGE_RETURN, (ControlType.ERASE_IN_LINE, 2)))
        console.print(Text(str(event), style=style), soft_wrap=True)
