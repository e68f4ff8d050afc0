import dataclasses
import io

import pytest
from PIL import Image, ImageChops

from catguard_catomatic import pixels
from catguard_catomatic.compose import compose
from catguard_catomatic.recipe import Format, SceneRecipe
from tests.plugins.catomatic import shapes

CATS = (shapes.cat("tom"), shapes.cat("tim", proportion=1.2))
LAYERS = (shapes.layer("foreground"), shapes.layer("back"))


def order(
    *, count: int = 3, width: int = 200, height: int = 160, seed: int = 1, format: Format = "webp"
) -> SceneRecipe:
    return SceneRecipe("siamese", "garden", count, width, height, format, seed)


def drawn(recipe: SceneRecipe, *, cats=CATS, layers=LAYERS) -> Image.Image:
    planned = shapes.planned(recipe, cats, layers)
    return compose(planned, shapes.images(planned.needs), resize=pixels.resize)


@pytest.mark.parametrize("format", ["webp", "png", "jpeg", "avif"])
@pytest.mark.parametrize(
    ("count", "width", "height"),
    [
        (1, 480, 620),
        (3, 480, 620),
        (12, 480, 620),
        (6, 1200, 400),
        (12, 300, 900),
        (12, 16, 16),
        (12, 2000, 17),
        (3, 17, 2000),
    ],
)
def test_compose_gives_exactly_the_ordered_size_in_every_format(
    count: int, width: int, height: int, format: Format
) -> None:
    data = pixels.encode(drawn(order(count=count, width=width, height=height)), format)

    with Image.open(io.BytesIO(data)) as result:
        assert result.format == format.upper()
        assert result.size == (width, height)


def test_compose_draws_four_megapixels() -> None:
    assert drawn(order(count=12, width=4000, height=1000)).size == (4000, 1000)


@pytest.mark.parametrize("format", ["webp", "png", "jpeg", "avif"])
def test_compose_gives_the_same_bytes_for_a_seed_and_others_for_another(format: Format) -> None:
    first, again, other = (pixels.encode(drawn(order(seed=seed)), format) for seed in (1, 1, 2))

    assert first == again
    assert first != other


def test_compose_shows_every_cat_where_its_box_says() -> None:
    recipe = order(count=3, width=480, height=360)
    planned = shapes.planned(recipe, CATS, LAYERS)
    image = drawn(recipe)

    for actor in planned.cats:
        place = actor.place
        x, y = actor.stored.picture.anchors["nose"]
        x = 1 - x if place.mirrored else x
        red, green, blue = image.getpixel(
            (int(place.box.x + x * place.box.width), int(place.box.y + y * place.box.height))
        )
        assert red > 200
        assert green < 60
        assert 60 < blue < 180


def test_compose_lays_the_foreground_over_the_feet() -> None:
    image = drawn(order(width=640, height=480))
    without = drawn(order(width=640, height=480), layers=LAYERS[1:])

    changed = ImageChops.difference(image, without).getbbox()
    assert changed is not None
    assert changed[1] > 400
    assert image.getpixel((320, 478)) == shapes.HEDGE


def test_compose_draws_a_shadow_on_the_ground_under_each_cat() -> None:
    recipe = order(count=1, width=480, height=360)
    (place,) = (actor.place for actor in shapes.planned(recipe, CATS, LAYERS).cats)
    image = drawn(recipe)

    below = image.getpixel((int(place.box.x + place.box.width / 2), int(place.box.bottom) + 2))
    assert sum(below) < 0.85 * sum(shapes.EARTH)


def test_compose_lays_the_light_of_the_scene_over_the_cats_only() -> None:
    dark = [dataclasses.replace(layer, tags=frozenset()) for layer in LAYERS]
    recipe = order(count=1, width=480, height=360)
    (place,) = (actor.place for actor in shapes.planned(recipe, CATS, LAYERS).cats)

    changed = ImageChops.difference(drawn(recipe), drawn(recipe, layers=dark)).getbbox()

    assert changed is not None
    left, top, right, bottom = place.box.rounded()
    assert left <= changed[0] <= changed[2] <= right
    assert top <= changed[1] <= changed[3] <= bottom


def test_compose_pastes_an_opaque_picture_that_is_not_said_to_be_a_photo() -> None:
    planned = shapes.planned(order(), CATS, LAYERS)
    opaque = {key: image.convert("RGB") for key, image in shapes.images(planned.needs).items()}

    assert compose(planned, opaque, resize=pixels.resize).size == (200, 160)


def test_compose_draws_the_ground_between_the_back_and_the_cats() -> None:
    recipe = order(count=1, width=480, height=360)
    with_ground = (*LAYERS, shapes.layer("ground"))
    (place,) = (actor.place for actor in shapes.planned(recipe, CATS, with_ground).cats)
    image = drawn(recipe, layers=with_ground)

    assert image.getpixel((2, 300)) == shapes.PATH
    assert image.getpixel((2, 20)) == shapes.SKY
    middle = image.getpixel((int(place.box.centre[0]), int(place.box.bottom - 0.2 * place.box.height)))
    assert abs(middle[0] - shapes.FUR[0]) < 30
    assert image.getpixel((240, 358)) == shapes.HEDGE


def test_compose_leaves_out_a_layer_of_which_nothing_is_in_view() -> None:
    planned = shapes.planned(order(), CATS, LAYERS)
    images = shapes.images(planned.needs)
    (hedge,) = (layer.key for layer in planned.layers if layer.picture.layer == "foreground")
    images[hedge] = Image.new("RGBA", images[hedge].size)

    assert compose(planned, images, resize=pixels.resize).getpixel((100, 158)) != shapes.HEDGE
