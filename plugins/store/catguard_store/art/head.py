"""The head of a cat, seen from the front: ears, face, markings of the face, and where its features lie."""

from collections.abc import Mapping
from random import Random

from catguard_store.art import face as features
from catguard_store.art.coats import Breed, Build
from catguard_store.art.curves import Frame, Point, bounds, ellipse, mirrored, shaggy, smooth, stroke
from catguard_store.art.markings import blot
from catguard_store.art.svg import Document

WIDEST, TALLEST = 215.0, 200.0
"""How far whiskers reach to each side, and ears up where their tips are not larger than usual."""


def outline(build: Build) -> str:
    """The face without ears, around (0, 0), 300 wide; the fur of the cheeks ends in tufts unless there is none."""
    cheek, chin = build.cheek, build.chin
    upper: tuple[Point, ...] = ((64, -118), (118, -80), (148 * cheek, -34), (157 * cheek, 16))
    lower: tuple[Point, ...] = ((106 * cheek, 116 * chin), (56 * cheek, 138 * chin))
    tufts: tuple[Point, ...] = (
        (169 * cheek, 54 * chin), (156 * cheek, 60 * chin), (158 * cheek, 82 * chin), (142 * cheek, 86 * chin),
    )  # fmt: skip
    plain = build.long_haired or not build.fur
    right = (*upper, (146 * cheek, 74 * chin), *lower) if plain else (*upper, *tufts, *lower)
    points = [(0.0, -134.0), *right, (0.0, 144.0 * build.chin), *mirrored(right)]
    if not plain:
        corners = (5, 6, 7, 8)
        return smooth(points, sharp=(*corners, *(len(points) - corner for corner in corners)))
    if not build.fur:
        return smooth(points)
    return shaggy(
        points,
        build.fur * 0.8,
        uneven=Random(build.fur),
        flow=lambda share, along: (0.5 if share < 0.5 else -0.5, 0.45),
        # Long at the cheeks, short under the chin, where it would look like a torn edge.
        amount=lambda point: (
            min(1.0, max(0.08, (point[1] + 30) / 70)) * min(1.0, 0.16 + (point[0] / (140 * cheek)) ** 2)
        ),
    )


def _ear_points(build: Build) -> tuple[Point, ...]:
    """The right ear: outer root, outer edge, rounded tip, inner edge, inner root."""
    tall, splay = build.ear, build.splay
    return (
        (128, -34), (146 * splay, -108 * tall), (139 * splay, -188 * tall), (128 * splay, -198 * tall),
        (112 * splay, -190 * tall), (62, -140 * tall), (22, -92), (70, -30),
    )  # fmt: skip


def _inner_ear_points(build: Build) -> tuple[Point, ...]:
    tall, splay = build.ear, build.splay
    return (
        (121, -58), (132 * splay, -108 * tall), (126 * splay, -160 * tall), (118 * splay, -166 * tall),
        (104 * splay, -156 * tall), (70, -114 * tall), (56, -84), (88, -50),
    )  # fmt: skip


def extent(frame: Frame, build: Build) -> Mapping[str, Point]:
    """The anchors of the head on the canvas."""
    left, top, right, bottom = -174 * build.cheek, -134.0, 174 * build.cheek, 144 * build.chin
    corners = [frame.apply(corner) for corner in ((left, top), (right, top), (left, bottom), (right, bottom))]
    face = bounds(corners)
    tip = (128 * build.splay, -190 * build.ear)
    return {
        "nose": frame.apply(features.nose(build)),
        "left-eye": frame.apply(features.eye_place(build, -1)),
        "right-eye": frame.apply(features.eye_place(build, 1)),
        "left-ear": frame.apply((-tip[0] * 0.8, tip[1] * 0.62)),
        "right-ear": frame.apply((tip[0] * 0.8, tip[1] * 0.62)),
        "face-top-left": face[:2],
        "face-bottom-right": face[2:],
    }


def reach(frame: Frame, build: Build) -> tuple[Point, ...]:
    """Corners of a box on the canvas that holds the head with ears and whiskers."""
    top = -TALLEST * build.ear - build.tufts - 14
    wide = WIDEST * max(1.0, build.cheek)
    return tuple(frame.apply((side * wide, y)) for side in (-1, 1) for y in (top, 150 * build.chin + build.fur))


def draw(document: Document, breed: Breed, frame: Frame, *, asleep: bool = False) -> None:
    """Paint the head over whatever lies behind it."""
    with document.group(transform=frame.transform):
        for side in (-1, 1):
            _ear(document, breed, side)
        _face(document, breed)
        features.pads(document, breed)
        for side in (-1, 1):
            (features.lid if asleep else features.eye)(document, breed, side)
        features.muzzle(document, breed, asleep=asleep)


def _ear(document: Document, breed: Breed, side: int) -> None:
    palette, coat = breed.palette, breed.coat
    points, inner = _ear_points(breed.build), _inner_ear_points(breed.build)
    if side < 0:
        points, inner = mirrored(points), mirrored(inner)
    ear, part = smooth(points), "left-ear" if side < 0 else "right-ear"
    document.path(ear, fill=palette.line, stroke=palette.line, stroke_width=7, stroke_linejoin="round")
    document.path(ear, fill=document.linear((0, -210), (0, -40), [(0, palette.fur, 1), (1, palette.shade, 1)]))
    clip = document.clip(ear)
    with document.group(clip_path=clip):
        for patch in coat.patches:
            if patch.part == part:
                document.path(blot(patch, bounds(points)), fill=patch.colour)
        if coat.points:
            document.path(ear, fill=palette.marking, opacity=coat.points)
        if coat.stripes or coat.rosettes:
            document.glow(side * 132 * breed.build.splay, -196 * breed.build.ear, 56, 74, palette.marking, 0.9)
    document.path(ear, fill="none", stroke=palette.line, stroke_width=5, stroke_linejoin="round")
    inside = smooth(inner)
    document.path(inside, fill=document.linear((0, -170), (0, -50), [(0, palette.ear, 1), (1, palette.ear_deep, 1)]))
    if breed.build.tufts:
        _brush(document, breed, side)
    if not breed.build.fur:
        return
    with document.group(clip_path=document.clip(inside)):
        for index in range(6):
            root = (side * (50 + index * 11), -40 - index * 4)
            middle = (side * (58 + index * 12), -92 + index * 4)
            tip = (side * (82 + index * 12), -146 + index * 13)
            document.path(stroke((root, middle, tip), 8), fill=palette.light, opacity=0.75)


def _brush(document: Document, breed: Breed, side: int) -> None:
    """The tuft on the tip of a lynx-like ear."""
    build = breed.build
    x, y = 128 * build.splay, -180 * build.ear
    for lean, tall, width in ((10, 1.0, 9), (-6, 0.8, 8), (24, 0.72, 8)):
        spine = ((side * x, y + 12), (side * (x + lean * 0.5), y - build.tufts * tall * 0.5))
        tip = (side * (x + lean * 1.4), y - build.tufts * tall)
        document.path(stroke((*spine, tip), width), fill=breed.palette.line)


def _face(document: Document, breed: Breed) -> None:
    palette, coat = breed.palette, breed.coat
    face, edge = outline(breed.build), palette.line
    if breed.build.ruff:  # the fur of the cheeks passes over into the ruff without a hem
        edge = document.linear((0, 50), (0, 120), [(0, palette.line, 1), (1, palette.line, 0.3)])
    document.path(face, fill=edge, stroke=edge, stroke_width=7, stroke_linejoin="round")
    fur = document.radial((-30, -60), 250, [(0, palette.fur, 1), (0.45, palette.fur, 1), (1, palette.shade, 1)])
    document.path(face, fill=fur)
    box = (-174.0, -134.0, 174.0, 144.0)
    with document.group(clip_path=document.clip(face)):
        for patch in coat.patches:
            if patch.part == "head":
                document.path(blot(patch, box), fill=patch.colour)
        if coat.points:
            fading = ((0.0, 1.0), (0.55, 0.95), (0.8, 0.45), (1.0, 0.0))
            mask = document.radial((0, 38), 128, [(offset, palette.marking, share) for offset, share in fading])
            document.path(ellipse(0, 38, 128, 128), fill=mask, opacity=coat.points)
        document.glow(-36, -92, 126, 44, "#ffffff", 0.2)
        if coat.stripes or coat.rosettes:
            _forehead(document, breed)
        if coat.wrinkles:
            _folds(document, breed)
        if "blaze" in coat.white:
            right = ((10.0, -20.0), (22.0, 20.0), (62.0, 44.0), (84.0, 84.0), (70.0, 140.0))
            blaze = smooth([(0, -70), *right, (0, 150), *mirrored(right)], sharp=(0,))
            document.path(blaze, fill=palette.light)
        elif "chin" in coat.white:
            document.glow(0, 104, 112, 76, palette.light)
            for side in (-1, 1):
                x, y = features.eye_place(breed.build, side)
                document.glow(x, y + 2, 66, 62, palette.light, 0.85)
        document.haze(face, 22 if breed.build.long_haired else 40, palette.line, 0.34)


def _forehead(document: Document, breed: Breed) -> None:
    """The M of a tabby, and the bars on its cheeks."""
    colour, strength = breed.palette.marking, max(breed.coat.stripes, breed.coat.rosettes)
    strokes: list[tuple[tuple[Point, ...], float]] = [
        (((0, -134), (0, -112), (0, -88)), 7),
    ]
    for side in (-1, 1):
        strokes += [
            # From the bridge of the nose up and down over the eye: half of the M.
            (((side * 3, -46), (side * 20, -66), (side * 40, -98), (side * 46, -126)), 8),
            (((side * 40, -100), (side * 54, -74), (side * 66, -50)), 8.5),
            (((side * 20, -132), (side * 19, -112), (side * 22, -92)), 6.5),
            (((side * 92, -100), (side * 82, -78), (side * 84, -58)), 7.5),
            # From the corner of the eye over the cheek.
            (((side * 106, -2), (side * 132, 6), (side * 166, 34)), 8),
            (((side * 96, 44), (side * 126, 46), (side * 160, 66)), 7.5),
            (((side * 92, 74), (side * 120, 82), (side * 148, 102)), 6.5),
        ]
    for spine, width in strokes:
        document.path(stroke(spine, width), fill=colour, opacity=0.9 * strength)


def _folds(document: Document, breed: Breed) -> None:
    """The wrinkled forehead and cheeks of a cat without fur."""
    lines: list[tuple[Point, ...]] = [
        ((-62, -92), (-30, -104), (0, -94), (30, -104), (62, -92)),
        ((-66, -70), (-32, -82), (0, -72), (32, -82), (66, -70)),
        ((-50, -50), (-26, -60), (0, -52), (26, -60), (50, -50)),
    ]
    for side in (-1, 1):
        lines += [
            ((side * 8, -110), (side * 12, -80), (side * 9, -40)),
            ((side * 128, 24), (side * 112, 46), (side * 84, 54)),
            ((side * 124, 52), (side * 104, 72), (side * 80, 78)),
        ]
    for line in lines:
        document.path(stroke(line, 4.6), fill=breed.palette.marking, opacity=0.8 * breed.coat.wrinkles)
