from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catguard_store.art import cat
from catguard_store.art.breeds import BREEDS
from catguard_store.art.poses import POSES
from catguard_store.art.raster import rasterise
from catguard_store.art.variation import TILT, varied

SIDE = 120

breeds, poses = st.sampled_from(sorted(BREEDS)), st.sampled_from(sorted(POSES))
seeds = st.integers(1, 2**31)


def test_varied_by_no_seed_is_the_catalogue() -> None:
    for breed in BREEDS.values():
        for pose in POSES.values():
            assert varied(breed, pose, 0) == (breed, pose)


@settings(max_examples=6, deadline=None)
@given(breeds, poses, seeds)
def test_cat_of_a_seed_is_the_same_text_and_that_of_another_is_not(breed: str, pose: str, seed: int) -> None:
    drawn = cat.draw(BREEDS[breed], POSES[pose], seed=seed)
    assert drawn == cat.draw(BREEDS[breed], POSES[pose], seed=seed)
    assert drawn.svg != cat.draw(BREEDS[breed], POSES[pose], seed=seed + 1).svg
    assert drawn.svg != cat.draw(BREEDS[breed], POSES[pose]).svg


@settings(max_examples=60, deadline=None)
@given(breeds, poses, seeds)
def test_varied_stays_what_it_is(breed: str, pose: str, seed: int) -> None:
    changed, there = varied(BREEDS[breed], POSES[pose], seed)
    assert (changed.name, changed.tags, changed.coat.white) == (breed, BREEDS[breed].tags, BREEDS[breed].coat.white)
    assert (there.name, there.asleep, there.limbs, there.feet) == (
        pose, POSES[pose].asleep, POSES[pose].limbs, POSES[pose].feet,
    )  # fmt: skip
    assert abs(there.head.turn - POSES[pose].head.turn) <= TILT


@settings(max_examples=12, deadline=None)
@given(breeds, poses, seeds)
def test_cat_of_a_seed_has_its_anchors_on_it(breed: str, pose: str, seed: int) -> None:
    picture, anchors = rasterise(cat.draw(BREEDS[breed], POSES[pose], seed=seed), SIDE, crop=True)
    alpha = picture.getchannel("A")
    for name in set(anchors) - {"face-top-left", "face-bottom-right"}:
        x, y = anchors[name]
        shown = alpha.getpixel((int(x * (picture.width - 1)), int(y * (picture.height - 1))))
        assert isinstance(shown, int)
        assert shown >= 240, name
    assert anchors["face-bottom-right"][1] < 0.98


@pytest.mark.parametrize("seed", [1, 2])
def test_varied_changes_what_tells_cats_of_a_breed_apart(seed: int) -> None:
    breed, pose = varied(BREEDS["calico"], POSES["sitting"], seed)
    assert breed.coat.patches != BREEDS["calico"].coat.patches
    assert breed.palette.iris != BREEDS["calico"].palette.iris
    assert pose.tail != POSES["sitting"].tail
    assert pose.head.turn != POSES["sitting"].head.turn
