"""The closer look: the same cat, so large that its part fills the view."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

import catguard
from catguard_frontend import words
from catguard_frontend.addresses import FIELDS, link
from catguard_frontend.answers import answer, failed
from catguard_frontend.kitchen import Kitchen, NoSuchCat, NotServed
from catguard_frontend.limits import LEAST_SIDE, MOST_AREA, MOST_SIDE, possible
from catguard_frontend.menu import SCALES
from catguard_frontend.pages import Pages, excused, html
from catguard_frontend.proposals import Choice
from catguard_frontend.recipes import Recipe

#: Width of the view on the page, in pixels.
VIEW = 480
#: The page while there is nothing to show.
_EMPTY: Mapping[str, Any] = {
    "heading": "A closer look",
    "picture": None,
    "excuse": None,
    "parts": (),
    "scales": (),
    "back": None,
}


def closer(picture: str, part: str, scale: float, *, proportion: tuple[int, int]) -> Recipe:
    """Return the recipe that fills the view: the nearer `scale` is to 1, the larger the cat.

    Args:
        picture: the cat's picture.
        part: what to look at.
        scale: from 0, where the part fills the view, to below 1.
        proportion: width and height of the picture, in any unit.
    """
    width = math.ceil(VIEW / (1 - scale))
    across, down = proportion
    height = (2 * width * down + across) // (2 * across)  # to the nearest pixel, in whole numbers of any size
    return Recipe(width=width, height=height, picture=picture, part=part)


def scales_of(proportion: tuple[int, int]) -> tuple[float, float] | None:
    """Return the least and the greatest scale, in thousandths, at which a picture so proportioned may be ordered."""
    scales = [thousandths / 1000 for thousandths in range(1000)]
    there_are = [scale for scale in scales if _orderable(scale, proportion)]
    return (there_are[0], there_are[-1]) if there_are else None


def _orderable(scale: float, proportion: tuple[int, int]) -> bool:
    return possible(closer("", "", scale, proportion=proportion))


def _other_scales(scale: float, proportion: tuple[int, int] | None) -> str | None:
    """Say which scales there are, if this one takes a picture of a size that cannot be ordered."""
    if proportion is None or _orderable(scale, proportion):
        return None
    there_are = scales_of(proportion)
    if there_are is None:
        return "This picture is too long for a closer look at any scale."
    return f"Scales from {there_are[0]:g} to {there_are[1]:g} are possible."


def _in_detail(scale: float, proportion: tuple[int, int] | None) -> str | None:
    """Return the same for programs, with the size that the scale takes, in pixels."""
    others = _other_scales(scale, proportion)
    if proportion is None or others is None:
        return None
    size = closer("", "", scale, proportion=proportion)
    pixels = f"{words.readable(size.width)}x{words.readable(size.height)} pixels"
    bounds = f"{LEAST_SIDE} to {MOST_SIDE:,} pixels a side and at most {MOST_AREA:,} in all"
    return f"A scale of {scale:.15g} takes a picture of {pixels}, and a picture has {bounds}. {others}"


class Zoom:
    """Serves `GET /zoom` and `GET /api/zoom`."""

    def __init__(self, kitchen: Kitchen, pages: Pages) -> None:
        self._kitchen = kitchen
        self._pages = pages

    async def api(self, request: Request) -> ASGIApp:
        """Answer with the closer look as JSON."""
        query = catguard.exchange(request.scope).query
        proportion: tuple[int, int] | None = None
        try:
            proportion = await self._kitchen.proportion(query["picture"])
            recipe = _recipe(query, proportion)
            picture = await self._kitchen.serve(recipe)
        except (catguard.CallRefused, NotServed) as failure:
            return failed(failure, request, detail=_in_detail(query["scale"], proportion))
        return answer(picture, recipe)

    async def page(self, request: Request) -> Response:
        """Answer with the closer look as a page that offers the other parts and scales."""
        query = catguard.exchange(request.scope).query
        if "picture" not in query:
            return html(self._pages.render("zoom", **_EMPTY))
        asked: Mapping[str, Any] = {"picture": query["picture"], "part": query["part"]}
        parts: Sequence[str] = (query["part"],)  # until it is known which ones there are
        proportion: tuple[int, int] | None = None  # likewise
        try:
            parts = await self._kitchen.parts(query["picture"])
            proportion = await self._kitchen.proportion(query["picture"])
            recipe = _recipe(query, proportion)
            asked = recipe.wire()
            picture = await self._kitchen.serve(recipe)
        except (catguard.CallRefused, NotServed) as failure:
            excuse = words.excuse(failure, asked)
            others = _other_scales(query["scale"], proportion)
            if others is not None and excuse.status == 422:
                excuse = replace(excuse, reasons=(*excuse.reasons, others))
            if isinstance(failure, NoSuchCat):
                text = self._pages.render("nobody", excuse=excuse, tries=_elsewhere(query), again=None)
            else:
                text = self._pages.render("zoom", **{**_EMPTY, **_choices(query, parts, proportion), "excuse": excuse})
            return excused(text, excuse)
        alt = words.described(picture, recipe)
        shown = {
            "heading": alt,
            "alt": alt,
            "picture": picture,
            "view": {
                "width": VIEW,
                "height": round(VIEW * recipe.height / recipe.width),
                "whole": recipe.width == VIEW,
            },
            "credits": picture.credits,
        }
        return html(self._pages.render("zoom", **{**_EMPTY, **_choices(query, parts, proportion), **shown}))


def _recipe(query: Mapping[str, Any], proportion: tuple[int, int]) -> Recipe:
    return closer(query["picture"], query["part"], query["scale"], proportion=proportion)


def _elsewhere(query: Mapping[str, Any]) -> list[Choice]:
    """Return where other cats are, for somebody whose cat is gone; the picture that it was in is made of others now."""
    tries = [Choice("All cats", "/")]
    if "breed" in query:
        tries.insert(0, Choice(f"More {words.cats(query['breed'], 2)}", link("/", {"breed": query["breed"]})))
    if whole := _whole(query):
        tries.insert(0, Choice("The whole picture", whole))
    return tries


def _whole(query: Mapping[str, Any]) -> str | None:
    """Return the page of the picture that the cat was seen in."""
    within = {name: query[name] for name in FIELDS if name in query}
    return link("/picture", within) if within else None


def _choices(query: Mapping[str, Any], parts: Sequence[str], proportion: tuple[int, int] | None) -> Mapping[str, Any]:
    """Return the parts and scales that a page offers.

    Of a part that is not among `parts` there are no scales, and none is offered that takes too large a picture.
    """
    return {
        "back": _whole(query),
        "parts": [
            Choice(part.capitalize(), link("/zoom", {**query, "part": part}), part == query["part"]) for part in parts
        ],
        "scales": [
            Choice(_times(scale), link("/zoom", {**query, "scale": scale}), scale == query["scale"])
            for scale in SCALES
            if query["part"] in parts and (proportion is None or _orderable(scale, proportion))
        ],
    }


def _times(scale: float) -> str:
    """Return a scale as a magnification: 0.75 is four times."""
    return f"{round(1 / (1 - scale), 1):g}\N{MULTIPLICATION SIGN}"
