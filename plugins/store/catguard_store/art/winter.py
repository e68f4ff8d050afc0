"""The scene in winter: a snowy valley."""

from random import Random

from catguard_store.art.curves import Point, ellipse, smooth, stroke
from catguard_store.art.scenery import HEIGHT, WIDTH, Scene, box, ridge, sky
from catguard_store.art.svg import Document, mixed


def _back(document: Document, uneven: Random) -> None:
    sky(document, "#9fc4e8", "#f1f4fa", 620, (520, 190, "#fff3dc"))
    _peaks(document, uneven, 640)
    for level, bump, count, tone in ((640, 60, 6, "#dfeaf6"), (690, 40, 4, "#eef4fb")):
        ridge(document, uneven, level, bump, count, tone)
    for index in range(30):
        x = -20 + index * 57 + uneven.uniform(-18, 18)
        _fir(document, uneven, x, 668 + uneven.uniform(-8, 14), uneven.uniform(110, 190))
    _cabin(document, 780, 766)
    for x, y, tall in ((120, 800, 520), (330, 770, 330), (1290, 770, 350), (1500, 806, 560)):
        _fir(document, uneven, x, y, tall)
    _snowman(document, 1130, 800)
    _flakes(document, uneven, 110, 0, 800)


def _ground(document: Document, uneven: Random) -> None:
    """Snow in soft waves; what stands behind it stands deep in it."""
    rim: list[Point] = [
        (-40, 1240), (-40, 778), (260, 764), (620, 780), (980, 766), (1340, 780), (1640, 768), (1640, 1240),
    ]  # fmt: skip
    document.haze(smooth(rim[1:-1], closed=False), 30, "#a9c4e4", 0.45)
    white = document.linear((0, 770), (0, HEIGHT), [(0, "#ffffff", 1), (0.5, "#edf4fc", 1), (1, "#cfdff0", 1)])
    document.path(smooth(rim, sharp=(0, 1, 6, 7)), fill=white)
    for x, y, wide in ((300, 860, 330), (1220, 900, 380), (760, 1020, 420), (240, 1100, 300), (1400, 1090, 280)):
        document.glow(x, y, wide, 30, "#a9c4e4", 0.5)
        document.glow(x - 20, y - 26, wide * 0.9, 26, "#ffffff", 0.9)
    for x, y, wide in ((120, 800, 190), (1500, 806, 200), (1160, 802, 120)):
        document.glow(x, y, wide, 16, "#8fb0d8", 0.5)
    for index in range(9):  # where a cat has walked
        x, y = 180 + index * 74, 1130 - index * 34 + (14 if index % 2 else -10)
        size = 20 - index * 1.2
        document.path(ellipse(x, y, size, size * 0.5), fill="#8fb0d8", opacity=0.65)
        document.path(ellipse(x, y + size * 0.24, size * 0.86, size * 0.3), fill="#dfeaf6")
    _flakes(document, uneven, 40, 810, 1150)


def _peaks(document: Document, uneven: Random, level: float) -> None:
    for x, tall, wide in ((180, 330, 330), (1420, 360, 360), (560, 260, 300), (1040, 300, 330)):
        top = level - tall
        document.path(f"M{x - wide} {level}L{x} {top}L{x + wide} {level}Z", fill="#9db5d3")
        document.path(
            f"M{x} {top}L{x + wide} {level}H{x + wide * 0.16:g}L{x + 30} {top + tall * 0.5:g}Z", fill="#86a1c4"
        )
        jag = [(x + wide * across, top + tall * down) for across, down in _SNOW_CAP]
        document.path(smooth(jag, sharp=range(len(jag))), fill="#ffffff")


_SNOW_CAP: tuple[Point, ...] = (
    (0, 0), (0.36, 0.36), (0.2, 0.32), (0.1, 0.46), (-0.04, 0.33), (-0.18, 0.44), (-0.36, 0.36),
)  # fmt: skip
"""Of a peak, from its top, in shares of its half width and height."""

_SKIRT: tuple[Point, ...] = (
    (0.55, -0.1), (1, 0), (0.4, 0.035), (0, 0.01), (-0.4, 0.035), (-1, 0), (-0.55, -0.1),
)  # fmt: skip
_LOAD: tuple[Point, ...] = (
    (0.5, -0.115), (0.92, -0.012), (0.45, -0.06), (0.1, -0.02), (-0.3, -0.07), (-0.92, -0.012), (-0.5, -0.115),
)  # fmt: skip
"""A fir's skirt and the snow on it, from the middle of its hem, in shares of its half width and the tree's height."""


def _fir(document: Document, uneven: Random, x: float, y: float, tall: float) -> None:
    """A fir under snow: four skirts, each with its white load."""
    document.path(box(x - tall * 0.03, y - tall * 0.12, x + tall * 0.03, y), fill="#5a4030")
    for index in range(4):
        low, high = y - tall * (0.08 + 0.21 * index), y - tall * (0.42 + 0.2 * index)
        wide = tall * (0.26 - 0.055 * index)
        skirt = [(x, high), *((x + wide * across, low + tall * down) for across, down in _SKIRT)]
        document.path(smooth(skirt, sharp=(0, 2, 6)), fill=mixed("#1f4f4a", "#3d7a66", index / 4))
        load = [(x, high - tall * 0.01), *((x + wide * across, low + tall * down) for across, down in _LOAD)]
        document.path(smooth(load, sharp=(0, 2, 6)), fill="#f7fbff")


def _cabin(document: Document, x: float, y: float) -> None:
    document.path(box(x - 150, y - 130, x + 150, y + 10), fill="#8a5a3a")
    for row in range(6):
        document.path(f"M{x - 150} {y - 120 + row * 22}H{x + 150}", stroke="#5f3b25", stroke_width=4)
    document.path(box(x + 78, y - 250, x + 122, y - 150), fill="#8f6a5a")
    for across, up, size in ((104, 280, 30), (124, 320, 40), (154, 366, 52)):
        document.glow(x + across, y - up, size, size * 0.7, "#ffffff", 0.7)
    document.path(
        f"M{x - 190} {y - 118}L{x} {y - 262}L{x + 190} {y - 118}L{x + 176} {y - 96}H{x - 176}Z",
        fill="#ffffff",
        stroke="#c4d6ea",
        stroke_width=4,
        stroke_linejoin="round",
    )
    for across in (-84, 84):
        document.glow(x + across, y - 56, 90, 76, "#ffd56a", 0.7)
        document.path(
            box(x + across - 34, y - 88, x + across + 34, y - 30), fill="#ffe08a", stroke="#5f3b25", stroke_width=7
        )
        document.path(
            f"M{x + across} {y - 88}V{y - 30}M{x + across - 34} {y - 59}H{x + across + 34}",
            stroke="#5f3b25",
            stroke_width=5,
        )
    document.path(box(x - 28, y - 84, x + 28, y + 10), fill="#5f3b25")


def _snowman(document: Document, x: float, y: float) -> None:
    document.glow(x, y + 4, 130, 22, "#8fb0d8", 0.7)
    for up, size in ((52, 74), (154, 54), (234, 38)):
        ball = document.radial(
            (x - size * 0.3, y - up - size * 0.4),
            size * 1.6,
            [(0, "#ffffff", 1), (0.55, "#e9f1fa", 1), (1, "#9dbbdd", 1)],
        )
        document.path(ellipse(x, y - up, size, size * 0.94), fill=ball, stroke="#9dbbdd", stroke_width=2)
    for across in (-13, 13):
        document.path(ellipse(x + across, y - 244, 5, 6), fill="#22262e")
    for up in (130, 156, 182):
        document.path(ellipse(x, y - up, 5, 5), fill="#22262e")
    document.path(f"M{x} {y - 236}L{x + 44} {y - 226}L{x} {y - 222}Z", fill="#f08a3c")
    scarf = [(x - 42, y - 208), (x, y - 194), (x + 42, y - 208), (x + 46, y - 186), (x, y - 168), (x - 46, y - 186)]
    end = [
        (x + 12, y - 184),
        (x + 40, y - 188),
        (x + 50, y - 140),
        (x + 62, y - 106),
        (x + 30, y - 100),
        (x + 20, y - 140),
    ]
    for part in (end, scarf):
        document.path(smooth(part), fill="#d8433c", stroke="#a32a2a", stroke_width=2)
    for down in (150, 124):
        document.path(f"M{x + 20} {y - down}L{x + 54} {y - down - 6}", stroke="#fff0e0", stroke_width=6)
    for side, lift in ((-1, 210), (1, 190)):
        document.path(
            f"M{x + side * 50} {y - 160}L{x + side * 112} {y - lift}M{x + side * 90} {y - lift + 16}l{side * 20} 4",
            stroke="#6b4a38", stroke_width=6, stroke_linecap="round",
        )  # fmt: skip
    document.path(box(x - 30, y - 322, x + 30, y - 262), fill="#2b2f3a")
    document.path(ellipse(x, y - 264, 48, 9), fill="#2b2f3a")


def _flakes(document: Document, uneven: Random, count: int, top: float, bottom: float) -> None:
    for _ in range(count):
        size = uneven.uniform(2.5, 6.5)
        document.path(
            ellipse(uneven.uniform(0, WIDTH), uneven.uniform(top, bottom), size, size), fill="#ffffff", opacity=0.85
        )


def _foreground(document: Document, uneven: Random) -> None:
    drift = [
        (-40, 1240),
        (-40, 1110),
        (170, 1102),
        (380, 1164),
        (640, 1184),
        (960, 1182),
        (1230, 1166),
        (1430, 1100),
        (1640, 1112),
        (1640, 1240),
    ]
    white = document.linear((0, 1100), (0, 1200), [(0, "#ffffff", 1), (1, "#d3e2f2", 1)])
    document.path(smooth(drift, sharp=(0, 1, 8, 9)), fill=white)
    for x, lean in ((60, 1), (130, -1), (210, 1), (1452, -1), (1524, 1), (1570, -1)):
        _berries(document, uneven, (x, 1190), lean * uneven.uniform(14, 40), uneven.uniform(110, 190))


def _berries(document: Document, uneven: Random, foot: Point, lean: float, tall: float) -> None:
    """A bare twig with branches, red berries at their ends, and snow on them."""
    x, y = foot
    spine = ((x, y), (x + lean * 0.3, y - tall * 0.5), (x + lean, y - tall))
    document.path(stroke(spine, 6), fill="#6b4a38")
    for index, share in enumerate((0.35, 0.5, 0.65, 0.8, 1.0)):
        root = (x + lean * share**1.6, y - tall * share)
        side = 1 if index % 2 else -1
        end = (root[0] + side * uneven.uniform(18, 34), root[1] - uneven.uniform(16, 34))
        document.path(f"M{root[0]:.1f} {root[1]:.1f}L{end[0]:.1f} {end[1]:.1f}", stroke="#6b4a38", stroke_width=4)
        for across, down in ((0, 0), (side * 12, -9), (side * 3, -16)):
            document.path(
                ellipse(end[0] + across, end[1] + down, 8, 8), fill="#c92c3a", stroke="#8f1d28", stroke_width=2
            )
            document.path(ellipse(end[0] + across - 2, end[1] + down - 3, 2.4, 2.4), fill="#ffffff", opacity=0.8)


SNOW = Scene(
    name="snow",
    tags=("cool", "snow", "winter", "firs", "cabin"),
    far=0.66,
    near=0.95,
    layers={"back": _back, "ground": _ground, "foreground": _foreground},
    things=((0.0, 0.16), (0.39, 0.59), (0.63, 0.78), (0.86, 1.0)),
)
