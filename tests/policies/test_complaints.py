from __future__ import annotations

import pytest

from catguard.policies.complaints import USAGES, suggest
from catguard.policies.expressions import Checker, Evaluator
from catguard.policies.facts import BOOL, DYNAMIC, INT, STRING, Field, Record, Scalar

FACTS = Record(
    {
        "request": Field(
            Record(
                {
                    "b": Field(BOOL, True),
                    "d": Field(Scalar("double"), True),
                    "n": Field(INT, True),
                    "s": Field(STRING, True),
                    "any": Field(DYNAMIC, True),
                }
            ),
            True,
        )
    }
)


def hints(expression: str) -> list[str | None]:
    _, complaints = Checker(FACTS, Evaluator()).check(expression, rule=True)
    return [complaint.hint for complaint in complaints]


@pytest.mark.parametrize(
    ("expression", "hint"),
    [
        ("request.d < 1", "write 1.0"),
        ("1 < request.d", "write 1.0"),
        ("request.n < 1.0", "write 1"),
        ("request.n < 1.5", "convert the integer: double(request.n)"),
        ("request.n < request.d", "convert the integer: double(request.n)"),
        ("request.n == '12'", "write 12 without quotes"),
        ("request.b == 'true'", "write true without quotes"),
        ("request.n == 'a'", None),
        ("request.s == 12", "write '12' in quotes"),
        ("request.s == true", "write 'true' in quotes"),
        ("request.s + request.n == 'a1'", "convert the number: string(request.n)"),
        ("request.n === 1", "write =="),
        ("request.n <> 1", "write !="),
        ("request.b or request.b", "write ||"),
        ("request.b | request.b", "write ||"),
        ("request.n is 1", "write =="),
        ("request.s.length() == 1", "write size"),
        ("request.any['x'].all(y, true)", None),
    ],
)
def test_hint_says_what_to_write(expression: str, hint: str | None) -> None:
    assert hints(expression) == ([hint] if hint or "any" not in expression else [])


@pytest.mark.parametrize("name", sorted(USAGES))
def test_usage_that_is_shown_is_cel(name: str) -> None:
    usage = USAGES[name]
    for placeholder, value in (
        ("list", "[1]"), ("text.", "'2026-01-31T00:00:00Z'."), ("(text)", "('2026-01-31T00:00:00Z')"),
        ("condition", "true"), ("value", "1"), ("record", "request"), ("field", "n"),
    ):  # fmt: skip
        usage = usage.replace(placeholder, value)

    checked, complaints = Checker(FACTS, Evaluator()).check(f"dyn({usage}) == 1", rule=True)

    assert complaints == []
    assert checked is not None


def test_word_of_another_language_is_translated() -> None:
    assert suggest("None", []) == "write null"
    assert suggest("widht", ["width", "height"]) == "did you mean 'width'?"
    assert suggest("zzz", []) is None
