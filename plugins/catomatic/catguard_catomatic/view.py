"""The view: which part of a scene a picture shows."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Final

from catguard_catomatic.geometry import Window, cover
from catguard_catomatic.layout import Ground

Span = tuple[float, float]  # left and right end, in fractions of the scene's width

# So much is seen at least of what the edge of the picture cuts: less of a tree is leaves that float in the air.
CRUMB: Final = 0.34


def scene_window(
    proportion: float, ground: Ground, width: int, height: int, random: Random, *, things: Sequence[Span] = ()
) -> Window:
    """The part of a scene to show: it fills the picture, and its ground is in view.

    Args:
        proportion: Width by height of the scene.
        ground: Where cats may stand, in fractions of the scene.
        width: Of the picture, in pixels.
        height: Of the picture, in pixels.
        random: Moves the view sideways where the scene is wider than the picture.
        things: What is high in the scene; the view moves on by as little as leaves no crumb of them at its edges, or
            as few as there can be.
    """
    share_y = min(1.0, proportion * height / width)
    left, right = ground.left[0], ground.right[0]
    middle_x = left + (right - left) * random.uniform(0.35, 0.65)
    middle_y = ground.near[1] + 0.05 * share_y - share_y / 2
    window = cover(proportion, width, height, focus=(middle_x, middle_y))
    start, share = window.part.x, window.part.width
    places = [start]
    for near, far in things:
        piece = CRUMB * (far - near)
        places += [near - share, near + piece - share, far, far - piece]
    there = [place for place in places if 0 <= place <= 1 - share]
    best = min(there, key=lambda place: (_crumbs(place, place + share, things), abs(place - start)), default=start)
    return replace(window, part=replace(window.part, x=best))


def _crumbs(left: float, right: float, things: Sequence[Span]) -> int:
    """How many things show by less than they should, but more than the rounding of a pixel."""
    seen = ((min(right, far) - max(left, near)) / (far - near) for near, far in things)
    return sum(0.001 < share < CRUMB - 0.001 for share in seen)
