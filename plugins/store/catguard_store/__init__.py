"""The picture store of the cat service: a tier that keeps pictures and what is known of them in SQL."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import catguard

if TYPE_CHECKING:
    from click import Command


@catguard.hookimpl
def catguard_tier() -> catguard.Tier:
    from catguard_store.tier import app, fill, prepare  # renderer and database load only where the tier is served

    return catguard.Tier("store", app=app, prepare=prepare, fill=fill)


@catguard.hookimpl
def catguard_commands() -> "Sequence[Command]":
    from catguard_store.commands import cats  # click is there where there is a command line

    return (cats,)
