import pytest
from hypothesis import given
from hypothesis import strategies as st

from catguard_catomatic.geometry import Box, cover


@given(
    proportion=st.floats(0.1, 10),
    width=st.integers(16, 4096),
    height=st.integers(16, 4096),
    focus=st.tuples(st.floats(0, 1), st.floats(0, 1)),
)
def test_cover_fills_the_window_without_distortion(
    proportion: float, width: int, height: int, focus: tuple[float, float]
) -> None:
    part = cover(proportion, width, height, focus=focus).part

    assert -1e-9 <= part.x <= part.right <= 1 + 1e-9
    assert -1e-9 <= part.y <= part.bottom <= 1 + 1e-9
    assert part.width * proportion / part.height == pytest.approx(width / height)
    assert max(part.width, part.height) == pytest.approx(1)


def test_cover_keeps_the_focus_in_the_middle_where_it_can() -> None:
    window = cover(2.0, 100, 100, focus=(0.6, 0.1))

    assert window.apply((0.6, 0.5)) == pytest.approx((50, 50))


def test_window_apply_gives_pixels() -> None:
    window = cover(2.0, 100, 100, focus=(0.0, 0.5))

    assert window.apply((0.0, 0.0)) == (0, 0)
    assert window.apply((0.5, 1.0)) == (100, 100)


def test_box_rounded_is_never_empty() -> None:
    assert Box(3.4, 3.4, 0.01, 0.01).rounded() == (3, 3, 4, 4)
