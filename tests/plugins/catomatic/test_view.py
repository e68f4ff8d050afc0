from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catguard_catomatic.layout import Ground
from catguard_catomatic.view import scene_window

GROUND = Ground((0.05, 0.64), (0.95, 0.64), (0.5, 0.95))
TREE = (0.64, 0.99)

sides = st.integers(16, 4096)


@given(width=sides, height=sides, seed=st.integers(0, 2**31 - 1))
def test_scene_window_keeps_the_near_ground_in_view(width: int, height: int, seed: int) -> None:
    window = scene_window(4 / 3, GROUND, width, height, Random(seed))

    _, near = window.apply(GROUND.near)
    (left, _), (right, _) = window.apply(GROUND.left), window.apply(GROUND.right)
    assert 0.9 * height < near <= height
    assert left < width
    assert right > 0


@pytest.mark.parametrize("seed", range(20))
def test_scene_window_leaves_no_crumbs_of_a_tree(seed: int) -> None:
    part = scene_window(4 / 3, GROUND, 400, 800, Random(seed), things=[TREE]).part

    seen = (part.right - TREE[0]) / (TREE[1] - TREE[0])
    assert seen <= 0.001 or seen >= 0.339
    assert part.width == pytest.approx(0.375)


def test_scene_window_moves_only_because_of_crumbs() -> None:
    for seed in range(20):
        usual = scene_window(4 / 3, GROUND, 400, 800, Random(seed))
        assert scene_window(4 / 3, GROUND, 400, 800, Random(seed), things=[(0.0, 0.04)]) == usual


def test_scene_window_with_crumbs_everywhere_is_the_usual_one() -> None:
    things = [(0.1 + 0.001 * step, 0.9 + 0.001 * step) for step in range(9)]
    window = scene_window(4 / 3, GROUND, 100, 2000, Random(3), things=things)

    assert 0 <= window.part.x <= 1 - window.part.width
