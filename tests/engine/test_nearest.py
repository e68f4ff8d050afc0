from __future__ import annotations

from typing import Any

import pytest

from catguard.engine.decision import Violation
from catguard.engine.evaluator import rehearse
from catguard.policies.loader import compile_texts
from tests.engine.refusing import refused
from tests.policies.rulebook import rulebook

SIDE = {"type": "integer", "minimum": 16, "maximum": 4096}


@pytest.mark.parametrize(
    ("schema", "value", "expected"),
    [
        (SIDE, 5000, 4096),
        (SIDE, 1, 16),
        ({**SIDE, "multipleOf": 16}, 100, 96),
        ({**SIDE, "multipleOf": 16}, 105, 112),
        ({**SIDE, "multipleOf": 100}, 5000, 4000),
        ({"type": "integer", "exclusiveMaximum": 10}, 12, 9),
        ({"type": "integer", "exclusiveMaximum": 9.5}, 12, 9),
        ({"type": "number", "maximum": 0.5}, 0.75, 0.5),
        ({"type": "number", "exclusiveMaximum": 0.5}, 0.75, None),
        ({"enum": ["webp", "png", "jpeg"]}, "WEPB", "webp"),
        ({"enum": ["webp", "png", "jpeg"]}, "tiff", None),
        ({"enum": [100, 200]}, 170, 200),
        ({"type": "string", "maxLength": 4}, "siamese", "siam"),
        ({"type": "string", "maxLength": 4, "pattern": "e$"}, "siamese", None),
        ({"type": "string", "minLength": 4}, "si", None),
        ({"type": "string", "pattern": "^a"}, "b", None),
        ({"type": "string", "pattern": "^[a-z-]+$"}, "SIAMESE", "siamese"),
        ({"type": "string", "pattern": "^[a-z-]+$"}, "Maine  Coon", "maine-coon"),
        ({"type": "string", "pattern": "^[A-Z_]+$"}, "maine coon", "MAINE_COON"),
        ({"type": "string", "pattern": "^[a-z-]+$", "maxLength": 3}, "TABBY", None),
        (SIDE, 30.6, 31),
        (SIDE, 3.5, 16),
        (SIDE, "wide", None),
        (SIDE, "30.6", 31),  # as a fraction stands in a query
        (SIDE, "1e9", 4096),
        (SIDE, "0x20", None),
        (SIDE, "9" * 400, None),
        ({"allOf": [SIDE], "maximum": 400}, 9000, 400),
        ({"anyOf": [SIDE, {"type": "null"}]}, 9000, 4096),
        ({"anyOf": [SIDE, {"enum": ["auto"]}]}, 9000, 4096),
        ({"oneOf": [{"anyOf": [SIDE, {"type": "null"}]}, {"type": "boolean"}]}, 9000, 4096),
        ({"anyOf": [SIDE, {"type": "integer", "maximum": 4097}]}, 9000, None),  # either may be meant
        ({"oneOf": [SIDE, {"type": "null"}], "not": {"const": 4096}}, 9000, 4095),
    ],
)
def test_the_nearest_value_of_a_query_that_would_pass(schema: dict[str, Any], value: Any, expected: Any) -> None:
    found = refused(query={"it": schema}, it=value)
    assert [violation.nearest for violation in found][-1:] == [expected]


def test_a_body_tells_it_only_of_fields_that_are_public() -> None:
    members = {"secret": SIDE, "open": {**SIDE, "x-catguard-public": True}}
    body = {"type": "object", "additionalProperties": False, "properties": members}
    found = {violation.where: violation.nearest for violation in refused(body, {"secret": 9000, "open": 9000})}
    assert found == {"/body/secret": None, "/body/open": 4096}


def test_it_goes_to_the_caller_and_back_and_into_no_text() -> None:
    (violation,) = refused(query={"it": {"type": "string", "maxLength": 4}}, it="siamese")
    members = violation.wire(public=True)
    assert members["nearest"] == "siam"
    assert Violation.from_wire(violation.wire()).nearest == "siam"
    assert Violation.from_wire({**members, "nearest": {"a": 1}}).nearest is None
    assert "siam" not in str(violation)
    (other,) = refused(query={"it": SIDE}, it="wide")
    assert "nearest" not in other.wire()


COUNT = {"type": "integer", "minimum": 1, "maximum": 59, "x-catguard-public": True}


@pytest.mark.parametrize(
    ("rule", "count", "expected"),
    [
        ("request.body.count % 2 == 0", 61, 58),
        ("request.body.count % 2 == 0", 0, 2),
        ("request.body.count % 2 == 0", 5.5, 6),
        ("request.body.count % 2 == 1", 5.5, 5),
        ("request.body.count % 10 == 0", 61, None),
        ("request.body.count > 70", 61, None),
        ("request.body.count < 70", 61, 59),
        ("request.method == 'GET'", 61, 59),  # it is not the count that it refuses
    ],
)
def test_no_value_is_told_that_a_rule_refuses(rule: str, count: float, expected: int | None) -> None:
    compiled = compile_texts([("p.yaml", rulebook(rule, {"count": COUNT}))])
    (violation,) = rehearse(compiled, "shelf.inbound.put", {"body": {"count": count}}).violations
    assert violation.nearest == expected


def test_what_is_told_of_several_fields_passes_together() -> None:
    members = {"count": COUNT, "other": COUNT}
    compiled = compile_texts([("p.yaml", rulebook("request.body.count + request.body.other == 60", members))])
    found = rehearse(compiled, "shelf.inbound.put", {"body": {"count": 61, "other": 0}}).violations
    assert [violation.nearest for violation in found] == [59, 1]


def test_rules_are_asked_about_a_few_values_only() -> None:
    members = {f"count_{number}": COUNT for number in range(9)}
    compiled = compile_texts([("p.yaml", rulebook("request.body.count_8 == 58", members))])
    found = rehearse(compiled, "shelf.inbound.put", {"body": dict.fromkeys(members, 61)}).violations
    # 58 is in reach of the last, and asked for too late; the others are read by no rule.
    assert [violation.nearest for violation in found] == [59] * 8 + [None]


def test_a_rule_keeps_the_value_from_no_field_that_it_does_not_read() -> None:
    text = rulebook("variables.both > 99", {"count": COUNT, "other": COUNT, "third": COUNT}).replace(
        "        request:",
        "        variables: {both: \"request.body.other + request.body['third']\"}\n        request:",
        1,
    )
    body = {"count": 61, "other": 1, "third": 0}
    found = rehearse(compile_texts([("p.yaml", text)]), "shelf.inbound.put", {"body": body}).violations
    assert {violation.where: violation.nearest for violation in found} == {"/body/count": 59, "/body/third": None}


def test_a_field_of_the_branch_that_was_meant_is_told() -> None:
    circle = {"type": "object", "additionalProperties": False, "required": ["kind", "r"],
              "properties": {"kind": {"const": "circle"}, "r": {**SIDE, "x-catguard-public": True}}}  # fmt: skip
    dot = {**circle, "required": ["kind"], "properties": {"kind": {"const": "dot"}, "r": {**SIDE, "maximum": 20}}}
    schema = {"oneOf": [circle, dot]}
    (violation,) = refused(schema, {"kind": "circle", "r": 9000})
    assert (violation.where, violation.nearest) == ("/body/r", 4096)
    (other,) = refused(schema, {"kind": "dot", "r": 9000})  # where it is not public
    assert (other.where, other.nearest) == ("/body/r", None)
    (both,) = refused(schema, {"kind": "circle", "r": 9000, "x": 1})
    assert both.nearest is None
