"""The scenes under a wide sky: a beach and a snowy valley."""

from itertools import pairwise
from random import Random

from catguard_store.art import plants
from catguard_store.art.curves import Frame, Point, ellipse, smooth, stroke
from catguard_store.art.scenery import HEIGHT, WIDTH, Scene, box, rectangle, ridge, sky
from catguard_store.art.svg import Document, mixed

_CORAL, _SAND, _WET = "#f2784b", "#f6e0ae", "#d9b77c"


def _beach_back(document: Document, uneven: Random) -> None:
    sky(document, "#4db5ee", "#d9f3fb", 500, (1180, 170, "#fff7cf"))
    document.path(ellipse(1180, 170, 70, 70), fill="#fffbe2")
    for across, down, width in ((330, 170, 340), (760, 110, 260), (1440, 290, 280)):
        plants.cloud(document, across, down, width)
    sea = document.linear((0, 480), (0, 720), [(0, "#1f86c4", 1), (0.5, "#2fb3d0", 1), (1, "#8fe3dc", 1)])
    document.path(rectangle(480, 760), fill=sea)
    _boat(document, 720, 486)
    for index in range(46):
        depth = index / 46
        x, y = uneven.uniform(-40, WIDTH), 490 + depth * 180
        crest = ((x, y), (x + 30 + 60 * depth, y - 3 - 4 * depth), (x + 60 + 120 * depth, y))
        document.path(stroke(crest, 2 + 2.5 * depth), fill="#ffffff", opacity=0.55)
    shore: list[Point] = [
        (-40, 1240), (-40, 700), (200, 684), (480, 706), (760, 688), (1040, 708), (1320, 690), (1640, 704),
        (1640, 1240),
    ]  # fmt: skip
    for lift, fill in ((-22, "#ffffff"), (-8, "#bfeee8"), (2, "#ffffff"), (14, _WET)):
        document.path(smooth([(x, y + lift) for x, y in shore], sharp=(0, 1, 7, 8)), fill=fill)
    document.path(smooth([(x, y + 46) for x, y in shore], sharp=(0, 1, 7, 8)), fill=_sand(document))
    _parasol(document, 420, 796)
    _castle(document, 1010, 786)
    for x, y, height, lean in ((1500, 802, 660, -1), (96, 796, 520, 1)):
        _palm(document, uneven, (x, y), height, lean)


def _sand(document: Document) -> str:
    return document.linear((0, 720), (0, HEIGHT), [(0, "#f2d79b", 1), (0.4, _SAND, 1), (1, "#e8c585", 1)])


def _beach_ground(document: Document, uneven: Random) -> None:
    """The dry sand, from a low dune that hides the feet of what stands on the beach behind it."""
    crest: list[Point] = [
        (-40, 1240), (-40, 782), (170, 774), (400, 786), (700, 780), (1000, 788), (1280, 778), (1500, 784),
        (1640, 776), (1640, 1240),
    ]  # fmt: skip
    document.haze(smooth(crest[1:-1], closed=False), 26, "#c99a52", 0.4)
    document.path(smooth(crest, sharp=(0, 1, 8, 9)), fill=_sand(document))
    document.haze(smooth([(x, y + 12) for x, y in crest[1:-1]], closed=False), 22, "#fff4d2", 0.6)
    for foot in (60, 92, 130, 1460, 1500, 1540):
        plants.grass(document, uneven, (foot, 796), 44, "#a9b763")
    for _ in range(240):
        x, y = uneven.uniform(0, WIDTH), uneven.uniform(800, HEIGHT)
        size = 1.5 + (y - 760) / 150
        tone = uneven.choice(("#d3aa69", "#fff2d0", "#c99e60"))
        document.path(ellipse(x, y, size * 1.6, size * 0.7), fill=tone, opacity=0.7)
    for x, y, size in ((640, 1010, 26), (1240, 1060, 30), (330, 1120, 30)):
        _starfish(document, x, y, size)


def _boat(document: Document, x: float, y: float) -> None:
    document.path(
        smooth([(x - 60, y), (x + 64, y), (x + 44, y + 22), (x - 42, y + 22)], sharp=(0, 1, 2, 3)), fill="#8a4b2d"
    )
    document.path(f"M{x + 2} {y - 4}V{y - 130}L{x + 66} {y - 14}Z", fill="#ffffff")
    document.path(f"M{x - 6} {y - 4}V{y - 112}L{x - 52} {y - 14}Z", fill="#ffe1d2")


def _palm(document: Document, uneven: Random, foot: Point, height: float, lean: int) -> None:
    x, y = foot
    crown = (x + lean * height * 0.22, y - height)
    trunk = [(x, y), (x + lean * 6, y - height * 0.4), (x + lean * height * 0.1, y - height * 0.75), crown]
    document.glow(x, y + 4, 130, 26, "#a67c3f", 0.5)
    for index, (low, high) in enumerate(pairwise(trunk)):
        wide, narrow = 32 - index * 7, 25 - index * 7
        sides = [
            (low[0] - wide, low[1]),
            (low[0] + wide, low[1]),
            (high[0] + narrow, high[1]),
            (high[0] - narrow, high[1]),
        ]
        bark = document.linear(sides[0], sides[1], [(0, "#b98a58", 1), (1, "#7d5632", 1)])
        document.path(smooth(sides, sharp=range(4)), fill=bark)
    for step in range(13):
        t = step / 13
        at = trunk[min(2, int(t * 3))], trunk[min(2, int(t * 3)) + 1]
        rest = t * 3 - min(2, int(t * 3))
        px, py = (at[0][axis] + (at[1][axis] - at[0][axis]) * rest for axis in (0, 1))
        reach = 30 - 20 * t
        ring = smooth([(px - reach, py - 3), (px, py + 6), (px + reach, py - 3)], closed=False)
        document.path(ring, fill="none", stroke="#6b4526", stroke_width=4, opacity=0.5)
    for index, turn in enumerate((-168, -140, -108, -74, -40, -12, 18, 160, 196)):
        reach = height * uneven.uniform(0.4, 0.5)
        frond = Frame(*crown, reach / 100, turn)
        drop = 26 if abs(turn) < 90 else -26
        tone = mixed("#2f7a3c", "#93cf5a", index / 9)
        spine = tuple(frond.apply(point) for point in ((0, 0), (34, -drop * 0.5), (72, -drop * 0.1), (104, drop * 0.9)))
        document.path(stroke(spine, reach * 0.12), fill=tone)
        document.path(smooth(spine, closed=False), fill="none", stroke="#1f5a2e", stroke_width=3, opacity=0.6)
    for side in (-1, 1):
        document.path(ellipse(crown[0] + side * 16, crown[1] + 16, 17, 18), fill="#6b4526")


def _parasol(document: Document, x: float, y: float) -> None:
    document.glow(x + 30, y + 6, 190, 30, "#a67c3f", 0.55)
    document.path(f"M{x - 6} {y}L{x + 22} {y - 320}h12L{x + 8} {y}Z", fill="#f5f0e6", stroke="#9a8a72", stroke_width=2)
    top, rim, wide = y - 350, y - 232, 190
    middle = x + 28
    for index in range(6):
        left, right = (middle - wide + (index + step) * wide / 3 for step in (0, 1))
        lifted = [side * 0.75 + middle * 0.25 for side in (left, right)]
        lobe = (
            f"M{middle:g} {top:g}Q{lifted[0]:g} {top + 20:g} {left:g} {rim:g}"
            f"Q{(left + right) / 2:g} {rim + 24:g} {right:g} {rim:g}Q{lifted[1]:g} {top + 20:g} {middle:g} {top:g}Z"
        )
        document.path(lobe, fill=("#e8453c", "#fff6ec")[index % 2], stroke="#b8322a", stroke_width=2)
    document.glow(middle - 60, top + 50, 90, 34, "#ffffff", 0.3)
    document.path(ellipse(x + 28, top - 4, 9, 9), fill="#b8322a")


def _castle(document: Document, x: float, y: float) -> None:
    document.glow(x, y + 6, 190, 30, "#a67c3f", 0.6)
    for across, wide, tall in ((-86, 34, 104), (86, 34, 104), (0, 96, 82), (0, 36, 156)):
        left, right, top = x + across - wide, x + across + wide, y - tall
        fill = document.linear((left, 0), (right, 0), [(0, "#f3d796", 1), (1, "#c39a57", 1)])
        document.path(
            f"M{left - 6:g} {y}L{left:g} {top}H{right:g}L{right + 6:g} {y}Z",
            fill=fill,
            stroke="#a67c3f",
            stroke_width=3,
        )
        step = wide * 2 / 5
        for notch in range(0, 5, 2):
            document.path(
                box(left + notch * step, top - 16, left + (notch + 1) * step, top + 2),
                fill="#e6c47f",
                stroke="#a67c3f",
                stroke_width=3,
            )
    document.path(f"M{x - 24} {y}V{y - 34}Q{x} {y - 66} {x + 24} {y - 34}V{y}Z", fill="#8a6430")
    document.path(f"M{x} {y - 170}V{y - 236}", stroke="#6b4526", stroke_width=5)
    document.path(f"M{x} {y - 236}L{x + 52} {y - 220}L{x} {y - 202}Z", fill="#e8453c")


def _starfish(document: Document, x: float, y: float, size: float) -> None:
    frame = Frame(x, y, size, 12)
    points = [frame.apply(Frame(0, 0, 1, 36 * step).apply((0, -1.0 if step % 2 == 0 else -0.44))) for step in range(10)]
    shape = smooth([(px, y + (py - y) * 0.7) for px, py in points])
    document.path(shape, fill=_CORAL, stroke="#c04f2a", stroke_width=3)
    document.path(ellipse(x, y, size * 0.16, size * 0.12), fill="#ffb38f")


def _shell(document: Document, x: float, y: float, size: float) -> None:
    fan = [
        (x, y),
        (x - size, y - size * 0.5),
        (x - size * 0.62, y - size),
        (x, y - size * 1.16),
        (x + size * 0.62, y - size),
        (x + size, y - size * 0.5),
    ]
    document.path(smooth(fan, sharp=(0,)), fill="#ffd9cc", stroke="#d58f7c", stroke_width=3)
    for across in (-0.5, 0, 0.5):
        document.path(
            f"M{x} {y - 3}L{x + across * size:g} {y - size:g}", stroke="#d58f7c", stroke_width=2.5, opacity=0.7
        )


def _beach_foreground(document: Document, uneven: Random) -> None:
    dune = [
        (-40, 1240),
        (-40, 1120),
        (180, 1136),
        (420, 1180),
        (800, 1190),
        (1180, 1182),
        (1420, 1140),
        (1640, 1116),
        (1640, 1240),
    ]
    document.path(
        smooth(dune, sharp=(0, 1, 7, 8)),
        fill=document.linear((0, 1110), (0, 1200), [(0, "#f9e6b8", 1), (1, "#dcb673", 1)]),
    )
    for x in (*range(10, 260, 22), *range(1360, 1600, 22)):
        plants.grass(document, uneven, (x, 1200), 90 + 0.11 * abs(x - 800), "#9fb45a")
    for x, y, size in ((330, 1186, 34), (1280, 1184, 38)):
        _shell(document, x, y, size)
    _starfish(document, 470, 1184, 30)


def _snow_back(document: Document, uneven: Random) -> None:
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


def _snow_ground(document: Document, uneven: Random) -> None:
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
            [(0, "#ffffff", 1), (0.6, "#eef4fb", 1), (1, "#b9cfe8", 1)],
        )
        document.path(ellipse(x, y - up, size, size * 0.94), fill=ball)
    for across in (-13, 13):
        document.path(ellipse(x + across, y - 244, 5, 6), fill="#22262e")
    for up in (130, 156, 182):
        document.path(ellipse(x, y - up, 5, 5), fill="#22262e")
    document.path(f"M{x} {y - 236}L{x + 44} {y - 226}L{x} {y - 222}Z", fill="#f08a3c")
    document.path(
        smooth(
            [(x - 40, y - 204), (x, y - 190), (x + 40, y - 204), (x + 42, y - 184), (x, y - 170), (x - 42, y - 184)]
        ),
        fill="#d8433c",
    )
    document.path(box(x + 14, y - 184, x + 38, y - 116), fill="#d8433c")
    document.path(box(x - 30, y - 322, x + 30, y - 262), fill="#2b2f3a")
    document.path(ellipse(x, y - 264, 48, 9), fill="#2b2f3a")


def _flakes(document: Document, uneven: Random, count: int, top: float, bottom: float) -> None:
    for _ in range(count):
        size = uneven.uniform(2.5, 6.5)
        document.path(
            ellipse(uneven.uniform(0, WIDTH), uneven.uniform(top, bottom), size, size), fill="#ffffff", opacity=0.85
        )


def _snow_foreground(document: Document, uneven: Random) -> None:
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
    for x in (70, 150, 1480, 1550):
        twig = ((x, 1200), (x + 8, 1120), (x + uneven.uniform(-30, 30), 1030))
        document.path(stroke(twig, 6), fill="#6b4a38")
        for up in (1060, 1090, 1120):
            document.path(ellipse(x + uneven.uniform(-18, 24), up, 9, 9), fill="#cf3340")


BEACH = Scene(
    name="beach",
    tags=("warm", "beach", "sea", "sand", "palms", "summer"),
    far=0.66,
    near=0.95,
    layers={"back": _beach_back, "ground": _beach_ground, "foreground": _beach_foreground},
)
SNOW = Scene(
    name="snow",
    tags=("cool", "snow", "winter", "firs", "cabin"),
    far=0.66,
    near=0.95,
    layers={"back": _snow_back, "ground": _snow_ground, "foreground": _snow_foreground},
)
