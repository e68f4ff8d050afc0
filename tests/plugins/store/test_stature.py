from __future__ import annotations

import re
from dataclasses import replace

import pytest

from catguard_store.art import stature
from catguard_store.art.breeds import BREEDS
from catguard_store.art.curves import Ribbon, bounds
from catguard_store.art.poses import GROUND, POSES
from catguard_store.art.svg import dark


def test_drape_lowers_a_belly_that_is_above_the_ground() -> None:
    pose = POSES["standing"]
    _, top, _, bottom = bounds(pose.body)
    _, hanging_top, _, hanging = bounds(stature.built(BREEDS["persian"], pose).body)
    assert hanging_top == top
    assert bottom < hanging <= GROUND - stature.CLEAR


@pytest.mark.parametrize("pose", ["sitting", "loaf", "sleeping", "stretching"])
def test_drape_leaves_a_trunk_that_lies_low(pose: str) -> None:
    assert stature.built(BREEDS["persian"], POSES[pose]).body == POSES[pose].body


@pytest.mark.parametrize("pose", POSES)
def test_thick_legs_keep_their_roots_and_do_not_sink(pose: str) -> None:
    breed = BREEDS["persian"]
    built = stature.built(replace(breed, build=replace(breed.build, legs=2.0)), POSES[pose])
    for limb, usual in zip(built.limbs, POSES[pose].limbs, strict=True):
        assert limb.ribbon.widths[0] == usual.ribbon.widths[0]
        assert limb.ribbon.widths[-1] == 2 * usual.ribbon.widths[-1]
        lowest = max(y + width for (_, y), width in zip(limb.ribbon.spine, limb.ribbon.widths, strict=True))
        assert lowest <= GROUND + 2


def test_bow_bends_both_ends_of_a_band_forwards() -> None:
    upright = Ribbon(((0, 0), (0, 50), (0, 100)), (10, 10, 10))
    numbers = [float(number) for number in re.findall(r"-?[\d.]+", upright.outline(0.2, 0.4, bow=0.1))]
    # The first point, then three for each curve, of which the last is where it ends.
    ends = list(zip(numbers[0::6], numbers[1::6], strict=True))
    assert sorted(y for x, y in ends if x == 0) == pytest.approx([30, 50], abs=4)


@pytest.mark.parametrize(("colour", "expected"), [("#000000", True), ("#3d3c48", True), ("#9aa9bf", False)])
def test_dark_says_where_lines_have_to_be_light(colour: str, expected: bool) -> None:
    assert dark(colour) is expected
