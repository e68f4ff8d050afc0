"""The laws of composition, held by what is really composed of the store's drawings."""

import io
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from catguard_catomatic import pixels
from catguard_catomatic.plan import Plan
from catguard_catomatic.recipe import Format, SceneRecipe
from tests.plugins.catomatic import goldens
from tests.plugins.catomatic.drawn import BREEDS, Drawings, drawings

SIZES = [(240, 310), (240, 180), (180, 240), (240, 240), (300, 100), (100, 300), (480, 620), (64, 64), (16, 256)]
SCENES = (
    "rose-garden", "meadow", "living-room", "windowsill", "beach", "snow", "bookshelf", "night-roof",
)  # fmt: skip


@pytest.fixture(scope="session")
def drawn() -> Drawings:
    return drawings()


@st.composite
def recipes(draw: st.DrawFn, *, least: int = 1, most: int = 12) -> SceneRecipe:
    count = draw(st.integers(least, most))
    # The policy's `scene-has-room`.
    width, height = draw(st.sampled_from([(wide, high) for wide, high in SIZES if wide * high >= 256 * count]))
    breed, scene = draw(st.sampled_from((*BREEDS, "any"))), draw(st.sampled_from(SCENES))
    return SceneRecipe(breed, scene, count, width, height, "png", draw(st.integers(0, 2**31 - 1)))


laws = settings(max_examples=25)


def heads(planned: Plan) -> list[float]:
    """How large each cat is, in pixels: poses are compared by their heads."""
    return [actor.place.face.width for actor in planned.cats]


@settings(max_examples=40)
@given(recipe=recipes(most=6))
def test_faces_of_up_to_six_cats_are_visible(drawn: Drawings, recipe: SceneRecipe) -> None:
    assert min(drawn.faces_visible(drawn.planned(recipe))) >= 0.8


@settings(max_examples=12)
@given(recipe=recipes(least=7))
def test_faces_of_up_to_twelve_cats_are_visible_by_half(drawn: Drawings, recipe: SceneRecipe) -> None:
    assert min(drawn.faces_visible(drawn.planned(recipe))) >= 0.5


@laws
@given(recipe=recipes())
def test_cats_stand_on_the_ground_of_the_scene(drawn: Drawings, recipe: SceneRecipe) -> None:
    planned = drawn.planned(recipe)
    anchors = drawn.scenes[recipe.scene][0].anchors
    far = min(planned.window.apply(anchors[name])[1] for name in ("ground-left", "ground-right"))
    _, near = planned.window.apply(anchors["ground-near"])

    for actor in planned.cats:
        assert far - 1 <= actor.place.box.bottom <= near + 1


@laws
@given(recipe=recipes())
def test_cats_are_in_the_picture_and_undistorted(drawn: Drawings, recipe: SceneRecipe) -> None:
    for actor in drawn.planned(recipe).cats:
        box, picture = actor.place.box, actor.stored.picture
        assert box.x >= 0
        assert box.y >= 0
        assert box.right <= recipe.width
        assert box.bottom <= recipe.height
        assert box.height == pytest.approx(box.width * picture.height / picture.width, abs=1)


@laws
@given(recipe=recipes(least=2))
def test_cats_that_are_nearer_are_drawn_later_and_larger(drawn: Drawings, recipe: SceneRecipe) -> None:
    planned = drawn.planned(recipe)

    feet = [actor.place.box.bottom for actor in planned.cats]
    assert feet == sorted(feet)
    for smaller, larger in itertools.pairwise(heads(planned)):
        assert smaller <= larger + 1  # in whole pixels


@laws
@given(recipe=recipes())
def test_cats_are_the_same_at_half_the_size_and_at_twice_the_size(drawn: Drawings, recipe: SceneRecipe) -> None:
    at_once = drawn.planned(recipe)

    for times in (2, 3):
        larger = drawn.planned(
            SceneRecipe(
                recipe.breed,
                recipe.scene,
                recipe.count,
                times * recipe.width,
                times * recipe.height,
                "png",
                recipe.seed,
            )
        )
        for one, other in zip(at_once.cats, larger.cats, strict=True):
            assert one.stored.picture == other.stored.picture
            assert one.place.mirrored == other.place.mirrored
            for side in ("x", "y", "width", "height"):
                assert getattr(other.place.box, side) / times == pytest.approx(getattr(one.place.box, side), abs=2)


@settings(max_examples=10)
@given(recipe=recipes())
def test_composition_is_the_same_for_a_seed(drawn: Drawings, recipe: SceneRecipe) -> None:
    first, again = (drawn.composed(drawn.planned(recipe)).tobytes() for _ in range(2))

    assert first == again


@pytest.mark.parametrize("scene", SCENES)
def test_cats_throw_a_shadow_under_their_feet(drawn: Drawings, scene: str) -> None:
    recipe = SceneRecipe("siamese", scene, 1, 240, 240, "png", 4)
    planned = drawn.planned(recipe)
    (actor,) = planned.cats
    with_cat = drawn.composed(planned)
    empty = drawn.composed(Plan(recipe, planned.window, planned.layers, ()))

    box = actor.place.box
    strip = (round(box.x + 0.3 * box.width), round(box.bottom), round(box.x + 0.7 * box.width), round(box.bottom) + 2)
    darkness = [sum(image.crop(strip).convert("L").get_flattened_data()) for image in (with_cat, empty)]
    assert darkness[0] < 0.93 * darkness[1]


@pytest.fixture(scope="session")
def golden(drawn: Drawings) -> dict[str, Image.Image]:
    return dict(goldens.pictures(drawn))


@pytest.mark.parametrize("name", goldens.read())
def test_picture_looks_as_it_did(golden: dict[str, Image.Image], name: str) -> None:
    """Where it is to look otherwise: python -m tests.plugins.catomatic.goldens."""
    assert goldens.distance(goldens.fingerprint(golden[name]), goldens.read()[name]) <= 6


def test_pictures_with_goldens_are_all_there_are(golden: dict[str, Image.Image]) -> None:
    assert golden.keys() == goldens.read().keys()


def test_fingerprints_tell_pictures_apart(golden: dict[str, Image.Image]) -> None:
    for one, other in itertools.combinations(goldens.read().values(), 2):
        assert goldens.distance(one, other) > 6


@pytest.mark.parametrize("format", goldens.FORMATS)
def test_picture_looks_the_same_in_every_format_and_has_its_size(
    golden: dict[str, Image.Image], format: Format
) -> None:
    for image in golden.values():
        with Image.open(io.BytesIO(pixels.encode(image, format))) as encoded:
            assert (encoded.format, encoded.size) == (format.upper(), image.size)
            assert goldens.distance(goldens.fingerprint(encoded), goldens.fingerprint(image)) <= 6
