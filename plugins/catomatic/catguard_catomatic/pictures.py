"""Pictures as the store describes them: sizes, anchors, and whom to thank."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture of the store.

    Attributes:
        width: Of the original, in pixels; with `height` it gives the proportion of every stored width.
        widths: The widths in pixels at which it is stored, ascending.
        anchors: Named points as fractions of width and height.
        opaque: Whether it is a photo of a cat, with a background of its own.
    """

    id: str
    kind: str
    breed: str
    pose: str
    width: int
    height: int
    widths: tuple[int, ...]
    anchors: Mapping[str, Point]
    tags: frozenset[str]
    layer: str | None
    digest: str
    credit: str
    opaque: bool = False

    @classmethod
    def from_wire(cls, record: Mapping[str, Any]) -> "Picture":
        """Read a picture's record as the outbound policy let it in."""
        thanks = ", ".join(part for part in (record.get("author"), record["licence"]) if part)
        return cls(
            id=record["id"],
            kind=record["kind"],
            breed=record["breed"],
            pose=record["pose"],
            width=record["width"],
            height=record["height"],
            widths=tuple(sorted(record["widths"])),
            anchors={name: (float(x), float(y)) for name, (x, y) in record["anchors"].items()},
            tags=frozenset(record.get("tags", ())),
            layer=record.get("layer"),
            digest=record["digest"],
            credit=f"{thanks} ({record['source']})" if thanks else str(record["source"]),
            opaque=record.get("opaque", False),
        )

    def stored_width(self, needed: float) -> int:
        """The smallest stored width that has `needed` pixels, or else the largest: there is none to be had above it."""
        return next((width for width in self.widths if width >= needed), self.widths[-1])


@dataclass(frozen=True, slots=True)
class Stored:
    """A picture at one of its stored widths: what is asked of the store, and what a decoded picture is kept under."""

    picture: Picture
    width: int

    @property
    def key(self) -> tuple[str, int]:
        """The digest instead of the id: a picture that was replaced is another one."""
        return self.picture.digest, self.width


def credits_of(pictures: Iterable[Picture]) -> tuple[str, ...]:
    """Whom to thank, each once, in the order of the pictures."""
    return tuple(dict.fromkeys(picture.credit for picture in pictures))
