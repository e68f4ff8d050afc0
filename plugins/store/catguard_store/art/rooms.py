"""The scenes indoors: a living room, the sill of a window, and a shelf of books."""

from random import Random

from catguard_store.art import plants
from catguard_store.art.curves import Frame, Point, ellipse, smooth, stroke
from catguard_store.art.scenery import HEIGHT, Scene, board, box, rectangle, ridge, sky
from catguard_store.art.svg import Document, mixed

_LEAVES = ("#2f6b3a", "#8cc46a")


def _living_room_back(document: Document, uneven: Random) -> None:
    wall = document.linear((0, 0), (0, 740), [(0, "#f3dfc2", 1), (1, "#e9c9a0", 1)])
    document.path(rectangle(0, HEIGHT), fill=wall)
    for stripe in range(0, 1640, 80):
        document.path(box(stripe, 0, stripe + 34, 740), fill="#fff4de", opacity=0.4)
    _picture(document, 600, 190, 150, 120, ("#cfe8ef", "#f6b843", "#7fb377", "#4d8a5a"))
    _picture(document, 850, 150, 110, 150, ("#f7d9c4", "#fff3d0", "#c98fae", "#7a5a8f"))
    _picture(document, 1050, 200, 96, 104, ("#2f3f6d", "#fdf2c8", "#4a6fa0", "#1f2c5c"))
    _lit_window(document, 200, 300)
    document.path(rectangle(700, 748), fill="#fbf3e4", stroke="#cbb08a", stroke_width=3)
    _floor(document, (748, 840))
    _sofa(document, 800, 730)
    _lamp(document, 1340, 776)
    _pot(document, uneven, 1530, 792, 1.5)


def _floor(document: Document, seen: tuple[float, float]) -> None:
    board(document, 748, HEIGHT, ("#c98f58", "#a9693a"), 7, seen=seen)


def _living_room_ground(document: Document, uneven: Random) -> None:
    _floor(document, (804, HEIGHT))
    rug = (
        (860, 992, 700, 186, "#7c3a44"),
        (860, 990, 660, 170, "#c25b52"),
        (860, 988, 560, 138, "#f0c98a"),
        (860, 986, 520, 124, "#b84f4c"),
    )
    for x, y, wide, tall, colour in rug:
        document.path(ellipse(x, y, wide, tall), fill=colour)
    for step in range(24):
        across, down = Frame(0, 0, 1, step * 15).apply((1, 0))
        document.path(ellipse(860 + across * 420, 986 + down * 97, 30, 10), fill="#f0c98a", opacity=0.8)
    document.path(ellipse(860, 986, 300, 66), fill="#f0c98a", opacity=0.5)
    document.glow(1340, 900, 420, 150, "#ffe3a0", 0.35)


def _picture(
    document: Document, x: float, y: float, wide: float, tall: float, tones: tuple[str, str, str, str]
) -> None:
    """A framed picture: two hills under a sun or moon; `tones` are those of sky, sun and hills."""
    left, top, right, bottom = x - wide / 2, y, x + wide / 2, y + tall
    document.glow(x + 8, bottom + 6, wide * 0.62, 16, "#7a5a34", 0.4)
    document.path(box(left - 12, top - 12, right + 12, bottom + 12), fill="#7a4f2c", stroke="#5a3820", stroke_width=3)
    document.path(box(left, top, right, bottom), fill=tones[0])
    document.path(ellipse(x + wide * 0.2, top + tall * 0.3, tall * 0.13, tall * 0.13), fill=tones[1])
    with document.group(clip_path=document.clip(box(left, top, right, bottom))):
        document.path(ellipse(x - wide * 0.2, bottom + tall * 0.16, wide * 0.6, tall * 0.5), fill=tones[2])
        document.path(ellipse(x + wide * 0.34, bottom + tall * 0.2, wide * 0.5, tall * 0.44), fill=tones[3])


def _lit_window(document: Document, x: float, y: float) -> None:
    left, top, right, bottom = x - 130, y - 200, x + 130, y + 210
    document.path(box(left - 20, top - 20, right + 20, bottom + 20), fill="#fffaf0", stroke="#c9ad84", stroke_width=4)
    pane = document.linear((0, top), (0, bottom), [(0, "#9fd4f2", 1), (0.7, "#e3f4f4", 1), (1, "#c4e0a8", 1)])
    document.path(box(left, top, right, bottom), fill=pane)
    document.path(f"M{x} {top}V{bottom}M{left} {y}H{right}", stroke="#fffaf0", stroke_width=14)
    for side in (-1, 1):
        fall = [
            (x + side * 176, top - 40),
            (x + side * 60, top - 40),
            (x + side * 96, y - 40),
            (x + side * 140, y + 90),
            (x + side * 150, bottom + 80),
            (x + side * 196, bottom + 80),
        ]
        document.path(smooth(fall, sharp=(0, 1, 4, 5)), fill="#6f9a8d", stroke="#4c7469", stroke_width=3)
    document.path(f"M{x - 210} {top - 44}H{x + 210}", stroke="#7a4f2c", stroke_width=14, stroke_linecap="round")


def _sofa(document: Document, x: float, y: float) -> None:
    """A sofa with two seats and cushions, its feet at `y` + 40."""
    line = "#2f4f5f"
    document.glow(x, y + 44, 470, 40, "#5f3a1e", 0.6)
    cloth = document.linear((0, y - 260), (0, y + 30), [(0, "#6fa3b5", 1), (1, "#41717f", 1)])
    for across in (-360, 360):
        document.path(box(x + across - 14, y + 10, x + across + 14, y + 46), fill="#5a3820")
    back = [
        (x - 380, y - 60),
        (x - 372, y - 210),
        (x - 320, y - 252),
        (x, y - 262),
        (x + 320, y - 252),
        (x + 372, y - 210),
        (x + 380, y - 60),
    ]
    document.path(smooth(back, sharp=(0, 6)), fill=cloth, stroke=line, stroke_width=5)
    document.path(f"M{x} {y - 256}V{y - 70}", stroke=line, stroke_width=4, opacity=0.6)
    for side, colour in ((-1, "#f0b35a"), (1, "#e27d6a")):
        cushion = [
            (x + side * 290, y - 190),
            (x + side * 180, y - 176),
            (x + side * 168, y - 76),
            (x + side * 296, y - 74),
        ]
        puffed = document.radial((x + side * 236, y - 150), 96, [(0, mixed(colour, "#ffffff", 0.4), 1), (1, colour, 1)])
        document.path(smooth(cushion, sharp=range(4)), fill=puffed, stroke="#8a4f2c", stroke_width=4)
        crease = [(x + side * 176, y - 150), (x + side * 214, y - 130), (x + side * 240, y - 96)]
        document.path(smooth(crease, closed=False), fill="none", stroke="#8a4f2c", stroke_width=3, opacity=0.5)
    for side in (-1, 1):
        middle = x + side * 166
        seat = [(middle - 164, y - 78), (middle + 164, y - 78), (middle + 168, y - 20), (middle - 168, y - 20)]
        document.path(smooth(seat, sharp=(2, 3)), fill="#82b6c6", stroke=line, stroke_width=5)
    document.path(box(x - 350, y - 24, x + 350, y + 24), fill="#4d8090", stroke=line, stroke_width=5)
    for side in (-1, 1):
        arm = [
            (x + side * 330, y + 26),
            (x + side * 326, y - 110),
            (x + side * 374, y - 148),
            (x + side * 424, y - 112),
            (x + side * 416, y + 26),
        ]
        document.path(smooth(arm, sharp=(0, 4)), fill=cloth, stroke=line, stroke_width=5)


def _lamp(document: Document, x: float, y: float) -> None:
    document.path(ellipse(x, y, 66, 15), fill="#4a3323")
    document.path(f"M{x} {y}V{y - 420}", stroke="#4a3323", stroke_width=12)
    document.glow(x, y - 440, 330, 300, "#ffe9a8", 0.75)
    shade = document.linear((x - 100, 0), (x + 100, 0), [(0, "#f2c15a", 1), (0.5, "#fff1bf", 1), (1, "#e8ac45", 1)])
    document.path(
        f"M{x - 58} {y - 530}H{x + 58}L{x + 106} {y - 390}H{x - 106}Z", fill=shade, stroke="#b17c2a", stroke_width=4
    )


def _pot(document: Document, uneven: Random, x: float, y: float, size: float) -> None:
    """A leafy plant in a clay pot."""
    document.glow(x, y + 2, 70 * size, 14 * size, "#5f3a1e", 0.5)
    for index in range(17):
        turn = -90 + (index - 8) * 12 + uneven.uniform(-5, 5)
        blade = Frame(x, y - 70 * size, size * uneven.uniform(1.3, 2.0), turn)
        spine = tuple(blade.apply(point) for point in ((0, 0), (50, -7), (104, 6 if turn > -90 else -6)))
        document.path(
            stroke(spine, 13 * size), fill=mixed(*_LEAVES, uneven.random()), stroke="#24502b", stroke_width=1.5
        )
    clay = document.linear((x - 50 * size, 0), (x + 50 * size, 0), [(0, "#d98555", 1), (1, "#a4552f", 1)])
    document.path(f"M{x - 46 * size} {y - 74 * size}H{x + 46 * size}L{x + 34 * size} {y}H{x - 34 * size}Z", fill=clay)
    document.path(
        box(x - 54 * size, y - 92 * size, x + 54 * size, y - 66 * size),
        fill="#cf774a",
        stroke="#934a28",
        stroke_width=2,
    )


def _yarn(document: Document, x: float, y: float, radius: float, colour: str) -> None:
    deep, light = mixed(colour, "#30101c", 0.35), mixed(colour, "#ffffff", 0.35)
    ball = document.radial(
        (x - radius * 0.3, y - radius * 0.4), radius * 1.5, [(0, light, 1), (0.5, colour, 1), (1, deep, 1)]
    )
    document.path(ellipse(x, y, radius, radius), fill=ball, stroke=deep, stroke_width=3)
    with document.group(clip_path=document.clip(ellipse(x, y, radius, radius))):
        for turn, lift in ((-30, 0), (-30, 0.4), (-30, -0.4), (50, 0.15), (50, 0.55), (50, -0.25), (110, 0.3)):
            thread = Frame(x, y, radius, turn)
            arc = [thread.apply(point) for point in ((-1, lift), (0, lift - 0.24), (1, lift))]
            document.path(smooth(arc, closed=False), fill="none", stroke=deep, stroke_width=4, opacity=0.6)
    tail = [
        (x + radius * 0.6, y + radius * 0.75),
        (x + radius * 1.6, y + radius * 0.95),
        (x + radius * 2.3, y + radius * 0.7),
        (x + radius * 3, y + radius),
    ]
    document.path(smooth(tail, closed=False), fill="none", stroke=colour, stroke_width=8, stroke_linecap="round")


def _living_room_foreground(document: Document, uneven: Random) -> None:
    for x, y, wide in ((150, 1192, 110), (1440, 1196, 90)):
        document.glow(x, y, wide, 16, "#4a2a14", 0.5)
    _yarn(document, 150, 1120, 76, "#3f8fb5")
    _yarn(document, 1440, 1136, 62, "#e0607a")
    _mouse(document, 330, 1186)


def _mouse(document: Document, x: float, y: float) -> None:
    """A toy mouse of grey felt."""
    document.glow(x, y, 70, 12, "#4a2a14", 0.5)
    tail = [(x + 46, y - 10), (x + 84, y - 2), (x + 104, y - 24), (x + 132, y - 14)]
    document.path(smooth(tail, closed=False), fill="none", stroke="#d98a80", stroke_width=6, stroke_linecap="round")
    felt = document.linear((0, y - 50), (0, y), [(0, "#b3b6c2", 1), (1, "#7c8090", 1)])
    body = [(x - 56, y - 6), (x - 20, y - 38), (x + 24, y - 44), (x + 52, y - 20), (x + 44, y), (x - 30, y)]
    document.path(smooth(body, sharp=(0,)), fill=felt, stroke="#5c6070", stroke_width=3)
    for across in (-22, -6):
        document.path(ellipse(x + across, y - 38, 12, 13), fill="#e3a7a0", stroke="#5c6070", stroke_width=3)
    document.path(ellipse(x - 34, y - 20, 4, 4.5), fill="#22242c")
    document.path(ellipse(x - 55, y - 7, 5, 5), fill="#d98a80")


def _windowsill_back(document: Document, uneven: Random) -> None:
    sky(document, "#7cc3ee", "#fdeccd", 700, (1130, 230, "#fff3c4"))
    for across, down, width in ((400, 200, 330), (900, 320, 260)):
        plants.cloud(document, across, down, width)
    ridge(document, uneven, 620, 90, 6, "#b7d6c4")
    for left, wide, tall, wall in (
        (250, 130, 190, "#f0d9c0"), (400, 110, 240, "#e7b99b"), (530, 150, 170, "#f5e6cf"), (860, 140, 210, "#e9c7a5"),
        (1010, 120, 160, "#f3dcc4"), (1150, 150, 230, "#dfae90"),
    ):  # fmt: skip
        _house(document, left, 760, wide, tall, wall)
    ridge(document, uneven, 700, 50, 12, "#7fb377")
    document.path(rectangle(720, HEIGHT), fill="#6fa468")
    _window(document, uneven)


def _planter(document: Document, x: float, foot: float, wide: float) -> None:
    """A long box of clay for flowers."""
    clay = document.linear((0, foot - 66), (0, foot), [(0, "#e08a5c", 1), (0.3, "#c96f44", 1), (1, "#9a4f2c", 1)])
    document.path(f"M{x - wide} {foot - 60}H{x + wide}L{x + wide - 12} {foot}H{x - wide + 12}Z", fill=clay)
    rim = box(x - wide - 6, foot - 70, x + wide + 6, foot - 48)
    document.path(rim, fill="#d98058", stroke="#934a28", stroke_width=3)


def _house(document: Document, left: float, foot: float, wide: float, tall: float, wall: str) -> None:
    top = foot - tall
    document.path(box(left, top, left + wide, foot), fill=wall)
    document.path(f"M{left - 12} {top}L{left + wide / 2} {top - wide * 0.5}L{left + wide + 12} {top}Z", fill="#b5553f")
    for row in range(2):
        for column in (0.28, 0.72):
            x, y = left + wide * column, top + 34 + row * 60
            document.path(box(x - 13, y - 16, x + 13, y + 18), fill="#7fa8bf", stroke="#ffffff", stroke_width=4)


def _window(document: Document, uneven: Random) -> None:
    """Wall, window frame, curtains and the sill, around the view."""
    wall, hole = "#e8cfc0", box(200, 60, 1400, 800)
    document.path(f"M0 0H1600V1200H0Z{hole[:-1]}Z", fill=wall, fill_rule="evenodd")
    for x, y in ((uneven.randrange(20, 190), row) for row in range(60, 820, 90)):
        for across in (x, 1600 - x):
            document.path(ellipse(across, y, 9, 9), fill="#d9a99a", opacity=0.7)
    document.path(hole, stroke="#b99d7c", stroke_width=50, fill="none")
    document.path(hole, stroke="#fffaf0", stroke_width=40, fill="none")
    document.path("M800 60V800M200 330H1400", stroke="#b99d7c", stroke_width=32)
    document.path("M800 60V800M200 330H1400", stroke="#fffaf0", stroke_width=24)
    shine = ((300, 90, 60), (400, 90, 24), (900, 360, 60), (1000, 360, 24))
    for x, y, wide in shine:
        document.path(f"M{x + 190} {y}H{x + 190 + wide}L{x + wide} {y + 210}H{x}Z", fill="#ffffff", opacity=0.2)
    for side in (-1, 1):
        edge = [(0.0, 20.0), (470, 20), (452, 180), (360, 380), (250, 520), (280, 640), (330, 800), (0, 800)]
        cloth = document.linear((800 + side * 340, 0), (800 + side * 800, 0), [(0, "#f6b6a6", 1), (1, "#c9645f", 1)])
        curtain = [(800 + side * (800 - x), y) for x, y in edge]
        document.path(smooth(curtain, sharp=(0, 1, 6, 7)), fill=cloth, stroke="#a84c4a", stroke_width=4)
        for start, bend in ((90, 60), (180, 110), (270, 160), (360, 205)):
            fold = [
                (800 + side * (800 - x), y)
                for x, y in ((start, 24), (start * 0.9, 250), (bend, 520), (start * 0.8, 796))
            ]
            document.path(smooth(fold, closed=False), fill="none", stroke="#a84c4a", stroke_width=5, opacity=0.4)
        tie = [
            (800 + side * (800 - x), y)
            for x, y in ((-10, 500), (130, 540), (258, 506), (262, 540), (130, 580), (-10, 545))
        ]
        document.path(smooth(tie, sharp=(2, 3)), fill="#f0c45a", stroke="#a87a22", stroke_width=3)
    document.path("M-20 22H1620", stroke="#7a4f2c", stroke_width=22)
    document.path(rectangle(800, 836), fill=document.linear((0, 800), (0, 836), [(0, "#b08a66", 1), (1, "#e9d9c2", 1)]))
    _pot(document, uneven, 120, 834, 1.5)
    _pot(document, uneven, 1480, 834, 1.5)


def _windowsill_ground(document: Document, uneven: Random) -> None:
    """The sill, on which the light of the window lies."""
    board(document, 830, HEIGHT, ("#f3e4cc", "#d9bd96"), 3)
    light = document.linear((0, 836), (0, 1180), [(0, "#fff6d8", 0.8), (1, "#fff6d8", 0)])
    for left, right in ((330, 760), (840, 1270)):
        document.path(f"M{left} 836H{right}L{right - 130} 1180H{left - 130}Z", fill=light)
    document.path(rectangle(826, 832), fill="#fffaf0", opacity=0.9)
    for x in (120, 1480):
        document.glow(x, 842, 120, 16, "#7a5a34", 0.4)


def _windowsill_foreground(document: Document, uneven: Random) -> None:
    edge = document.linear((0, 1150), (0, 1200), [(0, "#fff4de", 1), (0.25, "#d9bd96", 1), (1, "#a9855c", 1)])
    document.path(rectangle(1158, HEIGHT), fill=edge)
    document.path(rectangle(1155, 1160), fill="#fffaf0", opacity=0.9)
    for x in (135, 1465):
        _planter(document, x, 1196, 150)
    for x in (80, 190, 1410, 1520):
        places: list[Point] = [(x + uneven.uniform(-60, 60), 1070 + uneven.uniform(-40, 50)) for _ in range(4)]
        plants.bush(document, uneven, (x, 1092), (92, 60), tones=_LEAVES, leaves=50, length=42)
        plants.bouquet(document, uneven, places, 28, (plants.CRIMSON, plants.PINK), _LEAVES)


LIVING_ROOM = Scene(
    name="living-room",
    tags=("warm", "room", "sofa", "rug", "home"),
    far=0.68,
    near=0.95,
    layers={"back": _living_room_back, "ground": _living_room_ground, "foreground": _living_room_foreground},
    things=((0.0, 0.25), (0.76, 0.91)),
)
WINDOWSILL = Scene(
    name="windowsill",
    tags=("warm", "window", "curtains", "view", "home"),
    far=0.74,
    near=0.95,
    layers={"back": _windowsill_back, "ground": _windowsill_ground, "foreground": _windowsill_foreground},
)
