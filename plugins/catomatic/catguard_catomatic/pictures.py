"""Pictures as the store describes them: sizes, anchors, and whom to thank."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Credit:
    """Whom to thank, under which licence, and where it is from; `author` is None where nobody is named."""

    author: str | None
    licence: str
    sources: tuple[str, ...]

    def wire(self) -> dict[str, Any]:
        named = {"author": self.author} if self.author else {}
        return {**named, "licence": self.licence, "sources": list(self.sources)}


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
    credit: Credit
    opaque: bool = False

    @classmethod
    def from_wire(cls, record: Mapping[str, Any]) -> "Picture":
        """Read a picture's record as the outbound policy let it in."""
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
            credit=Credit(record.get("author") or None, record["licence"], (record["source"],)),
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


def credits_of(pictures: Iterable[Picture]) -> tuple[Credit, ...]:
    """Whom to thank, each maker once for each licence, with all sources, in the order of the pictures."""
    makers: dict[tuple[str | None, str], dict[str, None]] = {}
    for picture in pictures:
        credit = picture.credit
        makers.setdefault((credit.author, credit.licence), {}).update(dict.fromkeys(credit.sources))
    return tuple(Credit(author, licence, tuple(sources)) for (author, licence), sources in makers.items())
