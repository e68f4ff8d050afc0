"""A scene with cats: what to fetch for it, and the pixels put together. Deterministic for a recipe and its pictures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from PIL import Image, ImageFilter

from catguard_catomatic.geometry import Box, Window
from catguard_catomatic.layout import Figure, Ground, Placement, arrange, scene_window
from catguard_catomatic.pictures import Picture, Stored
from catguard_catomatic.pixels import Resize, crop
from catguard_catomatic.recipe import SceneRecipe

# Where a picture does not name them: a face in the upper middle, ground in the lower third.
USUAL_FACE = Box(0.25, 0.05, 0.5, 0.4)
USUAL_GROUND = {"ground-left": (0.0, 0.65), "ground-right": (1.0, 0.65), "ground-near": (0.5, 0.94)}
LAYERS = (None, "back", "ground", "foreground")  # in the order in which they are drawn; cats stand before the last

Colour = tuple[int, int, int]
SHADOW: Colour = (30, 24, 36)
# The light of a scene, laid thinly over its cats: colour and opacity. The first of a scene's tags here is the one.
LIGHT: Mapping[str, tuple[Colour, float]] = {
    "night": ((60, 80, 170), 0.2),
    "warm": ((255, 190, 110), 0.07),
    "cool": ((110, 150, 225), 0.08),
}

# Opacity of the pool of shadow by the value of Pillow's radial gradient, which is 0 in the middle and 181 at the rim.
POOL = [round(255 * 0.5 * max(0.0, 1 - value / 175)) for value in range(256)]

Pixels = Mapping[tuple[str, int], Image.Image]  # decoded pictures, by the key of what was stored


@dataclass(frozen=True, slots=True)
class Plan:
    """A composition before any pixel is there: the layers from back to front, and the cats from far to near."""

    recipe: SceneRecipe
    window: Window
    layers: tuple[Stored, ...]
    cats: tuple[tuple[Stored, Placement], ...]

    @property
    def needs(self) -> tuple[Stored, ...]:
        """What to fetch, each once."""
        wanted = (*self.layers, *(cat for cat, _ in self.cats))
        return tuple({stored.key: stored for stored in wanted}.values())


def plan(recipe: SceneRecipe, cats: Sequence[Picture], layers: Sequence[Picture]) -> Plan:
    """Choose cats and places.

    Args:
        recipe: What was ordered.
        cats: The cats to choose from, at least one, in any order.
        layers: The layers of the scene, at least one, in any order.
    """
    random = Random(recipe.seed)
    ordered = sorted(layers, key=lambda layer: (LAYERS.index(layer.layer), layer.id))
    scene = ordered[0]
    ground = _ground(scene)
    window = scene_window(scene.width / scene.height, ground, recipe.width, recipe.height, random)
    there = Ground(*(window.apply(point) for point in (ground.left, ground.right, ground.near)))
    chosen = _choose(sorted(cats, key=lambda cat: cat.id), recipe.count, random)
    figures = [Figure(cat.width / cat.height, face_of(cat)) for cat in chosen]
    places = arrange(figures, there, recipe.width, recipe.height, random)
    return Plan(
        recipe,
        window,
        tuple(Stored(layer, layer.stored_width(recipe.width / window.part.width)) for layer in ordered),
        tuple(
            (Stored(cat, cat.stored_width(place.box.width)), place)
            for cat, place in ((chosen[place.figure], place) for place in places)
        ),
    )


def face_of(cat: Picture) -> Box:
    """The face of a cat, in fractions of its picture."""
    if not {"face-top-left", "face-bottom-right"} <= cat.anchors.keys():
        return USUAL_FACE
    (left, top), (right, bottom) = cat.anchors["face-top-left"], cat.anchors["face-bottom-right"]
    return Box(left, top, right - left, bottom - top) if left < right and top < bottom else USUAL_FACE


def _ground(scene: Picture) -> Ground:
    anchors = USUAL_GROUND | dict(scene.anchors)
    return Ground(anchors["ground-left"], anchors["ground-right"], anchors["ground-near"])


def _choose(cats: Sequence[Picture], count: int, random: Random) -> list[Picture]:
    """`count` cats, none a second time before all have been taken."""
    chosen: list[Picture] = []
    while len(chosen) < count:
        chosen += random.sample(cats, min(len(cats), count - len(chosen)))
    return chosen


def compose(plan: Plan, pixels: Pixels, *, resize: Resize) -> Image.Image:
    """Draw a plan: the scene, the cats with their shadows, and what grows before their feet.

    Pasting with a mask on an opaque canvas releases the interpreter lock; `alpha_composite` would hold it.
    """
    canvas = Image.new("RGB", (plan.recipe.width, plan.recipe.height))
    light = next((LIGHT[tag] for tag in LIGHT if tag in plan.layers[0].picture.tags), None)
    behind = [layer for layer in plan.layers if layer.picture.layer != "foreground"]
    for layer in behind:
        _draw_layer(canvas, pixels[layer.key], plan.window, resize)
    for cat, place in plan.cats:
        _draw_cat(canvas, pixels[cat.key], place, light, resize)
    for layer in plan.layers[len(behind) :]:
        _draw_layer(canvas, pixels[layer.key], plan.window, resize)
    return canvas


def _draw_layer(canvas: Image.Image, image: Image.Image, window: Window, resize: Resize) -> None:
    seen = resize(crop(image, window.part), window.width, window.height)
    canvas.paste(seen, (0, 0), seen if seen.mode == "RGBA" else None)


def _draw_cat(
    canvas: Image.Image, image: Image.Image, place: Placement, light: tuple[Colour, float] | None, resize: Resize
) -> None:
    left, top, right, bottom = place.box.rounded()
    cat = resize(image, right - left, bottom - top)
    if place.mirrored:
        cat = cat.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    if cat.mode != "RGBA":  # a photograph, not a cut-out
        canvas.paste(cat, (left, top))
        return
    shape = cat.getchannel("A")
    _draw_shadow(canvas, shape, left, top)
    canvas.paste(cat, (left, top), cat)
    if light:
        colour, opacity = light
        canvas.paste(colour, (left, top, right, bottom), _faded(shape, opacity))


def _draw_shadow(canvas: Image.Image, shape: Image.Image, left: int, top: int) -> None:
    """What a cat takes from the light: a pool as wide as its feet reach, and a dark rim around each paw."""
    wide, tall = shape.size
    ankle = int(tall * 0.93)
    paws = shape.crop((0, ankle, wide, tall))
    reach = paws.getbbox()
    if reach is None:
        return
    across = max(1, round((reach[2] - reach[0]) * 1.35))
    high = max(1, round(across * 0.17))
    pool = Image.radial_gradient("L").resize((across, high), Image.Resampling.BILINEAR).point(POOL)
    # A little above the lowest foot, as a cat stands on its pool and not behind it.
    x, y = round(left + (reach[0] + reach[2]) / 2 - across / 2), round(top + ankle + reach[3] - high * 0.6)
    canvas.paste(SHADOW, (x, y, x + across, y + high), pool)
    rim = max(1, round((reach[2] - reach[0]) * 0.05))
    around = Image.new("L", (wide + 4 * rim, paws.height + 4 * rim))
    around.paste(paws, (2 * rim, 2 * rim))
    around = _faded(around.filter(ImageFilter.GaussianBlur(rim * 0.7)), 0.6)
    x, y = left - 2 * rim, top + ankle - 2 * rim + rim // 2
    canvas.paste(SHADOW, (x, y, x + around.width, y + around.height), around)


def _faded(mask: Image.Image, opacity: float) -> Image.Image:
    return mask.point([round(value * opacity) for value in range(256)])
