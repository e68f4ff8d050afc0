"""Cats to order: the picture itself, or as JSON what is in it; by fields, or as a sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp

import catguard
from catguard_frontend import ask
from catguard_frontend.accept import preferred
from catguard_frontend.addresses import link, picture_of
from catguard_frontend.answers import answer, failed, not_understood
from catguard_frontend.conditional import FOR_EVER, NOT_KEPT, has, kept, not_modified
from catguard_frontend.kitchen import Kitchen, NotServed
from catguard_frontend.menu import NOTHING, Menu
from catguard_frontend.orders import Order
from catguard_frontend.pages import Pages, for_people
from catguard_frontend.proposals import Choice
from catguard_frontend.recipes import Recipe
from catguard_frontend.timing import Timing
from catguard_frontend.words import WISH, Excuse, excuse

#: What an address has to say for its picture to be the same when there are more breeds and scenes.
_SPELT_OUT = {"breed", "scene", "seed"}


class Cats:
    """Serves `GET /cats` and `GET /api/cats`.

    Args:
        kitchen: gives pictures and the menu.
        pages: tells people why there is no picture.
        draw: returns a seed for those who bring none.
    """

    def __init__(self, kitchen: Kitchen, pages: Pages, *, draw: Callable[[], int]) -> None:
        self._kitchen = kitchen
        self._pages = pages
        self._draw = draw

    async def picture(self, request: Request) -> ASGIApp:
        """Answer with the picture, with 304 where the caller has it, or with its address where that was not asked for.

        What names a picture is known before it is made: whoever has it already costs no work at all.
        """
        exchange = catguard.exchange(request.scope)
        asked: Mapping[str, Any] = exchange.query
        menu = NOTHING
        timing = Timing()
        try:
            with timing.measure("menu"):
                menu = await self._kitchen.menu()
            wished = wishes(exchange.query, menu)
            chosen = {} if "format" in wished else {"format": preferred(",".join(exchange.headers.get("accept", ())))}
            vary = {"vary": "Accept"} if chosen else {}
            recipe = recipe_of({"seed": self._draw(), **wished, **chosen}, menu)
            asked = recipe.wire()
            tag = await self._kitchen.tag(recipe, timing=timing)
            if "ask" in exchange.query:
                await self._kitchen.serve(recipe, tag=tag, timing=timing)  # an address that is given has a picture
            if "ask" in exchange.query or not exchange.query.keys() >= _SPELT_OUT:
                return _elsewhere(picture_of(recipe), vary)
            headers = {**kept(tag, FOR_EVER), **vary}
            if has(exchange.headers, tag):
                return not_modified({**headers, "server-timing": timing.header()})
            picture = await self._kitchen.serve(recipe, tag=tag, timing=timing)
            image = await self._kitchen.image(picture)
            if not picture.kept:
                headers = {**kept(picture.digest, NOT_KEPT), **vary}
        except (ask.NotUnderstood, catguard.CallRefused, NotServed) as failure:
            return self._instead(failure, request, asked, menu)
        return Response(image, 200, {**headers, "server-timing": timing.header()}, f"image/{picture.format}")

    async def api(self, request: Request) -> ASGIApp:
        """Answer with where one picture of so many cats is, what is in it, and how to get it again."""
        query = asked = catguard.exchange(request.scope).query
        menu = NOTHING
        timing = Timing()
        try:
            with timing.measure("menu"):
                menu = await self._kitchen.menu()
            recipe = recipe_of(wishes(query, menu), menu)
            asked = recipe.wire()
            picture = await self._kitchen.serve(recipe, timing=timing)
        except ask.NotUnderstood as failure:
            return not_understood(failure)
        except (catguard.CallRefused, NotServed) as failure:
            return failed(failure, request, detail=_in_words(failure, asked, query.get("ask"), menu))
        understood = _understood(recipe) if "ask" in query else None
        return answer(picture, recipe, timing=timing, understood=understood)

    def _instead(
        self,
        failure: ask.NotUnderstood | catguard.CallRefused | NotServed,
        request: Request,
        asked: Mapping[str, Any],
        menu: Menu,
    ) -> ASGIApp:
        """Say why there is no picture, as a page to people and as a problem document to programs."""
        people = for_people(catguard.exchange(request.scope))
        if isinstance(failure, ask.NotUnderstood):
            lost = Excuse("Sentence not understood", (str(failure),), 422)
            tries = instead_of(failure.mended(catguard.exchange(request.scope).query["ask"]), menu, "/cats")
            return self._pages.instead(lost, request, tries=tries) if people else not_understood(failure)
        sentence = catguard.exchange(request.scope).query.get("ask")
        if not people:
            return failed(failure, request, detail=_in_words(failure, asked, sentence, menu))
        return self._pages.instead(
            excuse(failure, asked, wish=WISH), request, tries=instead_of(sentence, menu, "/cats", but=sentence)
        )


def _in_words(
    failure: catguard.CallRefused | NotServed, asked: Mapping[str, Any], sentence: str | None, menu: Menu
) -> str | None:
    """Return what a refusal means to whoever asked by a sentence, and the nearest that passes."""
    told = excuse(failure, asked, wish=WISH)
    if sentence is None or told.status != 422:
        return None
    nearest = ask.proposed(sentence, menu)
    return " ".join((*told.reasons, *([f"Try “{nearest}”."] if nearest else [])))


def wishes(query: Mapping[str, Any], menu: Menu) -> dict[str, Any]:
    """Return what is wished by field; what a sentence says replaces the fields, whatever it says.

    Raises:
        ask.NotUnderstood: the order is a sentence that is not in the grammar.
    """
    wished = dict(query)
    sentence = wished.pop("ask", None)
    if sentence is not None:
        order = ask.read(sentence, menu)
        said = {name: getattr(order, name) for name in ("count", "breed", "scene", "width", "height", "format")}
        wished |= {name: value for name, value in said.items() if value is not None}
    return wished


def instead_of(sentence: str | None, menu: Menu, path: str, *, but: str | None = None) -> list[Choice]:
    """Return where at `path` there is what comes nearest to a sentence that is understood, if it is not `but`."""
    nearest = (ask.proposed(sentence, menu) or sentence) if sentence and menu.breeds else None
    return [Choice(nearest.capitalize(), link(path, {"ask": nearest}))] if nearest and nearest != but else []


def recipe_of(wished: Mapping[str, Any], menu: Menu) -> Recipe:
    """Return the recipe of what is wished; breed and scene that are left open follow from the seed.

    Nothing is bounded here: the outbound guard is what refuses.
    """
    seed = wished["seed"]
    return Recipe(**{"breed": menu.breed("breed", seed), "scene": menu.scene("scene", seed), **wished})


def _elsewhere(address: str, vary: Mapping[str, str]) -> Response:
    """Send the caller to an address of this tier; the next one who asks is sent to another picture."""
    return PlainTextResponse(
        f"This picture: {address}\n", 302, {"location": address, "cache-control": "no-store", **vary}
    )


def _understood(recipe: Recipe) -> str:
    return Order(recipe.count, recipe.breed, recipe.scene, recipe.width, recipe.height, recipe.format).sentence()
