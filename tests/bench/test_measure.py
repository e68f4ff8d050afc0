from __future__ import annotations

import pytest

from tests.bench.loading import load
from tests.bench.measure import Figure, Target, measure
from tests.bench.reloads import stalls, waited


def test_figures_are_medians_with_ratios_to_the_first() -> None:
    given = {"one": iter([1.0, 9.0, 2.0]), "other": iter([4.0, 4.0, 4.0])}
    contenders = {name: (lambda values=values: next(values)) for name, values in given.items()}
    one, other = measure("m", contenders, 3, lambda _: None)
    assert (one.value, one.ratio) == (2e6, 1.0)
    assert (other.contender, other.ratio) == ("other", 2.0)


@pytest.mark.parametrize(("at_most", "met"), [(2.0, True), (0.5, False)])
def test_target_is_judged_by_the_ratio(at_most: float, met: bool) -> None:
    figures = [Figure("m", "ours", 3, 0, 1), Figure("m", "theirs", 2, 0, 1)]
    assert Target("m", "ours", at_most, "theirs").judge(figures) == (1.5, met)
    assert Target("m", "ours", at_most, "nobody").judge(figures) is None
    assert Target("m", "ours", 4).judge(figures) == (3, True)


def test_boundaries_of_the_measurement_load() -> None:
    seconds, kilobytes = load(50)
    assert seconds > 0
    assert kilobytes > 0


@pytest.mark.parametrize(
    ("laps", "seconds"),
    [
        ([1.0], 0.99),  # whoever comes at any moment of one second waits for the rest of it
        ([0.001] * 1000, 0.001),
        ([0.001] * 900 + [0.1], 0.09),  # a tenth of all arrive in the long lap, and a tenth of those at its beginning
    ],
)
def test_wait_of_the_slowest_of_a_hundred_counts_a_long_lap_by_its_length(laps: list[float], seconds: float) -> None:
    assert waited(laps) == pytest.approx(seconds, rel=0.02)


def test_reload_beside_requests_is_measured() -> None:
    found = stalls(3)
    assert 0 < found.without < found.longest
    assert found.during <= found.longest
