"""Where the cats stand: on the ground, in depth order, as large as they can be without hiding each other's faces.

Cats are put in loose rows (staggered, jittered), and a placement is rejected if a face, a body or the edge of the
picture suffers. The search begins with cats that are too large and shrinks them until a placement holds: a row of
small cats side by side always does. It is made on a stage that has the picture's proportion and always the same area,
so that a picture of twice the size has the same cats in the same places. All chance comes from the generator passed in.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random
from statistics import median_high
from typing import Final

from PIL import Image, ImageOps

from catguard_catomatic.geometry import Box
from catguard_catomatic.outlines import Cover, count, scaled, scraps
from catguard_catomatic.pictures import Point

# How much smaller a cat on the far line is than one on the near line: a garden seen from a cat's friend's height. On a
# ground that takes less of the picture's height it is in proportion to that.
FAR_SCALE: Final = 0.62
SHRINKING: Final = 1.4
# A head so many times smaller or larger than the usual one of its picture is no measure: those of our drawings
# are 0.36 to 0.62 of their widths.
ODD: Final = 2.5
# The nearest cat of a picture takes at most this much of its height and width.
TALLEST, WIDEST = 0.68, 0.8
# Nothing comes nearer to the edge of the picture than this share of its shorter side.
MARGIN: Final = 0.02
# No cat's feet are higher than this share of the picture's height: a far cat is 0.62 * 0.68 of it tall.
HIGHEST_FEET: Final = 0.42
# Cats whose feet are less than this apart (of the picture's height) stand side by side and must not melt into one.
ABREAST: Final = 0.035
# How much of each face and each body must be seen, among few cats and among many. The law says 0.8 and 0.5 of a face:
# what is above it is for the coarseness of the outlines.
FEW: Final = 6
VISIBLE_OF_FEW, VISIBLE_OF_MANY = (0.88, 0.7), (0.68, 0.5)
# How much of the box of one cat the box of a nearer one may take: more of it, and they stand on each other's shoulders.
CROWDED_FEW, CROWDED_MANY = 0.34, 0.5
# What shows of a cat apart from its face is so little that nobody sees it, or so much that it is seen to be hers.
SCRAPS: Final = (0.012, 0.2)
MAXIMUM_ROWS: Final = 6
SHRINK, GROW = 0.88, 1.06  # from size to size until a placement holds, and then half a step back
TRIES: Final = 8  # of each plan of rows at each size
SMALLEST: Final = 0.2  # of the first size; below that only the row side by side is tried
# Cells of the stage: a face is some 25 cells wide where twelve cats share the picture.
AREA: Final = 40_000
# Proportions are taken in steps of 1.5 %, so that rounding to whole pixels changes nothing for most sizes.
STEPS: Final = 48


@dataclass(frozen=True, slots=True)
class Figure:
    """What the layout knows of a cat.

    Attributes:
        proportion: Width by height of its picture.
        face: What must be seen, in fractions of the picture.
        head: The length that is equal for all cats of a picture, as a fraction of its width.
        outline: What it hides of those behind it, as `outline_of` makes it.
        whole: How much of it must be seen in any company, from 0 to 1: half a card is no picture.
    """

    proportion: float
    face: Box
    head: float
    outline: Image.Image
    whole: float = 0.0

    def mirrored(self) -> "Figure":
        return replace(self, face=self.face.mirrored(), outline=ImageOps.mirror(self.outline))


@dataclass(frozen=True, slots=True)
class Ground:
    """Where cats may stand: the ends of the far line, and a point of the near line."""

    left: Point
    right: Point
    near: Point

    def spot(self, share: float, depth: float, width: float) -> Point:
        """The spot at `share` (0 left, 1 right) and `depth` (0 far, 1 near); near, all of the width is ground."""
        far_left, far_right = max(self.left[0], 0.0), min(self.right[0], width)
        x = _mix(_mix(far_left, 0.0, depth), _mix(far_right, width, depth), share)
        far = _mix(self.left[1], self.right[1], share)
        return x, _mix(far, max(self.near[1], far), depth)

    def nearness(self, feet: float) -> float:
        """How near feet are, from 0 on the far line's highest point to 1 on the near line: by height alone."""
        far = min(self.left[1], self.right[1])
        return min(1.0, max(0.0, (feet - far) / max(self.near[1] - far, 1e-9)))

    def in_view(self, height: float) -> "Ground":
        """The ground that leaves room above it for a cat: in a flat picture the far line may be out of view."""
        highest = HIGHEST_FEET * height
        left, right = ((x, max(y, highest)) for x, y in (self.left, self.right))
        return Ground(left, right, (self.near[0], min(max(self.near[1], highest), height)))

    def scaled(self, width: float, height: float) -> "Ground":
        return Ground(*((x * width, y * height) for x, y in (self.left, self.right, self.near)))


@dataclass(frozen=True, slots=True)
class Placement:
    """One cat in the picture.

    Attributes:
        figure: The index of its figure.
        box: Where its picture goes.
        face: What must be seen of it.
        depth: How near it is: 0 on the far line, 1 on the near one. The nearer, the larger.
    """

    figure: int
    box: Box
    face: Box
    mirrored: bool
    depth: float


@dataclass(frozen=True, slots=True)
class Stage:
    """What the cats stand on: its size in cells, its ground and what is drawn before the cats, in cells, too."""

    width: float
    height: float
    ground: Ground
    foreground: Image.Image

    @classmethod
    def of(cls, width: int, height: int, ground: Ground, foregrounds: Sequence[tuple[Image.Image, Box]]) -> "Stage":
        """The stage of a picture of `width` x `height` pixels.

        Args:
            width: Of the picture.
            height: Of the picture.
            ground: In fractions of the picture.
            foregrounds: The outline of each layer before the cats, and the part of it that the picture shows.
        """
        proportion = 2 ** (round(STEPS * math.log2(width / height)) / STEPS)
        wide, high = math.sqrt(AREA * proportion), math.sqrt(AREA / proportion)
        mask = Image.new("L", (max(1, round(wide)), max(1, round(high))))
        for outline, part in foregrounds:
            before = scaled(outline, *mask.size, part=part)
            mask.paste(before, (0, 0), before)
        return cls(wide, high, ground.scaled(wide, high).in_view(high), mask)

    def scale(self, nearness: float) -> float:
        """How large cats are there, by what they are on the near line."""
        far = min(self.ground.left[1], self.ground.right[1])
        return _mix(max(FAR_SCALE, 1 - SHRINKING * (self.ground.near[1] - far) / self.height), 1.0, nearness)


def arrange(figures: Sequence[Figure], stage: Stage, random: Random) -> tuple[Placement, ...]:
    """Place every figure, in cells of the stage; the farthest comes first, as it is drawn first."""
    mirrored = [random.random() < 0.5 for _ in figures]
    seen = [each.mirrored() if flip else each for each, flip in zip(_measured(figures), mirrored, strict=True)]
    troupe = _Troupe(seen, mirrored, stage)
    size = largest = troupe.largest()
    while size > largest * SMALLEST:
        if found := _search(troupe, size, random):
            return _search(troupe, size * GROW, random) or found
        size *= SHRINK
    return troupe.side_by_side()


def _measured(figures: Sequence[Figure]) -> list[Figure]:
    """The figures with heads that can be made equal: one that is nothing like the others' counts as a usual one.

    Else the cat that is said to have a speck of a head would have to be huge, and all others specks beside it.
    """
    usual = median_high(figure.head for figure in figures)
    return [each if usual / ODD <= each.head <= usual * ODD else replace(each, head=usual) for each in figures]


def _search(troupe: "_Troupe", size: float, random: Random) -> tuple[Placement, ...] | None:
    """An acceptable placement at one size: each plan of rows is tried a few times, in random order."""
    plans = [plan for plan in _row_plans(len(troupe.figures)) if troupe.fits(plan, size)]
    for rows in random.sample(plans * TRIES, len(plans) * TRIES):
        placements = troupe.in_rows(rows, size, random)
        if troupe.acceptable(placements):
            return placements
    return None


@dataclass(frozen=True, slots=True)
class _Troupe:
    """The figures on their stage. A size is the width in cells of a head on the near line: all cats have equal heads.

    The figures are as they will be seen, those that are `mirrored` already turned round.
    """

    figures: Sequence[Figure]
    mirrored: Sequence[bool]
    stage: Stage

    def largest(self) -> float:
        return min(
            min(TALLEST * self.stage.height * figure.proportion, WIDEST * self.stage.width) * figure.head
            for figure in self.figures
        )

    def fits(self, rows: Sequence[int], size: float) -> bool:
        """Whether the longest row can stand abreast: a cheap test that saves most of the tries."""
        average = sum(1 / figure.head for figure in self.figures) / len(self.figures)
        return all(
            count * average * size * self.stage.scale((row + 0.5) / len(rows)) < self.stage.width
            for row, count in enumerate(rows)
        )

    def in_rows(self, rows: Sequence[int], size: float, random: Random) -> tuple[Placement, ...]:
        order = random.sample(range(len(self.figures)), len(self.figures))
        placements = []
        side = random.choice((-1, 1))
        for row, cats in enumerate(rows):
            members, order = order[:cats], order[cats:]
            depth = (row + 0.5) / len(rows) + random.uniform(-0.2, 0.2) / len(rows)
            widest = max(size * self.stage.scale(depth) / self.figures[member].head for member in members)
            # They use the width that there is, and each row stands in the gaps of the one before it.
            pitch = min(1 / cats, widest / self.stage.width * random.uniform(1.05, 1.7))
            free, side = 1 - pitch * cats, -side
            start = (0.5 + side * random.uniform(0.15, 0.5)) * free
            for place, member in enumerate(members):
                share = start + pitch * (place + 0.5 + random.uniform(-0.12, 0.12))
                near = min(1.0, max(0.0, depth + random.uniform(-0.1, 0.1) / len(rows)))
                placements.append(self._place(member, share, near, size))
        return tuple(sorted(placements, key=lambda placement: placement.box.bottom))

    def acceptable(self, placements: Sequence[Placement]) -> bool:
        margin = MARGIN * min(self.stage.width, self.stage.height)
        face, body = VISIBLE_OF_FEW if len(self.figures) <= FEW else VISIBLE_OF_MANY
        return (
            all(self._inside(placement.box, margin) for placement in placements)
            and not any(self._clash(one.box, other.box) for one, other in itertools.combinations(placements, 2))
            and self.least_visible(placements, face=face, body=body) >= 1
            and not (len(self.figures) <= FEW and self._scrappy(placements))
        )

    def least_visible(self, placements: Sequence[Placement], *, face: float, body: float) -> float:
        """The worst share of face or body that is seen, as a multiple of what is asked; below 1 it may be too high."""
        cover, least = Cover(self.stage.foreground), math.inf
        for placement in reversed(placements):
            box, figure = placement.box.rounded(), self.figures[placement.figure]
            shape = scaled(figure.outline, box[2] - box[0], box[3] - box[1])
            seen = cover.seen_of(shape, box[0], box[1])
            least = min(least, cover.visible(placement.face.rounded()) / face)
            least = min(least, count(seen) / max(1, count(shape)) / max(body, figure.whole))
            if least < 1:
                break
            cover.add(shape, box[0], box[1])
        return least

    def _scrappy(self, placements: Sequence[Placement]) -> bool:
        """Whether something of a cat shows that nobody would know to be hers."""
        cover = Cover(Image.new("L", self.stage.foreground.size))
        for placement in reversed(placements):
            box, face = placement.box.rounded(), placement.face.rounded()
            shape = scaled(self.figures[placement.figure].outline, box[2] - box[0], box[3] - box[1])
            inside = (face[0] - box[0], face[1] - box[1], face[2] - box[0], face[3] - box[1])
            if SCRAPS[0] < scraps(cover.seen_of(shape, box[0], box[1]), shape, inside) < SCRAPS[1]:
                return True
            cover.add(shape, box[0], box[1])
        return False

    def side_by_side(self) -> tuple[Placement, ...]:
        """One row, as large as fits: what is left when there is no room for anything better.

        It stands where its faces are seen best: what grows before small cats may be higher than they are.
        """
        face, body = VISIBLE_OF_FEW if len(self.figures) <= FEW else VISIBLE_OF_MANY
        rows = [self._row(depth) for depth in (0.8, 0.6, 0.4, 0.2, 0.0)]
        return max(rows, key=lambda row: min(1.0, self.least_visible(row, face=face, body=body)))

    def _row(self, depth: float) -> tuple[Placement, ...]:
        _, feet = self.stage.ground.spot(0.5, depth, self.stage.width)
        feet = min(max(feet, 1.0), self.stage.height)
        shares = [figure.proportion for figure in self.figures]
        tall = min(0.96 * self.stage.width / sum(shares), 0.9 * feet)
        left = (self.stage.width - tall * sum(shares)) / 2
        placements = []
        for index, share in enumerate(shares):
            placements.append(self._placement(index, Box(left, feet - tall, share * tall, tall), depth))
            left += share * tall
        return tuple(placements)

    def _inside(self, box: Box, margin: float) -> bool:
        wide, high = self.stage.width - margin, self.stage.height
        return margin <= min(box.x, box.y) and box.right <= wide and box.bottom <= high

    def _clash(self, box: Box, nearer: Box) -> bool:
        """Whether one of two cats stands so far behind the other, or so near beside it, that they look like one."""
        both = box.overlap(nearer)
        if both is None:
            return False
        crowded = CROWDED_FEW if len(self.figures) <= FEW else CROWDED_MANY
        abreast = nearer.bottom - box.bottom <= ABREAST * self.stage.height
        return both.area > crowded * box.area or (abreast and both.width > 0.1 * min(box.width, nearer.width))

    def _place(self, member: int, share: float, depth: float, size: float) -> Placement:
        x, feet = self.stage.ground.spot(share, depth, self.stage.width)
        nearness = self.stage.ground.nearness(feet)
        wide = size * self.stage.scale(nearness) / self.figures[member].head
        tall = wide / self.figures[member].proportion
        margin = MARGIN * min(self.stage.width, self.stage.height)
        left = min(max(x - wide / 2, margin), self.stage.width - margin - wide)
        return self._placement(member, Box(left, feet - tall, wide, tall), nearness)

    def _placement(self, member: int, box: Box, depth: float) -> Placement:
        return Placement(member, box, self.figures[member].face.within(box), self.mirrored[member], depth)


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
