"""A cat: one breed in one pose becomes one SVG document, with the anchors of its parts."""

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from catguard_store.art import head, markings
from catguard_store.art.breeds import Breed, mixed
from catguard_store.art.curves import Frame, Point, bounds, smooth, stroke
from catguard_store.art.markings import Stain
from catguard_store.art.poses import GROUND, Limb, Oval, Pose
from catguard_store.art.svg import Document

HAIRS = 120

TOP = 80.0
HEIGHT = TOP + GROUND + 20
"""Of a canvas: ears of the tallest breed end below its top, the contour of the paws above its bottom."""


@dataclass(frozen=True, slots=True)
class Sketch:
    """A drawing before it is rasterised: SVG text, its canvas, and anchors in the canvas's units."""

    svg: str
    width: float
    height: float
    anchors: Mapping[str, Point]


def draw(breed: Breed, pose: Pose) -> Sketch:
    """Paint from back to front: outline, tail, far legs, trunk, near legs, head."""
    painter = _Painter(Document(pose.width, HEIGHT, top=-TOP), breed, pose)
    painter.contour()
    painter.tail()
    for limb in pose.limbs:
        if not limb.near:
            painter.limb(limb)
    painter.trunk()
    for foot in pose.feet:
        painter.paw(foot)
    for limb in pose.limbs:
        if limb.near:
            painter.limb(limb)
    painter.head_shadow()
    head.draw(painter.document, breed, pose.head)
    paw = pose.limbs[-1 if pose.feet else -2].paw
    anchors = {
        **head.extent(pose.head, breed.build),
        "paw": (paw.x, paw.y),
        "tail": pose.tail.at(0.8),
    }
    return Sketch(painter.document.text(), pose.width, HEIGHT, {name: (x, y + TOP) for name, (x, y) in anchors.items()})


class _Painter:
    """Paints the parts of one cat on one document."""

    def __init__(self, document: Document, breed: Breed, pose: Pose) -> None:
        self.document = document
        self.breed = breed
        self.pose = pose
        palette = breed.palette
        self._fur = document.radial(
            (pose.width * 0.42, GROUND * 0.38), GROUND * 0.72,
            [(0, palette.fur, 1), (0.5, palette.fur, 1), (1, palette.shade, 1)],
        )  # fmt: skip
        self._body = smooth(pose.body)

    def contour(self) -> None:
        """One line around all parts together, laid down first so that no line crosses a joint."""
        line = self.breed.palette.line
        shapes = [self._body, self.pose.tail.outline()]
        shapes += [limb.ribbon.outline() for limb in self.pose.limbs]
        shapes += [_paw_outline(paw) for paw in (*self.pose.feet, *(limb.paw for limb in self.pose.limbs))]
        for shape in shapes:
            self.document.path(shape, fill=line, stroke=line, stroke_width=11, stroke_linejoin="round")

    def tail(self) -> None:
        ribbon = self.pose.tail
        shape = ribbon.outline()
        self.document.path(shape, fill=self._fur)
        self._stain([shape], markings.on_tail(self.document, self.breed, ribbon))
        self._round_off(shape, 50, 0.4)
        self.document.path(shape, fill="none", stroke=self.breed.palette.line, stroke_width=5)

    def limb(self, limb: Limb) -> None:
        document, palette, ribbon = self.document, self.breed.palette, limb.ribbon
        shape = ribbon.outline()
        if not limb.near:
            document.path(shape, fill=self._fur)
        self._stain([shape], markings.on_limb(document, self.breed, ribbon))
        with document.group(**self._fade(limb)):
            self._round_off(shape, 44, 0.34)
        self.paw(limb.paw)
        if not limb.near:
            document.path(shape, fill=palette.line, opacity=0.32)
            document.path(_paw_outline(limb.paw), fill=palette.line, opacity=0.32)
            return
        edge = document.linear(
            ribbon.at(0), ribbon.at(1), [(0.2, palette.line, 0), (0.6, palette.line, 0.45), (1, palette.line, 0.6)]
        )
        for side in (1, -1):
            line = smooth([ribbon.side(0.1 + step / 12, side) for step in range(11)], closed=False)
            document.path(line, fill="none", stroke=edge, stroke_width=5, stroke_linecap="round")

    def paw(self, paw: Oval) -> None:
        document, line = self.document, self.breed.palette.line
        shape = _paw_outline(paw)
        document.path(shape, fill=self._fur)
        self._stain([shape], markings.on_paw(self.breed, paw))
        self._round_off(shape, 30, 0.34)
        document.path(shape, fill="none", stroke=line, stroke_width=4.5, opacity=0.55)
        for side in (-1, 1):
            toe = [
                (paw.x + side * across * paw.radius_x, paw.y + down * paw.radius_y)
                for across, down in ((0.3, 0.9), (0.315, 0.5), (0.27, 0.2))
            ]
            document.path(
                smooth(toe, closed=False), fill="none", stroke=line, stroke_width=5, stroke_linecap="round", opacity=0.7
            )

    def trunk(self) -> None:
        document, palette, pose = self.document, self.breed.palette, self.pose
        document.path(self._body, fill=self._fur)
        if "bib" not in self.breed.coat.white:
            with document.group(clip_path=document.clip(self._body)):
                belly = pose.belly
                document.glow(belly.x, belly.y, belly.radius_x * 1.6, belly.radius_y * 1.5, palette.light, 0.9)
        self._round_off(self._body, 90, 0.36)
        near = [limb for limb in pose.limbs if limb.near]
        for limb in near:
            with document.group(**self._fade(limb)):
                document.path(limb.ribbon.outline(), fill=self._fur)
        self._hair()
        self._stain([self._body, *(limb.ribbon.outline() for limb in near)], markings.on_trunk(self.breed, pose))
        with document.group(clip_path=document.clip(self._body)):
            if pose.gap:
                dark = document.linear(pose.gap[0], pose.gap[1], [(0, palette.line, 0), (1, palette.line, 1)])
                document.haze(smooth(pose.gap, closed=False), 34, dark, 0.9)
            for thigh in pose.thighs:
                document.haze(smooth(thigh, closed=False), 44, palette.line, 0.4)
        for thigh in pose.thighs:
            document.path(stroke(thigh, 4.5), fill=palette.line, opacity=0.6)

    def head_shadow(self) -> None:
        shadow, document = self.pose.shadow, self.document
        near = [limb.ribbon.outline() for limb in self.pose.limbs if limb.near]
        with document.group(clip_path=document.clip(self._body, *near)):
            document.glow(
                shadow.x, shadow.y, shadow.radius_x * 1.35, shadow.radius_y * 1.5, self.breed.palette.line, 0.5
            )

    def _hair(self) -> None:
        """Short hairs all over the trunk, lighter and darker than the fur, lying as the pose says."""
        document, palette = self.document, self.breed.palette
        left, top, right, bottom = bounds(self.pose.body)
        uneven, lit = random.Random(self.pose.name), mixed(palette.fur, palette.light, 0.3)
        clip = document.clip(self._body)
        with document.group(clip_path=clip, fill="none", stroke_width=3, stroke_linecap="round"):
            for index in range(HAIRS):
                x, y = uneven.uniform(left, right), uneven.uniform(top, bottom)
                hair = Frame(x, y, uneven.uniform(16, 34), self.pose.lie + uneven.uniform(-14, 14))
                path = smooth([hair.apply(point) for point in ((0, 0), (0.5, 0.1), (1, 0))], closed=False)
                colour, opacity = (lit, 0.5) if index % 2 else (palette.line, 0.1)
                document.path(path, stroke=colour, opacity=opacity)

    def _fade(self, limb: Limb) -> dict[str, str]:
        """Near legs grow out of the trunk without an edge."""
        if not limb.near:
            return {}
        top, bottom = limb.ribbon.at(0)[1], limb.ribbon.at(1)[1]
        return {"mask": self.document.fade((0, top), (0, top + (bottom - top) * 0.3))}

    def _round_off(self, shape: str, width: float, opacity: float) -> None:
        """Darken the inside of an edge, so that the shape looks round."""
        with self.document.group(clip_path=self.document.clip(shape)):
            self.document.haze(shape, width, self.breed.palette.line, opacity)

    def _stain(self, shapes: Sequence[str], stains: Iterable[Stain]) -> None:
        with self.document.group(clip_path=self.document.clip(*shapes)):
            for stain in stains:
                self.document.path(stain.path, fill=stain.fill, opacity=stain.opacity)


def _paw_outline(paw: Oval) -> str:
    shares = ((-1, 0.25), (-0.8, -0.55), (0, -1), (0.8, -0.55), (1, 0.25), (0.82, 0.9), (0, 1), (-0.82, 0.9))
    return smooth([(paw.x + paw.radius_x * right, paw.y + paw.radius_y * down) for right, down in shares])
