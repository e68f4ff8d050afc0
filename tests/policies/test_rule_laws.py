from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from catguard.errors import EvaluationError
from catguard.policies.expressions import Evaluator
from tests.policies.mistakes import compiled, request

FIELDS = ("breed", "lid", "mixed")


def conditions() -> st.SearchStrategy[str]:
    """Return conditions over members that can be absent."""
    tests = st.sampled_from(FIELDS).map(lambda name: f"has(request.body.{name})")
    keys = st.sampled_from(FIELDS).map(lambda name: f"'{name}' in request.body")
    reads = st.sampled_from(
        ["request.body.breed == 'x'", "request.body.lid.x == 1", "request.body['mixed'] == 1", "true", "false"]
    )
    return st.recursive(
        tests | keys | reads,
        lambda inner: st.one_of(
            st.tuples(inner, st.sampled_from(["&&", "||"]), inner).map(lambda parts: f"({' '.join(parts)})"),
            inner.map(lambda part: f"!({part})"),
            st.tuples(inner, inner, inner).map(lambda parts: f"({parts[0]} ? {parts[1]} : {parts[2]})"),
        ),
        max_leaves=6,
    )


@settings(deadline=None)  # how long the first example takes says nothing
@given(condition=conditions(), present=st.sets(st.sampled_from(FIELDS)))
def test_accepted_rule_never_fails_for_an_absent_member(condition: str, present: set[str]) -> None:
    rules, faults, _ = compiled("REQUEST", [condition])
    values = {"breed": "x", "lid": {"x": 1}, "mixed": 1}

    outcomes = [outcome for _, outcome in rules.run(request(**{name: values[name] for name in present}))]

    assert faults or not any(isinstance(outcome, EvaluationError) for outcome in outcomes)


@settings(deadline=None)  # how long the first example takes says nothing
@given(
    expressions=st.lists(
        st.sampled_from(
            [
                "request.body.width > 1",
                "request.body.height / request.body.width > 1",
                "request.body.count == 1",
                "true",
            ]
        ),
        min_size=1,
        max_size=5,
    ),
    width=st.integers(-1, 3),
    count=st.integers(1, 2),
)
def test_asking_all_rules_together_answers_as_each_on_its_own(expressions: list[str], width: int, count: int) -> None:
    rules, _, _ = compiled("REQUEST", expressions)
    facts = request(width=width, count=count)
    evaluator = Evaluator()
    alone: dict[str, object] = {}
    for number, expression in enumerate(expressions):
        try:
            alone[f"r{number}"] = evaluator.program(expression).evaluate(facts)
        except EvaluationError as error:
            alone[f"r{number}"] = str(error)

    together = {rule.assumption.id: outcome for rule, outcome in rules.run(facts)}

    assert {name: str(outcome) for name, outcome in together.items()} == {
        name: str(outcome) for name, outcome in alone.items() if outcome is not True
    }
