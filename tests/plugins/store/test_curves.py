from __future__ import annotations

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catguard_store.art.curves import Frame, Ribbon, bounds, ellipse, mirrored, number, smooth
from catguard_store.art.svg import Document

coordinates = st.floats(-2000, 2000)
points = st.tuples(coordinates, coordinates)


@given(st.floats(-1e6, 1e6))
def test_number_is_plain_and_near(value: float) -> None:
    text = number(value)
    assert re.fullmatch(r"-?\d+(\.\d{1,2})?", text)
    assert abs(float(text) - value) <= 0.00501


def test_number_is_as_short_as_can_be() -> None:
    assert [number(value) for value in (1.0, 0.5, -0.001, 12.345, 100)] == ["1", "0.5", "0", "12.35", "100"]


@given(st.lists(points, min_size=2, max_size=12), st.booleans())
def test_smooth_goes_through_every_point(through: list[tuple[float, float]], closed: bool) -> None:
    data = smooth(through, closed=closed)
    numbers = [float(text) for text in re.findall(r"-?\d+\.?\d*", data)]
    ends = [numbers[:2], *(numbers[2 + step * 6 + 4 : 2 + step * 6 + 6] for step in range((len(numbers) - 2) // 6))]
    expected = [*through, through[0]] if closed else through
    assert [part for end in ends for part in end] == pytest.approx([part for end in expected for part in end], abs=0.01)
    assert data.endswith("Z") == closed


def test_smooth_of_a_circle_is_nearly_round() -> None:
    circle = [(math.cos(turn * math.pi / 4) * 100, math.sin(turn * math.pi / 4) * 100) for turn in range(8)]
    numbers = [float(text) for text in re.findall(r"-?\d+\.?\d*", smooth(circle))]
    start, first, second, end = (numbers[index : index + 2] for index in range(0, 8, 2))
    middle = [(start[axis] + 3 * first[axis] + 3 * second[axis] + end[axis]) / 8 for axis in (0, 1)]
    assert math.hypot(*middle) == pytest.approx(100, rel=0.004)


@given(points, st.floats(0.1, 10), st.floats(-360, 360), points)
def test_frame_keeps_proportions(
    origin: tuple[float, float], scale: float, turn: float, point: tuple[float, float]
) -> None:
    frame = Frame(*origin, scale, turn)
    assert math.dist(frame.apply((0, 0)), origin) < 1e-6
    assert math.dist(frame.apply(point), origin) == pytest.approx(math.hypot(*point) * scale, rel=1e-6, abs=1e-6)


def test_ribbon_runs_from_root_to_tip() -> None:
    ribbon = Ribbon(((0, 0), (50, 0), (100, 0)), (10, 6, 2))
    assert ribbon.at(0) == (0, 0)
    assert ribbon.at(1) == (100, 0)
    assert ribbon.width(0) == 10
    assert ribbon.width(0.5) == 6
    assert ribbon.width(1) == 2
    assert ribbon.side(0.5, 1) == pytest.approx((50, -6))
    assert ribbon.side(0.5, -1) == pytest.approx((50, 6))


def test_mirrored_twice_is_the_same() -> None:
    assert mirrored(mirrored(((1, 2), (3, 4)))) == ((1, 2), (3, 4))
    assert mirrored(((1, 2), (3, 4))) == ((-3, 4), (-1, 2))


def test_bounds_of_points() -> None:
    assert bounds([(1, 5), (-2, 3), (0, 9)]) == (-2, 3, 1, 9)


def test_document_defines_once_what_is_used_twice() -> None:
    document = Document(10, 10)
    first = document.linear((0, 0), (1, 1), [(0, "#000000", 1)])
    assert document.linear((0, 0), (1, 1), [(0, "#000000", 1)]) == first
    assert document.linear((0, 0), (2, 1), [(0, "#000000", 1)]) != first
    assert document.text().count("<linearGradient") == 2


def test_document_symbol_is_painted_where_it_is_used() -> None:
    document = Document(10, 10)
    for x in (1.0, 2.0):
        name = document.symbol("dot", lambda inner: inner.path(ellipse(0, 0, 1, 1)))
        document.use(name, Frame(x, 0), fill="#ff0000")
    assert document.text().count("<path") == 1
    assert document.text().count("<use") == 2


def test_document_quotes_what_could_break_it() -> None:
    document = Document(10, 10)
    document.path("M0 0", fill='"/><script>')
    assert "<script>" not in document.text()
