from __future__ import annotations

from typing import Any

import pytest

from catguard.policies.facts import BOOL, DYNAMIC, INT, STRING, Field, ListOf, MapOf, Record, Scalar, facts_of, type_of
from tests.policies.mistakes import policies

DOUBLE = Scalar("double")


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "integer"}, INT),
        ({"type": "number"}, DOUBLE),
        ({"type": "string"}, STRING),
        ({"type": "boolean"}, BOOL),
        ({"enum": ["a", "b"]}, Scalar("string", ("a", "b"))),
        ({"const": 3}, Scalar("int", (3,))),
        ({"type": "string", "enum": ["a", ["b"], {}]}, Scalar("string", ("a",))),
        ({"enum": ["a", None]}, Scalar("string", ("a", None), nullable=True)),
        ({"type": ["integer", "null"]}, Scalar("int", nullable=True)),
        ({"type": ["integer", "string"]}, DYNAMIC),
        ({"enum": [1, 1.5]}, DYNAMIC),
        ({}, DYNAMIC),
        (True, DYNAMIC),
        ({"minimum": 1}, DYNAMIC),
        ({"type": "array", "items": {"type": "integer"}}, ListOf(INT)),
        ({"type": "array"}, ListOf(DYNAMIC)),
        ({"type": "array", "prefixItems": [{"type": "integer"}], "items": {"type": "integer"}}, ListOf(DYNAMIC)),
        ({"type": "object"}, MapOf(DYNAMIC)),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, MapOf(INT)),
        ({"type": "object", "required": ["a"], "additionalProperties": {}}, MapOf(DYNAMIC, frozenset({"a"}))),
        ({"type": "object", "patternProperties": {"^x": {"type": "integer"}}}, MapOf(DYNAMIC)),
        ({"type": "object", "additionalProperties": False}, Record({})),
        ({"properties": {"a": {}}}, Record({"a": Field(DYNAMIC, False)}, implied=True)),
        ({"type": ["array", "null"]}, ListOf(DYNAMIC, nullable=True)),
        ({"type": ["object", "null"]}, MapOf(DYNAMIC, nullable=True)),
        ({"allOf": [{"type": "string"}, {"enum": ["a", "b"]}]}, Scalar("string", ("a", "b"))),
        ({"enum": ["a", "b"], "allOf": [{"enum": ["b", "c"]}]}, Scalar("string", ("b",))),
        ({"oneOf": [{"const": "a"}, {"const": "b"}]}, Scalar("string", ("a", "b"))),
        ({"anyOf": [{"type": "string"}, {"type": "boolean"}]}, DYNAMIC),
        ({"anyOf": [{"type": "integer"}, {"type": "integer", "maximum": 3}]}, DYNAMIC),
    ],
)
def test_type_of_schema(schema: Any, expected: object) -> None:
    assert type_of(schema, defaults_applied=False) == expected


def members(schema: dict[str, Any], *, defaults_applied: bool = False) -> dict[str, tuple[object, bool]]:
    found = type_of(schema, defaults_applied=defaults_applied)
    assert isinstance(found, Record)
    return {name: (member.type, member.present) for name, member in found.fields.items()}


def test_required_members_are_present() -> None:
    schema = {"required": ["a"], "properties": {"a": {"type": "string"}, "b": {"type": "string"}}}

    assert members(schema) == {"a": (STRING, True), "b": (STRING, False)}


def test_default_makes_present_only_where_it_is_filled_in() -> None:
    schema = {"properties": {"a": {"type": "integer", "default": 1}}}

    assert members(schema, defaults_applied=True) == {"a": (INT, True)}
    assert members(schema, defaults_applied=False) == {"a": (INT, False)}


def test_all_of_adds_members_and_requirements() -> None:
    schema = {
        "properties": {"a": {"type": "string"}, "c": {"type": "string"}},
        "allOf": [{"required": ["a", "b"], "properties": {"b": {"type": "integer"}, "c": {"enum": ["x"]}}}],
    }

    assert members(schema) == {"a": (STRING, True), "b": (INT, True), "c": (Scalar("string", ("x",)), False)}


def test_numbers_of_a_branch_have_no_one_type_as_branches_are_not_normalized() -> None:
    schema = {"type": "object", "anyOf": [{"properties": {"n": {"type": "number"}, "s": {"type": "string"}}}, {}]}

    assert members(schema) == {"n": (DYNAMIC, False), "s": (STRING, False)}


def test_default_in_a_branch_is_not_filled_in() -> None:
    schema = {"type": "object", "oneOf": [{"properties": {"s": {"type": "string", "default": "x"}}}]}

    assert members(schema, defaults_applied=True) == {"s": (STRING, False)}


def test_member_that_every_branch_requires_is_present() -> None:
    properties = {name: {"type": "string"} for name in "abc"}
    schema = {"properties": properties, "anyOf": [{"required": ["a", "b"]}, {"required": ["a", "c"]}]}

    assert {name for name, (_, present) in members(schema).items() if present} == {"a"}


def test_condition_requires_only_what_both_outcomes_do() -> None:
    properties = {name: {"type": "string"} for name in "abc"}
    schema = {
        "properties": properties,
        "if": {"required": ["c"]},
        "then": {"required": ["a", "b"]},
        "else": {"required": ["a"]},
    }

    assert {name for name, (_, present) in members(schema).items() if present} == {"a"}
    del schema["else"]
    assert {name for name, (_, present) in members(schema).items() if present} == set()


def test_branches_that_disagree_make_a_member_dynamic() -> None:
    branches = [{"properties": {"a": {"type": "string"}}}, {"properties": {"a": {"type": "boolean"}}}]

    assert members({"type": "object", "oneOf": branches}) == {"a": (DYNAMIC, False)}


def facts(name: str, status: str | None = None, **options: Any) -> Record:
    boundary = policies().boundary(name)
    phase = boundary.request if status is None else boundary.responses[status]
    return facts_of(boundary, phase, defaults_applied=True, **options)


def part(record: Record, root: str) -> dict[str, bool]:
    found = record.fields[root].type
    assert isinstance(found, Record)
    return {name: member.present for name, member in found.fields.items()}


def test_facts_of_an_http_request() -> None:
    found = facts("shop.inbound.order")

    present = dict.fromkeys(("method", "path", "params", "query", "headers", "body", "bytes"), True)
    assert part(found, "request") == present
    assert part(found, "caller") == {"component": True, "verified": True}
    assert "response" not in found.fields


def test_parameters_that_the_path_matches_are_present() -> None:
    request = facts("shop.inbound.order").fields["request"].type
    assert isinstance(request, Record)

    assert request.fields["params"].type == Record({"id": Field(STRING, True)})


def test_facts_of_a_response_by_its_media() -> None:
    assert part(facts("shop.inbound.order", "200"), "response") == dict.fromkeys(
        ("headers", "status", "media", "bytes", "image"), True
    )
    assert part(facts("shop.inbound.look", "200"), "response")["image"] is False
    assert "image" not in part(facts("shop.inbound.order", "201"), "response")


def test_streamed_response_has_no_body_to_read() -> None:
    assert "body" not in part(facts("shop.inbound.order", "202"), "response")


def test_facts_of_a_call_and_of_a_statement() -> None:
    assert part(facts("shop.inbound.pack"), "request") == {"args": True}
    assert part(facts("shop.inbound.pack", "*"), "response") == {"result": True, "bytes": True}
    assert part(facts("shop.outbound.rows"), "request") == {
        "parameters": True,
        "limit": False,
        "operation": True,
        "rows": True,
        "tables": True,
    }
    assert part(facts("shop.outbound.rows", "*"), "response") == {"rows": True, "bytes": False}
    assert "caller" not in facts("shop.outbound.rows").fields
