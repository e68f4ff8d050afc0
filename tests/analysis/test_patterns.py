from __future__ import annotations

import re
from pathlib import Path

import pytest

from catguard.analysis.patterns import backtracking


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("^(a+)+$", "exponential"),
        ("^(a*)*$", "exponential"),
        ("^(a|a)*$", "exponential"),
        ("^(a|aa)+$", "exponential"),
        (r"^(\w|\d)*$", "exponential"),
        (r"^([ab|]|[cd|])*$", "exponential"),
        (r"^([ab|]|[cd])*$", None),
        ("^([a-z]+[0-9]?)*$", "exponential"),
        (r"^(\w+\s?)*$", "exponential"),
        (r"^([a-zA-Z0-9._-]+)*@example$", "exponential"),
        ("^([a-z]+,?){1,20}$", "exponential"),
        ("^a*a*$", "polynomial"),
        (r"^\s*[a-z ]*x$", "polynomial"),
        (r"^[a-z]+[a-z0-9]*$", "polynomial"),
        ("^[a-z]{1,500}[a-z0-9]{1,500}$", "polynomial"),
        ("^[a-z][a-z0-9-]{0,31}$", None),
        ("^([a-z]+,)*$", None),
        ("^[a-z]+(-[a-z]+)*$", None),
        ("^(a|b)*$", None),
        (r"^/pictures/[0-9a-f]{64}\.(webp|png)$", None),
        ("^[^&]+&[^&]+$", None),
        ("(a+)+", None),  # found at once, and nothing behind it can fail
        ("^a{3}$", None),
        ("^$", None),
        (f"^{'(a|aa)*' * 12}$", "exponential"),
        (f"^({'|'.join(f'w{number}' for number in range(3000))})*$", None),  # too many ways to look at
        ("^[[:alpha:]]+$", None),  # Python warns of it
        ("(?=a)b", None),  # our engine refuses it, with words of its own
        ("[", None),
    ],
)
def test_time_that_backtracking_takes(pattern: str, expected: str | None) -> None:
    assert backtracking(pattern) == expected


def test_shipped_patterns_are_linear_everywhere() -> None:
    text = (Path(__file__).parents[2] / "policies.yaml").read_text()
    patterns = [found.replace("\\\\", "\\") for found in re.findall(r'pattern: "([^"]*)"', text)]
    assert len(patterns) > 5
    assert {pattern: backtracking(pattern) for pattern in patterns if backtracking(pattern)} == {}
