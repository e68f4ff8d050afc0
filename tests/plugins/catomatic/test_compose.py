import dataclasses
import io

import pytest
from PIL import Image, ImageChops

from catguard_catomatic import pixels
from catguard_catomatic.compose import USUAL_FACE, compose, face_of, plan
from catguard_catomatic.recipe import Format, SceneRecipe
from tests.plugins.catomatic import shapes

CATS = (shapes.cat("tom"), shapes.cat("tim", proportion=1.2))
LAYERS = (shapes.layer("foreground"), shapes.layer("back"))


def order(
    *, count: int = 3, width: int = 200, height: int = 160, seed: int = 1, format: Format = "webp"
) -> SceneRecipe:
    return SceneRecipe("siamese", "garden", count, width, height, format, seed)


def drawn(recipe: SceneRecipe, *, layers=LAYERS) -> Image.Image:
    planned = plan(recipe, CATS, layers)
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


def test_plan_does_not_depend_on_the_order_in_which_the_store_answers() -> None:
    assert plan(order(), CATS, LAYERS) == plan(order(), CATS[::-1], LAYERS[::-1])


def test_plan_takes_every_cat_before_any_a_second_time() -> None:
    planned = plan(order(count=5), CATS, LAYERS)

    ids = [stored.picture.id for stored, _ in planned.cats]
    assert sorted(ids.count(cat.id) for cat in CATS) == [2, 3]


def test_plan_needs_the_smallest_stored_widths_that_suffice() -> None:
    planned = plan(order(count=6, width=480, height=360), CATS, LAYERS)

    for stored, place in planned.cats:
        smaller = [width for width in stored.picture.widths if width < stored.width]
        assert stored.width >= place.box.width
        assert all(width < place.box.width for width in smaller)


def test_plan_never_asks_for_more_than_is_stored() -> None:
    planned = plan(order(count=1, width=4096, height=4096), CATS, LAYERS)

    assert {stored.width for stored in planned.needs} == {256, 640}


def test_plan_fetches_each_picture_once() -> None:
    planned = plan(order(count=12), CATS, LAYERS)

    keys = [stored.key for stored in planned.needs]
    assert len(keys) == len(set(keys)) < 12


def test_compose_shows_every_cat_where_its_box_says() -> None:
    recipe = order(count=3, width=480, height=360)
    planned = plan(recipe, CATS, LAYERS)
    image = drawn(recipe)

    for stored, place in planned.cats:
        x, y = stored.picture.anchors["nose"]
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
    ((_, place),) = plan(recipe, CATS, LAYERS).cats
    image = drawn(recipe)

    below = image.getpixel((int(place.box.x + place.box.width / 2), int(place.box.bottom) + 2))
    assert sum(below) < 0.85 * sum(shapes.EARTH)


def test_compose_lays_the_light_of_the_scene_over_the_cats_only() -> None:
    dark = [dataclasses.replace(layer, tags=frozenset()) for layer in LAYERS]
    recipe = order(count=1, width=480, height=360)
    ((_, place),) = plan(recipe, CATS, LAYERS).cats

    changed = ImageChops.difference(drawn(recipe), drawn(recipe, layers=dark)).getbbox()

    assert changed is not None
    left, top, right, bottom = place.box.rounded()
    assert left <= changed[0] <= changed[2] <= right
    assert top <= changed[1] <= changed[3] <= bottom


def test_compose_pastes_a_photograph_without_transparency() -> None:
    planned = plan(order(), CATS, LAYERS)
    photographs = {key: image.convert("RGB") for key, image in shapes.images(planned.needs).items()}

    assert compose(planned, photographs, resize=pixels.resize).size == (200, 160)


def test_face_of_a_cat_without_face_anchors_is_the_usual_one() -> None:
    assert face_of(dataclasses.replace(shapes.cat(), anchors={})) == USUAL_FACE


def test_face_of_a_cat_with_swapped_anchors_is_the_usual_one() -> None:
    swapped = {"face-top-left": (0.8, 0.4), "face-bottom-right": (0.2, 0.1)}

    assert face_of(dataclasses.replace(shapes.cat(), anchors=swapped)) == USUAL_FACE
