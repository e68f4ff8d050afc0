from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from catguard.engine.codec import dumps, loads
from catguard.engine.evaluator import decide_request
from catguard.policies.compiler import CompiledPolicySet
from catguard.policies.loader import compile_texts
from catguard.policies.values import normalizer
from tests.policies.rulebook import rulebook

INTEGER, NUMBER = {"type": "integer"}, {"type": "number"}
RECORD = {"type": "object", "properties": {"x": INTEGER}, "required": ["x"], "additionalProperties": False}


def decided(policies: CompiledPolicySet, body: Any, *, exact: bool) -> tuple[list[str], str]:
    """Return what is broken of a request, and its body as it is delivered, with or without the generated check."""
    facts = {"method": "POST", "path": "/put", "params": {}, "query": {}, "headers": {}, "bytes": 9, "body": body}
    decision = decide_request(policies, policies.boundaries["shelf.inbound.put"], facts, exact=exact)
    return [violation.assumption for violation in decision.violations], repr(facts["body"])


def alike(text: str, body: Any) -> tuple[list[str], Any]:
    """Return what is broken of a body and how it is delivered, which the check must not change."""
    policies = compile_texts([("shelf.yaml", text)])
    read = loads(dumps(body))
    fast, slow = (decided(policies, copy.deepcopy(read), exact=exact) for exact in (True, False))
    assert fast == slow
    return fast


def combined(one: Any, other: Any, required: str) -> str:
    """Return a policy whose `x` two schemas speak of; `required` says which of them demands that it is there."""
    keywords = {
        "required": ["x"] if "one" in required else [],
        "unevaluatedProperties": False,
        "additionalProperties": True,
        "allOf": [{"properties": {"x": other}, "required": ["x"] if "other" in required else []}],
    }
    return rulebook("!has(request.body.x) || request.body.x == request.body.x", {"x": one}, **keywords)


@pytest.mark.parametrize("required", ["", "one", "other", "one and other"])
@pytest.mark.parametrize("value", [5, 5.0, 5.5, 1e300])
@pytest.mark.parametrize(
    ("one", "other", "kind"), [(INTEGER, NUMBER, int), (NUMBER, INTEGER, float), ({}, INTEGER, int)]
)
def test_number_has_the_form_that_the_first_says(one: Any, other: Any, kind: type, value: Any, required: str) -> None:
    broken, delivered = alike(combined(one, other, required), {"x": value})
    assert bool(broken) == (value != 5)
    if not broken:
        assert delivered == repr({"x": kind(value)})


@pytest.mark.parametrize("value", [6, 6.0, 7])
def test_number_is_of_the_type_by_which_its_rules_are_checked(value: Any) -> None:
    keywords = {"allOf": [{"properties": {"x": INTEGER}}]}
    text = rulebook("request.body.x / 2 == 3", {"x": {"enum": [[5], 6.0, 7.0]}}, **keywords)
    assert alike(text, {"x": value})[0] == ["it"]  # double, and no integer, to CEL


def test_name_of_a_member_counts_before_those_of_all_others() -> None:
    others = {"allOf": [{"additionalProperties": NUMBER}]}
    assert alike(rulebook("request.body.x + 1 == 6", {"x": INTEGER}, **others), {"x": 5.0}) == ([], "{'x': 5}")
    named = {"additionalProperties": NUMBER, "allOf": [{"properties": {"x": INTEGER}}]}
    assert normalizer(named, fill_defaults=False)({"x": 5.0, "y": 5}) == {"x": 5, "y": 5}  # type: ignore[misc]


@pytest.mark.parametrize("default", [2, 2.0])
def test_default_is_the_one_that_the_first_says(default: Any) -> None:
    keywords = {"allOf": [{"properties": {"note": {**NUMBER, "default": 3}}}]}
    text = rulebook("request.body.note < 9", {"note": {**INTEGER, "default": default}}, **keywords)
    assert alike(text, {}) == ([], "{'note': 2}")
    assert alike(text, {"note": 4.0}) == ([], "{'note': 4}")


def test_default_outside_64_bits_is_a_violation_and_no_exception() -> None:
    text = rulebook("true", {"note": {"type": ["integer", "string"], "default": 1e19}})
    assert alike(text, {})[0] == ["body/note/range"]


@pytest.mark.parametrize("value", ["x", ["x"], 5, {"x": 1}, {}])
@pytest.mark.parametrize("rule", ["has(request.body.v.x)", "!has(request.body.v.x)", "'x' in request.body.v"])
def test_member_is_looked_for_in_objects_alone(rule: str, value: Any) -> None:
    alike(rulebook(rule, {"v": {"properties": {"x": INTEGER}, "additionalProperties": False}}), {"v": value})


@pytest.mark.parametrize("body", [{"v": None}, {"v": []}, {"v": [1]}])
@pytest.mark.parametrize("rule", ["request.body.v == null", "null != request.body['v'] && request.body.v.size() > 0"])
def test_list_that_can_be_null_is_held_against_null(rule: str, body: Any) -> None:
    text = rulebook(rule, {"v": {"type": ["array", "null"], "items": INTEGER, "maxItems": 3}})
    assert (alike(text, body)[0] == []) == ((body["v"] is None) == ("==" in rule) and body["v"] != [])


@pytest.mark.parametrize("body", [None, {}, {"a": 1}])
def test_map_that_can_be_null_is_held_against_null(body: Any) -> None:
    text = rulebook("request.body.v != null", {"v": {"type": ["object", "null"], "additionalProperties": INTEGER}})
    assert (alike(text, {"v": body})[0] == []) == (body is not None)


@pytest.mark.parametrize("names", ["ab", "ba", "cab"])
@pytest.mark.parametrize(
    "rule",
    [
        "request.body.m.map(k, k) == ['a', 'b']",
        "request.body.m.map(k, request.body.m[k])[0] == 1",
        "request.body.m.filter(k, k != 'c')[0] == 'a'",
        "[request.body.m.map(k, k)][0][0] == 'a'",
        "dyn(request.body.m.map(k, k).map(k, k + 'x'))[0] == 'ax'",
        "(request.body.m.map(k, k) + ['z'])[0] == 'a'",
        "(has(request.body.m.c) ? request.body.m.map(k, k) : ['b'])[0] == 'b'",
    ],
)
def test_order_of_a_map_is_that_of_cel(rule: str, names: str) -> None:
    text = rulebook(rule, {"m": {"type": "object", "additionalProperties": INTEGER, "maxProperties": 3}})
    alike(text, {"m": {name: number for number, name in enumerate(names)}})


@pytest.mark.parametrize(
    "rule",
    [
        "size(request.body.m.filter(k, request.body.m[k] > 0)) == 1",
        "'a' in request.body.m.map(k, k)",
        "request.body.m.map(k, k).exists(k, k == 'a')",
    ],
)
def test_what_needs_no_order_of_a_map_is_python(rule: str) -> None:
    text = rulebook(rule, {"m": {"type": "object", "additionalProperties": INTEGER, "maxProperties": 3}})
    policies = compile_texts([("shelf.yaml", text)])
    assert policies.boundaries["shelf.inbound.put"].request.generated().translated == {"it"}
    assert alike(text, {"m": {"a": 1, "b": 0}})[0] == []


@pytest.mark.filterwarnings("error::SyntaxWarning")
def test_constant_that_is_held_against_null_is_python() -> None:
    text = rulebook("dyn('a') != null && dyn(1 < 2) != null", {"note": INTEGER})
    policies = compile_texts([("shelf.yaml", text)])
    assert policies.boundaries["shelf.inbound.put"].request.generated().translated == {"it"}
    assert json.loads(alike(text, {})[1]) == {}


def test_list_of_records_is_checked() -> None:
    text = rulebook("[request.body.v, request.body.v].all(each, each.x == 1)", {"v": RECORD})
    assert alike(text, {"v": {"x": 1}})[0] == []
    assert alike(text, {"v": {"x": 2}})[0] == ["it"]


BRANCH = {"properties": {"b": {"type": "boolean"}, "l": {"type": "array", "items": {"type": "string"}, "maxItems": 3}}}


@pytest.mark.parametrize("value", [{"b": "x", "c": 1}, {"b": True}, {"b": False}, {"l": "abc", "c": 1}, {"l": ["a"]}])
@pytest.mark.parametrize(
    "schema",
    [
        {"anyOf": [BRANCH, {"required": ["c"]}]},
        {"if": {"required": ["c"]}, "else": BRANCH},
        {"dependentSchemas": {"d": BRANCH}},
        {"anyOf": [{"anyOf": [BRANCH, {"required": ["c"]}]}]},
    ],
)
@pytest.mark.parametrize(
    "rule",
    ["!has(request.body.v.b) || request.body.v.b", "!has(request.body.v.l) || 'a' in request.body.v.l"],
)
def test_type_counts_where_its_branch_has_to_hold(rule: str, schema: Any, value: Any) -> None:
    v = {"type": "object", "additionalProperties": True, **schema}
    assert (alike(rulebook(rule, {"v": v}), {"v": value})[0] == []) == (value not in refused_by(rule))


def refused_by(rule: str) -> list[Any]:
    return [{"l": "abc", "c": 1}] if "'a'" in rule else [{"b": "x", "c": 1}, {"b": False}]


def test_type_that_all_branches_say_is_certain() -> None:
    branches = [
        {"type": "object", "properties": {"kind": {"const": kind}}, "required": ["kind"], "additionalProperties": False}
        for kind in "ab"
    ]
    v = {"type": "object", "additionalProperties": True, "oneOf": branches}
    policies = compile_texts([("shelf.yaml", rulebook("request.body.v.kind == 'a'", {"v": v}))])
    assert policies.boundaries["shelf.inbound.put"].request.generated().translated == {"it"}


@pytest.mark.parametrize("value", [{"b": "x"}, {}])
def test_unevaluated_properties_say_nothing_of_what_others_evaluate(value: Any) -> None:
    v = {
        "type": "object",
        "unevaluatedProperties": {"type": "boolean"},
        "allOf": [{"additionalProperties": {"type": "string"}}],
    }
    broken, _ = alike(rulebook("!has(request.body.v.b) || request.body.v.b", {"v": v}), {"v": value})
    assert (broken == []) == (value == {})


def test_number_of_several_branches_is_spelt_once() -> None:
    text = rulebook("true", {"v": {"anyOf": [INTEGER, NUMBER]}, "w": {"type": "array", "items": NUMBER, "maxItems": 3}})
    assert alike(text, {"v": 2**63 - 1, "w": [1]}) == ([], "{'v': 9223372036854775807, 'w': [1.0]}")
    assert alike(text, {"v": 2**53 + 1, "w": []}) == ([], "{'v': 9007199254740993, 'w': []}")


def test_value_that_leaves_the_range_on_its_way_is_refused() -> None:
    number = {**INTEGER, "anyOf": [NUMBER]}
    text = rulebook(
        "true", {"v": {"type": "object", "patternProperties": {"^n": number}, "additionalProperties": False}}
    )
    assert alike(text, {"v": {"n": 2**53}}) == ([], "{'v': {'n': 9007199254740992}}")
    assert alike(text, {"v": {"n": 2**63 - 1}})[0] == ["body/range"]


@pytest.mark.parametrize(
    ("rule", "member", "other"),
    [
        ("request.body.note / 2 == -4", {**INTEGER, "default": -7}, {"properties": {"note": {"minimum": 0}}}),
        ("request.body.note * 4 > 0", {**INTEGER, "default": 2**62}, {"properties": {"note": {"maximum": 5}}}),
        ("request.body.note + 1 > 6", {"default": 5.5}, {"properties": {"note": INTEGER}}),
        ("request.body.note == true", {"default": 1}, {"properties": {"note": {"type": "boolean"}}}),
        ("request.body.note / 2 == -4", {**INTEGER, "default": -7}, {"additionalProperties": {"minimum": 0}}),
    ],
)
def test_default_that_another_part_refuses_is_never_taken_on_trust(rule: str, member: Any, other: Any) -> None:
    assert alike(rulebook(rule, {"note": member}, additionalProperties=True, allOf=[other]), {})[0] == ["it"]
    inner = {"type": "object", "additionalProperties": True, "properties": {"note": member}}
    text = rulebook(
        rule.replace("body", "body.v"), {"v": inner}, additionalProperties=True, allOf=[{"properties": {"v": other}}]
    )
    assert alike(text, {"v": {}})[0] == ["it"]


def book_of(rule: str, schema: Any) -> str:
    """Return a policy of one rule over a body of a schema."""
    plain = rulebook(rule, {})
    start, end = plain.index("body: {"), plain.index(", assume")
    return plain[:start] + f"body: {json.dumps(schema)}" + plain[end:]


FILLED = {"type": "object", "additionalProperties": False, "properties": {"c": {**INTEGER, "default": 0}}}


@pytest.mark.parametrize(
    ("schema", "body", "filled"),
    [
        ({"type": "array", "maxItems": 3, "items": FILLED}, [{}], [{"c": 0}]),
        ({"type": "object", "maxProperties": 3, "additionalProperties": FILLED}, {"x": {}}, {"x": {"c": 0}}),
        ({**FILLED, "type": ["object", "null"]}, None, None),
        ({**FILLED, "type": ["object", "array"], "maxItems": 3}, [], []),
        ({"properties": FILLED["properties"], "additionalProperties": False}, "a", "a"),
        ({"properties": FILLED["properties"], "additionalProperties": False}, {}, {"c": 0}),
    ],
)
def test_defaults_are_filled_in_wherever_they_stand(schema: Any, body: Any, filled: Any) -> None:
    assert alike(book_of("true", schema), body) == ([], repr(filled))


@pytest.mark.parametrize(
    ("schema", "rule", "body", "delivered"),
    [
        (INTEGER, "request.body % 3 != 1", 5.0, "5"),
        (INTEGER, "request.body + 1 > 6", 7.0, "7"),
        (NUMBER, "request.body / 2.0 > 2.0", 5, "5.0"),
        ({"type": ["string", "number"]}, "dyn(request.body) == 5.0", 5, "5.0"),
    ],
)
def test_body_that_is_a_number_is_delivered_in_its_one_form(schema: Any, rule: str, body: Any, delivered: str) -> None:
    assert alike(book_of(rule, schema), body) == ([], delivered)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (NUMBER, {"properties": {"note": {**INTEGER, "default": 2.0**63}}}),
        (INTEGER, {"properties": {"note": {**NUMBER, "default": 2**63 - 1}}}),
        ({**INTEGER, "default": 2**63 - 1}, {"additionalProperties": NUMBER}),
    ],
)
def test_default_that_leaves_the_range_on_its_way_is_refused(one: Any, other: Any) -> None:
    text = rulebook("true", {"note": one}, additionalProperties=True, allOf=[other])
    assert alike(text, {})[0] == ["body/note/range"]
    assert alike(text, {"note": 1})[0] == []
    v = {"type": "object", "additionalProperties": True, "properties": {"note": one}, "allOf": [other]}
    assert alike(rulebook("true", {"v": v}), {"v": {}})[0] == ["body/v/note/range"]


def test_default_has_the_form_that_other_parts_say() -> None:
    text = rulebook(
        "true", {"note": {"default": 5}}, additionalProperties=True, allOf=[{"additionalProperties": NUMBER}]
    )
    assert alike(text, {}) == ([], "{'note': 5.0}")


def test_item_that_is_called_as_the_variables_hides_them() -> None:
    text = rulebook(
        "variables.x == 5 && request.body.l.all(variables, variables.x == 5)",
        {"x": INTEGER, "l": {"type": "array", "maxItems": 3, "items": RECORD}},
    ).replace("        from: public\n", "        from: public\n        variables: {x: request.body.x}\n")
    assert alike(text, {"x": 5, "l": [{"x": 1}]})[0] == ["it"]
    assert alike(text, {"x": 5, "l": [{"x": 5}]})[0] == []


@pytest.mark.parametrize(
    ("schema", "value", "keyword"),
    [
        ({**INTEGER, "multipleOf": 5}, 2.0**62, "multipleOf"),  # jsonschema-rs asks doubles whether doubles divide them
        ({**NUMBER, "const": 2**53 + 1}, 2**53 + 1, "const"),
        ({**NUMBER, "exclusiveMinimum": 2**53}, 2**53 + 1, "exclusiveMinimum"),
        ({"type": "array", "maxItems": 2, "uniqueItems": True, "items": NUMBER}, [2**53 + 1, 2**53], "uniqueItems"),
    ],
)
def test_number_that_is_rounded_fits_as_it_is_delivered(schema: Any, value: Any, keyword: str) -> None:
    members = {"v": schema, "note": {**INTEGER, "default": 1}}
    broken, delivered = alike(rulebook("true", members), {"v": value})
    assert broken == [f"body/v/{keyword}"]
    assert delivered == repr({"v": value})
