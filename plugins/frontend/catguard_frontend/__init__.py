"""The frontend of Cats as a Service, a tier of catguard: crams as many cats on a page as possible."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from catguard import RefusalPage, Tier, hookimpl

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from catguard import TierContext

COMPONENT = "frontend"


@hookimpl
def catguard_tier() -> Tier:
    """Offer this tier."""
    return Tier(COMPONENT, app=_app)


@hookimpl
def catguard_refusal_page(component: str) -> Callable[[RefusalPage], str] | None:
    """Offer this tier's page for people whose request was refused."""
    if component != COMPONENT:
        return None
    from catguard_frontend.pages import Pages  # templates load only where the tier is served

    return Pages().refusal


def _app(context: TierContext) -> ASGIApp:
    from catguard_frontend.tier import app  # so do clients and caches

    return app(context)
