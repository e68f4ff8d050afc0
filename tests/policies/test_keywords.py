from __future__ import annotations

from typing import Any

import pytest

from catguard.policies.keywords import limit_text


@pytest.mark.parametrize(
    ("keyword", "value", "text"),
    [
        ("maximum", 1e3, "at most 1000"),
        ("minimum", -2.0, "at least -2"),
        ("multipleOf", 0.25, "a multiple of 0.25"),
        ("maximum", 1e300, "at most 1e+300"),
        ("maxLength", 1.0, "at most 1 character"),
        ("maxItems", 12.0, "at most 12 items"),
        ("enum", [1e3, 0.5, "x"], "one of 1000, 0.5, x"),
        ("const", 5.0, "5"),
    ],
)
def test_limit_text_writes_numbers_as_people_do(keyword: str, value: Any, text: str) -> None:
    assert limit_text(keyword, {keyword: value}) == text
