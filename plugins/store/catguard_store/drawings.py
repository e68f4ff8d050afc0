"""The drawings that the store ships with, as a source of pictures."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Drawing:
    """One entry of the catalogue: a breed in a pose, or a layer of a scene."""

    kind: str
    breed: str
    pose: str
    layer: str | None
    tags: tuple[str, ...]

    @property
    def source(self) -> str:
        """Stands in the database as where the picture came from."""
        return f"drawn/{self.kind}/{self.breed}/{self.layer or self.pose}"

    def sketch(self) -> Sketch:
        if self.layer is None:
            return cat.draw(BREEDS[self.breed], POSES[self.pose])
        return scene.draw(scene.SCENES[self.breed], self.layer)


def catalogue() -> tuple[Drawing, ...]:
    """Every breed in every pose, and every layer of every scene."""
    cats = [
        Drawing("cat", breed.name, pose, None, (breed.name, pose, *breed.tags))
        for breed in BREEDS.values()
        for pose in POSES
    ]
    layers = [
        Drawing("scene", place.name, "scene", layer, place.tags)
        for place in scene.SCENES.values()
        for layer in place.layers
    ]
    return (*cats, *layers)


def develop(sketch: Sketch, kind: str) -> Developed:
    """Rasterise a sketch and encode it at the stored widths; cats are cut out."""
    picture, anchors = rasterise(sketch, WIDTHS[kind][-1], crop=kind == "cat")
    return Developed(encode(picture, kind), anchors)


class Drawings:
    """A `Source`: the catalogue."""

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
        width = WIDTHS[proposal.kind][-1]
        height = round(sketch.height * width / sketch.width)
        document = len(sketch.svg.encode())
        return Candidate(proposal, document, width, height, 1, partial(develop, sketch, proposal.kind))

    @cached_property
    def _drawings(self) -> Mapping[str, Drawing]:
        return {drawing.source: drawing for drawing in catalogue()}

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
