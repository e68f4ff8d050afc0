"""A recipe is what is ordered of Cat-o-matic; a picture is what came of it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """One picture to be made: cats of a breed in a scene, or one known cat looked at closely.

    Lengths are pixels. Nothing is checked here: a recipe says what was wished, the outbound guard says what may leave.
    """

    width: int
    height: int
    count: int = 1
    format: str = "webp"
    breed: str | None = None
    scene: str | None = None
    picture: str | None = None
    part: str | None = None
    seed: int | None = None

    def wire(self) -> dict[str, Any]:
        """Return the body of `POST /v1/render`."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    def tag(self, art: str) -> str:
        """Return the SHA-256 that names this recipe as it is cooked from `art` (`Menu.art`)."""
        return hashlib.sha256(json.dumps([self.wire(), art], sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that was made: where it is, its size in pixels, the cats in it with their boxes, and whom to thank.

    It is `kept` as what its recipe gives, unless the pictures that it is made of changed while it was made.
    """

    digest: str
    format: str
    width: int
    height: int
    cats: tuple[dict[str, Any], ...]
    credits: tuple[dict[str, Any], ...]
    kept: bool = True

    @property
    def url(self) -> str:
        """Where this tier serves it."""
        return f"/pictures/{self.digest}.{self.format}"
