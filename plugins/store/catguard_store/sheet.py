"""The contact sheet: every breed in every pose, and every scene with cats in it, on one picture."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont

from catguard_store.art import cat, scene
from catguard_store.art.breeds import BREEDS
from catguard_store.art.poses import POSES
from catguard_store.art.raster import rasterise
from catguard_store.art.scenery import HEIGHT, WIDTH
from catguard_store.records import LAYERS

PAPER, INK = (238, 241, 232), (62, 56, 52)
SCALE = 0.134
"""Pixels a unit of a cat's drawing: all are shown at one scale."""

CELL = (198, 188)
"""Pixels of the place of one cat; the largest drawing takes 1400 units by 1240 of them."""

GUTTER, MARGIN, LABEL = 150, 14, 28
SCENES_A_ROW = 2
RESIDENTS = ((0.3, 0.86), (0.66, 0.96))
"""Where cats are in a scene: the middle of their feet across and down, in shares of it."""

Advance = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Sheet:
    """What to draw.

    Attributes:
        breeds: Names of the rows of cats, from above.
        poses: Names of their columns.
        scenes: Names of the pictures below the cats.
        labels: Whether names are written beside the pictures.
        seed: Of the small differences among cats of one breed.
    """

    breeds: Sequence[str] = tuple(BREEDS)
    poses: Sequence[str] = tuple(POSES)
    scenes: Sequence[str] = tuple(scene.SCENES)
    labels: bool = True
    seed: int = 0

    def __len__(self) -> int:
        """How many steps `draw` counts."""
        return len(self.breeds) * len(self.poses) + len(self.scenes)

    def draw(self, advance: Advance = lambda: None) -> PIL.Image.Image:
        """Draw the sheet; `advance` is called for each cat and each scene."""
        gutter = GUTTER if self.labels else 0
        label = LABEL if self.labels else 0
        width = max(gutter + len(self.poses) * CELL[0], 4 * CELL[0]) + 2 * MARGIN
        across = (width - (SCENES_A_ROW + 1) * MARGIN) // SCENES_A_ROW
        down = round(across * HEIGHT / WIDTH)
        rows = -(-len(self.scenes) // SCENES_A_ROW)
        below = MARGIN + label + len(self.breeds) * CELL[1] + MARGIN
        height = below + rows * (down + label + MARGIN)
        sheet = PIL.Image.new("RGB", (width, height), PAPER)
        write = _writer(sheet) if self.labels else None
        drawn: dict[tuple[str, str], PIL.Image.Image] = {}
        for row, breed in enumerate(self.breeds):
            for column, pose in enumerate(self.poses):
                picture = drawn[breed, pose] = _cat(breed, pose, self.seed)
                left = MARGIN + gutter + column * CELL[0] + (CELL[0] - picture.width) // 2
                foot = MARGIN + label + (row + 1) * CELL[1] - 8
                sheet.paste(picture, (left, foot - picture.height), picture)
                advance()
            if write:
                write((MARGIN + gutter // 2, MARGIN + label + (row + 0.6) * CELL[1]), breed)
        for column, pose in enumerate(self.poses):
            if write:
                write((MARGIN + gutter + (column + 0.5) * CELL[0], MARGIN + label / 2), pose)
        for index, name in enumerate(self.scenes):
            left = MARGIN + index % SCENES_A_ROW * (across + MARGIN)
            top = below + index // SCENES_A_ROW * (down + label + MARGIN)
            sheet.paste(_place(name, across, list(_residents(drawn, index))), (left, top))
            if write:
                write((left + across / 2, top + down + label / 2), name)
            advance()
        return sheet


def _cat(breed: str, pose: str, seed: int) -> PIL.Image.Image:
    sketch = cat.draw(BREEDS[breed], POSES[pose], seed=seed)
    picture, _ = rasterise(sketch, round(sketch.width * SCALE), crop=True)
    return picture


def _residents(drawn: Mapping[tuple[str, str], PIL.Image.Image], index: int) -> Iterator[PIL.Image.Image]:
    """Two of the cats drawn so far, others in each scene."""
    cats = list(drawn.values())
    for place in range(min(2, len(cats))):
        yield cats[(index * 17 + place * 31) % len(cats)]


def _place(name: str, width: int, cats: Sequence[PIL.Image.Image]) -> PIL.Image.Image:
    """One scene with all its layers, and cats before the last one."""
    place = scene.SCENES[name]
    picture, ground, foreground = (rasterise(scene.draw(place, layer), width, crop=False)[0] for layer in LAYERS)
    picture.paste(ground, (0, 0), ground)
    for (across, down), cat_there in zip(RESIDENTS, cats, strict=False):
        foot = (round(across * width), round(down * picture.height))
        _shade(picture, foot, cat_there.width)
        picture.paste(cat_there, (foot[0] - cat_there.width // 2, foot[1] - cat_there.height), cat_there)
    picture.paste(foreground, (0, 0), foreground)
    return picture


def _shade(picture: PIL.Image.Image, foot: tuple[int, int], width: int) -> None:
    """A pool of shadow under a cat."""
    pool = PIL.Image.radial_gradient("L").resize((round(width * 1.1), round(width * 0.2)))
    dark = pool.point([round(130 * max(0.0, 1 - value / 180)) for value in range(256)])
    picture.paste(INK, (foot[0] - dark.width // 2, foot[1] - round(dark.height * 0.62)), dark)


def _writer(sheet: PIL.Image.Image) -> Callable[[tuple[float, float], str], None]:
    """Writes names, middle and all, in the font that comes with Pillow."""
    pen, font = PIL.ImageDraw.Draw(sheet), PIL.ImageFont.load_default(20)

    def write(middle: tuple[float, float], name: str) -> None:
        pen.text(middle, name.replace("-", " "), fill=INK, font=font, anchor="mm")

    return write
