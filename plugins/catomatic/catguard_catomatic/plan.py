"""A composition before any pixel is there: which cats of those that there are, where they stand, and what to fetch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Final

from PIL import Image

from catguard_catomatic.cards import HEAD, WHOLE, Card
from catguard_catomatic.geometry import Box, Window
from catguard_catomatic.layout import Figure, Ground, Placement, Stage, arrange
from catguard_catomatic.pictures import Picture, Stored
from catguard_catomatic.recipe import SceneRecipe
from catguard_catomatic.view import Span, scene_window

# Where a picture does not name them: a face in the upper middle, of a photo in its middle; ground in the lower third.
USUAL_FACE: Final = Box(0.25, 0.05, 0.5, 0.4)
USUAL_FACE_OF_PHOTO: Final = Box(0.25, 0.2, 0.5, 0.5)
# A face is at least so much of the picture's width and height, whatever is said of it: what is less cannot be seen.
LEAST_FACE: Final = 0.05
USUAL_GROUND: Final = {"ground-left": (0.0, 0.65), "ground-right": (1.0, 0.65), "ground-near": (0.5, 0.94)}
THINGS: Final = 6  # of a scene: so many pairs of anchors are read
LAYERS: Final = ("back", "ground", "foreground")  # in the order in which they are drawn; cats before the last

Outlines = Mapping[str, Image.Image]  # by the digest of the picture


@dataclass(frozen=True, slots=True)
class Actor:
    """A cat in the picture: its stored picture, its place in whole pixels, and the card that a photo is on."""

    stored: Stored
    place: Placement
    card: Card | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """A composition: the layers from back to front, and the cats from far to near."""

    recipe: SceneRecipe
    window: Window
    layers: tuple[Stored, ...]
    cats: tuple[Actor, ...]

    @property
    def needs(self) -> tuple[Stored, ...]:
        """What to fetch, each once."""
        wanted = (*self.layers, *(cat.stored for cat in self.cats))
        return tuple({stored.key: stored for stored in wanted}.values())


@dataclass(frozen=True, slots=True)
class Cast:
    """The cats and the layers of a recipe, before it is known what they look like: cut-outs of odd outlines."""

    recipe: SceneRecipe
    cats: tuple[Picture, ...]
    layers: tuple[Picture, ...]

    @property
    def outlined(self) -> tuple[Stored, ...]:
        """Whose outlines the plan needs, each once, at the smallest width, which tells enough."""
        seen = [cat for cat in self.cats if not cat.opaque]
        seen += [layer for layer in self.layers if layer.layer == "foreground"]
        return tuple({each.digest: Stored(each, each.widths[0]) for each in seen}.values())


def cast(recipe: SceneRecipe, cats: Sequence[Picture], layers: Sequence[Picture]) -> Cast:
    """Choose the cats and order the layers.

    Args:
        recipe: What was ordered.
        cats: The cats to choose from, at least one: the first of them is shown first, the others stand in any order.
        layers: The layers of the scene, a back and at most one of each other name, in any order.
    """
    chosen = _choose(cats, recipe.count, recipe.seed)
    ordered = sorted(layers, key=lambda layer: LAYERS.index(str(layer.layer)))
    return Cast(recipe, tuple(chosen), tuple(ordered))


def plan(cast: Cast, outlines: Outlines) -> Plan:
    """Find a place for each cat of a cast.

    Args:
        cast: Who appears.
        outlines: Of all pictures that `cast.outlined` asks for.
    """
    recipe, random = cast.recipe, Random(cast.recipe.seed)
    scene = cast.layers[0]
    ground = _ground(scene)
    proportion = scene.width / scene.height
    window = scene_window(proportion, ground, recipe.width, recipe.height, random, things=things_of(scene))
    there = Ground(*(_fraction(window, point) for point in (ground.left, ground.right, ground.near)))
    foregrounds = [(outlines[layer.digest], window.part) for layer in cast.layers if layer.layer == "foreground"]
    stage = Stage.of(recipe.width, recipe.height, there, foregrounds)
    cards = [Card.of(cat, face_of(cat), random) if cat.opaque else None for cat in cast.cats]
    figures = [_figure(cat, card, outlines) for cat, card in zip(cast.cats, cards, strict=True)]
    actors = []
    for place in arrange(figures, stage, random):
        cat, card = cast.cats[place.figure], cards[place.figure]
        placed = _in_pixels(place, figures[place.figure], stage, recipe)
        needed = placed.box.width / (card.bounds[0] * card.part.width) if card else placed.box.width
        actors.append(Actor(Stored(cat, cat.stored_width(needed)), placed, card))
    layers = (Stored(layer, layer.stored_width(recipe.width / window.part.width)) for layer in cast.layers)
    return Plan(recipe, window, tuple(layers), tuple(actors))


def face_of(cat: Picture) -> Box:
    """The face of a cat, in fractions of its picture."""
    usual = USUAL_FACE_OF_PHOTO if cat.opaque else USUAL_FACE
    if not {"face-top-left", "face-bottom-right"} <= cat.anchors.keys():
        return usual
    (left, top), (right, bottom) = cat.anchors["face-top-left"], cat.anchors["face-bottom-right"]
    if left >= right or top >= bottom:
        return usual
    (x, width), (y, height) = _seeable(left, right), _seeable(top, bottom)
    return Box(x, y, width, height)


def _seeable(start: float, end: float) -> tuple[float, float]:
    """Start and length of one side of a face: long enough, around the same middle where the picture has room there."""
    length = max(end - start, LEAST_FACE)
    return min(max((start + end - length) / 2, 0.0), 1 - length), length


def _figure(cat: Picture, card: Card | None, outlines: Outlines) -> Figure:
    face = face_of(cat)
    if card is None:
        return Figure(cat.width / cat.height, face, face.width, outlines[cat.digest])
    wide, high = card.bounds
    return Figure(wide / high, card.face(face), HEAD, card.outline(), WHOLE)


def _ground(scene: Picture) -> Ground:
    anchors = USUAL_GROUND | dict(scene.anchors)
    return Ground(anchors["ground-left"], anchors["ground-right"], anchors["ground-near"])


def things_of(scene: Picture) -> tuple[Span, ...]:
    """Left and right end of each high thing of a scene that says where they are, in fractions of its width."""
    names = [(f"thing-{index}-left", f"thing-{index}-right") for index in range(THINGS)]
    ends = [
        (scene.anchors[left][0], scene.anchors[right][0])
        for left, right in names
        if {left, right} <= scene.anchors.keys()
    ]
    return tuple((left, right) for left, right in ends if left < right)


def _fraction(window: Window, point: tuple[float, float]) -> tuple[float, float]:
    x, y = window.apply(point)
    return x / window.width, y / window.height


def _choose(cats: Sequence[Picture], count: int, seed: int) -> list[Picture]:
    """`count` cats, the first one first, none a second time before all have been taken."""
    chosen = [cats[0]]
    random = Random(f"cats {seed}")
    everybody = sorted(cats, key=lambda cat: cat.id)
    left = [cat for cat in everybody if cat is not cats[0]]
    while len(chosen) < count:
        chosen += random.sample(left, min(len(left), count - len(chosen)))
        left = everybody
    return chosen


def _in_pixels(place: Placement, figure: Figure, stage: Stage, recipe: SceneRecipe) -> Placement:
    """A placement of the stage in whole pixels of the picture, inside of it.

    The stage has the proportion of the picture up to a step, so that both scales are nearly the same.
    """
    across, down = recipe.width / stage.width, recipe.height / stage.height
    wide = min(max(1, round(place.box.width * min(across, down))), recipe.width)
    tall = min(max(1, round(wide / figure.proportion)), recipe.height)
    left = round(place.box.centre[0] * across - wide / 2)
    top = round(place.box.bottom * down) - tall
    box = Box(min(max(0, left), recipe.width - wide), min(max(0, top), recipe.height - tall), wide, tall)
    face = figure.face.mirrored() if place.mirrored else figure.face
    return replace(place, box=box, face=face.within(box))
