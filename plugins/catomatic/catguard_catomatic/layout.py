"""Where the cats stand: on the ground, in depth order, as large as they can be without hiding each other's faces.

Cats are put in loose rows (staggered, jittered), and a placement is rejected if a face, a body or the edge of the
picture suffers. The search begins with cats that are too large and shrinks them until a placement holds: a row of
small cats side by side always does. Pure geometry over plain data; all chance comes from the generator passed in.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from catguard_catomatic.geometry import Box, Window, cover, visible_share
from catguard_catomatic.pictures import Point

# How much smaller a cat on the far line is than one on the near line: a garden seen from a cat's friend's height.
FAR_SCALE = 0.62
# The nearest cat of a picture takes at most this much of its height and width.
TALLEST, WIDEST = 0.68, 0.8
# Nothing comes nearer to the edge of the picture than this share of its shorter side.
MARGIN = 0.02
# No cat's feet are higher than this share of the picture's height: a far cat is 0.62 * 0.68 of it tall.
HIGHEST_FEET = 0.42
# Cats whose feet are less than this apart (of the picture's height) stand side by side and must not melt into one.
ABREAST = 0.035
# How much of each face and each body must be seen, among few cats and among many.
FEW = 6
VISIBLE_OF_FEW, VISIBLE_OF_MANY = (0.88, 0.5), (0.68, 0.4)
MAXIMUM_ROWS = 6
SHRINK, GROW = 0.88, 1.06  # from size to size until a placement holds, and then half a step back
TRIES = 3  # of each plan of rows at each size
SMALLEST = 0.25  # of the first size; below that only the row side by side is tried


@dataclass(frozen=True, slots=True)
class Figure:
    """What the layout knows of a cat: width by height of its picture, and its face in fractions of the picture."""

    proportion: float
    face: Box

    @property
    def shape(self) -> tuple[Box, Box]:
        """What the cat hides of those behind it, in fractions of its picture: a head with ears, and below it all."""
        head = Box(self.face.x, 0, self.face.width, self.face.bottom)
        return head, Box(0, self.face.bottom, 1, 1 - self.face.bottom)


@dataclass(frozen=True, slots=True)
class Ground:
    """Where cats may stand, in pixels: the ends of the far line, and a point of the near line."""

    left: Point
    right: Point
    near: Point

    def spot(self, share: float, depth: float, width: int) -> Point:
        """The spot at `share` (0 left, 1 right) and `depth` (0 far, 1 near); near, all of the width is ground."""
        far_left, far_right = max(self.left[0], 0.0), min(self.right[0], float(width))
        x = _mix(_mix(far_left, 0.0, depth), _mix(far_right, float(width), depth), share)
        far = _mix(self.left[1], self.right[1], share)
        return x, _mix(far, max(self.near[1], far), depth)

    def in_view(self, height: int) -> "Ground":
        """The ground that leaves room above it for a cat: in a flat picture the far line may be out of view."""
        highest = HIGHEST_FEET * height
        left, right = ((x, max(y, highest)) for x, y in (self.left, self.right))
        return Ground(left, right, (self.near[0], min(max(self.near[1], highest), float(height))))


@dataclass(frozen=True, slots=True)
class Placement:
    """One cat in the picture.

    Attributes:
        figure: The index of its figure.
        box: Where its picture goes, in whole pixels.
        face: What must be seen of it, in pixels.
        shape: What it hides of the cats behind it, in pixels.
        depth: How near it is: 0 on the far line, 1 on the near one.
    """

    figure: int
    box: Box
    face: Box
    shape: tuple[Box, ...]
    mirrored: bool
    depth: float


def scene_window(proportion: float, ground: Ground, width: int, height: int, random: Random) -> Window:
    """The part of a scene to show: it fills the picture, and its ground is in view.

    Args:
        proportion: Width by height of the scene.
        ground: Where cats may stand, in fractions of the scene.
        width: Of the picture, in pixels.
        height: Of the picture, in pixels.
        random: Moves the view sideways where the scene is wider than the picture.
    """
    share_y = min(1.0, proportion * height / width)
    middle_x = _mix(ground.left[0], ground.right[0], random.uniform(0.35, 0.65))
    middle_y = ground.near[1] + 0.05 * share_y - share_y / 2
    return cover(proportion, width, height, focus=(middle_x, middle_y))


def arrange(
    figures: Sequence[Figure], ground: Ground, width: int, height: int, random: Random
) -> tuple[Placement, ...]:
    """Place every figure in a picture of `width` x `height` pixels; the farthest comes first, as it is drawn first."""
    mirrored = [random.random() < 0.5 for _ in figures]
    stage = _Stage(
        [
            Figure(each.proportion, each.face.mirrored()) if flip else each
            for each, flip in zip(figures, mirrored, strict=True)
        ],
        mirrored,
        [random.uniform(0.95, 1.05) for _ in figures],
        ground.in_view(height),
        width,
        height,
    )
    size = largest = stage.largest()
    while size > largest * SMALLEST:
        if found := _search(stage, size, random):
            return _search(stage, size * GROW, random) or found
        size *= SHRINK
    return stage.side_by_side()


def _search(stage: "_Stage", size: float, random: Random) -> tuple[Placement, ...] | None:
    """An acceptable placement at one size: each plan of rows is tried a few times, in random order."""
    face, body = VISIBLE_OF_FEW if len(stage.figures) <= FEW else VISIBLE_OF_MANY
    plans = [plan for plan in _row_plans(len(stage.figures)) if stage.fits(plan, size)]
    for rows in random.sample(plans * TRIES, len(plans) * TRIES):
        placements = stage.in_rows(rows, size, random)
        if stage.acceptable(placements, face=face, body=body):
            return placements
    return None


@dataclass(frozen=True, slots=True)
class _Stage:
    """The picture to fill. A size is the width in pixels of a face on the near line: all cats have equal heads.

    The figures are as they will be seen, those that are `mirrored` already turned round.
    """

    figures: Sequence[Figure]
    mirrored: Sequence[bool]
    variation: Sequence[float]
    ground: Ground
    width: int
    height: int

    def largest(self) -> float:
        return min(
            min(TALLEST * self.height * figure.proportion, WIDEST * self.width) * figure.face.width
            for figure in self.figures
        )

    def fits(self, rows: Sequence[int], size: float) -> bool:
        """Whether the longest row can stand abreast: a cheap test that saves most of the tries."""
        average = sum(1 / figure.face.width for figure in self.figures) / len(self.figures)
        return all(
            count * average * size * _mix(FAR_SCALE, 1.0, (row + 0.5) / len(rows)) < self.width
            for row, count in enumerate(rows)
        )

    def in_rows(self, rows: Sequence[int], size: float, random: Random) -> tuple[Placement, ...]:
        order = random.sample(range(len(self.figures)), len(self.figures))
        placements = []
        for row, count in enumerate(rows):
            members, order = order[:count], order[count:]
            depth = (row + 0.5) / len(rows) + random.uniform(-0.2, 0.2) / len(rows)
            widest = max(self._width(member, size, depth) for member in members) / self.width
            # Company stands together, a little more than a cat apart, somewhere in the width that there is.
            pitch = min(1 / count, widest * random.uniform(1.02, 1.3))
            free = 1 - pitch * count
            start = random.uniform(0.2, 0.8) * free
            for place, member in enumerate(members):
                share = start + pitch * (place + 0.5 + random.uniform(-0.12, 0.12))
                near = min(1.0, max(0.0, depth + random.uniform(-0.1, 0.1) / len(rows)))
                placements.append(self._place(member, share, near, size))
        return tuple(sorted(placements, key=lambda placement: placement.box.bottom))

    def acceptable(self, placements: Sequence[Placement], *, face: float, body: float) -> bool:
        margin = MARGIN * min(self.width, self.height)
        indexes = range(len(placements))
        return (
            all(self._inside(placement.box, margin) for placement in placements)
            and not any(self._melt(one.box, other.box) for one, other in itertools.combinations(placements, 2))
            and all(face_visible(placements, index) >= face for index in indexes)
            and all(_body_visible(placements, index) >= body for index in indexes)
        )

    def side_by_side(self) -> tuple[Placement, ...]:
        """One row on the near ground, as large as fits: what is left when there is no room for anything better."""
        _, feet = self.ground.spot(0.5, 0.8, self.width)
        feet = min(max(feet, 1.0), float(self.height))
        shares = [figure.proportion for figure in self.figures]
        tall = min(0.96 * self.width / sum(shares), 0.9 * feet)
        left = (self.width - tall * sum(shares)) / 2
        placements = []
        for index, share in enumerate(shares):
            placements.append(self._framed(index, Box(left, feet - tall, share * tall, tall), 0.8))
            left += share * tall
        return tuple(placements)

    def _inside(self, box: Box, margin: float) -> bool:
        return margin <= min(box.x, box.y) and box.right <= self.width - margin and box.bottom <= self.height

    def _melt(self, box: Box, nearer: Box) -> bool:
        if nearer.bottom - box.bottom > ABREAST * self.height:
            return False
        both = box.overlap(nearer)
        return both is not None and both.width > 0.1 * min(box.width, nearer.width)

    def _width(self, member: int, size: float, depth: float) -> float:
        return size * self.variation[member] * _mix(FAR_SCALE, 1.0, depth) / self.figures[member].face.width

    def _place(self, member: int, share: float, depth: float, size: float) -> Placement:
        x, feet = self.ground.spot(share, depth, self.width)
        wide = self._width(member, size, depth)
        tall = wide / self.figures[member].proportion
        margin = MARGIN * min(self.width, self.height) + 1
        left = min(max(x - wide / 2, margin), self.width - margin - wide)
        return self._framed(member, Box(left, feet - tall, wide, tall), depth)

    def _framed(self, member: int, box: Box, depth: float) -> Placement:
        """The placement in whole pixels, inside the picture."""
        wide = min(max(1, round(box.width)), self.width)
        tall = min(max(1, round(box.height)), self.height)
        left = min(max(0, round(box.x)), self.width - wide)
        top = round(box.y) if tall + round(box.y) <= self.height else self.height - tall
        whole = Box(left, top, wide, tall)
        figure = self.figures[member]
        shape = tuple(part.within(whole) for part in figure.shape)
        return Placement(member, whole, figure.face.within(whole), shape, self.mirrored[member], depth)


def face_visible(placements: Sequence[Placement], index: int) -> float:
    """How much of a face those in front leave visible, from 0 to 1. The placements are in drawing order."""
    return visible_share(placements[index].face, _shapes(placements[index + 1 :]))


def _body_visible(placements: Sequence[Placement], index: int) -> float:
    # A face that reaches the lower edge leaves no body below it.
    parts = [part for part in placements[index].shape if part.area > 0]
    nearer = _shapes(placements[index + 1 :])
    return sum(part.area * visible_share(part, nearer) for part in parts) / sum(part.area for part in parts)


def _shapes(placements: Sequence[Placement]) -> list[Box]:
    return [part for placement in placements for part in placement.shape]


def _row_plans(count: int) -> list[tuple[int, ...]]:
    """How many cats stand in each row, far rows first: the odd ones in the far or the near rows."""
    plans = []
    for rows in range(1, min(count, MAXIMUM_ROWS) + 1):
        quotient, rest = divmod(count, rows)
        plan = tuple(quotient + (row < rest) for row in range(rows))
        plans += [plan, plan[::-1]] if rest else [plan]
    return plans


def _mix(first: float, second: float, share: float) -> float:
    return first + (second - first) * share
