"""Cards: a photo, which has a background of its own, is put into a frame that stands among the cats."""

import math
from dataclasses import dataclass
from random import Random
from typing import Final

from PIL import Image, ImageDraw

from catguard_catomatic.geometry import Box, Window, cover
from catguard_catomatic.outlines import HIDDEN, SIDE
from catguard_catomatic.pictures import Picture, Point
from catguard_catomatic.pixels import Resize, crop

Colour = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Style:
    """What surrounds a photo; lengths are fractions of its width: the mat beside it and below it, the frame around."""

    mat: float
    below: float
    frame: float
    colour: Colour
    wood: Colour


STYLES: Final = (
    Style(mat=0.06, below=0.2, frame=0.0, colour=(250, 248, 243), wood=(226, 222, 214)),  # as from an instant camera
    Style(mat=0.07, below=0.07, frame=0.06, colour=(248, 245, 236), wood=(134, 88, 52)),
    Style(mat=0.05, below=0.05, frame=0.055, colour=(244, 241, 233), wood=(74, 52, 40)),
)
# Photos that are flatter or higher are cut around the face, else a panorama would be a stripe.
FLATTEST, HIGHEST = 1.5, 0.67
# A card leans by at most so many degrees: more would stand on its corner.
LEAN: Final = 3.5
# Every cat of a picture has an equal head; the whole of a card is as wide as two of them.
HEAD: Final = 0.5
# So much of a card is seen at least: behind others it would lean there forgotten.
WHOLE: Final = 0.85


@dataclass(frozen=True, slots=True)
class Card:
    """A photo in its frame.

    Attributes:
        part: What is shown of the photo, in fractions of it.
        proportion: Width by height of that part.
        style: What surrounds it.
        lean: In degrees, counter-clockwise.
    """

    part: Box
    proportion: float
    style: Style
    lean: float

    @classmethod
    def of(cls, photo: Picture, face: Box, random: Random) -> "Card":
        """The card of a photo: the generator says in which frame and how it leans."""
        whole = photo.width / photo.height
        proportion = min(max(whole, HIGHEST), FLATTEST)
        part = cover(whole, round(1000 * proportion), 1000, focus=face.centre).part
        return cls(part, proportion, random.choice(STYLES), random.uniform(-LEAN, LEAN))

    @property
    def upright(self) -> Point:
        """Width and height of the card before it leans, in widths of the photo's part."""
        around = 2 * (self.style.mat + self.style.frame)
        return 1 + around, 1 / self.proportion + around - self.style.mat + self.style.below

    @property
    def bounds(self) -> Point:
        """Width and height of the box around the leaning card, in widths of the photo's part."""
        (wide, high), cosine, sine = self.upright, math.cos(self._angle), abs(math.sin(self._angle))
        return wide * cosine + high * sine, wide * sine + high * cosine

    @property
    def _angle(self) -> float:
        return math.radians(self.lean)

    @property
    def photo(self) -> Box:
        """Where the photo lies on the upright card, in widths of itself."""
        edge = self.style.mat + self.style.frame
        return Box(edge, edge, 1, 1 / self.proportion)

    def leaning(self, box: Box) -> Box:
        """The box around a box of the upright card after it leans, in fractions of `bounds`."""
        corners = [self._leaned((x, y)) for x in (box.x, box.right) for y in (box.y, box.bottom)]
        (left, right), (top, bottom) = ((min(values), max(values)) for values in zip(*corners, strict=True))
        return Box(left, top, right - left, bottom - top)

    def face(self, face: Box) -> Box:
        """Where a face lies, given in fractions of the whole photo; in fractions of `bounds`."""
        seen = face.overlap(self.part) or self.part
        inner = Window(self.part, 1, 1)
        left, top = inner.apply((seen.x, seen.y))
        right, bottom = inner.apply((seen.right, seen.bottom))
        return self.leaning(Box(left, top, right - left, bottom - top).within(self.photo))

    def outline(self) -> Image.Image:
        """What it hides, as `outline_of` makes it."""
        wide, high = self.upright
        corners = [self._leaned(point) for point in ((0, 0), (wide, 0), (wide, high), (0, high))]
        mask = Image.new("L", (SIDE, SIDE))
        ImageDraw.Draw(mask).polygon([(x * SIDE, y * SIDE) for x, y in corners], fill=HIDDEN)
        return mask

    def draw(self, image: Image.Image, width: int, height: int, *, resize: Resize) -> Image.Image:
        """The card in a box of exactly `width` x `height` pixels, transparent around it.

        Args:
            image: The photo, decoded.
            width: Of the box.
            height: Of the box.
            resize: Scales the photo.
        """
        unit = width / self.bounds[0]
        wide, high = (max(1, round(length * unit)) for length in self.upright)
        card = Image.new("RGB", (wide, high), self.style.colour)
        draw = ImageDraw.Draw(card)
        _frame(draw, wide, high, max(1, round(self.style.frame * unit)), self.style.wood)
        left, top, right, bottom = (
            min(round(length * unit), most)
            for length, most in zip(
                (self.photo.x, self.photo.y, self.photo.right, self.photo.bottom),
                (wide - 1, high - 1, wide, high),
                strict=True,
            )
        )
        inner = resize(crop(image, self.part).convert("RGB"), max(1, right - left), max(1, bottom - top))
        draw.rectangle(
            (left - 1, top - 1, left + inner.width, top + inner.height), fill=_shaded(self.style.colour, 0.8)
        )
        card.paste(inner, (left, top))
        # The colour goes on beyond the edge, where only the mask ends: no dark rim comes in as it turns.
        place = ((width - wide) // 2, (height - high) // 2)
        spread = Image.new("RGB", (width, height), self.style.wood)
        spread.paste(card, place)
        mask = Image.new("L", (width, height))
        mask.paste(HIDDEN, (*place, place[0] + wide, place[1] + high))
        turned = spread.rotate(self.lean, Image.Resampling.BICUBIC, fillcolor=self.style.wood)
        turned.putalpha(mask.rotate(self.lean, Image.Resampling.BICUBIC))
        return turned

    def _leaned(self, point: Point) -> Point:
        """A point of the upright card after it leans, in fractions of `bounds`."""
        (wide, high), (width, height) = self.upright, self.bounds
        x, y = point[0] - wide / 2, point[1] - high / 2
        cosine, sine = math.cos(self._angle), math.sin(self._angle)
        return (x * cosine + y * sine) / width + 0.5, (y * cosine - x * sine) / height + 0.5


def _frame(draw: ImageDraw.ImageDraw, wide: int, high: int, thick: int, wood: Colour) -> None:
    """Four mitred bars, lighter where the light from above meets them."""
    right, bottom = wide - 1, high - 1
    bars = (
        (((0, 0), (right, 0), (right - thick, thick), (thick, thick)), 1.18),
        (((0, 0), (thick, thick), (thick, bottom - thick), (0, bottom)), 1.05),
        (((right, 0), (right, bottom), (right - thick, bottom - thick), (right - thick, thick)), 0.9),
        (((0, bottom), (thick, bottom - thick), (right - thick, bottom - thick), (right, bottom)), 0.76),
    )
    for corners, light in bars:
        draw.polygon(corners, fill=_shaded(wood, light))


def _shaded(colour: Colour, light: float) -> Colour:
    red, green, blue = (min(255, round(value * light)) for value in colour)
    return red, green, blue
