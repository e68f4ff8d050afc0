"""The hooks of catguard: what a plugin may implement, and the values that it answers with.

A plugin is a distribution with an entry point in the group "catguard" that names a module. Functions of that module
that carry `hookimpl` implement hooks:

    @catguard.hookimpl
    def catguard_tier() -> catguard.Tier:
        return catguard.Tier("store", app=app, prepare=prepare)

Hooks are called at start-up, never per exchange.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pluggy

if TYPE_CHECKING:
    from click import Command
    from starlette.types import ASGIApp

    from catguard.context import TierContext
    from catguard.enforcement.problem import Render

#: Name of the pluggy project and of the entry point group.
PROJECT: Final = "catguard"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@dataclass(frozen=True, slots=True)
class Tier:
    """A component served by a plugin.

    Attributes:
        name: the component's name in the policy.
        app: makes the ASGI app, in each worker; usually `return context.app({"render": render, ...})`.
        prepare: runs to its end once, in a process of its own, before any worker starts: tables.
        fill: runs beside the workers, in a process of its own, once in each run: what may still be missing while the
            tier serves, as a store's pictures. It is killed with the run, at any moment, and begun again after that:
            each step of it must be whole, and one that is done must not be done again.
    """

    name: str
    app: Callable[[TierContext], ASGIApp]
    prepare: Callable[[TierContext], Awaitable[None]] | None = None
    fill: Callable[[TierContext], Awaitable[None]] | None = None


@hookspec
def catguard_tier() -> Tier | None:
    """Return the tier that the plugin serves.

    Called when the installed tiers are listed, before any of them starts.

    Returns:
        The tier; its name is a component of the policy. None if there is nothing to serve.
    """


@hookspec(firstresult=True)
def catguard_refusal_page(component: str) -> Render | None:
    """Return the function that makes the page which tells people that a component refused their request.

    Called once for each component that starts in this process. The function is called for each refused request whose
    caller prefers text/html; status and content are those of the problem document.

    Args:
        component: that refuses, by its name in the policy.

    Returns:
        A function from what is refused to HTML, or None to leave the component to other plugins; the first that is
        not None is taken. Without one the caller gets the problem document.
    """


@hookspec
def catguard_commands() -> Sequence[Command]:  # type: ignore[empty-body] # a specification
    """Return click commands that the plugin adds to `catguard`.

    Called when the command line starts. A command whose name is taken is an error that names the plugin.

    Returns:
        The commands, in the order in which help lists them.
    """
