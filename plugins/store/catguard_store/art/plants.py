"""What grows in a scene: leaves, bushes, roses, small flowers, grass and trees, painted from a seeded generator."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from catguard_store.art.curves import Frame, Point, ellipse, smooth, stroke
from catguard_store.art.svg import Document, mixed

UNIT = 100.0
"""Length of a symbol before `use` scales it: two decimals of its coordinates are then fine enough."""


@dataclass(frozen=True, slots=True)
class Bloom:
    """The tones of a flower, from its shadow to its light."""

    name: str
    deep: str
    main: str
    light: str


CRIMSON = Bloom("crimson", "#8e1230", "#c9284a", "#ee5c74")
PINK = Bloom("pink", "#c2477a", "#ec82a8", "#fcc3d6")
BLUSH = Bloom("blush", "#d98c86", "#f6bdb0", "#fff0e6")
IVORY = Bloom("ivory", "#d6b98c", "#f7e7c6", "#fffdf3")
POPPY = Bloom("poppy", "#b3261e", "#e8483a", "#ff8f78")
DAISY = Bloom("daisy", "#f6c530", "#ffffff", "#ffffff")
BUTTERCUP = Bloom("buttercup", "#e09c1f", "#ffe15a", "#fff3a8")
CORNFLOWER = Bloom("cornflower", "#3b4fa8", "#6f8ff0", "#a9bcff")

_LEAF: tuple[Point, ...] = ((0, 0), (30, -22), (70, -20), (100, 0), (70, 20), (30, 22))


def leaf(document: Document, x: float, y: float, length: float, turn: float, colour: str) -> None:
    shape = document.symbol("leaf", lambda inner: inner.path(smooth(_LEAF, sharp=(0, 3))))
    document.use(shape, Frame(x, y, length / UNIT, turn), fill=colour)


def rose(document: Document, x: float, y: float, radius: float, bloom: Bloom, *, turn: float = 0.0) -> None:
    """Three rings of petals around a bud, each ring lighter and turned against the one outside it."""
    shape = document.symbol(f"rose-{bloom.name}", lambda inner: _rose(inner, bloom))
    document.use(shape, Frame(x, y, radius / UNIT, turn))


def _rose(document: Document, bloom: Bloom) -> None:
    edge = mixed(bloom.deep, "#30060f", 0.25)
    middle = mixed(bloom.main, bloom.light, 0.5)
    rings = ((6, 58, 46, bloom.deep), (5, 42, 42, bloom.main), (4, 26, 34, middle))
    for depth, (count, distance, size, colour) in enumerate(rings):
        for index in range(count):
            angle = 360 * index / count + depth * 31
            petal = ellipse(*Frame(0, 0, 1, angle).apply((distance, 0)), size * 0.86, size, turn=angle)
            document.path(petal, fill=colour, stroke=edge, stroke_width=2.5, stroke_opacity=0.45)
    document.path(ellipse(0, 0, 30, 28), fill=bloom.light)
    for start, reach in ((0, 26), (150, 20), (250, 12)):
        arc = [Frame(0, 0, reach, start + step * 55).apply((1, 0)) for step in range(4)]
        document.path(
            smooth(arc, closed=False), fill="none", stroke=bloom.deep, stroke_width=5.5, stroke_linecap="round"
        )


def bush(
    document: Document, uneven: Random, centre: Point, radii: tuple[float, float], *, tones: tuple[str, str],
    leaves: int, length: float,
) -> None:  # fmt: skip
    """A cushion of leaves: dark ones deep inside and below, light ones above."""
    (x, y), (radius_x, radius_y), (dark, light) = centre, radii, tones
    rim = [
        (x + radius_x * uneven.uniform(0.84, 1.0) * math.cos(a), y + radius_y * uneven.uniform(0.84, 1.0) * math.sin(a))
        for a in (2 * math.pi * step / 18 for step in range(18))
    ]
    document.path(smooth(rim), fill=dark)
    places = sorted((uneven.random() ** 0.5, uneven.uniform(0, 2 * math.pi)) for _ in range(leaves))
    for index, (reach, angle) in enumerate(reversed(places)):
        here = (x + radius_x * reach * math.cos(angle), y + radius_y * reach * math.sin(angle))
        lit = 0.5 - 0.42 * math.sin(angle) * reach + 0.25 * index / leaves + uneven.uniform(-0.2, 0.2)
        tone = mixed(dark, light, min(1.0, max(0.08, lit)))
        leaf(document, *here, length * uneven.uniform(0.7, 1.2), uneven.uniform(0, 360), tone)


def bouquet(
    document: Document,
    uneven: Random,
    places: Sequence[Point],
    radius: float,
    blooms: Sequence[Bloom],
    greens: tuple[str, str],
) -> None:
    """Roses with a few leaves under each."""
    for x, y in places:
        size = radius * uneven.uniform(0.75, 1.2)
        for _ in range(3):
            leaf(document, x, y, size * 1.55, uneven.uniform(0, 360), mixed(*greens, uneven.uniform(0.2, 0.8)))
        rose(document, x, y, size, uneven.choice(blooms), turn=uneven.uniform(0, 360))


def daisy(document: Document, x: float, y: float, radius: float, bloom: Bloom, *, turn: float = 0.0) -> None:
    """Nine petals around a heart, seen a little from the side."""
    shape = document.symbol(f"daisy-{bloom.name}", lambda inner: _daisy(inner, bloom))
    document.use(shape, Frame(x, y, radius / UNIT, turn))


def _daisy(document: Document, bloom: Bloom) -> None:
    for index in range(9):
        x, y = Frame(0, 0, 62, index * 40).apply((1, 0))
        document.path(ellipse(x, y * 0.8, 42, 20, turn=index * 40), fill=bloom.main)
    document.path(ellipse(0, 0, 30, 26), fill=bloom.deep)


def poppy(document: Document, x: float, y: float, radius: float, bloom: Bloom) -> None:
    """A cup of four petals around a dark heart."""
    shape = document.symbol(f"poppy-{bloom.name}", lambda inner: _poppy(inner, bloom))
    document.use(shape, Frame(x, y, radius / UNIT))


def _poppy(document: Document, bloom: Bloom) -> None:
    for across, up, tone in ((-42, -30, bloom.deep), (42, -30, bloom.deep), (0, 2, bloom.main), (0, -42, bloom.main)):
        document.path(ellipse(across, up, 66, 52), fill=tone, stroke=bloom.deep, stroke_width=4)
    document.path(ellipse(0, -20, 40, 26), fill=bloom.light, opacity=0.5)
    document.path(ellipse(0, -16, 20, 16), fill="#33202a")


def stem(document: Document, foot: Point, head: Point, width: float, colour: str) -> None:
    middle = ((foot[0] * 0.7 + head[0] * 0.3), (foot[1] + head[1]) / 2)
    line = smooth([foot, middle, head], closed=False)
    document.path(line, fill="none", stroke=colour, stroke_width=width, stroke_linecap="round")


def grass(document: Document, uneven: Random, foot: Point, height: float, colour: str) -> None:
    """A tuft that fans out from its foot."""
    shape = document.symbol("grass", _grass)
    tall = height * uneven.uniform(0.75, 1.1)
    frame = Frame(*foot, tall / UNIT, uneven.uniform(-9, 9))
    document.use(shape, frame, fill=mixed(colour, "#e8f4a0", uneven.uniform(0, 0.3)))


def _grass(document: Document) -> None:
    for lean, tall in ((-46, 78), (-22, 96), (4, 82), (26, 100), (50, 70)):
        document.path(stroke(((lean * 0.25, 0), (lean * 0.4, -tall * 0.55), (lean, -tall)), 5.5))


def tree(
    document: Document, uneven: Random, foot: Point, height: float, tones: tuple[str, str], *, leaves: int
) -> None:
    """A trunk with a crown of three cushions, each of so many leaves."""
    x, y = foot
    trunk = [
        (x + across * height, y - up * height)
        for across, up in ((-0.07, 0), (-0.035, 0.3), (-0.05, 0.55), (0.05, 0.55), (0.04, 0.3), (0.08, 0))
    ]
    bark = document.linear((x - height * 0.06, 0), (x + height * 0.06, 0), [(0, "#8a6444", 1), (1, "#5b3f2c", 1)])
    document.path(smooth(trunk, sharp=(0, 2, 3, 5)), fill=bark)
    for across, up, wide, tall in ((-0.2, 0.56, 0.26, 0.19), (0.2, 0.58, 0.26, 0.19), (0, 0.74, 0.3, 0.24)):
        centre, radii = (x + across * height, y - up * height), (wide * height, tall * height)
        bush(document, uneven, centre, radii, tones=tones, leaves=leaves, length=height * 0.055)


def cloud(document: Document, x: float, y: float, width: float) -> None:
    """Overlapping soft puffs over a flat base."""
    puffs = ((-0.3, 0.02, 0.3), (-0.1, 0.12, 0.36), (0.13, 0.14, 0.34), (0.33, 0.03, 0.28), (0.02, 0, 0.48))
    for across, up, size in puffs:
        document.glow(x + across * width, y - up * width, size * width, size * width * 0.46, "#ffffff", 0.95)
