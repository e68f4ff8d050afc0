from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from catguard_catomatic import pixels
from catguard_catomatic.cards import LEAN, STYLES, Card
from catguard_catomatic.compose import compose
from catguard_catomatic.geometry import Box
from catguard_catomatic.outlines import HIDDEN, SIDE, count
from catguard_catomatic.plan import USUAL_FACE_OF_PHOTO, face_of
from catguard_catomatic.recipe import SceneRecipe
from tests.plugins.catomatic import shapes

LAYERS = (shapes.layer("back"), shapes.layer("foreground"))
FACES = st.builds(Box, st.floats(0, 0.6), st.floats(0, 0.6), st.floats(0.1, 0.4), st.floats(0.1, 0.4))


def card(*, width: int = 640, height: int = 480, face: Box = USUAL_FACE_OF_PHOTO, seed: int = 1) -> Card:
    return Card.of(shapes.photo(width=width, height=height), face, Random(seed))


@given(width=st.integers(16, 4096), height=st.integers(16, 4096), face=FACES, seed=st.integers(0, 1000))
def test_card_shows_what_it_can_of_the_face_and_leans_a_little(width: int, height: int, face: Box, seed: int) -> None:
    made = card(width=width, height=height, face=face, seed=seed)

    shown = made.face(face)
    assert abs(made.lean) <= LEAN
    assert 0.66 <= made.proportion <= 1.5
    assert made.part.width * width == pytest.approx(made.part.height * height * made.proportion, rel=0.02)
    assert min(shown.x, shown.y) >= 0
    assert max(shown.right, shown.bottom) <= 1
    if 0.68 < width / height < 1.49:  # then nothing is cut off
        assert made.part.area > 0.98


@given(
    width=st.integers(1, 200), height=st.integers(1, 200), seed=st.integers(0, 50), mode=st.sampled_from(("RGB", "L"))
)
def test_card_is_drawn_in_exactly_the_box(width: int, height: int, seed: int, mode: str) -> None:
    drawn = card(seed=seed).draw(Image.new(mode, (64, 48)), width, height, resize=pixels.resize)

    assert (drawn.mode, drawn.size) == ("RGBA", (width, height))


def test_card_has_the_photo_in_its_middle_and_a_frame_around_it() -> None:
    for seed in range(6):
        made = card(seed=seed)
        wide, high = 300, round(300 * made.bounds[1] / made.bounds[0])
        drawn = made.draw(Image.new("RGB", (640, 480), (10, 200, 30)), wide, high, resize=pixels.resize)

        assert drawn.getpixel((wide // 2, high // 3)) == (10, 200, 30, 255)
        assert drawn.getpixel((wide // 2, high - 12))[:3] != (10, 200, 30)
        assert drawn.getpixel((0, 0))[3] < 255 or drawn.getpixel((wide - 1, 0))[3] < 255


def test_card_outline_is_what_is_drawn() -> None:
    for seed in range(6):
        made = card(seed=seed)
        size = (200, round(200 * made.bounds[1] / made.bounds[0]))
        alpha = made.draw(Image.new("RGB", (640, 480)), *size, resize=pixels.resize).getchannel("A")
        small = alpha.resize((SIDE, SIDE), Image.Resampling.BOX).point([0] * 128 + [HIDDEN] * 128)

        assert count(small) == pytest.approx(count(made.outline()), rel=0.04)


def test_cards_have_every_style_and_lean_both_ways() -> None:
    made = [card(seed=seed) for seed in range(30)]

    assert {each.style for each in made} == set(STYLES)
    assert min(each.lean for each in made) < 0 < max(each.lean for each in made)


def test_photos_and_cut_outs_stand_side_by_side() -> None:
    cats = (shapes.photo(), shapes.cat("tom"))
    recipe = SceneRecipe("siamese", "garden", 2, 480, 360, "png", 3)
    planned = shapes.planned(recipe, cats, LAYERS)
    images = shapes.images(planned.needs)
    composed = compose(planned, images, resize=pixels.resize)

    assert sorted(actor.card is not None for actor in planned.cats) == [False, True]
    (framed,) = (actor for actor in planned.cats if actor.card)
    assert framed.place.box.bottom <= 360
    x, y = framed.place.face.centre
    # The light of the scene lies on cards, too.
    assert composed.getpixel((int(x), int(y))) == pytest.approx(shapes.PHOTO, abs=10)
    assert composed.tobytes() == compose(planned, images, resize=pixels.resize).tobytes()


def test_photo_without_face_anchors_is_looked_at_in_its_middle() -> None:
    assert face_of(shapes.photo()) == USUAL_FACE_OF_PHOTO
