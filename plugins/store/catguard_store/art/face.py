"""The features of a face: eyes, open or closed, the muzzle with its nose, whiskers; around the head's own origin."""

from catguard_store.art.coats import Breed, Build
from catguard_store.art.curves import Frame, Point, ellipse, smooth
from catguard_store.art.svg import Document, dark, mixed

EYE_X, EYE_Y = 66.0, 2.0
PUPIL = "#120d10"


def nose(build: Build) -> Point:
    """The middle of the nose; a snub one sits nearly between the eyes."""
    return 0.0, 52.0 - 24.0 * build.snub


def eye_place(build: Build, side: int) -> Point:
    """The middle of an eye; those of a flat face are wider apart and higher."""
    return side * EYE_X * build.apart, EYE_Y - 10 * build.snub


def eye(document: Document, breed: Breed, side: int) -> None:
    """An open eye; `side` is -1 for the left one, as it is seen, and 1 for the right one."""
    palette, build = breed.palette, breed.build
    lit, edge = palette.other_iris if side > 0 and palette.other_iris else (palette.iris, palette.iris_edge)
    with document.group(transform=_eye_frame(build, side).transform):
        ring = smooth(
            [(-side * 44, 14), (-side * 16, -34), (side * 20, -38), (side * 44, -8), (side * 28, 32), (-side * 14, 37)],
            sharp=(0,),
        )
        globe = smooth(
            [(-side * 36, 11), (-side * 14, -29), (side * 17, -32), (side * 37, -6), (side * 24, 28), (-side * 12, 32)]
        )
        document.path(ring, fill="#231a1a")
        iris = document.radial((0, 14), 46, [(0, lit, 1), (0.55, lit, 1), (1, edge, 1)])
        document.path(globe, fill=iris)
        with document.group(clip_path=document.clip(globe)):
            document.glow(0, 26, 36, 20, "#ffffff", 0.42)
            document.path(ellipse(0, 0, 17, 29), fill=PUPIL)
            document.glow(0, -42, 62, 32, PUPIL, 0.5)
        document.path(ellipse(-11, -13, 10.5, 11.5), fill="#ffffff")
        document.path(ellipse(11, 13, 5, 5.5), fill="#ffffff", opacity=0.85)


def lid(document: Document, breed: Breed, side: int) -> None:
    """A closed eye: a dark lash line on a lighter lid, so that it shows on any fur."""
    palette = breed.palette
    with document.group(transform=_eye_frame(breed.build, side).transform):
        line = [(-40.0, 2.0), (-20.0, 17.0), (2.0, 21.0), (24.0, 15.0), (41.0, -1.0)]
        lighter = mixed(palette.fur, "#ffffff", 0.45)
        document.haze(smooth([(x, y + 6) for x, y in line], closed=False), 20, lighter, 0.75)
        lash = mixed(palette.line, "#1d1412", 0.5)
        if dark(palette.fur):
            lash, under = mixed(palette.fur, "#ffffff", 0.62), smooth([(x, y + 5) for x, y in line], closed=False)
            document.path(under, fill="none", stroke=palette.line, stroke_width=6, stroke_linecap="round")
        document.path(smooth(line, closed=False), fill="none", stroke=lash, stroke_width=6.5, stroke_linecap="round")


def pads(document: Document, breed: Breed) -> None:
    """The two cushions that whiskers grow from; eyes are painted over them, as those of a flat face are close."""
    palette, build = breed.palette, breed.build
    lower, wider = nose(build)[1] - 52, 1 + 0.2 * build.snub
    for side in (-1, 1):
        pad = document.radial(
            (side * 30, 72 + lower), 48 * wider,
            [(0, palette.light, 0.95), (0.6, palette.light, 0.55), (1, palette.light, 0)],
        )  # fmt: skip
        cushion = ellipse(side * 30, 72 + lower, 48 * wider, 40 * wider)
        document.path(cushion, fill=pad, opacity=0.16 if breed.coat.points else 1)


def muzzle(document: Document, breed: Breed, *, asleep: bool = False) -> None:
    """Whiskers with their roots, mouth and nose."""
    palette, build = breed.palette, breed.build
    lower = nose(build)[1] - 52
    drawn_light = dark(palette.light)
    for side in (-1, 1):
        for x, y in ((28, 66), (44, 70), (34, 82)):
            document.path(ellipse(side * x, y + lower, 2.6, 2.6), fill=palette.line, opacity=0.55)
    with document.group(transform=Frame(0, lower).transform):
        # A flat face frowns a little: the corners of its mouth lie lower.
        corner = 84 + 12 * build.snub
        document.path(
            f"M0 66C0 74 0 76 0 80M0 80C-6 94 -28 98 -38 {corner:g}M0 80C6 94 28 98 38 {corner:g}",
            fill="none",
            stroke=mixed(palette.fur, "#ffffff", 0.5) if drawn_light else mixed(palette.line, "#000000", 0.4),
            stroke_width=5,
            stroke_linecap="round",
        )
        wide = 1 - 0.14 * build.snub
        shape = smooth([(x * wide, y) for x, y in ((-21, 44), (0, 39), (21, 44), (14, 58), (0, 68), (-14, 58))])
        document.path(shape, fill=palette.nose, stroke=palette.line, stroke_width=2.5)
        document.path(ellipse(-6, 46, 8, 3.4), fill="#ffffff", opacity=0.55)
    if build.whiskers:
        with document.group(transform=Frame(0, lower * 0.1).transform):
            whiskers(document, breed, rise=28 if asleep else 0)


def whiskers(document: Document, breed: Breed, *, rise: float = 0) -> None:
    """Three to a side; those of a sleeper rise with their tips, so that they do not lie over its paw."""
    palette = breed.palette
    for side in (-1, 1):
        for index, (start, middle, end) in enumerate((
            ((46, 66), (110, 40), (196, 38)), ((50, 74), (120, 66), (208, 82)), ((46, 84), (110, 96), (186, 126)),
        )):  # fmt: skip
            bent = zip((start, middle, end), (0, 0.4, 1), strict=True)
            line = smooth([(side * x, y - rise * (1 + index / 2) * share) for (x, y), share in bent], closed=False)
            document.path(
                line, fill="none", stroke=palette.line, stroke_width=4.4, stroke_linecap="round", opacity=0.28
            )
            document.path(line, fill="none", stroke=palette.whisker, stroke_width=2.8, stroke_linecap="round")


def _eye_frame(build: Build, side: int) -> Frame:
    return Frame(*eye_place(build, side), 1.06 * build.eye, -side * build.slant)
