"""Variation: no two cats of a breed are alike; a seed changes a breed and a pose a little, within what they are."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from catguard_store.art.coats import Breed, Palette, Patch
from catguard_store.art.curves import Frame, Point, Ribbon
from catguard_store.art.poses import Oval, Pose, Stripe
from catguard_store.art.svg import mixed

TILT = 5.0
"""Degrees by which a head is turned at most: more would take a resting chin off its paws."""

SWING = 16.0
"""Degrees by which the tip of a free tail is turned about its root at most."""


def varied(breed: Breed, pose: Pose, seed: int) -> tuple[Breed, Pose]:
    """The breed and pose of one cat.

    Args:
        breed: As it stands in the catalogue.
        pose: Likewise.
        seed: 0 changes nothing; the same seed changes the same.
    """
    if not seed:
        return breed, pose
    uneven = Random(f"{breed.name}/{pose.name}/{seed}")
    return _breed(breed, uneven), _pose(pose, uneven, seed)


def _breed(breed: Breed, uneven: Random) -> Breed:
    build = breed.build
    build = replace(
        build,
        ear=build.ear * uneven.uniform(0.96, 1.04),
        cheek=build.cheek * uneven.uniform(0.975, 1.025),
        eye=build.eye * uneven.uniform(0.96, 1.04),
        slant=build.slant + uneven.uniform(-1.5, 1.5),
    )
    patches = tuple(_patch(patch, uneven) for patch in breed.coat.patches)
    palette = _palette(breed.palette, uneven)
    return replace(breed, palette=palette, build=build, coat=replace(breed.coat, patches=patches))


def _palette(palette: Palette, uneven: Random) -> Palette:
    """A lighter or darker coat, and eyes of another nuance."""
    deeper, paler = uneven.uniform(0, 0.3), uneven.uniform(0, 0.2)
    fur = mixed(palette.fur, uneven.choice((palette.shade, palette.light)), uneven.uniform(0, 0.14))
    iris = mixed(mixed(palette.iris, palette.iris_edge, deeper), "#ffffff", paler)
    return replace(palette, fur=fur, iris=iris)


def _patch(patch: Patch, uneven: Random) -> Patch:
    if patch.part.endswith("ear"):
        return patch
    near, size = (0.02, (0.94, 1.06)) if patch.part == "tail" else (0.07, (0.82, 1.16))
    return replace(
        patch,
        x=patch.x + uneven.uniform(-near, near),
        y=patch.y + uneven.uniform(-near, near),
        radius_x=patch.radius_x * uneven.uniform(*size),
        radius_y=patch.radius_y * uneven.uniform(*size),
        wobble=uneven.randrange(1_000_000),
    )


def _pose(pose: Pose, uneven: Random, seed: int) -> Pose:
    x, y = _moved((pose.head.x, pose.head.y), uneven.uniform(-8, 8), uneven.uniform(-8, 4))
    head = replace(pose.head, x=x, y=y, turn=pose.head.turn + uneven.uniform(-TILT, TILT))
    swing = uneven.uniform(-SWING, SWING)
    return replace(
        pose,
        head=head,
        tail=_swung(pose.tail, swing) if pose.wrapped is None else _drawn_in(pose.tail, uneven),
        plume=None if pose.plume is None else _swung(pose.plume, swing),
        stripes=tuple(_stripe(stripe, uneven) for stripe in pose.stripes),
        places=tuple(_place(place, uneven) for place in pose.places),
        grain=f"{pose.grain}/{seed}",
    )


def _swung(tail: Ribbon, degrees: float) -> Ribbon:
    """A tail turned about its root, the more the nearer to the tip."""
    root, last = tail.spine[0], len(tail.spine) - 1
    return replace(tail, spine=tuple(_turned(point, root, degrees * i / last) for i, point in enumerate(tail.spine)))


def _turned(point: Point, about: Point, degrees: float) -> Point:
    return Frame(*about, 1, degrees).apply((point[0] - about[0], point[1] - about[1]))


def _drawn_in(tail: Ribbon, uneven: Random) -> Ribbon:
    """A tail around the body, longer or shorter, its tip higher or lower."""
    along, up = uneven.uniform(-46, 40), uneven.uniform(-22, 12)
    return replace(tail, spine=(*_nudged(tail.spine[:-1], along * 0.4), _moved(tail.spine[-1], along, up)))


def _nudged(spine: Sequence[Point], along: float) -> tuple[Point, ...]:
    """All but the hidden root and the bend behind the body."""
    return tuple(point if index < 4 else _moved(point, along, 0) for index, point in enumerate(spine))


def _moved(point: Point, across: float, down: float) -> Point:
    return point[0] + across, point[1] + down


def _stripe(stripe: Stripe, uneven: Random) -> Stripe:
    across, down = uneven.uniform(-9, 9), uneven.uniform(-7, 7)
    spine = tuple(_moved(point, across + uneven.uniform(-5, 5), down) for point in stripe.spine)
    return Stripe(spine, stripe.width * uneven.uniform(0.74, 1.14))


def _place(place: Oval, uneven: Random) -> Oval:
    return Oval(
        place.x + uneven.uniform(-18, 18),
        place.y + uneven.uniform(-14, 14),
        place.radius_x * uneven.uniform(0.85, 1.12),
        place.radius_y * uneven.uniform(0.85, 1.12),
    )
