"""What may be ordered, as far as pages offer it: whatever is proposed in the place of a refused wish keeps to this."""

from __future__ import annotations

from dataclasses import replace
from math import isqrt

from catguard_frontend.recipes import Recipe

#: The shapes `Count` and `Side`, the rules of `frontend.outbound.render`, and Cat-o-matic's `scene-has-room`. No guard
#: asks here: these are for offers alone, such as sizes for browsers, which do not ask why one of them does not come.
LEAST_COUNT, MOST_COUNT = 1, 12
LEAST_SIDE, MOST_SIDE, MOST_AREA, MOST_WORK, LEAST_ROOM = 16, 4096, 4_000_000, 20_000_000, 256


def possible(recipe: Recipe) -> bool:
    """Tell whether a recipe of this size and count may be ordered."""
    return fitted(recipe) == recipe


def fitted(recipe: Recipe) -> Recipe:
    """Return the recipe of the nearest size and count that may be ordered."""
    count, width, height = fit(recipe.count, recipe.width, recipe.height)
    return replace(recipe, count=count, width=width, height=height)


def fit(count: int, width: int, height: int) -> tuple[int, int, int]:
    """Return the nearest count, width and height, in pixels, that may be ordered; the proportion stays where it can."""
    count = min(max(count, LEAST_COUNT), MOST_COUNT)
    width, height = max(width, 1), max(height, 1)
    longer = max(width, height)
    if longer > MOST_SIDE:
        width, height = width * MOST_SIDE // longer, height * MOST_SIDE // longer
    width, height = max(width, LEAST_SIDE), max(height, LEAST_SIDE)
    most = min(MOST_AREA, MOST_WORK // count)
    if width * height > most:
        width, height = isqrt(most * width // height), isqrt(most * height // width)
    elif width * height < LEAST_ROOM * count:
        width = isqrt(LEAST_ROOM * count * width // height) + 1
        height = max(-(-LEAST_ROOM * count // width), LEAST_SIDE)
    return count, width, height
