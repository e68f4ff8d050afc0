"""A close look at one part of a picture: which part of it to show, and the pixels of that."""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Final

from PIL import Image

from catguard_catomatic.geometry import Box, Window
from catguard_catomatic.pictures import Picture, Stored
from catguard_catomatic.pixels import Resize, crop
from catguard_catomatic.plan import face_of
from catguard_catomatic.recipe import CloseUpRecipe, Part

WHOLE: Final = Box(0, 0, 1, 1)
# Which anchors a part lies between, and how many widths of the face it is wide and high.
PARTS: Final[Mapping[Part, tuple[tuple[str, ...], float, float]]] = {
    "nose": (("nose",), 0.4, 0.4),
    "eyes": (("left-eye", "right-eye"), 1.0, 0.5),
    "face": (("face-top-left", "face-bottom-right"), 1.2, 1.2),
    "ear": (("left-ear",), 0.55, 0.55),
    "paw": (("paw",), 0.6, 0.5),
    "tail": (("tail",), 0.7, 0.8),
}
# At most so much of a view that is smaller than the picture lies beyond an edge of it: a paw needs little floor.
BEYOND: Final = 0.12
# Soft walls for a portrait; which one, the seed says.
BACKGROUNDS: Final = ((213, 226, 217), (216, 223, 236), (240, 224, 220), (236, 229, 210), (226, 219, 234))


@dataclass(frozen=True, slots=True)
class CloseUp:
    """A close-up before any pixel is there; the window may reach beyond the picture, where there is only background."""

    recipe: CloseUpRecipe
    window: Window
    source: Stored

    @property
    def target(self) -> tuple[int, int, int, int]:
        """Where the picture appears: left, top, right, bottom in whole pixels of the result."""
        visible = _visible(self.window)
        (left, top), (right, bottom) = (
            self.window.apply((visible.x, visible.y)),
            self.window.apply((visible.right, visible.bottom)),
        )
        left, top = min(round(left), self.window.width - 1), min(round(top), self.window.height - 1)
        right, bottom = min(round(right), self.window.width), min(round(bottom), self.window.height)
        return left, top, max(right, left + 1), max(bottom, top + 1)


class MissingPart(LookupError):
    """The picture has no anchor for the part to look at."""


def parts_of(picture: Picture) -> tuple[Part, ...]:
    """The parts that can be looked at: those that the picture says the place of."""
    return tuple(part for part, (names, _, _) in PARTS.items() if set(names) <= picture.anchors.keys())


def close_up(recipe: CloseUpRecipe, picture: Picture) -> CloseUp:
    """Choose what to show: the whole part, in the middle, in the proportion that was ordered.

    Raises:
        MissingPart: The picture does not say where that part is.
    """
    part = _part(picture, recipe.part)
    # One pixel of the result, in pixels of the picture: the larger of what width and height need to show all of it.
    scale = max(part.width * picture.width / recipe.width, part.height * picture.height / recipe.height)
    width, height = recipe.width * scale / picture.width, recipe.height * scale / picture.height
    x, y = part.centre
    left, top = _inward(x - width / 2, width), _inward(y - height / 2, height)
    window = Window(Box(left, top, width, height), recipe.width, recipe.height)
    return CloseUp(recipe, window, Stored(picture, picture.stored_width(recipe.width / width)))


def _inward(start: float, length: float) -> float:
    """Where to begin instead, so that little of the view lies beyond the picture; all in fractions of the picture."""
    beyond = BEYOND * length
    return start if length >= 1 else min(max(start, -beyond), 1 - length + beyond)


def _part(picture: Picture, part: Part | None) -> Box:
    """The part in fractions of the picture."""
    if part is None:
        return WHOLE
    if part not in parts_of(picture):
        raise MissingPart(part)
    names, wide, high = PARTS[part]
    points = [picture.anchors[name] for name in names]
    x, y = (sum(values) / len(points) for values in zip(*points, strict=True))
    unit = face_of(picture).width
    width, height = wide * unit, high * unit * picture.width / picture.height
    return Box(x - width / 2, y - height / 2, width, height)


def _visible(window: Window) -> Box:
    """The part of the window that the picture fills; an anchor lies in it, so there is one."""
    return window.part.overlap(WHOLE) or WHOLE


def look(view: CloseUp, image: Image.Image, *, resize: Resize) -> Image.Image:
    """Draw a close-up: what is seen of the picture, flattened on the background at its own size, then resized once."""
    background = Random(view.recipe.seed).choice(BACKGROUNDS)
    left, top, right, bottom = view.target
    piece = crop(image, _visible(view.window))
    flat = Image.new("RGB", piece.size, background)
    flat.paste(piece, (0, 0), piece if piece.mode == "RGBA" else None)
    enlarged = resize(flat, right - left, bottom - top)
    if enlarged.size == (view.window.width, view.window.height):
        return enlarged
    canvas = Image.new("RGB", (view.window.width, view.window.height), background)
    canvas.paste(enlarged, (left, top))
    return canvas
