from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from functools import lru_cache
from random import Random
from typing import Any

import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from catguard.errors import EvaluationError
from catguard.policies.arithmetic import Undecided
from catguard.policies.translation import MAX_STEPS
from tests.fuzzing import TIMEOUT, Inputs, fuzz_long
from tests.policies.cases import QUIET, Pair, checker_of, expressions, normal, pair, schemas, values, vary_values

Case = tuple[dict[str, Any], list[str], list[Any]]

BODY: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["w", "h", "k", "free", "tags", "list", "box", "soft"],
    "properties": {
        "w": {"type": "integer", "minimum": 1, "maximum": 4096},
        "h": {"type": "integer", "minimum": 1, "maximum": 4096},
        "k": {"type": "string", "maxLength": 9},
        "free": {"type": "integer"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "list": {"type": "array", "maxItems": 4, "items": {"type": "integer", "minimum": 0, "maximum": 9}},
        "box": {"type": "object", "properties": {"x": {"type": "integer"}}},
        "soft": {"type": ["boolean", "null"]},
    },
}
GOOD: dict[str, Any] = {"w": 3, "h": 4, "k": "cat", "free": 7, "tags": ["a"], "list": [1, 2], "box": {}, "soft": None}


def translated(expression: str) -> Pair:
    found = pair(expression, BODY)
    assert found is not None, f"the check refuses {expression}"
    return found


def alike(one: Any, other: Any) -> bool:
    """Whether two values are the same to CEL: of one type, and -0.0 is 0.0."""
    if type(one) is not type(other):
        return False
    if isinstance(one, list):
        return len(one) == len(other) and all(map(alike, one, other))
    return bool(one == other) or (one != one and other != other)


def holds_both(found: Pair, body: Any) -> bool:
    """Hold the two evaluations of one expression together; returns whether the fast one had an answer."""
    facts = {"request": {"body": body}}
    assert found.fast is not None
    try:
        fast = found.fast(copy.deepcopy(facts["request"]))
    except Exception:  # noqa: BLE001 # after any exception the official evaluator is asked
        return False
    try:
        official = found.official.evaluate(facts)
    except EvaluationError as error:
        raise AssertionError(f"CEL has an error, {error}, the source a value, {fast!r}:\n{found.source}") from None
    assert alike(fast, official), f"{fast!r} is not {official!r}:\n{found.source}\n{json.dumps(body)}"
    return True


@pytest.mark.parametrize(
    ("expression", "source"),
    [
        ("request.body.w * request.body.h <= 4000000", "((w_1 * h_2) <= 4000000)"),
        ("request.body.w + 1 > request.body.h && request.body.k != ''", "(((w_1 + 1) > h_2) and (k_3 != ''))"),
        ("request.body.w / 2 == 1", "((w_1 // 2) == 1)"),
        ("request.body.free / 2 == 1", "(quotient(free_1, 2) == 1)"),
        ("request.body.free * 2 > 0", "(checked((free_1 * 2)) > 0)"),
        ("request.body.k in ['a', 'b']", "(k_1 in ('a', 'b', ))"),
        ("has(request.body.box.x) && request.body.box.x > 1", "(('x' in box_1) and (box_1['x'] > 1))"),
        ("request.body.list.all(n, n > 1)", "all((each_1 > 1) for each_1 in list_1)"),
        ("request.body.tags.exists(n, n == 'a')", "any((each_1 == 'a') for each_1 in at_most(tags_1, 99))"),
        ("request.body.k.startsWith('a') ? 1 : 2", "(1 if k_1.startswith('a') else 2)"),
    ],
)
def test_expression_is_python_that_people_can_read(expression: str, source: str) -> None:
    assert translated(expression).source.rpartition("return ")[2] == source


@pytest.mark.parametrize(
    "expression",
    [
        "request.body.k.matches('^c')",  # RE2 and Python read patterns differently
        "request.body.soft && true",  # null is false to Python only
        "request.body.soft ? 1 : 2",
        "timestamp(request.body.k) < timestamp('2030-01-01T00:00:00Z')",
        "uint(request.body.w) == 3u",
        "string(1.5) == '1.5'",
        "bytes(request.body.k) == b'cat'",
        "type(request.body.w) == int",
        "dyn(request.body.w) == 3.0",
        "request.body.tags.all(a, request.body.tags.all(b, request.body.tags.all(c, a == c || b == c)))",
    ],
)
def test_node_without_the_same_meaning_in_python_is_left_to_cel(expression: str) -> None:
    assert translated(expression).fast is None


@pytest.mark.parametrize(
    ("expression", "body"),
    [
        ("request.body.free * 2", {"free": 2**62}),
        ("request.body.free - 1", {"free": -(2**63)}),
        ("-request.body.free", {"free": -(2**63)}),
        ("request.body.w / (request.body.free - 7)", {"free": 7}),
        ("request.body.w % (request.body.free - 7)", {"free": 7}),
        ("request.body.free / -1", {"free": -(2**63)}),
        ("request.body.free % -1", {"free": -(2**63)}),
        ("request.body.tags[0 - 1]", {}),
        ("request.body.tags[9]", {}),
        ("int(double(request.body.free))", {"free": 2**63 - 1}),
        ("request.body.tags.all(t, t == 'a')", {"tags": ["a"] * (MAX_STEPS + 1)}),
    ],
)
def test_error_of_cel_is_an_exception(expression: str, body: Mapping[str, Any]) -> None:
    found = translated(expression)
    facts = {"body": {**GOOD, **body}}

    with pytest.raises(EvaluationError):
        found.official.evaluate({"request": facts})

    assert found.fast is not None
    with pytest.raises((Undecided, IndexError)):
        found.fast(facts)


NULLABLE = {
    "x": {"type": ["integer", "null"]},
    "s": {"type": ["string", "null"], "maxLength": 9},
    "d": {"type": ["number", "null"]},
    "b": {"type": ["boolean", "null"]},
    "m": {"type": "object", "additionalProperties": {"type": "integer"}},
}


@pytest.mark.parametrize(
    "expression",
    [
        "string(request.body.s) != 'a'",
        "int(request.body.x) != 1",
        "double(request.body.d) != 1.0",
        "bool(request.body.b) != true",
        "double(request.body.x) != 1.0",
        "int(request.body.d) != 1",
        "!(request.body.s in request.body.m)",
        "!(dyn(request.body.s) in request.body.m)",
    ],
)
def test_null_has_no_conversion_and_is_no_key(expression: str) -> None:
    found = pair(expression, {"type": "object", "properties": NULLABLE, "required": sorted(NULLABLE)})
    assert found is not None
    assert found.fast is not None
    body = {"x": None, "s": None, "d": None, "b": None, "m": {}}
    with pytest.raises(EvaluationError):
        found.official.evaluate({"request": {"body": body}})
    with pytest.raises((Undecided, TypeError)):
        found.fast({"body": body})
    assert holds_both(found, {"x": 2, "s": "b", "d": 2.0, "b": False, "m": {}})


@pytest.mark.parametrize("free", [-7, 7, 0, -(2**63), 2**63 - 1])
@pytest.mark.parametrize("expression", ["request.body.free / 2", "request.body.free % 2", "request.body.free % -2"])
def test_division_truncates_toward_zero(expression: str, free: int) -> None:
    assert holds_both(translated(expression), {**GOOD, "free": free})


@st.composite
def expressions_of_a_schema(draw: st.DrawFn) -> Case:
    """Draw a schema, six expressions over it, and three values that fit it."""
    schema = draw(schemas())
    written = [draw(expressions(schema, kind)) for kind in ("bool", "bool", "int", "string", "double", "list")]
    return schema, written, draw(st.lists(values(schema), min_size=3, max_size=3))


@lru_cache(2)
def pairs(schema: str, written: tuple[str, ...]) -> list[Pair | None]:
    known = json.loads(schema)
    checker = checker_of(known)
    return [pair(expression, known, checker=checker) for expression in written]


def agree(case: Case) -> tuple[int, int]:
    """Hold expressions over one schema against CEL; returns how many had a fast answer, and how many not."""
    schema, written, bodies = case
    in_form = [normal(schema, copy.deepcopy(body)) for body in bodies]
    fast = slow = 0
    for found in pairs(json.dumps(schema), tuple(written)):
        if found is None or found.fast is None:
            slow += 1
            continue
        for body in in_form:
            if holds_both(found, body):
                fast += 1
            else:
                slow += 1
    return fast, slow


def test_python_and_cel_agree_on_random_schemas_values_and_rules() -> None:
    counts = [0, 0]

    @seed(20261123)
    @settings(QUIET, max_examples=170)  # six expressions each
    @given(expressions_of_a_schema())
    def run(case: Case) -> None:
        fast, slow = agree(case)
        counts[0] += fast
        counts[1] += slow

    run()
    assert counts[0] > 500, counts  # else the comparison says nothing


def vary(case: Case, random: Random) -> Case:
    schema, written, bodies = case
    return schema, written, vary_values(schema, bodies, random)


@pytest.mark.long
@pytest.mark.timeout(TIMEOUT)
def test_python_and_cel_agree_on_a_hundred_thousand_expressions() -> None:
    inputs = Inputs(expressions_of_a_schema(), vary, each=8)
    fuzz_long(agree, inputs, name="sixes of expressions", share=0.1 / 6)
