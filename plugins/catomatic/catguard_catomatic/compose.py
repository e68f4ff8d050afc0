"""A scene with cats: the pixels of a plan put together. Deterministic for a plan and its pictures."""

import math
from collections.abc import Mapping

from PIL import Image, ImageFilter, ImageOps

from catguard_catomatic.geometry import Box, Window
from catguard_catomatic.pixels import Resize
from catguard_catomatic.plan import Actor, Plan

Colour = tuple[int, int, int]
SHADOW: Colour = (30, 24, 36)
# The light of a scene, laid thinly over its cats: colour and opacity. The first of a scene's tags here is the one.
LIGHT: Mapping[str, tuple[Colour, float]] = {
    "night": ((60, 80, 170), 0.2),
    "warm": ((255, 190, 110), 0.07),
    "cool": ((110, 150, 225), 0.08),
}

# What is below these shares of a cat's height throws the pool of shadow, and the rim around its paws.
WAIST, ANKLE = 0.55, 0.93
# How high the pool is, by the cat's width: the ground is seen from a low place.
POOL_HEIGHT = 0.13

Pixels = Mapping[tuple[str, int], Image.Image]  # decoded pictures, by the key of what was stored


def compose(plan: Plan, pixels: Pixels, *, resize: Resize) -> Image.Image:
    """Draw a plan: the scene, the cats with their shadows, and what grows before their feet.

    Pasting with a mask on an opaque canvas releases the interpreter lock; `alpha_composite` would hold it.
    """
    canvas = Image.new("RGB", (plan.recipe.width, plan.recipe.height))
    light = next((LIGHT[tag] for tag in LIGHT if tag in plan.layers[0].picture.tags), None)
    behind = [layer for layer in plan.layers if layer.picture.layer != "foreground"]
    for layer in behind:
        _draw_layer(canvas, pixels[layer.key], plan.window, resize)
    for cat in plan.cats:
        _draw_cat(canvas, pixels[cat.stored.key], cat, light, resize)
    for layer in plan.layers[len(behind) :]:
        _draw_layer(canvas, pixels[layer.key], plan.window, resize)
    return canvas


def _draw_layer(canvas: Image.Image, image: Image.Image, window: Window, resize: Resize) -> None:
    """Draw what the window shows of a layer; of one with transparency only the rows where there is something."""
    top, bottom = 0, window.height
    if image.mode == "RGBA":
        edges = image.getbbox(alpha_only=True)
        if edges is None:
            return
        top = max(0, math.floor(window.apply((0, edges[1] / image.height))[1]) - 1)
        bottom = min(window.height, math.ceil(window.apply((0, edges[3] / image.height))[1]) + 1)
        if top >= bottom:
            return
    rows = Box(0, top / window.height, 1, (bottom - top) / window.height).within(window.part)
    seen = resize(image, window.width, bottom - top, part=rows, quick=True)
    canvas.paste(seen, (0, top), seen if seen.mode == "RGBA" else None)


def _draw_cat(
    canvas: Image.Image, image: Image.Image, actor: Actor, light: tuple[Colour, float] | None, resize: Resize
) -> None:
    left, top, right, bottom = actor.place.box.rounded()
    cat = _seen(image, actor, right - left, bottom - top, resize)
    if cat.mode != "RGBA":  # the store did not say that it is a photo
        canvas.paste(cat, (left, top))
        return
    shape = cat.getchannel("A")
    _draw_shadow(canvas, shape, left, top)
    canvas.paste(cat, (left, top), cat)
    if light:
        colour, opacity = light
        canvas.paste(colour, (left, top, right, bottom), _faded(shape, opacity))


def _seen(image: Image.Image, actor: Actor, width: int, height: int, resize: Resize) -> Image.Image:
    if actor.card:
        return actor.card.draw(image, width, height, resize=resize)  # mirrored, what is written in it could not be read
    cat = resize(image, width, height)
    return ImageOps.mirror(cat) if actor.place.mirrored else cat


def _draw_shadow(canvas: Image.Image, shape: Image.Image, left: int, top: int) -> None:
    """What a cat takes from the light: a pool of the shape of its body, and a dark rim around each paw.

    The pool is the lower part of the cat, squashed onto the ground and softened: it is dark where much stands above it,
    reaches as far as the body does, and a raised tail throws none.
    """
    wide, tall = shape.size
    waist, ankle = int(tall * WAIST), int(tall * ANKLE)
    high = max(2, round(min(POOL_HEIGHT * wide, POOL_HEIGHT * 1.6 * tall)))
    pool = shape.crop((0, waist, wide, tall)).resize((wide, high), Image.Resampling.BOX)
    _darken(canvas, pool, left, top + tall - round(high * 0.6), blur=high * 0.4, opacity=0.5)
    paws = shape.crop((0, ankle, wide, tall))
    reach = paws.getbbox()
    if reach is not None:
        rim = max(1, round((reach[2] - reach[0]) * 0.05))
        _darken(canvas, paws, left, top + ankle + rim // 2, blur=rim * 0.7, opacity=0.6)


def _darken(canvas: Image.Image, mask: Image.Image, left: int, top: int, *, blur: float, opacity: float) -> None:
    """Lay a mask's shadow on the canvas, softened beyond its edges."""
    around = math.ceil(2.5 * blur)
    soft = Image.new("L", (mask.width + 2 * around, mask.height + 2 * around))
    soft.paste(mask, (around, around))
    soft = _faded(soft.filter(ImageFilter.GaussianBlur(blur)), opacity)
    x, y = left - around, top - around
    canvas.paste(SHADOW, (x, y, x + soft.width, y + soft.height), soft)


def _faded(mask: Image.Image, opacity: float) -> Image.Image:
    return mask.point([round(value * opacity) for value in range(256)])
