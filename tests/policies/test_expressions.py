from __future__ import annotations

import datetime
from typing import Any

import pytest

from catguard.errors import EvaluationError
from catguard.policies.expressions import Checker, Environments, Evaluator
from catguard.policies.facts import DYNAMIC, INT, STRING, Field, ListOf, Record, Scalar

FACTS = Record(
    {"request": Field(Record({"n": Field(INT, True), "s": Field(STRING, True), "any": Field(DYNAMIC, True)}), True)}
)


def evaluate(expression: str, **request: Any) -> Any:
    return Evaluator().program(expression).evaluate({"request": request})


@pytest.mark.parametrize(
    ("expression", "request_", "value"),
    [
        ("request.n + 1", {"n": 2}, 3),
        ("request.n + 0.5", {"n": 2.0}, 2.5),
        ("request.s + 'b'", {"s": "a"}, "ab"),
        ("request.n == true", {"n": 1}, False),
        ("request.n == 1", {"n": 1.0}, True),
        ("[request.n, {'a': request.s}]", {"n": 1, "s": "x"}, [1, {"a": "x"}]),
        ("request.any.a[0].b", {"any": {"a": [{"b": None}]}}, None),
        ("type(request.n) == int", {"n": 1}, True),
        ("type(request.n) == double", {"n": 1.0}, True),
        ("type(request.n) == bool", {"n": True}, True),
    ],
)
def test_program_evaluates_on_plain_values(expression: str, request_: dict[str, Any], value: object) -> None:
    result = evaluate(expression, **request_)

    assert result == value
    assert type(result) is type(value)


@pytest.mark.parametrize(
    ("expression", "request_", "message"),
    [
        ("request.n > 1", {}, "there is no member 'n'"),
        ("request.n / 0 == 1", {"n": 1}, "divide by zero"),
        ("request.n * request.n > 0", {"n": 2**62}, "integer overflow"),
        ("request.n > 1", {"n": 2**70}, "out of range"),
        ("request.n > 1", {"n": "1"}, "an operation does not go with these types: _>_(string, int64)"),
        ("request.s.matches(request.s)", {"s": "["}, "invalid regular expression"),
        ("request.n == 1", {"n": datetime.date(2026, 1, 1)}, "Non-CEL value"),
        ("response.n == 1", {}, 'there is no fact "response"'),
    ],
)
def test_program_that_fails_says_why(expression: str, request_: dict[str, Any], message: str) -> None:
    with pytest.raises(EvaluationError, match=r".*") as raised:
        evaluate(expression, **request_)

    assert message in str(raised.value)


def test_error_beside_an_answer_is_absorbed_as_cel_says() -> None:
    assert evaluate("request.n == 1 || request.missing", n=1) is True
    assert evaluate("request.missing && request.n == 2", n=1) is False


def test_pattern_takes_linear_time() -> None:
    assert evaluate("request.s.matches('^(a+)+$')", s="a" * 50_000 + "b") is False


def test_programs_share_an_activation() -> None:
    evaluator = Evaluator()
    activation = evaluator.activation({"request": {"n": 2}})

    assert evaluator.program("request.n * 2").evaluate_shared(activation) == 4
    with pytest.raises(EvaluationError, match="no member 'missing'"):
        evaluator.program("request.missing").evaluate_shared(activation)


def test_program_holds_where_it_is_true_and_nowhere_else() -> None:
    evaluator = Evaluator()
    facts = {"request": {"n": 2}}

    assert evaluator.program("request.n == 2").holds(facts)
    assert not evaluator.program("request.n == 3").holds(facts)
    assert not evaluator.program("request.n").holds(facts)
    assert not evaluator.program("request.missing == 3").holds(facts)
    assert not evaluator.program("request.s == ''").holds({"request": {"s": "\ud800"}})


def test_checked_expression_tells_type_and_facts() -> None:
    checker = Checker(FACTS, Evaluator())

    checked, complaints = checker.check("[request.s, 'x']", rule=False)

    assert complaints == []
    assert checked is not None
    assert checked.facts == {"request.s"}
    assert isinstance(checked.type, ListOf)


def test_type_that_only_the_checker_knows_is_kept() -> None:
    checker = Checker(FACTS, Evaluator())

    checked, _ = checker.check("dyn(request.n) == 1 ? request.s.size() * 2 : 7 % request.n", rule=False)

    assert checked is not None
    assert checked.type == Scalar("int")


def test_declared_variable_is_known_from_then_on() -> None:
    checker = Checker(FACTS, Evaluator())
    assert checker.check("variables.twice > 1", rule=True)[0] is None

    checked, _ = checker.check("request.n * 2", rule=False)
    checker.declare("twice", checked)

    assert checker.check("variables.twice > 1", rule=True)[1] == []


def test_bad_variable_causes_no_second_complaint() -> None:
    checker = Checker(FACTS, Evaluator())
    checker.declare("bad", None)

    assert checker.check("variables.bad > 1 && variables.bad.x == 'a'", rule=True)[1] == []


def test_facts_of_other_types_do_not_share_an_environment() -> None:
    environments, other = Environments(), Record({"request": Field(Record({"n": Field(STRING, True)}), True)})
    first, second, third = (Checker(facts, Evaluator(), environments=environments) for facts in (FACTS, other, FACTS))

    assert first._environment is third._environment
    assert first.check("request.n == 1", rule=True)[1] == third.check("request.n == 1", rule=True)[1] == []
    assert "string" in second.check("request.n == 1", rule=True)[1][0].message


def test_variable_of_one_phase_is_unknown_to_another_of_the_same_facts() -> None:
    environments = Environments()
    first, second = (Checker(FACTS, Evaluator(), environments=environments) for _ in range(2))

    first.declare("twice", first.check("request.n * 2", rule=False)[0])

    assert first.check("variables.twice > 1", rule=True)[1] == []
    assert second.check("variables.twice > 1", rule=True)[0] is None
