"""The picture store of the cat service: a tier that keeps pictures and what is known of them in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import catguard

if TYPE_CHECKING:
    from click import Command
    from starlette.types import ASGIApp


@catguard.hookimpl
def catguard_tier() -> catguard.Tier:
    """The tier `store`."""
    return catguard.Tier("store", app=_app, prepare=_prepare, fill=_fill)


@catguard.hookimpl
def catguard_commands() -> Sequence[Command]:
    from catguard_store.commands import cats  # click is there where there is a command line

    return (cats,)


# Renderer and database load only where the tier is served, prepared or filled.


def _app(context: catguard.TierContext) -> ASGIApp:
    from catguard_store.tier import app

    return app(context)


async def _prepare(context: catguard.TierContext) -> None:
    from catguard_store.tier import prepare

    await prepare(context)


async def _fill(context: catguard.TierContext) -> None:
    from catguard_store.tier import fill

    await fill(context)
