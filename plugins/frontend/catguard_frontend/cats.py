"""Pictures for programs: an order by its fields, or as a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.types import ASGIApp

import catguard
from catguard_frontend import ask
from catguard_frontend.answers import answer, failed, problem
from catguard_frontend.kitchen import Kitchen, NotServed
from catguard_frontend.menu import BREEDS, SCENES, choose
from catguard_frontend.recipes import Recipe


class Cats:
    """Serves `GET /api/cats`."""

    def __init__(self, kitchen: Kitchen) -> None:
        self._kitchen = kitchen

    async def api(self, request: Request) -> ASGIApp:
        """Answer with one picture of so many cats."""
        query = catguard.exchange(request.scope).query
        try:
            recipe = recipe_of(query)
        except ask.NotUnderstood as failure:
            return problem(
                422,
                "Sentence not understood",
                str(failure),
                word=failure.word,
                position=failure.position,
                character=failure.character,
                expected=list(failure.expected),
                example=ask.EXAMPLE,
            )
        try:
            picture = await self._kitchen.serve(recipe)
        except (catguard.CallRefused, NotServed) as refused:
            return failed(refused, request)
        return answer(picture, recipe, understood=_understood(recipe) if "ask" in query else None)


def recipe_of(query: Mapping[str, Any]) -> Recipe:
    """Return the recipe of an order; breed and scene that are left open follow from the seed.

    What a sentence says replaces the defaults of the fields, whatever it says: the outbound guard is what refuses.

    Raises:
        ask.NotUnderstood: the order is a sentence that is not in the grammar.
    """
    wished = dict(query)
    sentence = wished.pop("ask", None)
    if sentence is not None:
        order = ask.read(sentence)
        said = {name: getattr(order, name) for name in ("count", "breed", "scene", "width", "height", "format")}
        wished |= {name: value for name, value in said.items() if value is not None}
    wished.setdefault("breed", choose(BREEDS, "breed", wished["seed"]))
    wished.setdefault("scene", choose(SCENES, "scene", wished["seed"]))
    return Recipe(**wished)


def _understood(recipe: Recipe) -> str:
    return ask.Order(recipe.count, recipe.breed, recipe.scene, recipe.width, recipe.height, recipe.format).sentence()
