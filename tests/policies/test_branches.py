from __future__ import annotations

import copy
from typing import Any

import pytest

from catguard.engine.evaluator import rehearse
from catguard.policies.codegen import ALLOWED, SHAPES
from catguard.policies.loader import compile_texts
from catguard.policies.parts import Validators
from catguard.policies.values import OutOfRange
from tests.policies.rulebook import rulebook

WHOLE = {"type": "integer"}
REAL = {"type": "number"}
TOLD_APART = {
    "oneOf": [
        {"properties": {"kind": {"const": "many"}, "n": WHOLE}, "required": ["kind"]},
        {"properties": {"kind": {"const": "much"}, "n": REAL}, "required": ["kind"]},
    ]
}
NAMES = {"patternProperties": {"^n": WHOLE}, "additionalProperties": REAL}


@pytest.mark.parametrize(
    ("schema", "value", "expected"),
    [
        ({"prefixItems": [WHOLE], "items": REAL}, [5.0, 5], [5, 5.0]),
        ({"prefixItems": [REAL], "items": False}, [5], [5.0]),
        ({"prefixItems": [{"properties": {"n": WHOLE}}]}, [{"n": 5.0}, 5.0], [{"n": 5}, 5.0]),
        (NAMES, {"n": 5.0, "x": 5, "note": 6.0}, {"n": 5, "x": 5.0, "note": 6}),
        ({"properties": {"p": NAMES}}, {"p": {"n": 5.0}}, {"p": {"n": 5}}),
        (TOLD_APART, {"kind": "many", "n": 5.0}, {"kind": "many", "n": 5}),
        (TOLD_APART, {"kind": "much", "n": 5}, {"kind": "much", "n": 5.0}),
        ({"items": TOLD_APART}, [{"kind": "many", "n": 5.0}], [{"kind": "many", "n": 5}]),
        ({"allOf": [TOLD_APART]}, {"kind": "many", "n": 5.0}, {"kind": "many", "n": 5}),
        ({"anyOf": [WHOLE, {"type": "string"}]}, 5.0, 5),
        ({"anyOf": [WHOLE, REAL]}, 5.0, 5),
        ({"anyOf": [REAL, WHOLE]}, 5, 5.0),
        (
            {"anyOf": [{"properties": {"a": WHOLE}}, {"properties": {"b": WHOLE}}]},
            {"a": 1.0, "b": 2.0},
            {"a": 1, "b": 2},
        ),
        ({"if": {"minimum": 10}, "then": WHOLE, "else": REAL}, 20.0, 20),
        ({"if": {"minimum": 10}, "then": WHOLE, "else": REAL}, 5, 5.0),
        ({"dependentSchemas": {"a": {"properties": {"b": WHOLE}}}}, {"a": 1, "b": 2.0}, {"a": 1, "b": 2}),
        ({"type": "number", "anyOf": [WHOLE, {"minimum": 0}]}, 5, 5.0),  # what is said outright has the last word
        ({"properties": {"n": REAL}, "oneOf": [{"properties": {"n": WHOLE}}]}, {"n": 5}, {"n": 5.0}),
        ({"properties": {"n": REAL}, "patternProperties": {"n": WHOLE}}, {"n": 5}, {"n": 5.0}),
    ],
)
def test_value_gets_the_form_of_the_schema_that_it_fits(schema: dict[str, Any], value: Any, expected: Any) -> None:
    _, normalize = Validators().reading(schema, fill_defaults=False)
    assert normalize is not None
    assert repr(normalize(copy.deepcopy(value))) == repr(expected)


def test_integer_of_a_branch_has_64_bits() -> None:
    _, normalize = Validators().reading(TOLD_APART, fill_defaults=False)
    assert normalize is not None
    with pytest.raises(OutOfRange):
        normalize({"kind": "many", "n": 2**63})


@pytest.mark.parametrize("exact", [True, False])
@pytest.mark.parametrize("number", [5, 5.0])
@pytest.mark.parametrize(
    ("member", "rule", "place"),
    [
        ({"type": "array", "maxItems": 2, "prefixItems": [WHOLE], "items": False}, "request.body.p[0] % 2 == 1", None),
        (
            {"type": "object", "additionalProperties": False, "patternProperties": {"^n$": WHOLE}},
            "!('n' in request.body.p) || request.body.p['n'] % 2 == 1",
            "n",
        ),
        (
            {
                "type": "object",
                "unevaluatedProperties": False,
                "required": ["n"],
                "oneOf": [{"properties": {"n": WHOLE}}],
            },
            "request.body.p.n % 2 == 1",
            "n",
        ),
    ],
)
def test_rule_reads_5_for_5_0_below_branches(
    member: dict[str, Any], rule: str, place: str | None, number: float, *, exact: bool
) -> None:
    compiled = compile_texts([("p.yaml", rulebook(rule, {"p": member}))])
    body = {"p": {place: number} if place else [number]}
    assert rehearse(compiled, "shelf.inbound.put", {"body": copy.deepcopy(body)}, exact=exact).violations == ()
    if exact:
        facts = {"body": body, "params": {}, "query": {}, "headers": {}, "method": "PUT", "path": "/"}
        found = compiled.boundaries["shelf.inbound.put"].request.within(facts, None, {"component": "public"})
        assert found == (ALLOWED if type(number) is int else SHAPES)
