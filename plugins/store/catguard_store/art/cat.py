"""A cat: one breed in one pose becomes one SVG document, with the anchors of its parts."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from random import Random

from catguard_store.art import head, markings, stature
from catguard_store.art.coats import Breed
from catguard_store.art.curves import Frame, Point, Ribbon, bounds, mirrored, shaggy, smooth, stroke
from catguard_store.art.markings import Stain
from catguard_store.art.poses import GROUND, Limb, Oval, Pose
from catguard_store.art.stature import PAW
from catguard_store.art.svg import Document, dark, mixed
from catguard_store.art.variation import varied

HAIRS = 100

SPACE = 14.0
"""Around a drawing on its canvas: contours and tufts end within."""


@dataclass(frozen=True, slots=True)
class Sketch:
    """A drawing before it is rasterised: SVG text, its canvas, and anchors in the canvas's units."""

    svg: str
    width: float
    height: float
    anchors: Mapping[str, Point]


def draw(breed: Breed, pose: Pose, *, seed: int = 0) -> Sketch:
    """Paint from back to front: outline, tail, far legs, trunk, near legs, a wrapped tail, ruff, head.

    Args:
        breed: Coat, colours and build.
        pose: Where its parts lie.
        seed: Of the small differences among cats of one breed; 0 for the one that stands for it.
    """
    breed, pose = varied(breed, pose, seed)
    build, pose = breed.build, stature.built(breed, pose)
    tail = stature.tail(breed, pose)
    limbs = (point for limb in pose.limbs for point in limb.ribbon.edge())
    fur = SPACE + (build.fur if build.long_haired else 0)
    left, top, right, _ = bounds((*pose.body, *tail.edge(), *limbs, *_paw_corners(pose)))
    head_left, head_top, head_right, _ = bounds(head.reach(pose.head, build))
    left, right = min(left - fur, head_left), max(right + fur, head_right)
    top, bottom = min(top - fur, head_top), GROUND + SPACE
    painter = _Painter(Document(right - left, bottom - top, left=left, top=top), breed, pose, tail)
    painter.cat()
    anchors = {**head.extent(pose.head, build), "paw": pose.paw, "tail": tail.at(0.8)}
    # The box of a tilted head reaches lower than its chin; below a face there is always some of the cat.
    right_end, lower_end = anchors["face-bottom-right"]
    anchors["face-bottom-right"] = (right_end, min(lower_end, GROUND - PAW))
    moved = {name: (x - left, y - top) for name, (x, y) in anchors.items()}
    return Sketch(painter.document.text(), right - left, bottom - top, moved)


def _paw_corners(pose: Pose) -> list[Point]:
    paws = (*pose.feet, *(limb.paw for limb in pose.limbs))
    return [(paw.x + side * paw.radius_x, paw.y) for paw in paws for side in (-1, 1)]


class _Painter:
    """Paints the parts of one cat on one document."""

    def __init__(self, document: Document, breed: Breed, pose: Pose, tail: Ribbon) -> None:
        self.document = document
        self.breed = breed
        self.pose = pose
        palette = breed.palette
        left, top, right, bottom = bounds(pose.body)
        self._fur = document.radial(
            (left + (right - left) * 0.42, top + (bottom - top) * 0.2), max(right - left, bottom - top) * 1.02,
            [(0, palette.fur, 1), (0.5, palette.fur, 1), (1, palette.shade, 1)],
        )  # fmt: skip
        self._ribbon = tail
        self._body = self._furred(pose.body)
        self._tail = self._plume() if breed.build.long_haired else tail.outline()
        self._ruff = (self._chest(), self._collar()) if breed.build.ruff else ()

    def cat(self) -> None:
        pose = self.pose
        self.contour()
        self.tail()
        for limb in pose.limbs:
            if not limb.near:
                self.limb(limb)
        self.trunk()
        for foot in pose.feet:
            self.paw(foot)
        for limb in pose.limbs:
            if limb.near:
                self.limb(limb)
        if pose.wrapped is not None:
            self.wrapped_tail(pose.wrapped)
        if self.breed.build.ruff:
            self.ruff()
        self.head_shadow()
        head.draw(self.document, self.breed, pose.head, asleep=pose.asleep)

    def _furred(self, points: Sequence[Point], *, length: float = 1.0) -> str:
        """An outline that ends in tufts where the fur is long; the fur hangs, and lies flat on the ground."""
        fur = self.breed.build.fur * length
        if not self.breed.build.long_haired:
            return smooth(points)
        lie = Frame(0, 0, 0.7, self.pose.lie).apply((1, 0))
        return shaggy(
            points, fur, uneven=Random(self.pose.grain), flow=lambda share, along: (lie[0], lie[1] + 0.2),
            amount=lambda point: min(1.0, max(0.0, (GROUND - 6 - point[1]) / fur)),
        )  # fmt: skip

    def _plume(self, start: float = 0.0) -> str:
        """The tail of a long-haired cat from `start` on: fur combed to its tip, short where it leaves the body."""
        root = self._ribbon.at(start)
        return shaggy(
            self._ribbon.edge(start), self.breed.build.fur * 0.9, uneven=Random(self.pose.grain),
            flow=lambda share, along: along if share < 0.5 else (-along[0], -along[1]),
            amount=lambda point: min(1.0, max(0.16, (GROUND - 10 - point[1]) / 40), math.dist(root, point) / 240),
        )  # fmt: skip

    def contour(self) -> None:
        """One line around all parts together, laid down first so that no line crosses a joint."""
        line = self.breed.palette.line
        shapes = [self._body, self._tail, *self._ruff]
        shapes += [self._leg(limb) for limb in self.pose.limbs]
        shapes += [_paw_outline(paw) for paw in (*self.pose.feet, *(limb.paw for limb in self.pose.limbs))]
        for shape in shapes:
            self.document.path(shape, fill=line, stroke=line, stroke_width=11, stroke_linejoin="round")

    def tail(self) -> None:
        self._paint_tail(self._tail, outlined=not self.breed.build.long_haired)  # inside a plume its tufts would show

    def wrapped_tail(self, start: float) -> None:
        """The tail once more over the body, from where it comes out from behind it on."""
        document, ribbon = self.document, self._ribbon
        if not self.breed.build.long_haired:
            with document.group(clip_path=document.clip(ribbon.outline(start, 1, wider=1.25))):
                self._paint_tail(self._tail, outlined=True)
            return
        shape = self._plume(start)
        with document.group(mask=document.fade((shape, ribbon.at(start), ribbon.at(start + 0.16)))):
            self._paint_tail(shape, outlined=True)

    def _paint_tail(self, shape: str, *, outlined: bool) -> None:
        self.document.path(shape, fill=self._fur)
        self._finish(shape, markings.on_tail(self.document, self.breed, self._ribbon), 50, 0.4)
        if outlined:
            self.document.path(shape, fill="none", stroke=self.breed.palette.line, stroke_width=5)

    def limb(self, limb: Limb) -> None:
        document, palette, ribbon = self.document, self.breed.palette, limb.ribbon
        shape = self._leg(limb)
        if not limb.near:
            document.path(shape, fill=self._fur)
        shade = palette.line
        if limb.near:
            shade = document.linear(*self._joint(limb), [(0, palette.line, 0), (1, palette.line, 1)])
        self._finish(shape, markings.on_limb(document, self.breed, ribbon), 44, 0.34, shade=shade)
        if not limb.near:
            self.paw(limb.paw)
            darker = 0.14 if "socks" in self.breed.coat.white else 0.26
            with document.group(opacity=darker):  # as one, or the paw would be darker than its leg
                document.path(shape, fill=palette.line)
                document.path(_paw_outline(limb.paw), fill=palette.line)
            return
        edge = document.linear(
            ribbon.at(0), ribbon.at(1), [(0.2, palette.line, 0), (0.6, palette.line, 0.45), (1, palette.line, 0.6)]
        )
        for side in (1, -1):
            line = smooth([ribbon.side(0.1 + step / 12, side) for step in range(11)], closed=False)
            document.path(line, fill="none", stroke=edge, stroke_width=5, stroke_linecap="round")
        self.paw(limb.paw)

    def _leg(self, limb: Limb) -> str:
        """The outline of a leg, with tufts behind it where the fur is long."""
        if not self.breed.build.long_haired:
            return limb.ribbon.outline()
        return shaggy(
            limb.ribbon.edge(steps=8)[:9] + limb.ribbon.edge(steps=8)[10:], self.breed.build.fur * 0.55,
            uneven=Random(limb.paw.x), flow=lambda share, along: (0.1, 0.75),
            amount=lambda point: min(1.0, max(0.0, (limb.paw.y - limb.paw.radius_y - point[1]) / 60)),
        )  # fmt: skip

    def paw(self, paw: Oval) -> None:
        document, line = self.document, self.breed.palette.line
        shape = _paw_outline(paw)
        document.path(shape, fill=self._fur)
        self._finish(shape, markings.on_paw(self.breed, paw), 30, 0.34)
        gloss = self.breed.coat.gloss
        if gloss:
            shine = mixed(self.breed.palette.fur, "#dfe9ff", 0.55)
            document.glow(
                paw.x, paw.y - paw.radius_y * 0.3, paw.radius_x * 0.85, paw.radius_y * 0.7, shine, 0.5 * gloss
            )
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
        with document.group(clip_path=self._before_the_head):  # one for all: each costs as much as the body's fill
            if "bib" not in self.breed.coat.white:
                belly = pose.belly
                document.glow(
                    belly.x,
                    belly.y,
                    belly.radius_x * 1.6,
                    belly.radius_y * 1.5,
                    palette.light,
                    0.5 if dark(palette.light) else 0.9,
                )
            document.haze(self._body, 90, palette.line, 0.3)
            for limb in pose.limbs:
                if limb.near:
                    # It grows out of the trunk without an edge. A mask costs as much as its area: one for each leg.
                    leg = self._leg(limb)
                    with document.group(mask=document.fade((leg, *self._joint(limb)))):
                        document.path(leg, fill=self._fur)
            self._hair()
            for stain in markings.on_trunk(self.breed, pose):
                document.path(stain.path, fill=stain.fill, opacity=stain.opacity)
            if self.breed.coat.gloss:
                shine, line = mixed(palette.fur, "#dfe9ff", 0.55), smooth(pose.sheen, closed=False)
                document.haze(line, 80, shine, 0.3 * self.breed.coat.gloss)
                document.haze(line, 22, shine, 0.22 * self.breed.coat.gloss)
            if self.breed.coat.points:
                for foot in pose.feet:  # a leg that is not seen is dark above its paw as others are
                    document.glow(foot.x, foot.y - 6, foot.radius_x * 1.5, 84, palette.marking, 0.9)
            if pose.gap:
                deep = document.linear(pose.gap[0], pose.gap[1], [(0, palette.line, 0), (1, palette.line, 1)])
                document.haze(smooth(pose.gap, closed=False), 34, deep, 0.9)
            for thigh in pose.thighs:
                document.haze(smooth(thigh, closed=False), 44, palette.line, 0.4)
        for thigh in pose.thighs:
            document.path(stroke(thigh, 4.5), fill=palette.line, opacity=0.6)

    def ruff(self) -> None:
        """A collar of long fur over chest and shoulders."""
        document, palette = self.document, self.breed.palette
        left, top, right, bottom = bounds((*self.pose.bib, *self._throat()))
        lower = mixed(palette.light, palette.fur, 0.35)
        fill = document.linear((0, top), (0, bottom), [(0, palette.light, 1), (1, lower, 1)])
        for shape in self._ruff:
            document.path(shape, fill="none", stroke=palette.line, stroke_width=14, opacity=0.16)
            document.path(shape, fill=fill, stroke=palette.line, stroke_width=5, stroke_opacity=0.18)
        uneven = Random(self.breed.name)
        with document.group(clip_path=document.clip(*self._ruff)):
            for _ in range(40):
                x, y = uneven.uniform(left, right), uneven.uniform(top, bottom)
                lean = (x - (left + right) / 2) * 0.14
                lock = ((x, y), (x + lean * 0.4, y + 34), (x + lean, y + 66))
                document.path(stroke(lock, 4), fill=palette.line, opacity=0.13)

    def _chest(self) -> str:
        """The ruff where it hangs over the chest."""
        left, top, right, _ = bounds(self.pose.bib)
        wider = Frame((left + right) / 2, top, 1.26)
        return self._locks([wider.apply((x - wider.x, y - wider.y)) for x, y in self.pose.bib])

    def _collar(self) -> str:
        """The ruff where it stands out around the throat, nearly as wide as the face."""
        return self._locks(self._throat())

    def _throat(self) -> list[Point]:
        frame, cheek = self.pose.head, self.breed.build.cheek
        half = ((120 * cheek, 20), (150 * cheek, 84), (128 * cheek, 142), (72 * cheek, 186))
        points = [(0, 10), *half, (0, 206), *mirrored(half)]
        return [(frame.x + x * frame.scale, frame.y + y * frame.scale) for x, y in points]

    def _locks(self, points: Sequence[Point]) -> str:
        """A part of the ruff; its tips end above the paws."""
        lowest = GROUND - PAW - self.breed.build.fur * 1.2
        return self._furred([(x, min(y, lowest)) for x, y in points], length=1.2)

    def head_shadow(self) -> None:
        shadow, document, palette = self.pose.shadow, self.document, self.breed.palette
        clip = document.clip(*(self._ruff or (self._body, *(limb.ribbon.outline() for limb in self.pose.limbs))))
        with document.group(clip_path=clip):
            colour = mixed(palette.line, palette.shade, 0.55)
            document.glow(shadow.x, shadow.y, shadow.radius_x * 1.35, shadow.radius_y * 1.5, colour, 0.62)

    def _hair(self) -> None:
        """Hairs all over the trunk, lighter and darker than the fur, lying as the pose says."""
        length = self.breed.build.fur / 12
        if not length:
            return
        document, palette = self.document, self.breed.palette
        left, top, right, bottom = bounds(self.pose.body)
        uneven, lit = Random(self.pose.grain), mixed(palette.fur, palette.light, 0.3)
        with document.group(fill="none", stroke_width=3, stroke_linecap="round"):
            for index in range(HAIRS):
                x, y = uneven.uniform(left, right), uneven.uniform(top, bottom)
                hair = Frame(x, y, uneven.uniform(16, 34) * length**0.5, self.pose.lie + uneven.uniform(-14, 14))
                path = smooth([hair.apply(point) for point in ((0, 0), (0.5, 0.1), (1, 0))], closed=False)
                colour, opacity = (lit, 0.5) if index % 2 else (palette.line, 0.1)
                document.path(path, stroke=colour, opacity=opacity)

    @cached_property
    def _before_the_head(self) -> str:
        """What clips to the trunk with its near legs."""
        near = [self._leg(limb) for limb in self.pose.limbs if limb.near]
        return self.document.clip(self._body, *near)

    def _joint(self, limb: Limb) -> tuple[Point, Point]:
        """The places between which a near leg emerges from the trunk."""
        return limb.ribbon.at(0.04), limb.ribbon.at(0.22)

    def _finish(
        self, shape: str, stains: Iterable[Stain], width: float, opacity: float, *, shade: str | None = None
    ) -> None:
        """Lay markings on a part, and darken the inside of its edge, so that it looks round."""
        with self.document.group(clip_path=self.document.clip(shape)):
            for stain in stains:
                self.document.path(stain.path, fill=stain.fill, opacity=stain.opacity)
            self.document.haze(shape, width, shade or self.breed.palette.line, opacity)
            if self.breed.coat.gloss and shade is None:  # else dark parts would melt into each other
                light = mixed(self.breed.palette.fur, "#dfe9ff", 0.5)
                self.document.path(shape, fill="none", stroke=light, stroke_width=10, opacity=0.34)


def _paw_outline(paw: Oval) -> str:
    shares = ((-1, 0.25), (-0.8, -0.55), (0, -1), (0.8, -0.55), (1, 0.25), (0.82, 0.9), (0, 1), (-0.82, 0.9))
    return smooth([(paw.x + paw.radius_x * right, paw.y + paw.radius_y * down) for right, down in shares])
