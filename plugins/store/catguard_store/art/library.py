"""The scene among books: a shelf with a deep board."""

from collections.abc import Mapping, Sequence
from random import Random

from catguard_store.art import plants
from catguard_store.art.curves import Frame, ellipse, smooth
from catguard_store.art.scenery import HEIGHT, WIDTH, Scene, board, box, rectangle
from catguard_store.art.svg import Document, mixed

_SPINES = ("#b5423c", "#2f6f8f", "#e0a63a", "#4d7a4a", "#7a4a7f", "#d9d0bf", "#324a6d", "#c8703a", "#8f3550", "#5f8f8a")


def _bookshelf_back(document: Document, uneven: Random) -> None:
    document.path(
        rectangle(0, HEIGHT), fill=document.linear((0, 0), (0, HEIGHT), [(0, "#5a3820", 1), (1, "#3f2615", 1)])
    )
    for top, bottom in ((40, 330), (372, 790)):
        document.path(
            rectangle(top, bottom), fill=document.linear((0, top), (0, bottom), [(0, "#2b1a10", 1), (1, "#4a2f1c", 1)])
        )
    _books(document, uneven, 330, (150, 250), 62)
    _books(document, uneven, 800, (250, 350), 62)
    _plant(document, uneven, 610, 330)
    _globe(document, 1120, 800)
    _clock(document, 372, 800)
    for y in (0, 330):
        document.path(
            rectangle(y, y + 44), fill=document.linear((0, y), (0, y + 44), [(0, "#c48a52", 1), (1, "#7a4a28", 1)])
        )
        document.path(rectangle(y + 44, y + 70), fill="#1a0f08", opacity=0.35)
    for x in (0, 1544):
        side = document.linear((x, 0), (x + 56, 0), [(0, "#b57d49", 1), (1, "#8a5830", 1)])
        document.path(box(x, 0, x + 56, 1162), fill=side, stroke="#5a3820", stroke_width=3)


_KEPT: Mapping[float, Sequence[tuple[float, float]]] = {330: ((560, 660),), 800: ((308, 436), (1052, 1190))}
"""Where a row of books, by the height of its foot, leaves room for other things."""


def _plant(document: Document, uneven: Random, x: float, foot: float) -> None:
    """A pot from which leaves hang over the edge of the shelf."""
    for index in range(15):
        side = -1 if index % 2 else 1
        reach, fall = uneven.uniform(20, 62) * side, uneven.uniform(-60, 70)
        vine = ((x, foot - 66), (x + reach * 0.7, foot - 96 + fall * 0.2), (x + reach, foot - 50 + fall))
        document.path(smooth(vine, closed=False), fill="none", stroke="#3d6b35", stroke_width=4)
        for share in (0.5, 1.0):
            at = (x + reach * (0.4 + 0.6 * share), foot - 80 + (30 + fall) * share)
            plants.leaf(document, *at, 34, 60 + 50 * side, mixed("#3f7d3a", "#8cc46a", uneven.random()))
    clay = document.linear((x - 38, 0), (x + 38, 0), [(0, "#e9e2d4", 1), (0.4, "#ffffff", 1), (1, "#b3a791", 1)])
    document.path(f"M{x - 38} {foot - 68}H{x + 38}L{x + 28} {foot}H{x - 28}Z", fill=clay)


def _clock(document: Document, x: float, foot: float) -> None:
    """A round clock of brass on two feet."""
    for side in (-1, 1):
        document.path(f"M{x + side * 30} {foot - 26}L{x + side * 44} {foot}", stroke="#8a6a2c", stroke_width=10)
    brass = document.linear((x - 58, 0), (x + 58, 0), [(0, "#b98a3a", 1), (0.4, "#f3d78a", 1), (1, "#8a6224", 1)])
    document.path(ellipse(x, foot - 68, 58, 58), fill=brass, stroke="#5a3f14", stroke_width=3)
    document.path(ellipse(x, foot - 68, 44, 44), fill="#fffaf0", stroke="#8a6a2c", stroke_width=3)
    document.path(
        f"M{x} {foot - 68}V{foot - 98}M{x} {foot - 68}L{x + 22} {foot - 58}", stroke="#3a2a1c", stroke_width=5,
        stroke_linecap="round",
    )  # fmt: skip
    for turn in range(0, 360, 30):
        tick = Frame(x, foot - 68, 38, turn)
        document.path(ellipse(*tick.apply((1, 0)), 2.6, 2.6), fill="#3a2a1c")


def _bookshelf_ground(document: Document, uneven: Random) -> None:
    """The board of the shelf, between its sides; the books throw their shadow on it."""
    with document.group(clip_path=document.clip(box(58, 0, 1543, HEIGHT))):
        board(document, 796, HEIGHT, ("#a86f3f", "#d09a62"), 4)
        shadow = document.linear((0, 796), (0, 850), [(0, "#2b1608", 0.6), (1, "#2b1608", 0)])
        document.path(rectangle(796, 850), fill=shadow)


def _books(document: Document, uneven: Random, foot: float, heights: tuple[float, float], start: float) -> None:
    """A row of spines that stand on `foot`; some lean, and room is left for something else."""
    x, last = start, ""
    while x < WIDTH:
        wide, tall = uneven.uniform(34, 74), uneven.uniform(*heights)
        colour = uneven.choice([spine for spine in _SPINES if spine != last])
        last = colour
        kept = next((space for space in _KEPT[foot] if x + wide > space[0] and x < space[1]), None)
        if kept is not None:
            x = kept[1] + 2
            continue
        turn = 7 if uneven.random() < 0.14 and x > 120 else 0
        x += tall * 0.12 if turn else 0
        with document.group(transform=Frame(x, foot, 1, -turn).transform):  # it leans on the one before it
            _spine(document, wide, tall, colour, uneven.randrange(3))
        x += wide + 2


def _spine(document: Document, wide: float, tall: float, colour: str, style: int) -> None:
    dark, gold = mixed(colour, "#140a08", 0.45), "#f0d08a" if colour != "#d9d0bf" else "#8a5a3a"
    tone = document.linear((0, 0), (wide, 0), [(0, dark, 1), (0.3, colour, 1), (0.75, colour, 1), (1, dark, 1)])
    document.path(box(0, -tall, wide, 0), fill=tone, stroke="#1c100a", stroke_width=2.5)
    for up in ((0.12, 0.86), (0.2, 0.8, 0.9), (0.1, 0.5, 0.9))[style]:
        document.path(box(2, -tall * up - 5, wide - 2, -tall * up + 3), fill=gold, opacity=0.85)
    if style != 2:
        document.path(box(wide * 0.36, -tall * 0.7, wide * 0.64, -tall * 0.38), fill=gold, opacity=0.6)


def _globe(document: Document, x: float, foot: float) -> None:
    document.path(ellipse(x, foot - 8, 36, 10), fill="#7a4a28")
    document.path(f"M{x} {foot - 10}V{foot - 50}", stroke="#c9a24a", stroke_width=9)
    sea = document.radial((x - 18, foot - 122), 92, [(0, "#bfe6f5", 1), (0.6, "#4f9fc4", 1), (1, "#28607f", 1)])
    document.path(ellipse(x, foot - 100, 56, 56), fill=sea, stroke="#c9a24a", stroke_width=5)
    for across, up, wide, tall in ((-18, 118, 20, 15), (22, 92, 17, 24), (-16, 78, 12, 11)):
        document.path(ellipse(x + across, foot - up, wide, tall, turn=20), fill="#8fbf6a")


def _bookshelf_foreground(document: Document, uneven: Random) -> None:
    edge = document.linear((0, 1150), (0, 1200), [(0, "#e2b27c", 1), (0.3, "#b57d49", 1), (1, "#6b3f20", 1)])
    document.path(rectangle(1160, HEIGHT), fill=edge)
    for left, wide in ((84, 280), (1240, 276)):
        for index, colour in enumerate(("#2f6f8f", "#b5423c", "#e0a63a")):
            shift, top = uneven.uniform(-14, 14), 1164 - (index + 1) * 44
            document.path(
                box(left + shift, top, left + shift + wide, top + 42), fill=colour, stroke="#1c100a", stroke_width=3
            )
            document.path(box(left + shift + 26, top + 5, left + shift + 38, top + 37), fill="#f0d08a", opacity=0.85)
            document.path(
                box(left + shift + wide - 38, top + 5, left + shift + wide - 26, top + 37), fill="#f0d08a", opacity=0.85
            )


BOOKSHELF = Scene(
    name="bookshelf",
    tags=("warm", "books", "library", "home"),
    far=0.72,
    near=0.95,
    layers={"back": _bookshelf_back, "ground": _bookshelf_ground, "foreground": _bookshelf_foreground},
    things=((0.18, 0.28), (0.65, 0.76)),
)
