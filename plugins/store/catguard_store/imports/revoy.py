"""The pack revoy: cats put together from the parts that David Revoy drew, which the package `robohash` carries.

The package's pictures alone are read: none of its code is run, and it need not be importable.
"""

import hashlib
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from random import Random
from typing import Final

import PIL.Image

from catguard_store.admission import Candidate, Developed, Proposal
from catguard_store.imports.darkroom import Darkroom
from catguard_store.imports.developing import finish
from catguard_store.imports.report import PassedOver, Refusal, Unusable
from catguard_store.imports.supply import Offer

PACKAGE: Final = "robohash"
SET: Final = "robohash/sets/set4"
AUTHOR: Final = "David Revoy, peppercarrot.com"
LICENCE: Final = "CC-BY-4.0"
SIDE: Final = 1024
"""Pixels: all parts lie on a square of this size, where they belong."""

PARTS: Final = ("body", "fur", "eyes", "mouth", "accessory")
NUMBERS: Final = re.compile(r"^(\d+)#.*\.png$")
BREED: Final = "revoy"
"""A breed of their own: they have one painter's style, and no coat of theirs is that of a breed that is drawn here."""

BODIES: Final = (2, 5, 7, 10, 11, 12, 13, 14)
"""Those in colours that cats have; of the others (green, blue, pink, yellow) there are none."""

BARE_SHARE: Final = 0.5
"""Of the cats, so many wear nothing."""

ANCHORS: Final[Mapping[str, tuple[float, float]]] = {
    # Eyes, nose and mouth, without the ears and cheeks: cats are sized by their faces, and these heads are most of the
    # cat. So wide, a whole cat is twice as tall as its face is wide, as those are that are drawn here.
    "face-top-left": (0.47, 0.25),
    "face-bottom-right": (0.965, 0.66),
    "left-eye": (0.655, 0.41),
    "right-eye": (0.845, 0.385),
    "nose": (0.794, 0.49),
    "left-ear": (0.4, 0.1),
    "right-ear": (0.83, 0.1),
    "paw": (0.7, 0.95),
    "tail": (0.19, 0.1),
}
"""Measured on the parts, as shares of the square: every cat of the pack sits alike."""

EDITION: Final = 2
"""Of what is done with the parts; part of each digest."""


@dataclass(frozen=True, slots=True)
class Assembly:
    """Parts to put on each other: body, fur, eyes, mouth and what it wears, the files as they are."""

    parts: tuple[bytes, ...]

    def __call__(self) -> Developed:
        """Put them together; a fur covers the body only."""
        body, fur, *others = (self._open(part) for part in self.parts)
        cat = body.copy()
        cat.alpha_composite(PIL.Image.composite(fur, PIL.Image.new("RGBA", fur.size), body.getchannel("A")))
        for part in others:
            cat.alpha_composite(part)
        return finish(cat, "cat", ANCHORS)

    def _open(self, part: bytes) -> PIL.Image.Image:
        with PIL.Image.open(io.BytesIO(part), formats=("PNG",)) as picture:
            if picture.size != (SIDE, SIDE):
                raise Unusable(f"a part has {picture.width} x {picture.height} pixels, not {SIDE} x {SIDE}")
            return picture.convert("RGBA")


class Revoy:
    """A supply: a number of cats, the same ones for the same seed.

    Raises:
        Unusable: The package is not installed, or has no such parts.
    """

    def __init__(self, *, count: int, seed: int) -> None:
        folder = _folder()
        self._parts = {
            part: _files(folder / f"{index:03}#{index:02}{part if part != 'accessory' else 'accessories'}")
            for index, part in enumerate(PARTS)
        }
        self._chosen = {_name(cat): cat for cat in self._choose(count, Random(seed))}
        self.refused: tuple[Refusal, ...] = ()
        self.passed_over: tuple[PassedOver, ...] = ()

    @property
    def names(self) -> Sequence[str]:
        return tuple(self._chosen)

    def offer(self, name: str) -> Offer:
        """Read the parts of a cat."""
        try:
            parts = tuple(
                self._parts[part][number].read_bytes()
                for part, number in zip(PARTS, self._chosen[name], strict=True)
                if number is not None
            )
        except OSError as error:
            raise Unusable(f"a part cannot be read: {error}") from error
        digests = b"".join(hashlib.sha256(part).digest() for part in parts)
        proposal = Proposal(
            kind="cat",
            breed=BREED,
            pose="sitting",
            layer=None,
            tags=("cartoon", "sitting"),
            licence=LICENCE,
            author=AUTHOR,
            source=name,
            digest=hashlib.sha256(f"revoy/{EDITION}/".encode() + digests).hexdigest(),
        )

        async def candidate(darkroom: Darkroom) -> tuple[Candidate, str | None]:
            return Candidate(proposal, sum(map(len, parts)), SIDE, SIDE, 1, Assembly(parts)), None

        return Offer(proposal, candidate)

    def _choose(self, count: int, random: Random) -> Sequence[tuple[int | None, ...]]:
        """Of other parts every time, as far as there are others."""
        chosen: dict[tuple[int | None, ...], None] = {}
        worn = sorted(self._parts[PARTS[-1]])
        always = (BODIES, *(sorted(self._parts[part]) for part in PARTS[1:-1]))
        for _ in range(100 * count):
            if len(chosen) == count:
                break
            wears = None if random.random() < BARE_SHARE else random.choice(worn)
            chosen[(*map(random.choice, always), wears)] = None
        return tuple(chosen)


def _name(cat: tuple[int | None, ...]) -> str:
    """It stands in the database as where the cat came from."""
    parts = (f"{part}{number}" for part, number in zip(PARTS, cat, strict=True) if number is not None)
    return f"{PACKAGE}/set4/{'-'.join(parts)}"


def _folder() -> Path:
    try:
        return Path(str(distribution(PACKAGE).locate_file(SET)))
    except PackageNotFoundError:
        raise Unusable(
            f"the pack revoy is in the package {PACKAGE}, which is not installed: pip install 'catguard-store[revoy]'"
        ) from None


def _files(folder: Path) -> dict[int, Path]:
    """The parts of one kind by their numbers."""
    found = {
        int(match[1]): path
        for path in (sorted(folder.iterdir()) if folder.is_dir() else ())
        if (match := NUMBERS.match(path.name))
    }
    if not found:
        raise Unusable(f"the package {PACKAGE} has no parts in {folder.name}: pip install 'robohash>=2.0,<3'")
    return found
