from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from catguard.policies.expressions import Program
from catguard.policies.model import Fault, Location, Variable
from catguard.policies.rules import compiling_rules, finished
from tests.policies.mistakes import compiled, faults_of, policies, request


def test_variable_is_typed_by_its_result() -> None:
    area = {"area": "request.body.width * request.body.height", "kind": "request.headers['x-kind']"}
    faults, expected = faults_of("REQUEST", "variables.area ¦> 'a'", variables=area)
    assert [fault.location for fault in faults] == [expected]

    faults, expected = faults_of("REQUEST", "variables.kind == ¦'cow'", variables=area)
    assert [fault.location for fault in faults] == [expected]

    faults, expected = faults_of("REQUEST", "variables.¦aera > 1", variables=area)
    assert [fault.hint for fault in faults] == ["did you mean 'area'?"]


def test_variable_is_evaluated_before_the_rules_and_reads_earlier_ones() -> None:
    variables = {"area": "request.body.width * request.body.height", "all": "variables.area * request.body.count"}
    rules, faults, _ = compiled("REQUEST", ["variables.all == 892800", "variables.area > 1"], variables=variables)

    assert faults == []
    assert list(rules.run(request())) == []
    assert [rule.assumption.id for rule, _ in rules.run(request(count=1))] == ["r0"]


def test_variable_that_holds_a_record_keeps_its_fields() -> None:
    rules, faults, _ = compiled(
        "REQUEST", ["variables.box.x == 1 && size(variables.paws) == 1"],
        variables={"box": "request.body.box", "paws": "request.body.parts.filter(p, p.kind == 'paw')"},
    )  # fmt: skip
    assert faults == []
    assert list(rules.run(request())) == []

    faults, expected = faults_of("REQUEST", "variables.box.¦z == 1", variables={"box": "request.body.box"})
    assert [fault.location for fault in faults] == [expected]


def test_variable_is_evaluated_once_and_only_if_a_rule_reads_it(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    evaluate = Program.evaluate

    def noted(program: Program, facts: Mapping[str, Any]) -> Any:
        asked.append(program.expression)
        return evaluate(program, facts)

    monkeypatch.setattr(Program, "evaluate", noted)
    rules, faults, _ = compiled(
        "REQUEST",
        ["variables.w > 1", "variables.w < 2 || variables.w > 2"],
        variables={"w": "request.body.width", "unused": "1"},
    )

    assert faults == []
    assert list(rules.run(request())) == []
    assert asked == ["request.body.width"]


def test_variable_that_fails_breaks_only_what_needs_it() -> None:
    rules, _, _ = compiled(
        "REQUEST",
        ["request.body.width == 0 || variables.share > 1", "variables.share > 1", "variables.double > 1", "true"],
        variables={"share": "request.body.height / request.body.width", "double": "variables.share * 2"},
    )

    broken = rules.run(request(width=0))

    assert [rule.assumption.id for rule, _ in broken] == ["r1", "r2"]
    assert {str(outcome) for _, outcome in broken} == {"variables.share: divide by zero"}


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("response.status", "a variable reads only request and caller"),
        ("request.body.widht", "request.body has no field 'widht'"),
        ("request.body.breed", "request.body.breed can be absent"),
        ("variables.later", "there is no variable 'later'"),
        ("duration('1s')", "a variable cannot be a duration"),
    ],
)
def test_mistake_in_a_variable_is_told_once(expression: str, message: str) -> None:
    _, faults, _ = compiled("IMAGE", ["variables.it == variables.it"], variables={"it": expression, "later": "1"})

    assert [message in fault.message for fault in faults] == [True]


def test_mistake_in_a_variable_is_told_by_one_phase() -> None:
    faults: list[Fault] = []
    boundary = replace(
        policies().boundary("shop.inbound.order"), variables=(Variable("x", "request.z", Location("f", 1, 1)),)
    )
    for phase in boundary.phases():
        finished(compiling_rules(boundary, phase, defaults_applied=True, faults=faults))

    assert [fault.message for fault in faults] == ["request has no field 'z'"]
