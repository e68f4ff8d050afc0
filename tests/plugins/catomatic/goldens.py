"""Goldens: what pictures look like, in 64 bits each, so that a change of the look is seen and one of the noise is not.

Look at the pictures when they change on purpose, and write the new ones:

    python -m tests.plugins.catomatic.goldens [DIRECTORY]

DIRECTORY, if given, gets the pictures.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from PIL import Image

from catguard_catomatic import pixels
from catguard_catomatic.closeup import close_up, look
from catguard_catomatic.compose import compose
from catguard_catomatic.deal import deal
from catguard_catomatic.outlines import outline_of
from catguard_catomatic.plan import cast, plan
from catguard_catomatic.recipe import CloseUpRecipe, Format, SceneRecipe
from tests.plugins.catomatic.drawn import Drawings, drawings

FILE = Path(__file__).with_name("goldens.json")
SIDE = 8

# Breed, scene, cats, width, height. Every scene; one, three, six and twelve cats; flat, high, small.
SCENES = (
    ("siamese", "rose-garden", 3, 480, 620),
    ("maine-coon", "meadow", 1, 320, 240),
    ("sphynx", "living-room", 6, 480, 360),
    ("any", "windowsill", 3, 300, 300),
    ("any", "beach", 12, 640, 480),
    ("siamese", "snow", 1, 240, 480),
    ("any", "bookshelf", 6, 800, 200),
    ("maine-coon", "night-roof", 3, 200, 800),
    ("any", "night-roof", 12, 64, 64),
)
CLOSE_UPS = (("siamese", "eyes", 400, 300), ("sphynx", "face", 300, 400))


def pictures(drawn: Drawings) -> Iterator[tuple[str, Image.Image]]:
    """Every golden picture with its name."""
    for breed, scene, count, width, height in SCENES:
        recipe = SceneRecipe(breed, scene, count, width, height, "png", 7)
        yield f"{count} {breed} {scene} {width}x{height}", drawn.composed(drawn.planned(recipe))
    yield "cards", _cards(drawn)
    for breed, part, width, height in CLOSE_UPS:
        picture = drawn.cats[breed][0]
        view = close_up(CloseUpRecipe(picture.id, part, width, height, "png", 7), picture)
        yield f"{breed} {part}", look(view, drawn.images[picture.digest], resize=pixels.resize)


def _cards(drawn: Drawings) -> Image.Image:
    """Two photos and a cut-out; the photos are taken in the meadow."""
    layers = drawn.scenes["living-room"]
    cats, images = [], dict(drawn.images)
    for breed in ("siamese", "sphynx"):
        taken = drawn.composed(drawn.planned(SceneRecipe(breed, "meadow", 1, 240, 200, "png", 3)))
        cats.append(
            replace(drawn.cats[breed][0], opaque=True, digest=breed, width=240, height=200, widths=(240,), anchors={})
        )
        images[breed] = taken
    recipe = SceneRecipe("", "living-room", 3, 480, 360, "png", 7)
    chosen = cast(recipe, deal(3, recipe.seed).arranged([*cats, drawn.cats["maine-coon"][0]]), layers)
    planned = plan(chosen, {each.picture.digest: outline_of(images[each.picture.digest]) for each in chosen.outlined})
    return compose(planned, {each.key: images[each.picture.digest] for each in planned.needs}, resize=pixels.resize)


def fingerprint(image: Image.Image) -> int:
    """The difference hash: 64 bits, each whether one of 9 x 8 grey fields is darker than the next one to the right."""
    small = image.convert("L").resize((SIDE + 1, SIDE), Image.Resampling.BOX)
    rows = [small.crop((0, row, SIDE + 1, row + 1)).tobytes() for row in range(SIDE)]
    return int("".join(str(int(one < other)) for row in rows for one, other in pairwise(row)), 2)


def distance(one: int, other: int) -> int:
    """In how many bits two fingerprints differ."""
    return (one ^ other).bit_count()


def read() -> dict[str, int]:
    return {name: int(value, 16) for name, value in json.loads(FILE.read_text()).items()}


def main() -> None:
    """Write the file anew."""
    made = dict(pictures(drawings()))
    FILE.write_text(json.dumps({name: f"{fingerprint(image):016x}" for name, image in made.items()}, indent=2) + "\n")
    for directory in map(Path, sys.argv[1:]):
        directory.mkdir(parents=True, exist_ok=True)
        for name, image in made.items():
            image.save(directory / f"{name}.png")


FORMATS: tuple[Format, ...] = ("webp", "png", "jpeg", "avif")

if __name__ == "__main__":
    main()
