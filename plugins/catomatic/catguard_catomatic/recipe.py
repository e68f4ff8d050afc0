"""Recipes: what is to be drawn, as plain frozen data."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Format = Literal["webp", "png", "jpeg", "avif"]
Part = Literal["nose", "eyes", "face", "ear", "paw", "tail"]


@dataclass(frozen=True, slots=True)
class SceneRecipe:
    """Cats of one breed in a scene; `width` and `height` in pixels."""

    breed: str
    scene: str
    count: int
    width: int
    height: int
    format: Format
    seed: int


@dataclass(frozen=True, slots=True)
class CloseUpRecipe:
    """One part of one picture, looked at closely; without a part, all of it. `width` and `height` in pixels."""

    picture: str
    part: Part | None
    width: int
    height: int
    format: Format
    seed: int


def recipe(body: Mapping[str, Any]) -> SceneRecipe | CloseUpRecipe:
    """Turn a checked request body into a recipe. What it may contain is the policy's to say."""
    size = {"width": body["width"], "height": body["height"], "format": body["format"], "seed": body.get("seed", 0)}
    if "picture" in body:
        return CloseUpRecipe(picture=body["picture"], part=body.get("part"), **size)
    return SceneRecipe(breed=body["breed"], scene=body["scene"], count=body["count"], **size)
