"""The head of a cat, seen from the front: ears, face, markings of the face, and where its features lie."""

from collections.abc import Mapping

from catguard_store.art.breeds import Breed, Build, mixed
from catguard_store.art.curves import Frame, Point, bounds, ellipse, mirrored, smooth, stroke
from catguard_store.art.markings import blot
from catguard_store.art.svg import Document

EYE_X, EYE_Y = 66.0, 2.0
NOSE_Y = 52.0


def outline(build: Build) -> str:
    """The face without ears, around (0, 0), 300 wide; the fur of the cheeks ends in two tufts a side."""
    right = _face_points(build)
    points = [(0.0, -134.0), *right, (0.0, 144.0 * build.chin), *mirrored(right)]
    corners = (5, 6, 7, 8)
    return smooth(points, sharp=(*corners, *(len(points) - corner for corner in corners)))


def _face_points(build: Build) -> tuple[Point, ...]:
    cheek, chin = build.cheek, build.chin
    return (
        (64, -118), (118, -80), (148 * cheek, -34), (157 * cheek, 16),
        (176 * cheek, 52 * chin), (155 * cheek, 58 * chin), (164 * cheek, 84 * chin), (140 * cheek, 86 * chin),
        (106 * cheek, 116 * chin), (56 * cheek, 138 * chin),
    )  # fmt: skip


def _ear_points(build: Build) -> tuple[Point, ...]:
    """The right ear: outer root, outer edge, rounded tip, inner edge, inner root."""
    tall, splay = build.ear, build.splay
    return (
        (138, -8), (150 * splay, -100 * tall), (140 * splay, -188 * tall), (128 * splay, -198 * tall),
        (112 * splay, -190 * tall), (62, -140 * tall), (22, -92), (70, -30),
    )  # fmt: skip


def _inner_ear_points(build: Build) -> tuple[Point, ...]:
    tall, splay = build.ear, build.splay
    return (
        (126, -52), (135 * splay, -106 * tall), (126 * splay, -160 * tall), (118 * splay, -166 * tall),
        (104 * splay, -156 * tall), (70, -114 * tall), (56, -84), (88, -50),
    )  # fmt: skip


def extent(frame: Frame, build: Build) -> Mapping[str, Point]:
    """The anchors of the head on the canvas."""
    left, top, right, bottom = -174 * build.cheek, -134.0, 174 * build.cheek, 144 * build.chin
    corners = [frame.apply(corner) for corner in ((left, top), (right, top), (left, bottom), (right, bottom))]
    face = bounds(corners)
    tip = (128 * build.splay, -190 * build.ear)
    return {
        "nose": frame.apply((0, NOSE_Y)),
        "left-eye": frame.apply((-EYE_X, EYE_Y)),
        "right-eye": frame.apply((EYE_X, EYE_Y)),
        "left-ear": frame.apply((-tip[0] * 0.8, tip[1] * 0.62)),
        "right-ear": frame.apply((tip[0] * 0.8, tip[1] * 0.62)),
        "face-top-left": face[:2],
        "face-bottom-right": face[2:],
    }


def draw(document: Document, breed: Breed, frame: Frame) -> None:
    """Paint the head over whatever lies behind it."""
    with document.group(transform=frame.transform):
        for side in (-1, 1):
            _ear(document, breed, side)
        _face(document, breed)
        for side in (-1, 1):
            _eye(document, breed, side)
        _muzzle(document, breed)


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
        if coat.stripes:
            document.glow(side * 132 * breed.build.splay, -196, 56, 74, palette.marking, 0.9)
    document.path(ear, fill="none", stroke=palette.line, stroke_width=5, stroke_linejoin="round")
    inside = smooth(inner)
    document.path(inside, fill=document.linear((0, -170), (0, -50), [(0, palette.ear, 1), (1, palette.ear_deep, 1)]))
    with document.group(clip_path=document.clip(inside)):
        for index in range(6):
            root = (side * (50 + index * 11), -40 - index * 4)
            middle = (side * (58 + index * 12), -92 + index * 4)
            tip = (side * (82 + index * 12), -146 + index * 13)
            document.path(stroke((root, middle, tip), 8), fill=palette.light, opacity=0.75)


def _face(document: Document, breed: Breed) -> None:
    palette, coat = breed.palette, breed.coat
    face = outline(breed.build)
    document.path(face, fill=palette.line, stroke=palette.line, stroke_width=7, stroke_linejoin="round")
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
        if coat.stripes:
            _forehead(document, breed)
        if "blaze" in coat.white:
            right = ((10.0, -20.0), (22.0, 20.0), (62.0, 44.0), (84.0, 84.0), (70.0, 140.0))
            blaze = smooth([(0, -70), *right, (0, 150), *mirrored(right)], sharp=(0,))
            document.path(blaze, fill=palette.light)
        elif "chin" in coat.white:
            document.glow(0, 104, 112, 76, palette.light)
            for side in (-1, 1):
                document.glow(side * EYE_X, EYE_Y + 2, 66, 62, palette.light, 0.85)
        document.haze(face, 40, palette.line, 0.34)
        document.glow(-36, -92, 126, 44, "#ffffff", 0.26)


def _forehead(document: Document, breed: Breed) -> None:
    """The M of a tabby, and the bars on its cheeks."""
    colour, strength = breed.palette.marking, breed.coat.stripes
    strokes: list[tuple[tuple[Point, ...], float]] = [
        (((0, -120), (0, -84), (0, -52)), 8),
    ]
    for side in (-1, 1):
        strokes += [
            (((side * 26, -120), (side * 24, -84), (side * 18, -48)), 9),
            (((side * 56, -116), (side * 50, -86), (side * 44, -56)), 9),
            (((side * 96, -96), (side * 80, -76), (side * 70, -54)), 8),
            (((side * 170, 16), (side * 138, 20), (side * 114, 30)), 8),
            (((side * 170, 46), (side * 138, 52), (side * 112, 54)), 8),
            (((side * 160, 84), (side * 130, 82), (side * 104, 76)), 7),
        ]
    for spine, width in strokes:
        document.path(stroke(spine, width), fill=colour, opacity=0.9 * strength)


def _eye(document: Document, breed: Breed, side: int) -> None:
    palette, build = breed.palette, breed.build
    frame = Frame(side * EYE_X, EYE_Y, 1.06 * build.eye, -side * build.slant)
    with document.group(transform=frame.transform):
        ring = smooth(
            [(-side * 44, 14), (-side * 16, -34), (side * 20, -38), (side * 44, -8), (side * 28, 32), (-side * 14, 37)],
            sharp=(0,),
        )
        globe = smooth(
            [(-side * 36, 11), (-side * 14, -29), (side * 17, -32), (side * 37, -6), (side * 24, 28), (-side * 12, 32)]
        )
        document.path(ring, fill="#231a1a")
        iris = document.radial((0, 14), 46, [(0, palette.iris, 1), (0.55, palette.iris, 1), (1, palette.iris_edge, 1)])
        document.path(globe, fill=iris)
        with document.group(clip_path=document.clip(globe)):
            document.glow(0, 26, 36, 20, "#ffffff", 0.42)
            document.path(ellipse(0, 0, 17, 29), fill="#120d10")
            document.glow(0, -42, 62, 32, "#120d10", 0.5)
        document.path(ellipse(-11, -13, 10.5, 11.5), fill="#ffffff")
        document.path(ellipse(11, 13, 5, 5.5), fill="#ffffff", opacity=0.85)


def _muzzle(document: Document, breed: Breed) -> None:
    palette = breed.palette
    for side in (-1, 1):
        pad = document.radial(
            (side * 30, 72), 48, [(0, palette.light, 0.95), (0.6, palette.light, 0.55), (1, palette.light, 0)]
        )
        document.path(ellipse(side * 30, 72, 48, 40), fill=pad, opacity=0.16 if breed.coat.points else 1)
        for x, y in ((28, 66), (44, 70), (34, 82)):
            document.path(ellipse(side * x, y, 2.6, 2.6), fill=palette.line, opacity=0.55)
    document.path(
        "M0 66C0 74 0 76 0 80M0 80C-6 94 -28 98 -38 84M0 80C6 94 28 98 38 84",
        fill="none",
        stroke=mixed(palette.line, "#000000", 0.4),
        stroke_width=5,
        stroke_linecap="round",
    )
    nose = smooth([(-21, 44), (0, 39), (21, 44), (14, 58), (0, 68), (-14, 58)])
    document.path(nose, fill=palette.nose, stroke=palette.line, stroke_width=2.5)
    document.path(ellipse(-6, 46, 8, 3.4), fill="#ffffff", opacity=0.55)
    for side in (-1, 1):
        for start, middle, end in (
            ((46, 66), (110, 40), (196, 38)), ((50, 74), (120, 66), (208, 82)), ((46, 84), (110, 96), (186, 126)),
        ):  # fmt: skip
            line = smooth([(side * x, y) for x, y in (start, middle, end)], closed=False)
            document.path(
                line, fill="none", stroke=palette.line, stroke_width=4.4, stroke_linecap="round", opacity=0.28
            )
            document.path(line, fill="none", stroke=palette.whisker, stroke_width=2.8, stroke_linecap="round")
