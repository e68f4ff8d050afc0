from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import pytest
from jsonschema import Draft202012Validator

SCHEMA = json.loads(files("catguard.policies").joinpath("schema.json").read_text())
VALIDATOR = Draft202012Validator(SCHEMA)


def policy(**component: Any) -> dict[str, Any]:
    return {
        "catguard": 1,
        "system": "toy",
        "owners": {"toy": {"team": "Toys", "contact": "#toys"}},
        "components": {"toy": {"owner": "toy", "about": "Plays."} | component},
    }


def faults(document: dict[str, Any]) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in VALIDATOR.iter_errors(document)]


def keyed(node: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema that stands under a `properties` or `patternProperties`, with its place."""
    if not isinstance(node, dict):
        return
    for word, value in node.items():
        if word in ("properties", "patternProperties"):
            for name, schema in value.items():
                yield f"{path}/{word}/{name}", schema
                yield from keyed(schema, f"{path}/{word}/{name}")
        elif word in ("$defs",):
            for name, schema in value.items():
                yield from keyed(schema, f"{path}/{word}/{name}")
        else:
            yield from keyed(value, f"{path}/{word}")


def objects(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        if "properties" in node and not isinstance(node["properties"].get("$ref"), str):
            yield node
        for value in node.values():
            yield from objects(value)


def test_schema_is_itself_valid() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_schema_describes_every_property() -> None:
    definitions = SCHEMA["$defs"]
    for place, schema in keyed(SCHEMA):
        described = schema
        while "description" not in described and "$ref" in described:
            described = definitions[described["$ref"].removeprefix("#/$defs/")]
        assert described.get("description"), place


def test_schema_is_closed_everywhere() -> None:
    for schema in objects(SCHEMA):
        if isinstance(schema.get("properties"), dict) and "type" in schema:
            assert schema.get("additionalProperties") is False or "then" in schema, schema.get("description")


def test_schema_accepts_the_smallest_policy() -> None:
    assert faults(policy()) == []


@pytest.mark.parametrize("key", ["budgets"])
def test_schema_refuses_a_top_level_key_that_nothing_enforces(key: str) -> None:
    assert faults(policy() | {key: []}) == [f"$: Additional properties are not allowed ('{key}' was unexpected)"]


@pytest.mark.parametrize(
    "key",
    ["deadline", "concurrency", "retries", "fan_out", "spend", "grant", "undeclared", "background"],
)
@pytest.mark.parametrize("side", ["inbound", "outbound"])
def test_schema_refuses_a_boundary_key_that_nothing_enforces(side: str, key: str) -> None:
    boundary = {"inbound": {"call": "play"}, "outbound": {"to": "external", "sql": "SELECT toys"}}[side]
    document = policy(**{side: {"play": boundary | {key: 1}}})
    assert faults(document) == [
        f"$.components.toy.{side}.play: Additional properties are not allowed ('{key}' was unexpected)"
    ]


@pytest.mark.parametrize(
    "boundary",
    [
        {
            "http": "GET /v1/toys/{id}",
            "from": "public",
            "request": {"params": {"properties": {"id": {"type": "string"}}}},
        },
        {
            "http": "POST /toys",
            "from": ["public", "probe"],
            "request": {"body": "raw"},
            "response": {"200": {}, "4XX": {}},
        },
        {"call": "play", "request": {"args": True, "max_bytes": "16Ki"}, "response": {"result": {"type": "integer"}}},
        {"http": "GET /", "response": {"200": {"max_bytes": {"limit": "1Mi", "why": "a page", "action": "warn"}}}},
        {"http": "GET /", "response": {"200": {"media": {"limit": ["text/html"], "why": "people read it"}}}},
        {
            "http": "GET /",
            "variables": {"area": "1 * 2"},
            "request": {"assume": {"small": {"rule": "true", "why": "toys"}}},
        },
        {"http": "GET /", "actions": {"query/count/maximum": "audit"}},
    ],
)
def test_schema_accepts_an_inbound_boundary(boundary: dict[str, Any]) -> None:
    assert faults(policy(inbound={"play": boundary})) == []


@pytest.mark.parametrize(
    ("boundary", "fault"),
    [
        ({"http": "FETCH /"}, "'FETCH /' does not match"),
        ({"http": "GET /a?b=c"}, "does not match"),
        ({"from": ["public", "public"]}, "has non-unique elements"),
        ({"action": "block"}, "'block' is not one of ['deny', 'warn', 'audit']"),
        ({"request": {"max_bytes": "16 Ki"}}, "'16 Ki' does not match"),
        ({"request": {"max_bytes": -1}}, "-1 is less than the minimum of 0"),
        ({"request": {"max_bytes": {"limit": 1, "reason": "x"}}}, "'reason' was unexpected"),
        ({"request": {"body": "rw"}}, "'raw' was expected"),
        ({"request": {"assume": {"Small": {"rule": "true", "why": "x"}}}}, "'Small' does not match"),
        ({"request": {"assume": {"small": {"rule": "true"}}}}, "'why' is a required property"),
        ({"response": {"2XY": {}}}, "'2XY' does not match any of the regexes"),
        ({"response": {"200": {"max_rows": 1}}}, "'max_rows' was unexpected"),
        ({"request": {"query": {"propertys": {}}}}, "'propertys' does not match any of the regexes"),
        ({"request": {"query": {"$ref": "other.yaml#/definitions/X"}}}, "does not match"),
        ({"request": {"query": {"properties": {"a": {"$dynamicRef": "#a"}}}}}, "'$dynamicRef' does not match"),
        ({"examples": {"one": {"request": {}, "refuse": [{"by": "x"}]}}}, "does not have enough properties"),
        ({"examples": {"one": {"request": {"bdy": {}}}}}, "'bdy' was unexpected"),
    ],
)
def test_schema_refuses_an_inbound_boundary_with_one_readable_fault(boundary: dict[str, Any], fault: str) -> None:
    found = faults(policy(inbound={"play": {"http": "GET /"} | boundary}))
    assert len(found) == 1, found
    assert fault in found[0]


@pytest.mark.parametrize("sql", ["SELECT pictures", "SELECT picture_tags, pictures", "CREATE a, b,c"])
def test_schema_accepts_an_sql_boundary(sql: str) -> None:
    boundary = {
        "to": "external",
        "sql": sql,
        "request": {"parameters": {"required": ["id"]}},
        "response": {"max_rows": 1},
    }
    assert faults(policy(outbound={"pick": boundary})) == []


@pytest.mark.parametrize("sql", ["SELCT pictures", "SELECT", "select pictures", "SELECT a; DROP b"])
def test_schema_refuses_an_sql_boundary(sql: str) -> None:
    assert len(faults(policy(outbound={"pick": {"to": "external", "sql": sql}}))) == 1


def test_schema_refuses_an_outbound_boundary_that_leads_nowhere() -> None:
    assert faults(policy(outbound={"pick": {}})) == ["$.components.toy.outbound.pick: 'to' is a required property"]
