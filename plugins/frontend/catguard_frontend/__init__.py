"""The frontend of Cats as a Service, a tier of catguard: crams as many cats on a page as possible."""

from __future__ import annotations

from collections.abc import Callable

from catguard import RefusalPage, Tier, hookimpl
from catguard_frontend import pages, tier

COMPONENT = "frontend"


@hookimpl
def catguard_tier() -> Tier:
    """Offer this tier."""
    return Tier(COMPONENT, app=tier.app)


@hookimpl
def catguard_refusal_page(component: str) -> Callable[[RefusalPage], str] | None:
    """Offer this tier's page for people whose request was refused."""
    return pages.Pages().refusal if component == COMPONENT else None
