"""The menu: what this tier offers by name, in the order in which it is offered."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

Option = TypeVar("Option")

BREEDS = (
    "siamese", "tabby", "tuxedo", "calico", "ginger", "russian-blue", "black", "white", "persian", "maine-coon",
    "bengal", "sphynx",
)  # fmt: skip
#: The scenes, and how one says that a cat is there.
PLACES: Mapping[str, str] = {
    "rose-garden": "in a rose garden",
    "meadow": "in a meadow",
    "living-room": "in a living room",
    "windowsill": "on a windowsill",
    "beach": "on a beach",
    "snow": "in the snow",
    "bookshelf": "on a bookshelf",
    "night-roof": "on a roof at night",
}
SCENES = tuple(PLACES)
FORMATS = ("webp", "png", "jpeg", "avif")
PARTS = ("nose", "eyes", "face", "ear", "paw", "tail")
NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
#: How close the zoom page offers to go. At 0.7 a picture is 1,600 pixels wide, which leaves the tallest cat within the
#: area that may be ordered; the last one asks for a picture 480,000 pixels wide: the guard's to refuse.
SCALES = (0.0, 0.25, 0.5, 0.6, 0.7, 0.999)


@dataclass(frozen=True, slots=True)
class Frame:
    """The proportion of one picture on the page; `name` is its class in the style sheet."""

    name: str
    width: int
    height: int


FRAMES = (Frame("portrait", 3, 4), Frame("square", 1, 1), Frame("landscape", 4, 3), Frame("wide", 3, 2))
#: Pixels of a picture's height on the page by size. Rows are shown a little lower than this, so that cats stay sharp.
HEIGHTS = {"small": 192, "medium": 288, "large": 384}

#: Seeds have 31 bits (the shape `Seed` of the policy).
SEEDS = 2**31


def number(*parts: object) -> int:
    """Return a number below `SEEDS` that follows from `parts` alone, evenly spread."""
    text = "\x1f".join(str(part) for part in parts)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") % SEEDS


def choose(options: Sequence[Option], *parts: object) -> Option:
    """Return the one of `options` that follows from `parts` alone: the same wish gives the same page."""
    return options[number(*parts) % len(options)]
