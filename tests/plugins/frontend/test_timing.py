import pytest

from catguard_frontend.timing import Timing


class Clock:
    """Seconds that pass only when told."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_header_tells_milliseconds_in_the_order_of_the_work() -> None:
    clock = Clock()
    timing = Timing(clock)
    with timing.measure("menu"):
        clock.now += 0.00004
    with timing.measure("cache"):
        clock.now += 0.0123
    timing.describe("cache", "miss")
    with timing.measure("menu"):
        clock.now += 0.001

    assert timing.header() == "menu;dur=1.0, cache;desc=miss;dur=12.3"


def test_measure_counts_what_failed() -> None:
    clock = Clock()
    timing = Timing(clock)

    def fail() -> None:
        with timing.measure("render"):
            clock.now += 2
            raise LookupError

    with pytest.raises(LookupError):
        fail()

    assert timing.header() == "render;dur=2000.0"


def test_header_without_anything_is_empty() -> None:
    assert Timing().header() == ""
