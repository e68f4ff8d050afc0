"""The addresses that pages link to: a picture's page, the picture itself in any size, and a closer look at its cats."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from catguard_frontend.limits import possible
from catguard_frontend.recipes import Recipe

#: The fields of a recipe that is a scene with cats, in the order in which addresses spell them out.
FIELDS = ("breed", "scene", "count", "width", "height", "seed")


def link(path: str, wishes: Mapping[str, Any]) -> str:
    """Return a path with the wishes that were made as its query."""
    query = urlencode({name: value for name, value in wishes.items() if value is not None})
    return f"{path}?{query}" if query else path


def fields(recipe: Recipe) -> dict[str, Any]:
    """Return what tells a recipe from all others, but for the format."""
    return {name: getattr(recipe, name) for name in FIELDS}


def page_of(recipe: Recipe) -> str:
    """Return the address of the page of a picture."""
    return link("/picture", fields(recipe))


def picture_of(recipe: Recipe) -> str:
    """Return the address of the picture itself."""
    told = fields(recipe)
    seed = told.pop("seed")
    return link("/cats", {**told, "format": recipe.format, "seed": seed})


def closer_to(picture: str, *, part: str, scale: float, within: Recipe | None = None) -> str:
    """Return the address of a closer look at the cat of `picture`, which leads back to the page of `within`."""
    back = fields(within) if within is not None else {}
    return link("/zoom", {"picture": picture, "part": part, "scale": scale, **back})


def sized(recipe: Recipe, times: float) -> Recipe:
    """Return the recipe of the same picture in another size."""
    return replace(recipe, width=round(recipe.width * times), height=round(recipe.height * times))


def srcset(recipe: Recipe, times: Iterable[float], *, known: Mapping[Recipe, str] | None = None) -> str:
    """Return the sizes of a picture that a browser may choose from, as the attribute `srcset` has them.

    Args:
        recipe: the picture.
        times: how many times its size.
        known: addresses of those that were made already.
    """
    choices = {}
    for size in (sized(recipe, factor) for factor in times):
        if possible(size):
            choices[size.width] = (known or {}).get(size) or picture_of(size)
    return ", ".join(f"{address} {width}w" for width, address in sorted(choices.items()))
