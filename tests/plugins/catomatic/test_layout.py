import itertools
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catguard_catomatic.geometry import Box, visible_share
from catguard_catomatic.layout import Figure, Ground, Placement, arrange, face_visible, scene_window

SITTING = Figure(0.68, Box(0.1, 0.14, 0.62, 0.37))
STANDING = Figure(1.1, Box(0.06, 0.18, 0.42, 0.4))
USUAL = [(480, 620), (480, 480), (1200, 400), (300, 900), (1600, 1000), (1920, 1080), (640, 480), (240, 240)]
GROUND = Ground((0.05, 0.64), (0.95, 0.64), (0.5, 0.95))

counts = st.integers(1, 12)
seeds = st.integers(0, 2**31 - 1)
sides = st.integers(16, 4096)


def placed(count: int, width: int, height: int, seed: int) -> tuple[Placement, ...]:
    random = Random(seed)
    window = scene_window(4 / 3, GROUND, width, height, random)
    ground = Ground(window.apply(GROUND.left), window.apply(GROUND.right), window.apply(GROUND.near))
    figures = [random.choice((SITTING, STANDING)) for _ in range(count)]
    return arrange(figures, ground, width, height, random)


@settings(max_examples=40)
@given(count=counts, size=st.sampled_from(USUAL), seed=seeds)
def test_arrange_hides_no_face(count: int, size: tuple[int, int], seed: int) -> None:
    placements = placed(count, *size, seed)

    least = 0.8 if count <= 6 else 0.5
    assert min(face_visible(placements, index) for index in range(count)) >= least


@settings(max_examples=40)
@given(count=counts, size=st.sampled_from(USUAL), seed=seeds)
def test_arrange_leaves_something_of_each_body(count: int, size: tuple[int, int], seed: int) -> None:
    placements = placed(count, *size, seed)

    for index, placement in enumerate(placements):
        nearer = [part for other in placements[index + 1 :] for part in other.shape]
        seen = sum(part.area * visible_share(part, nearer) for part in placement.shape)
        assert seen >= 0.4 * sum(part.area for part in placement.shape)


@settings(max_examples=40)
@given(count=counts, size=st.sampled_from(USUAL), seed=seeds)
def test_arrange_lets_no_cats_that_stand_abreast_melt_into_one(count: int, size: tuple[int, int], seed: int) -> None:
    placements = placed(count, *size, seed)

    for one, other in itertools.combinations((placement.box for placement in placements), 2):
        if abs(one.bottom - other.bottom) <= 0.03 * size[1] and (both := one.overlap(other)):
            assert both.width <= 0.1 * min(one.width, other.width) + 1


def test_arrange_stands_cats_in_view_where_the_far_ground_is_not() -> None:
    placements = placed(3, 1600, 200, 4)

    assert min(placement.box.height for placement in placements) > 0.3 * 200


@given(count=counts, width=sides, height=sides, seed=seeds)
def test_arrange_keeps_every_cat_in_the_picture(count: int, width: int, height: int, seed: int) -> None:
    placements = placed(count, width, height, seed)

    assert sorted(placement.figure for placement in placements) == list(range(count))
    for box in (placement.box for placement in placements):
        assert box.x >= 0
        assert box.y >= 0
        assert box.right <= width
        assert box.bottom <= height
        assert min(box.width, box.height) >= 1
        assert all(value == int(value) for value in (box.x, box.y, box.width, box.height))


@settings(max_examples=40)
@given(count=counts, size=st.sampled_from(USUAL), seed=seeds)
def test_arrange_draws_far_cats_first_and_stands_them_on_the_ground(
    count: int, size: tuple[int, int], seed: int
) -> None:
    random = Random(seed)
    width, height = size
    ground = Ground((0, 0.6 * height), (width, 0.6 * height), (width / 2, 0.95 * height))

    placements = arrange([SITTING] * count, ground, width, height, random)

    feet = [placement.box.bottom for placement in placements]
    assert feet == sorted(feet)
    assert min(feet) >= 0.6 * height - 1
    assert max(feet) <= 0.95 * height + 1


def test_arrange_makes_far_cats_smaller() -> None:
    placements = placed(12, 1600, 1000, 5)

    far, near = placements[0], placements[-1]
    assert far.depth < near.depth
    assert far.face.width < 0.9 * near.face.width


def test_arrange_gives_cats_of_different_poses_equal_heads() -> None:
    heads = {}
    for figure in (SITTING, STANDING):
        (placement,) = arrange([figure], Ground((0, 500), (800, 500), (400, 501)), 800, 600, Random(1))
        heads[figure] = placement.face.width / placement.box.width / figure.face.width

    assert heads[SITTING] == pytest.approx(heads[STANDING], abs=0.01)


def test_arrange_mirrors_some_cats_with_their_faces() -> None:
    placements = [placed(1, 640, 480, seed)[0] for seed in range(40)]

    turned = [each for each in placements if each.mirrored]
    assert 5 < len(turned) < 35
    for each in turned:
        middle = each.face.x + each.face.width / 2 - each.box.x
        assert middle > each.box.width / 2  # both figures look from the left half of their picture


def test_arrange_is_the_same_for_a_seed_and_differs_for_another() -> None:
    assert placed(6, 480, 620, 1) == placed(6, 480, 620, 1)
    assert placed(6, 480, 620, 1) != placed(6, 480, 620, 2)


def test_arrange_without_room_stands_all_side_by_side() -> None:
    """On a ground without depth twelve wide cats only fit as a row, however small."""
    ground = Ground((0, 60), (64, 60), (32, 60))

    placements = arrange([Figure(6.0, Box(0.4, 0, 0.2, 1))] * 12, ground, 64, 64, Random(3))

    assert all(face_visible(placements, index) == 1 for index in range(12))


@given(width=sides, height=sides, seed=seeds)
def test_scene_window_keeps_the_near_ground_in_view(width: int, height: int, seed: int) -> None:
    window = scene_window(4 / 3, GROUND, width, height, Random(seed))

    _, near = window.apply(GROUND.near)
    (left, _), (right, _) = window.apply(GROUND.left), window.apply(GROUND.right)
    assert 0.9 * height < near <= height
    assert left < width
    assert right > 0


def test_arrange_takes_a_face_that_reaches_the_lower_edge() -> None:
    ground = Ground((0.0, 300.0), (480.0, 300.0), (240.0, 600.0))
    curled = Figure(1.2, Box(0.2, 0.4, 0.4, 0.6))
    placements = arrange([curled] * 6, ground, 480, 620, Random(5))
    assert len(placements) == 6
