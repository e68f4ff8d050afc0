"""Puts the tier together: which handler serves which operation of the policy."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from functools import partial
from math import inf
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from catguard import ConfigurationError
from catguard_frontend.assets import Assets
from catguard_frontend.cache import LIMIT, PictureCache
from catguard_frontend.cats import Cats
from catguard_frontend.files import Files
from catguard_frontend.gallery import PATIENCE, Gallery
from catguard_frontend.kitchen import Kitchen
from catguard_frontend.menu import SEEDS
from catguard_frontend.menus import Menus
from catguard_frontend.pages import Pages
from catguard_frontend.picturepage import PicturePage
from catguard_frontend.zoom import Zoom

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from catguard import TierContext


def app(context: TierContext, *, clock: Callable[[], float] = time.monotonic) -> ASGIApp:
    """Return the frontend, ready to be guarded; `clock` tells the seconds after which the menu is asked for again."""
    cache = PictureCache(Files(context.data / "pictures", limit=LIMIT))
    client = context.client("catomatic")
    context.on_close(cache.close)
    menus = Menus(client, clock=clock)
    context.on_close(menus.close)
    kitchen = Kitchen(client, cache, menus.current, menus.newest, clock=clock)
    pages = Pages()
    cats = Cats(kitchen, pages, draw=partial(secrets.randbelow, SEEDS))
    assets = Assets(cache, pages)
    zoom = Zoom(kitchen, pages)
    openapi = context.openapi()

    async def describe(_: Request) -> Response:
        return JSONResponse(openapi)

    return context.app(
        {
            "gallery": Gallery(
                kitchen, pages, count_bounds=_bounds(context, "gallery", "count"), patience=_patience(context)
            ).page,
            "cats": cats.api,
            "cats-picture": cats.picture,
            "picture": assets.picture,
            "picture-page": PicturePage(
                kitchen, pages, draw_seed=partial(secrets.randbelow, SEEDS), patience=_patience(context)
            ).page,
            "zoom-page": zoom.page,
            "zoom": zoom.api,
            "openapi": describe,
            "style": assets.static,
        }
    )


def _patience(context: TierContext) -> float:
    """Return the seconds that a page waits for its cats: the setting `patience`, else what suits most people."""
    text = context.settings.get("patience", str(PATIENCE))
    try:
        patience = float(text)
    except ValueError:
        patience = 0.0
    if not 0.0 < patience < inf:
        raise ConfigurationError(f"CATGUARD_FRONTEND_PATIENCE is {text!r}; it has to be a number of seconds, such as 9")
    return patience


def _bounds(context: TierContext, operation: str, name: str) -> dict[str, int]:
    """Return the least and the greatest value that the policy has for a query field: a form promises no more."""
    boundary = context.boundary(f"{context.component}.inbound.{operation}")
    for shape in boundary.request.shapes:
        if shape.part == "query":
            field = shape.schema.get("properties", {}).get(name, {})
            return {bound: field[bound] for bound in ("minimum", "maximum") if bound in field}
    return {}
