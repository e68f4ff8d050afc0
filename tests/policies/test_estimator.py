from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from catguard.errors import EvaluationError
from catguard.policies.compiler import CompiledPolicySet
from catguard.policies.costs import Cost, costs_of
from catguard.policies.estimates import Estimate
from catguard.policies.loader import compile_texts
from tests.policies.cases import QUIET, Pair, expressions, normal, pair, schemas, values
from tests.policies.rulebook import estimated, rulebook


def judged(expression: str, **members: Any) -> tuple[bool, bool]:
    """Whether a rule over `request.body` is said to be always true, and never."""
    found = estimated(expression, members).estimate
    return found.always_true, found.never_true


WIDTH = {"type": "integer", "minimum": 1, "maximum": 4096}
ALWAYS, NEVER, DEPENDS = (True, False), (False, True), (False, False)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("request.body.width <= 4096", ALWAYS),
        ("request.body.width < 4096", DEPENDS),
        ("request.body.width > 0", ALWAYS),
        ("request.body.width >= 5000", NEVER),
        ("request.body.width * request.body.height <= 16777216", ALWAYS),
        ("request.body.width * request.body.height <= 16777215", DEPENDS),
        ("request.body.width == request.body.width", ALWAYS),
        ("request.body.width < request.body.width", NEVER),
        ("1 < 2", ALWAYS),
        ("1 > 2 || request.body.width > 9000", NEVER),
        ("true && request.body.width > 0", ALWAYS),
        ("!(request.body.width > 0)", NEVER),
        ("request.body.format in ['png', 'webp']", ALWAYS),
        ("request.body.format in ['png']", DEPENDS),
        ("request.body.format.startsWith('x')", NEVER),
        ("request.body.format != 'png' || request.body.width > 0", ALWAYS),
        ("size(request.body.tags) <= 3", ALWAYS),
        ("size(request.body.tags) > 3", NEVER),
        ("request.body.tags.all(tag, size(tag) <= 8)", ALWAYS),
        ("request.body.tags.all(tag, size(tag) > 8)", DEPENDS),  # of no tags it is true
        ("request.body.tags.exists(tag, size(tag) > 8)", NEVER),
        ("!has(request.body.note) || size(request.body.note) <= 10", ALWAYS),
        ("has(request.body.width)", ALWAYS),
        ("has(request.body.note)", DEPENDS),
        ("request.body.width / 0 == 1", NEVER),
        ("request.body.width / request.body.width >= 0", ALWAYS),
        ("request.body.width % 10 < 10", ALWAYS),
        ("request.body.any / 2 > 0", DEPENDS),
        ("request.bytes <= 65536", ALWAYS),
        ("request.body.width > 0 ? true : false", ALWAYS),
        ("request.body.big + 1 > request.body.big", DEPENDS),  # it overflows
        ("request.body.maybe == null || request.body.maybe >= 0", DEPENDS),
    ],
)
def test_rules_that_are_always_or_never_true(expression: str, expected: tuple[bool, bool]) -> None:
    members = {
        "width": WIDTH,
        "height": WIDTH,
        "big": {"type": "integer"},
        "any": {"type": "integer"},
        "maybe": {"type": ["integer", "null"], "minimum": 0},
        "format": {"enum": ["png", "webp"]},
        "tags": {"type": "array", "maxItems": 3, "items": {"type": "string", "maxLength": 8}},
        "note": {"type": "string", "maxLength": 10},
    }
    assert judged(expression, **members) == expected


def test_a_variable_is_seen_through() -> None:
    text = rulebook("variables.area <= 16777216", {"w": WIDTH, "h": WIDTH}).replace(
        "        request:", "        variables: {area: request.body.w * request.body.h}\n        request:", 1
    )
    assert cost(compile_texts([("p.yaml", text)])).estimate.always_true


def cost(compiled: CompiledPolicySet) -> Cost:
    boundary = compiled.boundaries["shelf.inbound.put"]
    (found,) = costs_of(boundary.policy, boundary.request.policy, boundary.request.rules)
    return found


def within(found: Estimate, official: Any) -> bool:
    """Whether a value is one of those that were thought possible."""
    if not found.gives or (found.values is not None and found.kind != "list" and official not in found.values):
        return False
    if found.kind == "bool":
        return official in found.truths
    if official is None:
        return found.nullable or found.kind in ("null", "dyn")
    if found.kind == "int":
        return found.interval.low <= official <= found.interval.high
    if found.kind in ("string", "list", "map"):
        return found.interval.low <= len(official) <= found.interval.high
    return True


@st.composite
def cases(draw: st.DrawFn) -> tuple[dict[str, Any], str, Any]:
    schema = draw(schemas())
    kind = draw(st.sampled_from(["int", "bool", "bool", "string", "list"]))
    return schema, draw(expressions(schema, kind)), draw(values(schema))


@seed(20261123)
@settings(QUIET, max_examples=300)
@given(cases())
def test_no_value_is_outside_of_its_estimate(case: tuple[dict[str, Any], str, Any]) -> None:
    schema, expression, value = case
    both: Pair | None = pair(expression, schema)
    if both is None:
        return
    found = estimated(expression, schema["properties"], schema=schema, tree=both.checked.tree).estimate
    try:
        official = both.official.evaluate({"request": {"body": normal(schema, value)}})
    except EvaluationError:
        assert found.fails or found.nullable or not found.gives, expression
        return
    assert within(found, official), (expression, official, found)
