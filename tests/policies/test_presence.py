from __future__ import annotations

import pytest

from catguard.policies.expressions import Evaluator
from catguard.policies.presence import guards

EVALUATOR = Evaluator()


@pytest.mark.parametrize(
    ("condition", "true", "false"),
    [
        ("has(r.a)", {"a"}, set()),
        ("'a' in r", {"a"}, set()),
        ("!has(r.a)", set(), {"a"}),
        ("has(r.a) && has(r.b)", {"a", "b"}, set()),
        ("has(r.a) || has(r.b)", set(), set()),
        ("has(r.a) || (has(r.a) && has(r.b))", {"a"}, set()),
        ("!has(r.a) || !has(r.b)", set(), {"a", "b"}),
        ("!(has(r.a) && has(r.b))", set(), {"a", "b"}),
        ("has(r.a) ? has(r.b) : false", {"a", "b"}, set()),
        ("has(r.a) ? true : has(r.b)", set(), set()),
        ("has(r.a) ? has(r.b) : has(r.a)", {"a"}, set()),
        ("r.a == 1", set(), set()),
        ("true || has(r.a)", set(), None),
    ],
)
def test_guards_of_a_condition(condition: str, true: set[str], false: set[str] | None) -> None:
    when, otherwise = guards(EVALUATOR.parse(condition), {})

    assert when == {("r", name) for name in true}
    assert otherwise == (None if false is None else {("r", name) for name in false})
