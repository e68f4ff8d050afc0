"""The scene at the sea: a beach under palms."""

from random import Random

from catguard_store.art import plants
from catguard_store.art.curves import Frame, Point, Ribbon, ellipse, smooth, stroke
from catguard_store.art.scenery import HEIGHT, WIDTH, Scene, box, rectangle, sky
from catguard_store.art.svg import Document, mixed

_CORAL, _SAND, _WET = "#f2784b", "#f6e0ae", "#d9b77c"


def _back(document: Document, uneven: Random) -> None:
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


def _ground(document: Document, uneven: Random) -> None:
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
    for x, y, size in ((640, 900, 22), (1270, 980, 26), (180, 1010, 26)):
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
    stem = Ribbon(tuple(trunk), (34, 26, 20, 15), round_tip=False)
    bark = document.linear((x - 60, 0), (x + 60, 0), [(0, "#c4955f", 1), (0.5, "#a67a4a", 1), (1, "#6f4a2a", 1)])
    document.path(stem.outline(), fill=bark, stroke="#5b3d22", stroke_width=3)
    for step in range(1, 17):
        t = step / 17
        ring = [stem.side(t, 1), stem.side(t - 0.016, 0), stem.side(t, -1)]
        document.path(smooth(ring, closed=False), fill="none", stroke="#5b3d22", stroke_width=4, opacity=0.5)
    for index, turn in enumerate((-168, -140, -108, -74, -40, -12, 18, 160, 196)):
        reach = height * uneven.uniform(0.4, 0.5)
        frond = Frame(*crown, reach / 100, turn)
        drop = 26 if abs(turn) < 90 else -26
        tone = mixed("#2f7a3c", "#93cf5a", index / 9)
        spine = tuple(frond.apply(point) for point in ((0, 0), (34, -drop * 0.5), (72, -drop * 0.1), (104, drop * 0.9)))
        document.path(stroke(spine, reach * 0.12), fill=tone)
        document.path(smooth(spine, closed=False), fill="none", stroke="#1f5a2e", stroke_width=3, opacity=0.6)
    for across, down in ((-18, 14), (16, 18), (2, 30)):
        nut = document.radial((crown[0] + across - 6, crown[1] + down - 6), 26, [(0, "#9a6a3c", 1), (1, "#53331a", 1)])
        document.path(ellipse(crown[0] + across, crown[1] + down, 17, 18), fill=nut)


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


def _foreground(document: Document, uneven: Random) -> None:
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


BEACH = Scene(
    name="beach",
    tags=("warm", "beach", "sea", "sand", "palms", "summer"),
    far=0.66,
    near=0.95,
    layers={"back": _back, "ground": _ground, "foreground": _foreground},
    things=((0.0, 0.29), (0.16, 0.4), (0.42, 0.49), (0.55, 0.71), (0.64, 1.0)),
)
