"""The drawings that the store ships with, as a source of pictures."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property, partial
from importlib.resources import files

from catguard_store.admission import Candidate, Developed, Proposal
from catguard_store.art import cat, scene
from catguard_store.art.breeds import BREEDS
from catguard_store.art.cat import Sketch
from catguard_store.art.poses import POSES
from catguard_store.art.raster import rasterise
from catguard_store.renditions import WIDTHS, encode

LICENCE = "MIT"
AUTHOR = "the catguard project"

SCALE = 0.72
"""Pixels a unit of the largest image of a cat: so faces are equally sharp in all poses, some 390 px wide."""

EVERYTHING = "*"


@dataclass(frozen=True, slots=True)
class Drawing:
    """One entry of the catalogue: a breed in a pose, or a layer of a scene."""

    kind: str
    breed: str
    pose: str
    layer: str | None
    tags: tuple[str, ...]

    @property
    def name(self) -> str:
        """As `choose` takes it: `siamese/sitting`, `meadow/back`."""
        return f"{self.breed}/{self.layer or self.pose}"

    @property
    def source(self) -> str:
        """Stands in the database as where the picture came from."""
        return f"drawn/{self.kind}/{self.name}"

    def sketch(self) -> Sketch:
        if self.layer is None:
            return cat.draw(BREEDS[self.breed], POSES[self.pose])
        return scene.draw(scene.SCENES[self.breed], self.layer)


def catalogue() -> tuple[Drawing, ...]:
    """Every breed in every pose, and every layer of every scene, the most wanted first.

    They are drawn in this order while others look: a scene, every breed once, and then more of both by turns. The back
    of a scene comes last, since a scene that has one is offered.
    """
    found, places = list[Drawing](), tuple(scene.SCENES.values())
    for turn, pose in enumerate(POSES):
        for place in places[max(0, 2 * turn - 1) : 2 * turn + 1]:
            layers = sorted(place.layers, key=lambda layer: layer == "back")
            found += (Drawing("scene", place.name, "scene", layer, place.tags) for layer in layers)
        for breed in BREEDS.values():
            found.append(Drawing("cat", breed.name, pose, None, _unique(breed.name, pose, *breed.tags)))
    return tuple(found)


def _unique(*tags: str) -> tuple[str, ...]:
    """The tags without those that say the name again: a black cat is black."""
    return tuple(dict.fromkeys(tags))


def choose(patterns: str) -> tuple[Drawing, ...]:
    """The drawings of the catalogue whose names match one of some patterns.

    Args:
        patterns: Shell patterns with commas between them: "siamese/*, */sleeping, meadow/*". A name without a slash
            means all of a breed or scene.

    Raises:
        ValueError: A pattern matches nothing; the message says which names there are.
    """
    drawings, chosen = catalogue(), set()
    for pattern in filter(None, (part.strip() for part in patterns.split(","))):
        whole = pattern if "/" in pattern else f"{pattern}/*"
        if not (matching := {drawing for drawing in drawings if fnmatchcase(drawing.name, whole)}):
            raise ValueError(
                f"no drawing matches {pattern!r}: there are BREED/POSE and SCENE/LAYER with the breeds "
                f"{', '.join(BREEDS)}, the poses {', '.join(POSES)}, and the scenes {', '.join(scene.SCENES)}"
            )
        chosen |= matching
    return tuple(drawing for drawing in drawings if drawing in chosen)


def largest_width(sketch: Sketch, kind: str) -> int:
    """The width in pixels at which a sketch is rasterised; cats are cut out of that, and smaller images scaled down."""
    return WIDTHS[kind][-1] if kind == "scene" else min(WIDTHS[kind][-1], round(sketch.width * SCALE))


def develop(sketch: Sketch, kind: str) -> Developed:
    """Rasterise a sketch and encode it at the stored widths; cats are cut out."""
    picture, anchors = rasterise(sketch, largest_width(sketch, kind), crop=kind == "cat")
    return Developed(encode(picture, kind), anchors, opaque=picture.mode == "RGB")


class Drawings:
    """A `Source`: the catalogue, or what `choose` takes of it."""

    def __init__(self, patterns: str = EVERYTHING) -> None:
        self._drawings = {drawing.source: drawing for drawing in choose(patterns)}

    def proposals(self) -> Sequence[Proposal]:
        return [
            Proposal(
                kind=drawing.kind,
                breed=drawing.breed,
                pose=drawing.pose,
                layer=drawing.layer,
                tags=drawing.tags,
                licence=LICENCE,
                author=AUTHOR,
                source=drawing.source,
                digest=hashlib.sha256(f"{self._edition}/{drawing.source}".encode()).hexdigest(),
            )
            for drawing in self._drawings.values()
        ]

    def candidate(self, proposal: Proposal) -> Candidate:
        sketch = self._drawings[proposal.source].sketch()
        width = largest_width(sketch, proposal.kind)
        height = round(sketch.height * width / sketch.width)
        document = len(sketch.svg.encode())
        return Candidate(proposal, document, width, height, 1, partial(develop, sketch, proposal.kind))

    @cached_property
    def _edition(self) -> str:
        """SHA-256 of the code that draws and encodes: all parameters are in it.

        So a start tells without drawing anything whether what is stored is what would be drawn, and a release with
        better cats replaces the old ones.
        """
        package = files("catguard_store")
        sources = [*(package / "art").iterdir(), package / "drawings.py", package / "renditions.py"]
        texts = sorted((source.name, source.read_bytes()) for source in sources if source.name.endswith(".py"))
        return hashlib.sha256(b"\0".join(name.encode() + b"\0" + text for name, text in texts)).hexdigest()
