from fractions import Fraction
from math import ceil

import pytest
from catguard_frontend.zoom import VIEW, closer
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("scale", "width", "height"), [(0.0, 480, 480), (0.5, 960, 960), (0.75, 1920, 1920), (0.999, 480_000, 480_000)]
)
def test_closer_grows_without_end(scale: float, width: int, height: int) -> None:
    recipe = closer("0123456789abcdef", "nose", scale, proportion=(1, 1))

    assert (recipe.width, recipe.height) == (width, height)
    assert recipe.wire() == {
        "picture": "0123456789abcdef",
        "part": "nose",
        "count": 1,
        "width": width,
        "height": height,
        "format": "webp",
    }


def test_closer_keeps_the_proportion_of_the_cat() -> None:
    assert closer("0", "nose", 0.5, proportion=(300, 401)).height == 1283


@given(
    scale=st.floats(min_value=0, max_value=1, exclude_max=True),
    proportion=st.tuples(st.integers(1, 4096), st.integers(1, 4096)),
)
def test_closer_of_any_scale_is_a_size(scale: float, proportion: tuple[int, int]) -> None:
    recipe = closer("0", "nose", scale, proportion=proportion)

    assert recipe.width == ceil(VIEW / (1 - scale)) >= VIEW
    assert abs(recipe.height - Fraction(recipe.width * proportion[1], proportion[0])) <= Fraction(1, 2)
