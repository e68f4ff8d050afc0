"""Commands of plugins that run with the context of their tier, guarded as the tier is when it is served."""

from __future__ import annotations

import functools
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import click

from catguard.cli import options
from catguard.policies.model import Action

#: Takes the tier's context and the command's parameters, and returns the exit status.
TierFunction = Callable[..., Awaitable[int | None]]


def tier_command(component: str) -> Callable[[TierFunction], Callable[..., None]]:
    """Return the decorator that makes an async function the callback of a click command of a tier.

        @click.command()
        @click.argument("name")
        @catguard.tier_command("store")
        async def show(context: catguard.TierContext, *, name: str) -> int | None: ...

    The command gets the options `--policies`, `--data`, `--action` and `--trace` with the defaults and the variables
    of `catguard up`, so it reads the same policies and finds what the tier keeps. The function gets the context, that
    is closed behind it, and the command's own parameters by name. It returns the exit status; None is 0.

    Args:
        component: the tier, by its name in the policy; a plugin that is installed serves it.
    """

    def decorate(function: TierFunction) -> Callable[..., None]:
        @functools.wraps(function)
        def command(
            policies: tuple[Path, ...],
            data: Path,
            actions: tuple[tuple[str, Action], ...],
            trace: str | None,
            **own: Any,
        ) -> None:
            # The host loads the engine and the servers; help and completion do without.
            from catguard import host
            from catguard.supervisor import serving
            from catguard.supervisor.terminal import mask_terminal

            mask_terminal(f"%(levelname)s {component}: %(message)s", level=logging.ERROR)
            settings = host.HostSettings(policies, data, actions=actions, trace=trace)

            async def run() -> int | None:
                async with host.open_context(settings, component) as context:
                    return await function(context, **own)

            click.get_current_context().exit(serving.run(run()) or 0)

        decorated: Callable[..., None] = command
        for option in (options.trace_option, options.action_option, options.policies_option, options.data_option):
            decorated = option(decorated)
        return decorated

    return decorate
