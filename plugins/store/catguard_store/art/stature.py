"""Stature: what the build of a breed makes of a pose, its head, trunk, legs and tail."""

from collections.abc import Sequence
from dataclasses import replace

from catguard_store.art.coats import Breed
from catguard_store.art.curves import Frame, Point, Ribbon, bounds
from catguard_store.art.poses import GROUND, Pose

CLEAR = 150.0
"""Of a leg, what the hanging fur of a belly leaves to be seen."""

PAW = 40.0
"""Height of what is seen of a paw under a chin that lies on it."""


def built(breed: Breed, pose: Pose) -> Pose:
    """The pose with head, legs and tail as the breed has them."""
    build = breed.build
    limbs = tuple(
        replace(
            limb,
            ribbon=_thickened(limb.ribbon, build.legs),
            paw=replace(limb.paw, radius_x=limb.paw.radius_x * build.legs**0.7),
        )
        for limb in pose.limbs
    )
    hair = pose.plume if pose.plume is not None and build.long_haired else pose.tail
    head_frame = _lifted(breed, replace(pose.head, scale=pose.head.scale * build.head))
    belly = replace(pose.belly, y=pose.belly.y + _room(pose.body, build.drape) * 0.8)
    body = _hanging(pose.body, build.drape)
    return replace(pose, head=head_frame, body=body, belly=belly, limbs=limbs, tail=hair)


def _room(body: Sequence[Point], drape: float) -> float:
    """How far fur that is so long hangs below a trunk."""
    return min(drape, max(0.0, GROUND - CLEAR - bounds(body)[3]))


def _thickened(leg: Ribbon, factor: float) -> Ribbon:
    """A leg of another thickness, which still fits the trunk at its root and does not sink into the ground."""
    shares = (min(1.0, index / 2) for index in range(len(leg.widths)))
    widths = tuple(width * (1 + (factor - 1) * share) for width, share in zip(leg.widths, shares, strict=True))
    spine = tuple((x, min(y, GROUND + 2 - width)) for (x, y), width in zip(leg.spine, widths, strict=True))
    return replace(leg, spine=spine, widths=widths)


def _hanging(body: Sequence[Point], drape: float) -> tuple[Point, ...]:
    """The outline of a trunk whose fur hangs, as far as there is air below it."""
    _, top, _, bottom = bounds(body)
    middle, deeper = (top + bottom) / 2, _room(body, drape)
    return tuple((x, y + deeper * max(0.0, (y - middle) / (bottom - middle))) for x, y in body)


def tail(breed: Breed, pose: Pose) -> Ribbon:
    """The pose's tail, as thick as the breed's is at root, middle and tip."""
    root, middle, tip = breed.build.tail
    if pose.wrapped is not None:
        middle = min(middle, 1.4)  # a bushy tail is pressed to the body
    last = len(pose.tail.widths) - 1
    shares = (abs(2 * index / last - 1) for index in range(last + 1))
    factors = [
        middle + ((root if 2 * index < last else tip) - middle) * share**1.6 for index, share in enumerate(shares)
    ]
    widths = tuple(width * factor for width, factor in zip(pose.tail.widths, factors, strict=True))
    # A bushy tail lies on the ground, not in it, and its lowest hairs touch it.
    lowest = GROUND - 10 if breed.build.long_haired else GROUND + 2
    spine = tuple((x, min(y, lowest - width)) for (x, y), width in zip(pose.tail.spine, widths, strict=True))
    return Ribbon(spine, widths)


def _lifted(breed: Breed, frame: Frame) -> Frame:
    """The pose's head, higher where a long chin or beard would touch the ground."""
    chin = (146 * breed.build.chin + (breed.build.fur * 0.5 if breed.build.long_haired else 0)) * frame.scale
    return replace(frame, y=min(frame.y, GROUND - PAW / 2 - chin))
