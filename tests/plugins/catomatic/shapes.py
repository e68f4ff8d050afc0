"""Pictures of plain shapes: a cat is a head on a body, a scene has a sky, a ground and a hedge before the feet."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from PIL import Image, ImageDraw

from catguard_catomatic.deal import deal
from catguard_catomatic.outlines import outline_of
from catguard_catomatic.pictures import Credit, Picture, Stored
from catguard_catomatic.plan import Plan, cast, plan
from catguard_catomatic.recipe import SceneRecipe

WIDTHS = {"cat": (64, 128, 256), "scene": (320, 640)}
FACE = ((0.2, 0.06), (0.8, 0.4))
FUR, NOSE, SKY, EARTH, HEDGE = (120, 80, 60), (255, 0, 128), (90, 150, 230), (90, 160, 70), (20, 60, 20)
PATH, PHOTO = (170, 140, 100), (200, 90, 160)


def cat(name: str = "tom", *, breed: str = "siamese", proportion: float = 0.65) -> Picture:
    return Picture(
        id=hashlib.sha256(name.encode()).hexdigest()[:16],
        kind="cat",
        breed=breed,
        pose="sitting",
        width=256,
        height=round(256 / proportion),
        widths=WIDTHS["cat"],
        anchors={
            "nose": (0.38, 0.26),
            "left-eye": (0.35, 0.18),
            "right-eye": (0.65, 0.18),
            "left-ear": (0.25, 0.05),
            "right-ear": (0.75, 0.05),
            "paw": (0.4, 0.97),
            "tail": (0.9, 0.8),
            "face-top-left": FACE[0],
            "face-bottom-right": FACE[1],
        },
        tags=frozenset(),
        layer=None,
        digest=hashlib.sha256(name.encode()).hexdigest(),
        credit=Credit("Ann Artist", "CC0", ("own drawing",)),
    )


def photo(name: str = "photo", *, breed: str = "siamese", width: int = 640, height: int = 480) -> Picture:
    """A picture with a background of its own, of which nobody says where the face is."""
    return replace(cat(name, breed=breed), opaque=True, width=width, height=height, widths=(width,), anchors={})


def layer(name: str = "back", *, scene: str = "garden") -> Picture:
    key = f"{scene} {name}"
    return Picture(
        id=hashlib.sha256(key.encode()).hexdigest()[:16],
        kind="scene",
        breed=scene,
        pose="scene",
        width=640,
        height=480,
        widths=WIDTHS["scene"],
        anchors={"ground-left": (0.05, 0.62), "ground-right": (0.95, 0.62), "ground-near": (0.5, 0.94)},
        tags=frozenset({"warm"}),
        layer=name,
        digest=hashlib.sha256(key.encode()).hexdigest(),
        credit=Credit("Ben Brush", "CC0", ("own drawing",)),
    )


def image(stored: Stored) -> Image.Image:
    """The pixels of a picture at a stored width."""
    width = stored.width
    height = round(width * stored.picture.height / stored.picture.width)
    if stored.picture.opaque:
        return Image.new("RGB", (width, height), PHOTO)
    if stored.picture.kind == "cat":
        return _cat(stored.picture, width, height)
    if stored.picture.layer == "foreground":
        hedge = Image.new("RGBA", (width, height))
        hedge.paste((*HEDGE, 255), (0, int(height * 0.97), width, height))
        return hedge
    if stored.picture.layer == "ground":
        path = Image.new("RGBA", (width, height))
        path.paste((*PATH, 255), (0, int(height * 0.6), width, height))
        return path
    ground = Image.new("RGB", (width, height), SKY)
    ground.paste(EARTH, (0, int(height * 0.55), width, height))
    return ground


def _cat(picture: Picture, width: int, height: int) -> Image.Image:
    drawing = Image.new("RGBA", (width, height))
    draw = ImageDraw.Draw(drawing)
    (left, top), (right, bottom) = FACE
    draw.rectangle((width * 0.1, height * bottom, width * 0.9, height), fill=FUR)
    draw.rectangle((width * left, height * top, width * right, height * bottom), fill=FUR)
    x, y = picture.anchors["nose"]
    draw.ellipse(
        (width * (x - 0.05), height * y - width * 0.05, width * (x + 0.05), height * y + width * 0.05), fill=NOSE
    )
    return drawing


def images(needs: tuple[Stored, ...]) -> dict[tuple[str, int], Image.Image]:
    return {stored.key: image(stored) for stored in needs}


def planned(recipe: SceneRecipe, cats: Sequence[Picture], layers: Sequence[Picture]) -> Plan:
    """The plan of a recipe that is dealt all of the cats, with the outlines that it needs."""
    chosen = cast(recipe, deal(len(cats), recipe.seed).arranged(cats), layers)
    return plan(chosen, {stored.picture.digest: outline_of(image(stored)) for stored in chosen.outlined})
