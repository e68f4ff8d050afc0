"""The scenes that flower: a rose garden and a meadow."""

from random import Random

from catguard_store.art import plants
from catguard_store.art.curves import Point, ellipse, smooth
from catguard_store.art.scenery import HEIGHT, WIDTH, Lawn, Scene, rectangle, ridge, sky
from catguard_store.art.svg import Document, mixed

_GREENS = ("#24502b", "#86b954")
_PETALS = (plants.CRIMSON, plants.PINK, plants.BLUSH, plants.IVORY)
_GARDEN_LAWN = Lawn(704, "#a8d26c", "#5f9a45")
_MEADOW_LAWN = Lawn(690, "#a5d873", "#4f9a4a")


def _rose_garden_back(document: Document, uneven: Random) -> None:
    sky(document, "#8ecff5", "#fff1de", 600, (1240, 190, "#fff6d2"))
    for across, down, width in ((260, 150, 330), (760, 90, 240), (1330, 230, 280)):
        plants.cloud(document, across, down, width)
    ridge(document, uneven, 560, 110, 9, "#a9cfa0")
    ridge(document, uneven, 610, 90, 13, "#7fb377")
    for middle in range(-20, 1660, 105):
        plants.bush(
            document,
            uneven,
            (middle, 640),
            (92, uneven.uniform(95, 125)),
            tones=("#2f6236", "#79ad56"),
            leaves=95,
            length=30,
        )
    _scatter(document, uneven, 46, (0, WIDTH), (560, 690), (13, 20))
    _GARDEN_LAWN.paint(document, uneven, 40)
    _path(document, Random("path"))
    _arch(document, uneven)
    for x, y, wide, tall in ((96, 610, 262, 216), (1504, 610, 262, 216)):
        document.glow(x, 766, wide * 1.16, 40, "#27491f", 0.6)
        plants.bush(document, uneven, (x, y), (wide, tall), tones=_GREENS, leaves=330, length=48)
        _scatter(document, uneven, 26, (x - wide * 0.85, x + wide * 0.85), (y - tall * 0.85, y + tall * 0.6), (28, 40))


def _rose_garden_ground(document: Document, uneven: Random) -> None:
    _GARDEN_LAWN.paint(document, uneven, 150, top=756)
    with document.group(clip_path=document.clip(rectangle(754, HEIGHT))):
        _path(document, Random("path"))
    for x in (110, 1490):
        document.glow(x, 772, 330, 34, "#27491f", 0.4)
    for _ in range(46):
        fallen = (uneven.uniform(120, 1480), uneven.uniform(790, 1170))
        petal = ellipse(*fallen, 5 + fallen[1] / 120, 3 + fallen[1] / 260, turn=uneven.uniform(-40, 40))
        document.path(petal, fill=uneven.choice(_PETALS).light, opacity=0.9)


def _scatter(
    document: Document,
    uneven: Random,
    count: int,
    across: tuple[float, float],
    down: tuple[float, float],
    radius: tuple[float, float],
) -> None:
    """Roses at random places that keep off each other."""
    places: list[Point] = []
    for _ in range(count * 8):
        place = (uneven.uniform(*across), uneven.uniform(*down))
        if all((place[0] - x) ** 2 + (place[1] - y) ** 2 > (1.9 * radius[1]) ** 2 for x, y in places):
            places.append(place)
        if len(places) == count:
            break
    plants.bouquet(document, uneven, places, sum(radius) / 2, _PETALS, _GREENS)


def _path(document: Document, uneven: Random) -> None:
    """A sandy path from the arch towards the viewer, with flat stones at its sides."""
    left = [(700, 712), (676, 800), (600, 960), (470, 1200)]
    right = [(1130, 1200), (1010, 960), (930, 800), (900, 712)]
    sand = document.linear((0, 712), (0, 1200), [(0, "#f3e3c0", 1), (1, "#dcbd8c", 1)])
    document.path(smooth([*left, *right], sharp=(0, 3, 4, 7)), fill=sand, stroke="#b9996a", stroke_width=4)
    for index in range(60):
        y = 725 + (index / 60) ** 1.5 * 470
        share = (y - 712) / 488
        x = uneven.uniform(720 - share * 220, 880 + share * 220)
        size = 5 + 15 * share
        document.path(
            ellipse(x, y, size * 1.5, size * 0.55), fill=mixed("#cfae7c", "#fff2d6", uneven.random()), opacity=0.7
        )
    for side in (left, list(reversed(right))):
        for step in range(13):
            t = step / 12
            index, rest = min(int(t * 3), 2), t * 3 - min(int(t * 3), 2)
            x = side[index][0] + (side[index + 1][0] - side[index][0]) * rest
            y = side[index][1] + (side[index + 1][1] - side[index][1]) * rest
            size = 12 + 34 * (y - 712) / 488
            document.path(ellipse(x, y + 4, size, size * 0.5), fill="#7d8a5c", opacity=0.5)
            stone = mixed("#c9c0b2", "#efe8dc", uneven.random())
            document.path(ellipse(x, y, size, size * 0.46), fill=stone, stroke="#a59a88", stroke_width=2)


_OVER_THE_ARCH: tuple[Point, ...] = (
    (545, 716), (546, 632), (548, 548), (552, 462), (562, 376), (592, 282), (652, 200), (724, 154), (800, 138),
    (876, 154), (948, 200), (1008, 282), (1038, 376), (1048, 462), (1052, 548), (1054, 632), (1055, 716),
)  # fmt: skip


def _arch(document: Document, uneven: Random) -> None:
    """A white trellis over the path, overgrown with roses."""
    for offset, tone in ((0, "#d9d3c8"), (-10, "#fffdf8")):
        for post in (560, 1040):
            document.path(f"M{post + offset - 13} 742V360H{post + offset + 13}V742Z", fill=tone)
        document.path(
            f"M{560 + offset} 372C{560 + offset} 60 {1040 + offset} 60 {1040 + offset} 372",
            fill="none",
            stroke=tone,
            stroke_width=26,
        )
        document.path(
            f"M{612 + offset} 372C{612 + offset} 134 {988 + offset} 134 {988 + offset} 372",
            fill="none",
            stroke=tone,
            stroke_width=12,
        )
    for step in range(1, 10):
        left, top = 550 + (step % 2) * 480, 380 + step * 36
        document.path(f"M{left - 24} {top}H{left + 44}", stroke="#f2ece0", stroke_width=8)
    spine = _OVER_THE_ARCH
    for x, y in spine:
        plants.bush(document, uneven, (x, y), (64, 58), tones=_GREENS, leaves=60, length=32)
    places = [(x + uneven.uniform(-40, 40), y + uneven.uniform(-34, 34)) for x, y in spine for _ in range(2)]
    plants.bouquet(document, uneven, places, 27, _PETALS, _GREENS)


def _rose_garden_foreground(document: Document, uneven: Random) -> None:
    for x in range(-10, 1620, 26):
        tall = 46 + 60 * abs(x - 800) / 800
        plants.grass(document, uneven, (x + uneven.uniform(-9, 9), 1212), tall, "#4c8a3a")
    for x, wide, tall in ((20, 270, 150), (1580, 270, 150)):
        plants.bush(document, uneven, (x, 1190), (wide, tall), tones=_GREENS, leaves=190, length=64)
        _scatter(document, uneven, 9, (x - wide * 0.8, x + wide * 0.8), (1190 - tall * 0.8, 1180), (40, 54))


def _meadow_back(document: Document, uneven: Random) -> None:
    sky(document, "#6fb7ea", "#e6f6fb", 640, (300, 140, "#ffffff"))
    for across, down, width in ((420, 180, 380), (1010, 110, 300), (1440, 260, 330)):
        plants.cloud(document, across, down, width)
    ridge(document, uneven, 600, 210, 4, "#b3cfe0")
    ridge(document, uneven, 640, 130, 5, "#9cc7b4")
    ridge(document, uneven, 676, 90, 3, "#8cc47f")
    for foot, height in ((150, 190), (330, 140), (1180, 150), (1290, 210), (1420, 160)):
        plants.tree(document, uneven, (foot, 690), height, ("#3d7747", "#86bd62"), leaves=90)
    _MEADOW_LAWN.paint(document, uneven, 60)
    for _ in range(34):
        _flower(document, uneven, uneven.uniform(0, WIDTH), uneven.uniform(708, 746), 5)
    document.glow(1390, 752, 260, 30, "#27491f", 0.5)
    plants.tree(document, uneven, (1390, 762), 740, ("#2f6b3a", "#93c95c"), leaves=420)


def _meadow_ground(document: Document, uneven: Random) -> None:
    _MEADOW_LAWN.paint(document, uneven, 230, top=746)
    document.glow(1390, 770, 300, 36, "#27491f", 0.42)
    for foot in range(1316, 1470, 11):  # around the foot of the tree
        plants.grass(document, uneven, (foot, 774 + uneven.uniform(-4, 6)), 34, "#5f9f4c")
    for index in range(120):
        depth = (index / 120) ** 1.3
        x, y = uneven.uniform(0, WIDTH), 764 + depth * 416
        size = 5 + 15 * depth
        _flower(document, uneven, x, y, size)


def _flower(document: Document, uneven: Random, x: float, y: float, size: float) -> None:
    """A daisy, a buttercup, a cornflower or a poppy on its stem; (x, y) is its foot."""
    head = (x + uneven.uniform(-0.6, 0.6) * size, y - size * uneven.uniform(1.6, 2.6))
    plants.stem(document, (x, y), head, max(1.2, size * 0.14), "#4b8a40")
    kind = uneven.random()
    if kind < 0.4:
        plants.daisy(document, *head, size, plants.DAISY, turn=uneven.uniform(0, 40))
    elif kind < 0.6:
        plants.daisy(document, *head, size * 0.8, plants.BUTTERCUP, turn=uneven.uniform(0, 40))
    elif kind < 0.78:
        plants.daisy(document, *head, size * 0.85, plants.CORNFLOWER, turn=uneven.uniform(0, 40))
    else:
        plants.poppy(document, *head, size, plants.POPPY)


def _meadow_foreground(document: Document, uneven: Random) -> None:
    for x in range(-10, 1620, 20):
        tall = 50 + 80 * abs(x - 800) / 800
        plants.grass(document, uneven, (x + uneven.uniform(-9, 9), 1212), tall, "#3f8a45")
    for _ in range(34):
        x = uneven.choice((-1, 1)) * (uneven.random() ** 0.6) * 800 + 800
        _flower(document, uneven, x, 1215, 14 + 22 * abs(x - 800) / 800)


ROSE_GARDEN = Scene(
    name="rose-garden",
    tags=("warm", "garden", "roses", "flowers", "summer"),
    far=0.64,
    near=0.95,
    layers={"back": _rose_garden_back, "ground": _rose_garden_ground, "foreground": _rose_garden_foreground},
    things=((0.0, 0.21), (0.3, 0.7), (0.78, 1.0)),
)
MEADOW = Scene(
    name="meadow",
    tags=("cool", "meadow", "flowers", "trees", "spring"),
    far=0.63,
    near=0.95,
    layers={"back": _meadow_back, "ground": _meadow_ground, "foreground": _meadow_foreground},
    things=((0.04, 0.24), (0.62, 1.0)),
)
