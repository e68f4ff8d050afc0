"""What the store keeps: a picture with what is known of it, and one image of it at one width."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

LAYERS = ("back", "ground", "foreground")
"""Of a scene, from far to near; cats go between the last two."""

MARK_DIGITS = 10
"""Of a mark, hexadecimal: sums of 40 bits fit into the 63 of SQLite's numbers for 2^23 pictures of a breed."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture and what is known of it.

    Attributes:
        id: The first 16 digits of `digest`.
        kind: `cat` (a cut-out with transparency, or a photo) or `scene` (one layer of a scene).
        breed: Of a cat; of a scene its name.
        pose: Of a cat; `scene` for a scene.
        layer: Of a scene, `back` (opaque), `ground` (what cats stand on) or `foreground`; None for cats.
        width: Of the largest stored image, in pixels.
        height: Of the largest stored image, in pixels.
        widths: All stored widths, ascending.
        anchors: Points by name, as shares of width and height from the top left, 0..1.
        tags: Sorted.
        licence: SPDX identifier, or the words of the owner.
        author: Whom to credit, if anybody.
        source: Where it came from; one source has one picture.
        digest: SHA-256 of what it was made from, 64 hex digits.
        opaque: Whether it is a cat without any transparency: a photo.
    """

    id: str
    kind: str
    breed: str
    pose: str
    layer: str | None
    width: int
    height: int
    widths: tuple[int, ...]
    anchors: Mapping[str, tuple[float, float]]
    tags: tuple[str, ...]
    licence: str
    author: str | None
    source: str
    digest: str
    opaque: bool = False

    def as_json(self) -> dict[str, Any]:
        """What callers get; what a picture does not have is absent."""
        fields: dict[str, Any] = {
            "id": self.id,
            "kind": self.kind,
            "breed": self.breed,
            "pose": self.pose,
            "layer": self.layer,
            "width": self.width,
            "height": self.height,
            "widths": list(self.widths),
            "anchors": {name: list(point) for name, point in self.anchors.items()},
            "tags": list(self.tags),
            "licence": self.licence,
            "author": self.author,
            "source": self.source,
            "digest": self.digest,
            "opaque": self.opaque or None,
        }
        return {name: value for name, value in fields.items() if value is not None}

    def mark(self, images: "Iterable[Image]") -> int:
        """A number that follows from all that is known of the picture, its maker and licence included, and its images.

        The menu adds the marks up: whoever keeps what was made of pictures learns of each that is another one now.
        """
        known = [self.as_json(), sorted([image.width, image.digest] for image in images)]
        canonical = json.dumps(known, sort_keys=True, separators=(",", ":"))
        return int(hashlib.sha256(canonical.encode(errors="surrogatepass")).hexdigest()[:MARK_DIGITS], 16)


@dataclass(frozen=True, slots=True)
class Image:
    """One stored image: encoded bytes, their media type and SHA-256."""

    width: int
    height: int
    media: str
    bytes: bytes
    digest: str
