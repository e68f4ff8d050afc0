"""Outlines: which parts of a picture hide what is behind them, as coarse masks that are cheap to overlay."""

from typing import Final

from PIL import Image, ImageChops, ImageFilter

from catguard_catomatic.geometry import Box

# A mask has one byte for each of its cells: hidden, or nothing there.
HIDDEN: Final = 255
# Cells on each side of an outline: a face of a fifth of the picture's width is some twenty cells wide.
SIDE: Final = 96
# What is less opaque than this (of 255) is taken for fur's soft edge, which hides nothing.
SEEN_THROUGH: Final = 96
# Cells of a stage by which it is told what is joined to what: thin necks of one cell hold nothing.
GRAIN: Final = 2

_THRESHOLD: Final = [0] * SEEN_THROUGH + [HIDDEN] * (256 - SEEN_THROUGH)
_ANY: Final = [0] * 100 + [HIDDEN] * 156


def outline_of(image: Image.Image) -> Image.Image:
    """The outline of a decoded picture, `SIDE` x `SIDE` cells whatever its proportion; all of it if it is opaque."""
    if image.mode != "RGBA":
        return Image.new("L", (SIDE, SIDE), HIDDEN)
    return image.getchannel("A").resize((SIDE, SIDE), Image.Resampling.BOX).point(_THRESHOLD)


def outline_bytes(outline: Image.Image) -> int:
    """What an outline takes in memory."""
    return outline.width * outline.height


def scaled(outline: Image.Image, width: int, height: int, *, part: Box | None = None) -> Image.Image:
    """An outline, or a part of it in fractions, in `width` x `height` cells."""
    seen = None if part is None else (part.x * SIDE, part.y * SIDE, part.right * SIDE, part.bottom * SIDE)
    return outline.resize((width, height), Image.Resampling.NEAREST, box=seen)


def count(mask: Image.Image) -> int:
    """How many cells are hidden."""
    return mask.histogram()[HIDDEN]


class Cover:
    """What is hidden of a picture so far, while it is looked at from the front to the back."""

    def __init__(self, mask: Image.Image) -> None:
        self._mask = mask.copy()

    def visible(self, box: tuple[int, int, int, int]) -> float:
        """How much of a box (left, top, right, bottom in cells) is not hidden, from 0 to 1."""
        left, top, right, bottom = box
        return 1 - count(self._mask.crop(box)) / ((right - left) * (bottom - top))

    def seen_of(self, shape: Image.Image, left: int, top: int) -> Image.Image:
        """What is not hidden of a mask that is laid there."""
        there = self._mask.crop((left, top, left + shape.width, top + shape.height))
        return ImageChops.subtract(shape, there)

    def add(self, shape: Image.Image, left: int, top: int) -> None:
        """Lay a mask over the picture."""
        self._mask.paste(HIDDEN, (left, top, left + shape.width, top + shape.height), shape)


def scraps(seen: Image.Image, whole: Image.Image, face: tuple[int, int, int, int]) -> float:
    """How much of a shape shows without being joined to its face, from 0 to 1: a tail alone, a spur beside a leg.

    Args:
        seen: What shows of it.
        whole: All of it.
        face: Left, top, right, bottom in cells of the shape.
    """
    small = (max(1, seen.width // GRAIN), max(1, seen.height // GRAIN))
    parts = seen.resize(small, Image.Resampling.BOX).point(_ANY)
    joined = Image.new("L", seen.size)
    joined.paste(HIDDEN, face)
    joined = ImageChops.multiply(joined.resize(small, Image.Resampling.BOX).point(_ANY), parts)
    found = -1
    while found < (found := count(joined)):
        joined = ImageChops.multiply(joined.filter(ImageFilter.MaxFilter(3)), parts)
    apart = ImageChops.subtract(parts, joined)
    return count(apart) / max(1, count(whole.resize(small, Image.Resampling.BOX).point(_ANY)))
