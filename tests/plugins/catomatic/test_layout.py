import itertools
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from catguard_catomatic.geometry import Box
from catguard_catomatic.layout import Figure, Ground, Placement, Stage, arrange
from catguard_catomatic.outlines import HIDDEN, SIDE, Cover, outline_of, scaled, scraps

USUAL = [(480, 620), (480, 480), (1200, 400), (300, 900), (1600, 1000), (1920, 1080), (640, 480), (240, 240)]
GROUND = Ground((0.05, 0.64), (0.95, 0.64), (0.5, 0.95))

counts = st.integers(1, 12)
seeds = st.integers(0, 2**31 - 1)
sides = st.integers(16, 4096)


def outline(*parts: Box) -> Image.Image:
    mask = Image.new("L", (SIDE, SIDE))
    for part in parts:
        mask.paste(HIDDEN, part.within(Box(0, 0, SIDE, SIDE)).rounded())
    return mask


def figure(proportion: float, face: Box, *others: Box) -> Figure:
    return Figure(proportion, face, face.width, outline(face, *others))


SITTING = figure(0.68, Box(0.1, 0.14, 0.62, 0.37), Box(0, 0.45, 1, 0.55))
STRETCHING = figure(1.3, Box(0.06, 0.3, 0.42, 0.5), Box(0, 0.8, 1, 0.2), Box(0.8, 0, 0.2, 1))


def stage(width: int, height: int, *, ground: Ground = GROUND, grass: float = 0) -> Stage:
    """A stage whose lowest part is hidden by grass."""
    return Stage.of(width, height, ground, [(outline(Box(0, 1 - grass, 1, grass)), Box(0, 0, 1, 1))] if grass else [])


def placed(count: int, width: int, height: int, seed: int, *, grass: float = 0) -> tuple[Placement, ...]:
    random = Random(seed)
    figures = [random.choice((SITTING, STRETCHING)) for _ in range(count)]
    return arrange(figures, stage(width, height, grass=grass), random)


def test_outline_of_a_cut_out_is_where_it_is_opaque() -> None:
    cut_out = Image.new("RGBA", (40, 20))
    cut_out.paste((9, 9, 9, 255), (20, 0, 40, 20))

    assert outline_of(cut_out) == outline(Box(0.5, 0, 0.5, 1))
    assert outline_of(cut_out.convert("RGB")) == outline(Box(0, 0, 1, 1))


def test_scaled_takes_a_part_of_an_outline() -> None:
    left_dark = outline(Box(0, 0, 0.5, 1))

    assert scaled(left_dark, 8, 4, part=Box(0.25, 0, 0.5, 1)).tobytes() == (b"\xff" * 4 + b"\0" * 4) * 4


def test_cover_tells_what_is_visible_of_boxes_and_shapes() -> None:
    cover = Cover(Image.new("L", (10, 10)))
    cover.add(Image.new("L", (5, 10), HIDDEN), 0, 0)

    assert cover.visible((0, 0, 10, 10)) == 0.5
    assert cover.visible((4, 0, 6, 2)) == 0.5
    assert cover.visible((8, 8, 12, 12)) == 1
    assert cover.seen_of(Image.new("L", (4, 1), HIDDEN), 3, 0).tobytes() == b"\0\0\xff\xff"


def test_scraps_are_what_is_not_joined_to_the_face() -> None:
    whole = Image.new("L", (40, 20), HIDDEN)
    seen = whole.copy()
    face = (0, 0, 10, 10)
    assert scraps(seen, whole, face) == 0

    seen.paste(0, (20, 4, 30, 20))  # a notch: the rest is joined above it
    assert scraps(seen, whole, face) == 0

    seen.paste(0, (20, 0, 30, 20))
    assert scraps(seen, whole, face) == 0.25
    seen.paste(0, (30, 0, 36, 20))
    assert scraps(seen, whole, face) == 0.1


@settings(max_examples=25)
@given(count=st.integers(2, 6), size=st.sampled_from(USUAL), seed=seeds)
def test_arrange_stands_few_cats_on_nobodys_shoulders(count: int, size: tuple[int, int], seed: int) -> None:
    for one, nearer in itertools.combinations((placement.box for placement in placed(count, *size, seed)), 2):
        both = one.overlap(nearer)
        assert both is None or both.area <= 0.35 * one.area


@pytest.mark.parametrize("seed", range(12))
def test_arrange_lets_no_scraps_of_few_cats_show(seed: int) -> None:
    """Thin tails far from their faces would stand beside whoever lies before them."""
    long = figure(2.0, Box(0, 0.1, 0.4, 0.5), Box(0, 0.7, 1, 0.3), Box(0.92, 0, 0.08, 1))
    scene = stage(480, 480)
    cover = Cover(scene.foreground)
    for placement in reversed(arrange([long] * 5, scene, Random(seed))):
        drawn = long.mirrored() if placement.mirrored else long
        (left, top, right, bottom), face = placement.box.rounded(), placement.face.rounded()
        shape = scaled(drawn.outline, right - left, bottom - top)
        seen = cover.seen_of(shape, left, top)
        inside = (face[0] - left, face[1] - top, face[2] - left, face[3] - top)
        assert not 0.012 < scraps(seen, shape, inside) < 0.2
        cover.add(shape, left, top)


def test_arrange_uses_the_width_of_a_high_picture() -> None:
    width = stage(400, 800).width
    used = []
    for seed in range(20):
        boxes = [placement.box for placement in placed(6, 400, 800, seed)]
        used.append((max(box.right for box in boxes) - min(box.x for box in boxes)) / width)

    assert min(used) > 0.6
    assert sum(used) / len(used) > 0.8


@pytest.mark.parametrize("seed", range(6))
def test_arrange_hides_little_of_a_card(seed: int) -> None:
    card = replace(figure(1.2, Box(0.25, 0.3, 0.5, 0.4), Box(0, 0, 1, 1)), whole=0.85)
    scene = stage(700, 500)
    placements = arrange([SITTING, card, STRETCHING, card, SITTING, SITTING], scene, Random(seed))

    for index, placement in enumerate(placements):
        if placement.figure in (1, 3):
            cover = Cover(scene.foreground)
            for nearer in placements[index + 1 :]:
                drawn = [SITTING, card, STRETCHING, card, SITTING, SITTING][nearer.figure]
                drawn = drawn.mirrored() if nearer.mirrored else drawn
                left, top, right, bottom = nearer.box.rounded()
                cover.add(scaled(drawn.outline, right - left, bottom - top), left, top)
            assert cover.visible(placement.box.rounded()) >= 0.8


@settings(max_examples=40)
@given(count=counts, size=st.sampled_from(USUAL), seed=seeds)
def test_arrange_lets_no_cats_that_stand_abreast_melt_into_one(count: int, size: tuple[int, int], seed: int) -> None:
    placements = placed(count, *size, seed)
    height = stage(*size).height

    for one, other in itertools.combinations((placement.box for placement in placements), 2):
        if abs(one.bottom - other.bottom) <= 0.03 * height and (both := one.overlap(other)):
            assert both.width <= 0.1 * min(one.width, other.width) + 1


def test_arrange_stands_cats_in_view_where_the_far_ground_is_not() -> None:
    placements = placed(3, 1600, 200, 4)

    assert min(placement.box.height for placement in placements) > 0.3 * stage(1600, 200).height


@given(count=counts, width=sides, height=sides, seed=seeds)
def test_arrange_keeps_every_cat_in_the_picture(count: int, width: int, height: int, seed: int) -> None:
    placements = placed(count, width, height, seed)
    whole = stage(width, height)

    assert sorted(placement.figure for placement in placements) == list(range(count))
    for box in (placement.box for placement in placements):
        assert box.x >= -0.001
        assert box.y >= -0.001
        assert box.right <= whole.width + 0.001
        assert box.bottom <= whole.height + 0.001


@settings(max_examples=40)
@given(count=counts, width=st.integers(16, 1000), height=st.integers(16, 1000), times=st.integers(2, 4), seed=seeds)
def test_arrange_is_the_same_at_every_size(count: int, width: int, height: int, times: int, seed: int) -> None:
    assert placed(count, width, height, seed) == placed(count, times * width, times * height, seed)


@settings(max_examples=40)
@given(count=counts, size=st.sampled_from(USUAL), seed=seeds)
def test_arrange_draws_far_cats_first_and_smaller_and_all_on_the_ground(
    count: int, size: tuple[int, int], seed: int
) -> None:
    placements = placed(count, *size, seed)
    ground = stage(*size).ground

    feet = [placement.box.bottom for placement in placements]
    heads = [placement.face.width for placement in placements]
    assert feet == sorted(feet)
    assert heads == sorted(heads)
    assert min(feet) >= min(ground.left[1], ground.right[1]) - 0.001
    assert max(feet) <= ground.near[1] + 0.001


def test_arrange_gives_cats_of_different_poses_equal_heads() -> None:
    flat = stage(800, 600, ground=Ground((0, 0.8), (1, 0.8), (0.5, 0.801)))

    sitting, stretching = arrange([SITTING, STRETCHING], flat, Random(1))
    assert sitting.face.width == pytest.approx(stretching.face.width, rel=0.01)


@settings(max_examples=20)
@given(count=st.integers(1, 6), seed=seeds)
def test_arrange_hides_no_face_behind_what_grows_before_it(count: int, seed: int) -> None:
    grass = 0.25

    for placement in placed(count, 480, 480, seed, grass=grass):
        above = (1 - grass) * stage(480, 480).height - placement.face.y
        assert above >= 0.8 * placement.face.height


def test_arrange_mirrors_some_cats_with_their_faces() -> None:
    placements = [placed(1, 640, 480, seed)[0] for seed in range(40)]

    turned = [each for each in placements if each.mirrored]
    assert 5 < len(turned) < 35
    for each in turned:
        assert each.face.centre[0] > each.box.centre[0]  # both figures look from the left half of their picture


def test_arrange_is_the_same_for_a_seed_and_differs_for_another() -> None:
    assert placed(6, 480, 620, 1) == placed(6, 480, 620, 1)
    assert placed(6, 480, 620, 1) != placed(6, 480, 620, 2)


def test_arrange_without_room_stands_all_side_by_side() -> None:
    """On a ground without depth twelve wide cats only fit as a row, however small."""
    flat = stage(64, 64, ground=Ground((0, 0.94), (1, 0.94), (0.5, 0.94)))

    placements = arrange([figure(6.0, Box(0.4, 0, 0.2, 1), Box(0, 0, 1, 1))] * 12, flat, Random(3))

    for one, other in itertools.combinations((placement.box for placement in placements), 2):
        both = one.overlap(other)
        assert both is None or both.width < 0.001


def test_arrange_takes_a_face_that_reaches_the_lower_edge() -> None:
    curled = figure(1.2, Box(0.2, 0.4, 0.4, 0.6))

    assert len(arrange([curled] * 6, stage(480, 620), Random(5))) == 6


@pytest.mark.parametrize("head", [0.0001, 0.05, 1.0])
@pytest.mark.parametrize("seed", range(3))
def test_arrange_lets_no_absurd_face_shrink_the_others(head: float, seed: int) -> None:
    absurd = replace(SITTING, head=head)
    usual = arrange([SITTING] * 3, stage(480, 620), Random(seed))
    mixed = arrange([SITTING, SITTING, absurd], stage(480, 620), Random(seed))

    assert min(one.box.width for one in mixed) > 0.5 * min(one.box.width for one in usual)
