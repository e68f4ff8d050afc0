from __future__ import annotations

import enum
import math
from typing import Any

import pytest

from catguard.engine.codec import MAX_DEPTH, Unreadable
from catguard.engine.plain import NoJson, plain


class Colour(str, enum.Enum):  # noqa: UP042 - a StrEnum is told apart less well
    RED = "red"


class Count(enum.IntEnum):
    ONE = 1


class Ratio(float):
    """A number with a class of its own."""


def nested(levels: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(levels - 1):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "expected"),
    [(Colour.RED, "red"), (Count.ONE, 1), (Ratio(0.5), 0.5), ((1, ("a",)), [1, ["a"]]), ({Colour.RED: Count.ONE}, {"red": 1})],
    ids=str,
)  # fmt: skip
def test_value_of_a_subclass_is_what_it_holds(value: Any, expected: Any) -> None:
    found = plain(value)
    assert (found, type(found)) == (expected, type(expected))
    assert type(next(iter(found))) in (str, int) if isinstance(found, dict | list) else True


def test_containers_are_new() -> None:
    inner: dict[str, Any] = {"a": []}
    found = plain([inner])
    assert found == [inner]
    assert found[0] is not inner
    assert found[0]["a"] is not inner["a"]


@pytest.mark.parametrize(
    ("value", "where", "beyond_range"),
    [
        ("\ud800", "", False),
        ({"a": ["\udfff"]}, "/a/0", False),
        ({"\ud800": 1}, "", False),
        ([math.nan], "/0", False),
        ({"a/b": -math.inf}, "/a~1b", False),
        ([0, 2**63], "/1", True),
        (-(2**63) - 1, "", True),
        (10**5000, "", False),
    ],
    ids=lambda value: str(value)[:12] if not isinstance(value, int) or abs(value) < 10**20 else "huge",
)
def test_what_json_cannot_say_is_unreadable(value: Any, where: str, beyond_range: bool) -> None:
    with pytest.raises(Unreadable) as caught:
        plain(value)
    assert (caught.value.where, caught.value.beyond_range) == (where, beyond_range)


def test_depth_is_that_of_the_wire() -> None:
    assert plain(nested(MAX_DEPTH)) == nested(MAX_DEPTH)
    with pytest.raises(Unreadable, match="nested more than 64 levels"):
        plain(nested(MAX_DEPTH + 1))


def test_what_holds_itself_is_too_deep() -> None:
    value: list[Any] = []
    value.append(value)
    with pytest.raises(Unreadable, match="nested"):
        plain(value)


@pytest.mark.parametrize("value", [b"x", {1: 2}, pytest.param(object(), id="object"), {1, 2}, 1j], ids=repr)
def test_value_of_another_class_is_no_json(value: Any) -> None:
    with pytest.raises(NoJson):
        plain(value)
