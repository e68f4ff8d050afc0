"""What scenes are built of: their type, and skies, hills, lawns and boards that fill the width of the canvas."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from catguard_store.art import plants
from catguard_store.art.curves import Point, number, smooth
from catguard_store.art.svg import Document, mixed

WIDTH, HEIGHT = 1600.0, 1200.0

BELOW_HORIZON = 40.0
"""How far below the end of its gradient a sky is seen, between hills."""

GLOW = 760.0
"""How far the light of a sky reaches."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A place for cats.

    Attributes:
        name: Stands where a cat's picture has its breed.
        tags: One of `warm` and `cool` is the colour of the light; `night` says that there is little of it.
        far: Height of the farthest line on which a cat may stand, 0..1 from the top; there the ground ends.
        near: Height of the nearest line.
        layers: By name, what paints each, from back to front. `back` is opaque; `ground` is what cats stand on, and
            hides the feet of what stands behind it; cats go between it and `foreground`.
        things: Left and right end, 0..1, of what is high: whoever shows a part of the scene can leave no crumb of it.
    """

    name: str
    tags: tuple[str, ...]
    far: float
    near: float
    layers: Mapping[str, Callable[[Document, Random], None]]
    things: Sequence[tuple[float, float]] = ()


def rectangle(top: float, bottom: float) -> str:
    return f"M0 {top}H{WIDTH:.0f}V{bottom}H0Z"


def sky(document: Document, top: str, bottom: str, horizon: float, glow: tuple[float, float, str]) -> None:
    """The sky and its light as far down as hills leave it to be seen: what they cover takes most of the time."""
    end = horizon + BELOW_HORIZON
    document.path(rectangle(0, end), fill=document.linear((0, 0), (0, horizon), [(0, top, 1), (1, bottom, 1)]))
    x, y, colour = glow
    document.path(
        box(max(0.0, x - GLOW), 0, min(WIDTH, x + GLOW), end),
        fill=document.radial((x, y), GLOW, [(0, colour, 0.95), (0.25, colour, 0.45), (1, colour, 0)]),
    )


def ridge(document: Document, uneven: Random, level: float, bump: float, count: int, colour: str) -> None:
    """A line of round tree tops or hills, filled down to the bottom."""
    step = WIDTH / count
    tops: list[Point] = [(-step, HEIGHT), (-step, level)]
    for index in range(count + 2):
        tops += [
            ((index - 0.5) * step, level - bump * uneven.uniform(0.6, 1.1)),
            (index * step, level - bump * uneven.uniform(0.0, 0.3)),
        ]
    tops.append((WIDTH + 2 * step, HEIGHT))
    document.path(smooth(tops, sharp=(0, 1, len(tops) - 1)), fill=colour)


@dataclass(frozen=True, slots=True)
class Lawn:
    """Grass from its horizon to the viewer; a part of it goes with the back, and the rest is ground.

    Attributes:
        horizon: The y where it begins.
        far: Colour there.
        near: Colour at the lower edge.
    """

    horizon: float
    far: str
    near: str

    def paint(self, document: Document, uneven: Random, tufts: int, *, top: float | None = None) -> None:
        """Paint it from `top`, else from the horizon on; the same place has the same colour either way."""
        edge, horizon = self.horizon if top is None else top, self.horizon
        rim = [
            (-40.0, HEIGHT + 20), (-40.0, edge + 6), (400, edge - 6), (800, edge + 4), (1200, edge - 5),
            (1640.0, edge + 6), (1640.0, HEIGHT + 20),
        ]  # fmt: skip
        middle = mixed(self.far, self.near, 0.55)
        shade = document.linear((0, horizon), (0, HEIGHT), [(0, self.far, 1), (0.5, middle, 1), (1, self.near, 1)])
        document.path(smooth(rim, sharp=(0, 1, 5, 6)), fill=shade)
        if top is not None:
            for x in range(-10, 1620, 17):
                self._tuft(document, uneven, x + uneven.uniform(-8, 8), edge + uneven.uniform(4, 12))
        for index in range(tufts):
            down = (index / tufts) ** 1.2
            self._tuft(document, uneven, uneven.uniform(0, WIDTH), edge + 14 + down * (HEIGHT - edge - 20))

    def _tuft(self, document: Document, uneven: Random, x: float, y: float) -> None:
        depth = min(1.0, (y - self.horizon) / (HEIGHT - self.horizon))
        tone = mixed(self.near, self.far, 0.75 - 0.6 * depth)
        plants.grass(document, uneven, (x, y), 12 + 34 * depth, tone)


def box(left: float, top: float, right: float, bottom: float) -> str:
    """Path data of an upright rectangle."""
    return f"M{number(left)} {number(top)}H{number(right)}V{number(bottom)}H{number(left)}Z"


def board(
    document: Document,
    top: float,
    bottom: float,
    tones: tuple[str, str],
    planks: int,
    *,
    seen: tuple[float, float] | None = None,
) -> None:
    """A wooden surface seen from above, with its planks and grain.

    Args:
        document: Where to.
        top: The y of its far edge.
        bottom: The y of its near edge.
        tones: Its colours there.
        planks: How many it has.
        seen: The part of it to paint, as two y: parts of one board that meet show no seam.
    """
    far, near = tones
    if seen is not None:
        with document.group(clip_path=document.clip(rectangle(*seen))):
            board(document, top, bottom, tones, planks)
        return
    uneven = Random(planks)
    document.path(rectangle(top, bottom), fill=document.linear((0, top), (0, bottom), [(0, far, 1), (1, near, 1)]))
    dark = mixed(far, "#2a1408", 0.55)
    for plank in range(1, planks):
        # Planks grow towards the viewer.
        y = top + (bottom - top) * (plank / planks) ** 1.35
        document.path(f"M0 {number(y)}H{WIDTH:.0f}", stroke=dark, stroke_width=2 + 2 * plank / planks, opacity=0.35)
    for _ in range(60):
        y, x = uneven.uniform(top + 4, bottom - 4), uneven.uniform(-60, WIDTH)
        long = uneven.uniform(60, 240)
        grain = smooth([(x, y), (x + long / 2, y + uneven.uniform(-3, 3)), (x + long, y)], closed=False)
        document.path(grain, fill="none", stroke=dark, stroke_width=2, opacity=0.16)
