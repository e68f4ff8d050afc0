"""The scene at night: a tiled roof over a town under the moon."""

from random import Random

from catguard_store.art.curves import Point, ellipse, smooth
from catguard_store.art.scenery import HEIGHT, WIDTH, Scene, box, rectangle
from catguard_store.art.svg import Document, mixed

_EAVES = 760.0
_LIT = "#ffd977"


def _back(document: Document, uneven: Random) -> None:
    night = document.linear((0, 0), (0, 780), [(0, "#0b1438", 1), (0.6, "#243a78", 1), (1, "#5a63a5", 1)])
    document.path(rectangle(0, HEIGHT), fill=night)
    for _ in range(130):
        size = uneven.choice((1.6, 2.2, 2.2, 3.2))
        document.path(
            ellipse(uneven.uniform(0, WIDTH), uneven.uniform(0, 560), size, size), fill="#ffffff", opacity=0.85
        )
    _moon(document, 960, 240, 150)
    for across, down, wide in ((420, 330, 260), (1240, 380, 240), (760, 120, 180)):
        document.glow(across, down, wide, 26, "#8f9ad0", 0.4)
    _skyline(document, uneven, 640, (90, 220), "#1f2c5c", 0.35)
    _skyline(document, uneven, 760, (90, 210), "#141d42", 0.55)
    _chimney(document, 1270, 770)
    _aerial(document, 250, 770)


def _moon(document: Document, x: float, y: float, radius: float) -> None:
    document.glow(x, y, radius * 3.2, radius * 3.2, "#cfd8ff", 0.5)
    face = document.radial((x - 40, y - 40), radius * 1.5, [(0, "#fffdf0", 1), (0.6, "#fdf2c8", 1), (1, "#e3cf94", 1)])
    document.path(ellipse(x, y, radius, radius), fill=face)
    for across, down, size in ((-50, -30, 30), (40, 20, 38), (-20, 66, 22), (58, -62, 18), (-84, 34, 16)):
        document.path(ellipse(x + across, y + down, size, size * 0.9), fill="#e0cf9c", opacity=0.55)


def _skyline(
    document: Document, uneven: Random, foot: float, heights: tuple[float, float], wall: str, lit: float
) -> None:
    """Houses side by side, some of their windows lit."""
    x = -30.0
    while x < WIDTH:
        wide, tall = uneven.uniform(90, 190), uneven.uniform(*heights)
        top = foot - tall
        document.path(box(x, top, x + wide + 16, HEIGHT), fill=wall)
        if uneven.random() < 0.65:
            document.path(
                f"M{x - 10:.0f} {top:.0f}L{x + wide / 2:.0f} {top - 60:.0f}L{x + wide + 10:.0f} {top:.0f}Z", fill=wall
            )
        for row in range(int(tall / 54)):
            for column in range(int((wide - 14) / 44)):
                if uneven.random() < lit:
                    left, high = x + 16 + column * 44, top + 22 + row * 52
                    document.path(box(left, high, left + 20, high + 26), fill=_LIT, opacity=0.9)
        x += wide + uneven.uniform(2, 14)


def _ground(document: Document, uneven: Random) -> None:
    """A flat roof that comes towards the viewer: its seams run to a point behind the town, its rows grow nearer."""
    slope = document.linear((0, _EAVES), (0, HEIGHT), [(0, "#5b4a78", 1), (1, "#7d4f63", 1)])
    document.path(rectangle(_EAVES, HEIGHT), fill=slope)
    rows, wide, vanishing = 9, 104.0, _EAVES - 560
    for row in range(rows):
        top, bottom = (_EAVES + (HEIGHT + 30 - _EAVES) * ((row + step) / rows) ** 1.5 for step in (0, 1))
        for column in range(-14, 15):
            left, right = ((column + step + (0.5 if row % 2 else 0)) * wide for step in (0, 1))
            corners = [
                (WIDTH / 2 + across * (y - vanishing) / (HEIGHT - vanishing), y)
                for across, y in ((left, top), (right, top), (right, bottom), (left, bottom))
            ]
            if (corners[1][0] < 0 and corners[2][0] < 0) or (corners[0][0] > WIDTH and corners[3][0] > WIDTH):
                continue
            tone = mixed(mixed("#66548a", "#8a4f60", row / rows), "#241a38", uneven.uniform(0, 0.28))
            lip = (bottom - top) * 0.16
            (right_x, right_y), (left_x, left_y) = corners[2:]
            tile: list[Point] = [
                *corners[:2], (right_x, right_y - lip), ((left_x + right_x) / 2, right_y + lip), (left_x, left_y - lip),
            ]  # fmt: skip
            document.path(smooth(tile, sharp=(0, 1, 2, 4)), fill=tone, stroke="#2b1f3f", stroke_width=2 + row * 0.3)
            gleam = [
                (left_x + 6, left_y - lip),
                ((left_x + right_x) / 2, right_y + lip * 0.6),
                (right_x - 6, right_y - lip),
            ]
            document.path(
                smooth(gleam, closed=False), fill="none", stroke="#c9c4ef", stroke_width=1.5 + row * 0.35, opacity=0.4
            )
    ridge = document.linear((0, _EAVES - 26), (0, _EAVES + 14), [(0, "#a39ad0", 1), (1, "#4a3a66", 1)])
    for x in range(-20, 1640, 110):
        document.path(box(x, _EAVES - 24, x + 112, _EAVES + 12), fill=ridge, stroke="#2b1f3f", stroke_width=4)
    document.glow(960, 830, 620, 110, "#cfd8ff", 0.3)


def _chimney(document: Document, x: float, foot: float) -> None:
    for across, up, size in ((-30, 370, 44), (10, 440, 62), (64, 520, 78)):
        document.glow(x + across, foot - up, size, size * 0.7, "#aab0d8", 0.45)
    document.path(box(x - 90, foot - 290, x + 90, foot), fill="#6e4456", stroke="#2b1f3f", stroke_width=4)
    for row in range(8):
        y = foot - 262 + row * 34
        document.path(f"M{x - 90} {y}H{x + 90}", stroke="#4a2c40", stroke_width=4)
        for joint in range(3):
            left = x - 60 + joint * 60 - (30 if row % 2 else 0)
            if y + 34 < foot:
                document.path(f"M{left} {y}v34", stroke="#4a2c40", stroke_width=4)
    document.path(box(x - 90, foot - 290, x - 62, foot), fill="#b9b3e0", opacity=0.25)
    document.path(box(x - 108, foot - 316, x + 108, foot - 282), fill="#8a5a66", stroke="#2b1f3f", stroke_width=4)
    for across in (-44, 44):
        document.path(
            box(x + across - 28, foot - 366, x + across + 28, foot - 314),
            fill="#9a5f58",
            stroke="#2b1f3f",
            stroke_width=4,
        )


def _aerial(document: Document, x: float, foot: float) -> None:
    lines = f"M{x} {foot}V{foot - 400}M{x - 110} {foot - 350}H{x + 110}"
    lines += "".join(
        f"M{x + across} {foot - 350 - reach}v{2 * reach}"
        for across, reach in ((-100, 44), (-50, 54), (50, 54), (100, 44))
    )
    document.path(lines, fill="none", stroke="#090e24", stroke_width=13, stroke_linecap="round")
    document.path(lines, fill="none", stroke="#8f9ac8", stroke_width=6, stroke_linecap="round")


def _foreground(document: Document, uneven: Random) -> None:
    """The gutter, and leaves that the wind left in it."""
    for index in range(16):
        x = uneven.choice((-1, 1)) * uneven.uniform(380, 790) + 800
        document.path(ellipse(x, 1164, 26, 11, turn=uneven.uniform(-50, 50)), fill=("#8a5a4a", "#4f5f6a")[index % 2])
    metal = document.linear((0, 1160), (0, 1200), [(0, "#b4bde6", 1), (0.3, "#5c668f", 1), (1, "#252c4c", 1)])
    document.path(rectangle(1166, HEIGHT), fill=metal)
    for x in range(120, 1600, 340):
        document.path(box(x, 1160, x + 26, HEIGHT), fill="#39415f", stroke="#1c2238", stroke_width=3)


NIGHT_ROOF = Scene(
    name="night-roof",
    tags=("cool", "night", "roof", "moon", "town"),
    far=0.68,
    near=0.95,
    layers={"back": _back, "ground": _ground, "foreground": _foreground},
    things=((0.08, 0.23), (0.49, 0.69), (0.72, 0.86)),
)
