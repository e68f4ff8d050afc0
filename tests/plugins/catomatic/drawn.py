"""The store's own drawings at a small size, what is composed of them, and what can be seen of it."""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from PIL import Image, ImageStat

from catguard_catomatic import pixels
from catguard_catomatic.compose import compose
from catguard_catomatic.deal import deal
from catguard_catomatic.outlines import outline_of
from catguard_catomatic.pictures import Credit, Picture, Stored
from catguard_catomatic.plan import Plan, cast, plan
from catguard_catomatic.recipe import SceneRecipe
from catguard_store.art.raster import rasterise
from catguard_store.drawings import Drawing, catalogue

# Small, since drawing takes long; breeds of odd outlines: large ears, a mane, no fur.
WIDTHS = {"cat": 160, "scene": 400}
BREEDS = ("siamese", "maine-coon", "sphynx")


@dataclass(frozen=True)
class Drawings:
    """The pictures of some breeds and all scenes, with their pixels by digest."""

    cats: Mapping[str, Sequence[Picture]]
    scenes: Mapping[str, Sequence[Picture]]
    images: Mapping[str, Image.Image]

    def planned(self, recipe: SceneRecipe) -> Plan:
        """The plan of a recipe; the breed `any` is all of them."""
        everyone = [cat for cats in self.cats.values() for cat in cats]
        cats = self.cats.get(recipe.breed, everyone)
        chosen = cast(recipe, deal(len(cats), recipe.seed).arranged(cats), self.scenes[recipe.scene])
        return plan(
            chosen, {each.picture.digest: outline_of(self.images[each.picture.digest]) for each in chosen.outlined}
        )

    def composed(self, planned: Plan) -> Image.Image:
        return compose(planned, self.pixels(planned), resize=pixels.resize)

    def pixels(self, planned: Plan) -> dict[tuple[str, int], Image.Image]:
        return {stored.key: self.images[stored.picture.digest] for stored in planned.needs}

    def faces_visible(self, planned: Plan) -> list[float]:
        """How much of each face is seen, far to near: measured on what is really composed, one white cat at a time."""
        layers = tuple(_plain(layer, f"layer {index}") for index, layer in enumerate(planned.layers))
        cats = tuple(
            replace(actor, stored=_plain(actor.stored, f"cat {index}")) for index, actor in enumerate(planned.cats)
        )
        flat = replace(planned, layers=layers, cats=cats)
        originals = [*planned.layers, *(actor.stored for actor in planned.cats)]
        black = {
            each.key: _painted(self.images[original.picture.digest], "black")
            for each, original in zip([*layers, *(actor.stored for actor in cats)], originals, strict=True)
        }
        seen = []
        for actor, original in zip(cats, planned.cats, strict=True):
            # A white square of the face's size where the face is: fur that is not there hides nothing either.
            key = actor.stored.key
            canvas = compose(flat, black | {key: _with_face(black[key], original.stored.picture)}, resize=pixels.resize)
            face = canvas.convert("L").point(lambda value: 255 if value > 90 else 0).crop(actor.place.face.rounded())
            alone = replace(flat, cats=(actor,), layers=layers[:1])
            shown = compose(alone, black | {key: _with_face(black[key], original.stored.picture)}, resize=pixels.resize)
            whole = shown.convert("L").point(lambda value: 255 if value > 90 else 0).crop(actor.place.face.rounded())
            # A pixel more or less is the grain of this measure: the smallest faces have four.
            seen.append(min(1.0, (ImageStat.Stat(face).sum[0] + 255) / max(255, ImageStat.Stat(whole).sum[0])))
        return seen


def _plain(stored: Stored, digest: str) -> Stored:
    """The same picture with a digest of its own, and without the tags that colour the light."""
    return Stored(replace(stored.picture, digest=digest, tags=frozenset()), stored.width)


def _painted(image: Image.Image, colour: str) -> Image.Image:
    painted = Image.new("RGB", image.size, colour)
    if image.mode == "RGBA":
        painted.putalpha(image.getchannel("A"))
    return painted


def _with_face(image: Image.Image, picture: Picture) -> Image.Image:
    """A cat that is black but for the box of its face, all of which is white."""
    face = image.copy()
    (left, top), (right, bottom) = picture.anchors["face-top-left"], picture.anchors["face-bottom-right"]
    box = (
        round(left * image.width),
        round(top * image.height),
        round(right * image.width),
        round(bottom * image.height),
    )
    face.paste((255, 255, 255, 255), box)
    return face


@functools.cache
def drawings() -> Drawings:
    """Draw them: some seconds, once in a process."""
    cats: dict[str, list[Picture]] = {}
    scenes: dict[str, list[Picture]] = {}
    images = {}
    for drawing in catalogue():
        if drawing.kind == "scene" or drawing.breed in BREEDS:
            picture, image = _drawn(drawing)
            images[picture.digest] = image
            (scenes if drawing.kind == "scene" else cats).setdefault(drawing.breed, []).append(picture)
    return Drawings(cats, scenes, images)


def _drawn(drawing: Drawing) -> tuple[Picture, Image.Image]:
    image, anchors = rasterise(drawing.sketch(), WIDTHS[drawing.kind], crop=drawing.kind == "cat")
    picture = Picture(
        id=drawing.name,
        kind=drawing.kind,
        breed=drawing.breed,
        pose=drawing.pose,
        width=image.width,
        height=image.height,
        widths=(image.width,),
        anchors=anchors,
        tags=frozenset(drawing.tags),
        layer=drawing.layer,
        digest=drawing.source,
        credit=Credit(None, "MIT", ()),
    )
    return picture, image
