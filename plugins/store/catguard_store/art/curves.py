"""Curves: smooth outlines through points, and ribbons of varying width along a spine, as SVG path data."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from random import Random

Point = tuple[float, float]

HANDLE = 0.36
"""Length of a Bezier handle as a share of its segment; 0.36 draws a circle from eight points within 0.4 %."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A local coordinate system: where its origin lies, how much it is enlarged and turned (degrees, clockwise)."""

    x: float
    y: float
    scale: float = 1.0
    turn: float = 0.0

    def apply(self, point: Point) -> Point:
        cosine, sine = math.cos(math.radians(self.turn)), math.sin(math.radians(self.turn))
        x, y = point[0] * self.scale, point[1] * self.scale
        return self.x + x * cosine - y * sine, self.y + x * sine + y * cosine

    @property
    def transform(self) -> str:
        turned = f" rotate({number(self.turn)})" if self.turn else ""
        return f"translate({number(self.x)} {number(self.y)}){turned} scale({self.scale:.4g})"


def number(value: float) -> str:
    """Shortest text of a coordinate: two decimals are a hundredth of a pixel at the largest stored size."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


def smooth(points: Sequence[Point], *, closed: bool = True, sharp: Iterable[int] = ()) -> str:
    """Path data of a curve through `points`.

    Args:
        points: At least two, in order.
        closed: Whether the last point leads back to the first.
        sharp: Indices of the points where the curve has a corner: tips of tufts, corners of eyes.
    """
    corners = frozenset(sharp)
    count = len(points)
    pieces = [f"M{_pair(points[0])}"]
    for index in range(count if closed else count - 1):
        start, end = points[index], points[(index + 1) % count]
        length = math.dist(start, end) * HANDLE
        leaving = _tangent(points, index, closed=closed, corner=index in corners, toward=end)
        arriving = _tangent(
            points, (index + 1) % count, closed=closed, corner=(index + 1) % count in corners, back=start
        )
        first = (start[0] + leaving[0] * length, start[1] + leaving[1] * length)
        second = (end[0] - arriving[0] * length, end[1] - arriving[1] * length)
        pieces.append(f"C{_pair(first)} {_pair(second)} {_pair(end)}")
    return "".join(pieces) + ("Z" if closed else "")


def ellipse(x: float, y: float, radius_x: float, radius_y: float, *, turn: float = 0.0) -> str:
    """Path data of an ellipse, so that whatever takes an outline takes one too."""
    frame = Frame(x, y, turn=turn)
    left, right = frame.apply((-radius_x, 0)), frame.apply((radius_x, 0))
    arc = f"A{number(radius_x)} {number(radius_y)} {number(turn)} 1 1 "
    return f"M{_pair(left)}{arc}{_pair(right)}{arc}{_pair(left)}Z"


def mirrored(points: Sequence[Point]) -> tuple[Point, ...]:
    """The same points on the other side of the vertical axis, still in the order of the outline."""
    return tuple((-x, y) for x, y in reversed(points))


@dataclass(frozen=True)
class Ribbon:
    """A band along a spine: a tail, a leg, a stripe.

    `widths` are half widths, spread evenly along the spine; `t` runs from 0 at the root to 1 at the tip.
    """

    spine: tuple[Point, ...]
    widths: tuple[float, ...]
    round_tip: bool = True

    @cached_property
    def samples(self) -> tuple[Point, ...]:
        """Points along the spine, root and tip included."""
        return (*_sampled((self.spine[0], *self.spine, self.spine[-1])), self.spine[-1])

    def at(self, t: float) -> Point:
        return _interpolate_points(self.samples, t)

    def normal(self, t: float) -> Point:
        """Unit vector to the left of the way from root to tip."""
        before, after = self.at(max(0.0, t - 0.02)), self.at(min(1.0, t + 0.02))
        length = math.dist(before, after) or 1.0
        return (after[1] - before[1]) / length, -(after[0] - before[0]) / length

    def width(self, t: float) -> float:
        return _interpolate(self.widths, t)

    def side(self, t: float, share: float) -> Point:
        """The point beside the spine at `share` of the half width: 1 is the left edge, -1 the right one."""
        (x, y), (normal_x, normal_y), width = self.at(t), self.normal(t), self.width(t) * share
        return x + normal_x * width, y + normal_y * width

    def edge(self, start: float = 0.0, *, steps: int = 10) -> tuple[Point, ...]:
        """The outline from `start` on as points: up the left side, around the tip and down the right side."""
        along = [start + (1 - start) * step / steps for step in range(steps + 1)]
        (x, y), (normal_x, normal_y), width = self.at(1.0), self.normal(1.0), self.width(1.0)
        tip = (x - width * normal_y, y + width * normal_x)
        return (*(self.side(t, 1) for t in along), tip, *(self.side(t, -1) for t in reversed(along)))

    def outline(self, start: float = 0.0, end: float = 1.0, *, wider: float = 1.0, bow: float = 0.0) -> str:
        """Path data of the band between two `t`.

        Args:
            start: Where it begins.
            end: Where it ends.
            wider: Lets a marking run over the edge that clips it.
            bow: By which `t` its two ends bend forwards in the middle, as rings around something round do.
        """
        steps = max(4, round((end - start) * 14))
        along = [start + (end - start) * step / steps for step in range(steps + 1)]
        left = [self.side(t, wider) for t in along]
        right = [self.side(t, -wider) for t in reversed(along)]
        back = [self.at(start + bow)] if bow else []
        if end < 1 or not self.round_tip:
            front = [self.at(end + bow)] if bow else []
            after = steps + 1 + len(front)
            return smooth([*left, *front, *right, *back], sharp=(0, steps, after, after + steps))
        (x, y), (normal_x, normal_y), width = self.at(1.0), self.normal(1.0), self.width(1.0) * wider
        cap = [
            (x + width * (normal_x * across - normal_y * along), y + width * (normal_y * across + normal_x * along))
            for across, along in ((0.71, 0.71), (0, 1), (-0.71, 0.71))
        ]
        return smooth([*left, *cap, *right, *back], sharp=(0, 2 * steps + 4))


def stroke(spine: Sequence[Point], width: float) -> str:
    """Path data of one brush stroke: thickest before the middle, thin at both ends. `width` is the half width."""
    return Ribbon(tuple(spine), (width * 0.35, width, width * 0.85, width * 0.12)).outline()


def shaggy(
    points: Sequence[Point],
    length: float,
    *,
    uneven: Random,
    flow: Callable[[float, Point], Point],
    amount: Callable[[Point], float] = lambda point: 1.0,
) -> str:
    """Path data of a closed outline that ends in tufts of fur.

    Args:
        points: The outline under the fur, clockwise as it is seen.
        length: Of the longest tufts; they are about as wide.
        uneven: Varies them, and groups them: a few long ones, then some short ones.
        flow: Where a tuft at a share 0..1 of the way around is combed to, added to its direction outwards; it gets
            the direction of the outline there.
        amount: How long the fur is at a place, as a share of `length`.
    """
    samples = _sampled((points[-1], *points, *points[:2]))
    count = len(samples)
    lengths = [math.dist(samples[index], samples[(index + 1) % count]) for index in range(count)]
    whole = sum(lengths)
    tufts = max(6, round(whole / (length * 0.8)))
    # Broad locks beside narrow ones, in groups: equal teeth would look like a saw.
    sizes = [uneven.uniform(0.5, 1.1) * (1.5 if math.sin(index * 1.9 + 1) > 0.1 else 0.75) for index in range(tufts)]
    places = [whole * before / sum(sizes) for before in accumulate(sizes[:-1], initial=0.0)]
    roots: list[Point] = []
    walked = 0.0
    for index, piece in enumerate(lengths):
        while len(roots) < tufts and places[len(roots)] <= walked + piece:
            share = (places[len(roots)] - walked) / (piece or 1.0)
            start, end = samples[index], samples[(index + 1) % count]
            roots.append((start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share))
        walked += piece
    tufts = len(roots)
    pieces = [f"M{_pair(roots[0])}"]
    for index, root in enumerate(roots):
        after = roots[(index + 1) % len(roots)]
        step = math.dist(root, after) or 1.0
        along = ((after[0] - root[0]) / step, (after[1] - root[1]) / step)
        combed = flow(index / tufts, along)
        reach = min(length, 0.36 * length + 0.4 * step) * uneven.uniform(0.7, 1.15) * amount(root)
        lean = uneven.uniform(-0.22, 0.22)
        tip = (
            (root[0] + after[0]) / 2 + (along[1] + combed[0] + lean * along[0]) * reach * 0.7,
            (root[1] + after[1]) / 2 + (-along[0] + combed[1] + lean * along[1]) * reach * 0.7,
        )
        pieces.append(f"Q{_pair(_bulge(root, tip, along, reach))} {_pair(tip)}")
        pieces.append(f"Q{_pair(_bulge(tip, after, along, reach))} {_pair(after)}")
    return "".join(pieces) + "Z"


def _bulge(start: Point, end: Point, along: Point, reach: float) -> Point:
    """The control point of one side of a tuft, bent outwards."""
    return (start[0] + end[0]) / 2 + along[1] * reach * 0.16, (start[1] + end[1]) / 2 - along[0] * reach * 0.16


def bounds(points: Iterable[Point]) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of a set of points."""
    pairs = tuple(points)
    return min(x for x, _ in pairs), min(y for _, y in pairs), max(x for x, _ in pairs), max(y for _, y in pairs)


def _pair(point: Point) -> str:
    return f"{number(point[0])} {number(point[1])}"


def _tangent(
    points: Sequence[Point],
    index: int,
    *,
    closed: bool,
    corner: bool,
    toward: Point | None = None,
    back: Point | None = None,
) -> Point:
    here, count = points[index], len(points)
    before = points[index - 1] if closed or index > 0 else here
    after = points[(index + 1) % count] if closed or index < count - 1 else here
    if corner:
        before, after = (here, toward) if toward is not None else (back or here, here)
    length = math.dist(before, after) or 1.0
    return (after[0] - before[0]) / length, (after[1] - before[1]) / length


def _sampled(padded: Sequence[Point]) -> list[Point]:
    """Points of a Catmull-Rom curve without its last one, 12 a segment: more cannot be seen. The ends only steer it."""
    return [
        _catmull_rom(padded[index : index + 4], step / 12) for index in range(len(padded) - 3) for step in range(12)
    ]


def _catmull_rom(four: Sequence[Point], t: float) -> Point:
    def axis(p0: float, p1: float, p2: float, p3: float) -> float:
        linear, square, cube = p2 - p0, 2 * p0 - 5 * p1 + 4 * p2 - p3, 3 * p1 - p0 - 3 * p2 + p3
        return 0.5 * (2 * p1 + linear * t + square * t * t + cube * t**3)

    return axis(*(point[0] for point in four)), axis(*(point[1] for point in four))


def _interpolate(values: Sequence[float], t: float) -> float:
    place = min(max(t, 0.0), 1.0) * (len(values) - 1)
    index = min(int(place), len(values) - 2)
    return values[index] + (values[index + 1] - values[index]) * (place - index)


def _interpolate_points(points: Sequence[Point], t: float) -> Point:
    place = min(max(t, 0.0), 1.0) * (len(points) - 1)
    index = min(int(place), len(points) - 2)
    (x, y), (right, lower), share = points[index], points[index + 1], place - index
    return x + (right - x) * share, y + (lower - y) * share
