"""Cat-o-matic: composes cat pictures from the cut-outs and scenes of the picture store."""

from __future__ import annotations

from typing import TYPE_CHECKING

import catguard

if TYPE_CHECKING:
    from starlette.types import ASGIApp


@catguard.hookimpl
def catguard_tier() -> catguard.Tier:
    """The tier `catomatic`."""
    return catguard.Tier("catomatic", app=_app)


def _app(context: catguard.TierContext) -> ASGIApp:
    from catguard_catomatic.app import app  # what composes pictures loads only where the tier is served

    return app(context)
