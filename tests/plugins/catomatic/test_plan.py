import dataclasses

from hypothesis import given
from hypothesis import strategies as st

from catguard_catomatic.pictures import Picture
from catguard_catomatic.plan import LEAST_FACE, USUAL_FACE, USUAL_FACE_OF_PHOTO, cast, face_of
from catguard_catomatic.recipe import SceneRecipe
from tests.plugins.catomatic import shapes

CATS = (shapes.cat("tom"), shapes.cat("tim", proportion=1.2))
LAYERS = (shapes.layer("foreground"), shapes.layer("back"))
MANY = tuple(shapes.cat(f"cat {number}") for number in range(7))


def order(*, count: int = 3, width: int = 200, height: int = 160, seed: int = 1) -> SceneRecipe:
    return SceneRecipe("siamese", "garden", count, width, height, "webp", seed)


def test_plan_does_not_depend_on_the_order_in_which_the_store_answers() -> None:
    assert shapes.planned(order(), CATS, LAYERS) == shapes.planned(order(), CATS[::-1], LAYERS[::-1])


def test_plan_takes_every_cat_before_any_a_second_time() -> None:
    planned = shapes.planned(order(count=5), CATS, LAYERS)

    ids = [stored.picture.id for stored in (actor.stored for actor in planned.cats)]
    assert sorted(ids.count(cat.id) for cat in CATS) == [2, 3]


def test_plan_needs_the_smallest_stored_widths_that_suffice() -> None:
    planned = shapes.planned(order(count=6, width=480, height=360), CATS, LAYERS)

    for stored, place in ((actor.stored, actor.place) for actor in planned.cats):
        smaller = [width for width in stored.picture.widths if width < stored.width]
        assert stored.width >= place.box.width
        assert all(width < place.box.width for width in smaller)


def test_plan_never_asks_for_more_than_is_stored() -> None:
    planned = shapes.planned(order(count=1, width=4096, height=4096), CATS, LAYERS)

    assert {stored.width for stored in planned.needs} == {256, 640}


def test_plan_fetches_each_picture_once() -> None:
    planned = shapes.planned(order(count=12), CATS, LAYERS)

    keys = [stored.key for stored in planned.needs]
    assert len(keys) == len(set(keys)) < 12


@given(seed=st.integers(0, 2**31 - 1), count=st.integers(1, 12), others=st.permutations(MANY[1:]))
def test_cast_begins_with_the_first_cat_and_does_not_care_how_the_others_stand(
    seed: int, count: int, others: list[Picture]
) -> None:
    chosen = cast(order(count=count, seed=seed), (MANY[0], *others), LAYERS).cats

    assert chosen[0] == MANY[0]
    assert chosen == cast(order(count=count, seed=seed), MANY, LAYERS).cats


def test_plan_outlines_cut_outs_and_what_is_before_them_at_their_smallest_width() -> None:
    photo = dataclasses.replace(CATS[0], opaque=True)
    outlined = cast(order(), (photo, CATS[1]), LAYERS).outlined

    assert {stored.picture.id for stored in outlined} == {CATS[1].id, LAYERS[0].id}
    assert all(stored.width == stored.picture.widths[0] for stored in outlined)


def test_face_of_a_cat_without_face_anchors_is_the_usual_one() -> None:
    assert face_of(dataclasses.replace(shapes.cat(), anchors={})) == USUAL_FACE
    assert face_of(dataclasses.replace(shapes.cat(), anchors={}, opaque=True)) == USUAL_FACE_OF_PHOTO


def test_face_of_a_cat_with_swapped_anchors_is_the_usual_one() -> None:
    swapped = {"face-top-left": (0.8, 0.4), "face-bottom-right": (0.2, 0.1)}

    assert face_of(dataclasses.replace(shapes.cat(), anchors=swapped)) == USUAL_FACE


@given(left=st.floats(0, 1), top=st.floats(0, 1), right=st.floats(0, 1), bottom=st.floats(0, 1), opaque=st.booleans())
def test_face_of_whatever_is_said_is_a_part_of_the_picture_that_can_be_seen(
    left: float, top: float, right: float, bottom: float, opaque: bool
) -> None:
    anchors = {"face-top-left": (left, top), "face-bottom-right": (right, bottom)}
    face = face_of(dataclasses.replace(CATS[0], anchors=anchors, opaque=opaque))

    assert min(face.width, face.height) >= LEAST_FACE
    assert min(face.x, face.y) >= 0
    assert max(face.right, face.bottom) <= 1 + 1e-9


def test_plan_of_a_cat_with_a_speck_of_a_face_shows_all_cats() -> None:
    speck = {**CATS[1].anchors, "face-top-left": (0.5, 0.5), "face-bottom-right": (0.5001, 0.5001)}
    cats = (CATS[0], dataclasses.replace(CATS[1], anchors=speck))
    planned = shapes.planned(order(count=2), cats, LAYERS)

    assert min(actor.place.box.width for actor in planned.cats) > 20
