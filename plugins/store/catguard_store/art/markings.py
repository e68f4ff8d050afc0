"""Markings: what a coat lays over the fur of one part, as stains that the part's outline clips."""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass

from catguard_store.art.coats import Breed, Patch
from catguard_store.art.curves import Frame, Point, Ribbon, bounds, ellipse, shaggy, smooth, stroke
from catguard_store.art.poses import Oval, Pose
from catguard_store.art.svg import Document


@dataclass(frozen=True, slots=True)
class Stain:
    """A shape with its fill."""

    path: str
    fill: str
    opacity: float = 1.0


def blot(patch: Patch, box: tuple[float, float, float, float]) -> str:
    """The outline of a patch: an ellipse with an uneven edge, the same for the same patch."""
    left, top, right, bottom = box
    width, height = right - left, bottom - top
    uneven = random.Random(patch.wobble)
    angles = [2 * math.pi * step / 9 for step in range(9)]
    reaches = [uneven.uniform(0.78, 1.18) for _ in angles]
    rim = [
        (
            left + width * (patch.x + patch.radius_x * math.cos(angle) * reach),
            top + height * (patch.y + patch.radius_y * math.sin(angle) * reach),
        )
        for angle, reach in zip(angles, reaches, strict=True)
    ]
    # Hairs of both colours lie over its edge.
    return shaggy(rim, 15, uneven=uneven, flow=lambda share, along: (0.2, 0.5))


def on_limb(document: Document, breed: Breed, ribbon: Ribbon) -> Iterator[Stain]:
    """Dark, striped or white legs."""
    coat, palette = breed.coat, breed.palette
    if coat.points:
        dark = document.linear(ribbon.at(0.36), ribbon.at(0.72), [(0, palette.marking, 0), (1, palette.marking, 1)])
        yield Stain(ribbon.outline(0.3, 1.0, wider=1.6), dark, 0.94 * coat.points)
    if coat.rosettes:
        uneven = random.Random(round(ribbon.spine[0][0]))
        for step in range(11):
            across = (-0.5, 0.4, -0.05, 0.75)[step % 4] + uneven.uniform(-0.14, 0.14)
            x, y = ribbon.side(0.34 + step * 0.046, across)
            spot = ellipse(x, y, uneven.uniform(7, 13), uneven.uniform(8, 12), turn=uneven.uniform(0, 90))
            yield Stain(spot, palette.marking, 0.85 * coat.rosettes)
    if coat.stripes:
        for t in (0.42, 0.58, 0.74):
            spine = (ribbon.side(t - 0.02, 1.15), ribbon.side(t + 0.02, 0.5), ribbon.side(t + 0.03, -0.35))
            yield Stain(stroke(spine, 12), palette.marking, 0.85 * coat.stripes)
    if "socks" in coat.white:
        yield Stain(ribbon.outline(0.62, 1.0, wider=1.6, bow=-0.05), palette.light)


def on_paw(breed: Breed, paw: Oval) -> Iterator[Stain]:
    """Paws have the colour in which their leg ends."""
    coat, palette = breed.coat, breed.palette
    whole = ellipse(paw.x, paw.y, paw.radius_x * 1.2, paw.radius_y * 1.3)
    if coat.points:
        yield Stain(whole, palette.marking, 0.94 * coat.points)
    if "socks" in coat.white:
        yield Stain(whole, palette.light)


def on_tail(document: Document, breed: Breed, ribbon: Ribbon) -> Iterator[Stain]:
    """A dark, ringed or patched tail."""
    coat, palette = breed.coat, breed.palette
    if coat.points:
        dark = document.linear(ribbon.at(0.08), ribbon.at(0.24), [(0, palette.marking, 0), (1, palette.marking, 1)])
        yield Stain(ribbon.outline(0.06, 0.24, wider=1.6), dark, 0.95 * coat.points)
        yield Stain(ribbon.outline(0.235, 1.0, wider=1.6), palette.marking, 0.95 * coat.points)
    for patch in coat.patches:
        if patch.part == "tail":
            start, end = max(0.0, patch.y - patch.radius_y / 2), min(1.0, patch.y + patch.radius_y / 2)
            yield Stain(ribbon.outline(start, end, wider=1.4, bow=0.035), patch.colour)
    rings = max(coat.stripes, coat.rosettes)
    if rings:
        for start, end in (*((0.2 + step * 0.115, 0.25 + step * 0.115) for step in range(6)), (0.92, 1.0)):
            yield Stain(ribbon.outline(start, end, wider=1.3, bow=0.03), palette.marking, 0.87 * rings)


def on_trunk(breed: Breed, pose: Pose) -> Iterator[Stain]:
    """Bib, patches and stripes of the trunk; they run on over the tops of the near legs."""
    coat, palette = breed.coat, breed.palette
    if "bib" in coat.white:
        yield Stain(smooth(pose.bib), palette.light)
    for patch in coat.patches:
        part, _, place = patch.part.partition("-")
        if part == "body":
            oval = pose.places[int(place)]
            left, top = oval.x - oval.radius_x, oval.y - oval.radius_y
            yield Stain(blot(patch, (left, top, oval.x + oval.radius_x, oval.y + oval.radius_y)), patch.colour)
    if coat.stripes:
        for stripe in pose.stripes:
            yield Stain(stroke(stripe.spine, stripe.width), palette.marking, 0.9 * coat.stripes)
    if coat.wrinkles:
        for stripe in pose.stripes:
            yield Stain(stroke(stripe.spine, stripe.width * 0.25), palette.marking, 0.7 * coat.wrinkles)
    if coat.rosettes:
        yield from _rosettes(breed, pose)


def _rosettes(breed: Breed, pose: Pose) -> Iterator[Stain]:
    """Broken dark rings around a brown heart, spread evenly over the body with the lie of its fur."""
    palette, strength = breed.palette, breed.coat.rosettes
    left, top, right, bottom = bounds(pose.body)
    uneven, apart = random.Random(pose.grain), 88.0
    places: list[Point] = []
    for _ in range(600):
        x, y = uneven.uniform(left, right), uneven.uniform(top, bottom)
        if all((x - other) ** 2 + (y - below) ** 2 > apart**2 for other, below in places):
            places.append((x, y))
    for x, y in places:
        heart = Frame(x, y, uneven.uniform(1.1, 1.45), pose.lie + uneven.uniform(-25, 25))
        yield Stain(ellipse(x, y, 22 * heart.scale, 15 * heart.scale, turn=heart.turn), palette.shade, 0.75 * strength)
        turn = uneven.uniform(0, 360)
        for start in (0, 125, 235):
            arc = [
                heart.apply((27 * math.cos(angle), 19 * math.sin(angle)))
                for angle in (math.radians(turn + start + step * 26) for step in range(4))
            ]
            yield Stain(stroke(arc, 8.5), palette.marking, 0.92 * strength)
