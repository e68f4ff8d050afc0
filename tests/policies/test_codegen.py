from __future__ import annotations

import copy
import json
from functools import lru_cache, partial
from random import Random
from typing import Any

import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from catguard.engine.codec import dumps, loads
from catguard.engine.evaluator import decide_request, decide_response
from catguard.errors import PolicyError
from catguard.policies.codegen import ALLOWED, CHANGED, RULES, SHAPES
from catguard.policies.compiler import CompiledBoundary, CompiledPhase, CompiledPolicySet
from catguard.policies.loader import compile_texts
from tests.fuzzing import TIMEOUT, Inputs, fuzz_long
from tests.policies.cases import QUIET, checker_of, expressions, schemas, values, vary_values
from tests.policies.layers import is_layered, layered, variables_of, vary_bodies
from tests.policies.rulebook import affordable

Case = tuple[dict[str, Any], list[str], list[Any]]

HEAD = """
catguard: 1
system: mill
owners: {mill: {team: Mill, contact: "#mill"}}
components:
  mill:
    owner: mill
    about: grinds
    inbound:
"""
GRIND = """
      grind:
        http: POST /grind
        from: public
        variables:
          area: request.body.w * request.body.h
          half: variables.area / 2
        request:
          query: {properties: {page: {type: integer, default: 1}, size: {type: number}}}
          body:
            type: object
            additionalProperties: false
            required: [w, h]
            properties:
              w: {type: integer, minimum: 1, maximum: 4096}
              h: {type: integer}
              ratio: {type: number, default: 1}
              kind: {type: string, default: "it's {0} \\"x\\""}
              list: {type: array, maxItems: 3, items: {type: integer}}
              box: {type: object, additionalProperties: {type: number}, properties: {x: {type: integer}}}
              "odd name'": {type: integer}
              deep: {type: object, properties: {n: {type: integer, default: 3}}, additionalProperties: false}
          assume:
            area: {rule: variables.area <= 100, why: w}
            half: {rule: variables.half >= 1, why: w}
            ratio: {rule: request.body.ratio > 0.5, why: w}
            page: {rule: request.query.page < 9, why: w}
            kind: {rule: "request.body.kind.matches('^.t')", why: left to CEL}
            odd: {rule: "!('odd name\\\\'' in request.body) || request.body['odd name\\\\''] > 0", why: w}
        response:
          200:
            media: [application/json]
            max_bytes: 100
            body: {type: object, required: [n], properties: {n: {type: integer}}, additionalProperties: false}
            assume: {same: {rule: response.body.n == request.body.w, why: w}}
          204: {}
          4XX: {}
      look:
        http: GET /look
        from: public
        request: {query: {properties: {a: {type: integer, default: "x"}}}}
        response: {200: {media: [image/png], assume: {wide: {rule: response.image.width > 1, why: w}}}}
"""


@pytest.fixture(scope="module")
def mill() -> CompiledPolicySet:
    return compile_texts([("mill.yaml", HEAD + GRIND)])


@pytest.fixture
def grind(mill: CompiledPolicySet) -> CompiledBoundary:
    return mill.boundaries["mill.inbound.grind"]


def request(body: Any, **query: Any) -> dict[str, Any]:
    return {"method": "POST", "path": "/grind", "params": {}, "query": query, "headers": {}, "body": body, "bytes": 9}


GOOD = {"w": 2, "h": 3}


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        (GOOD, CHANGED),
        ({"w": 2.0, "h": 3.0}, CHANGED),
        ({**GOOD, "ratio": 2, "list": [1.0, 2], "box": {"x": 2.0, "y": 1}, "deep": {}}, CHANGED),
        ({**GOOD, "odd name'": 1}, CHANGED),
        ({**GOOD, "odd name'": 0}, RULES),
        ({"w": 2, "h": 300}, RULES),
        ({"w": 4096, "h": 2**62}, RULES),
        ({**GOOD, "kind": "cow"}, RULES),
        ({**GOOD, "ratio": 0.5}, RULES),
        ({"w": 0, "h": 3}, SHAPES),
        ({"w": 2, "h": 2**63}, SHAPES),
        ({"w": 2, "h": 1e300}, SHAPES),
        ({**GOOD, "list": [2**64]}, SHAPES),
        ({**GOOD, "extra": 1}, SHAPES),
        ([], SHAPES),
        (None, SHAPES),
    ],
)
def test_check_says_from_which_stage_on_an_exchange_is_to_be_decided(
    grind: CompiledBoundary, body: Any, outcome: int
) -> None:
    assert grind.request.check(request(copy.deepcopy(body)), None, {}) == outcome


def test_check_refuses_by_the_limits_too(grind: CompiledBoundary) -> None:
    check = grind.request.check
    assert check({**request({**GOOD}), "bytes": 70_000}, None, {}) == SHAPES
    assert check({**request({**GOOD}), "media": "text/plain"}, None, {}) == SHAPES
    missing = request({**GOOD})
    del missing["body"]
    assert check(missing, None, {}) == SHAPES


def test_check_within_the_limits_leaves_them_out(grind: CompiledBoundary) -> None:
    assert grind.request.within({**request({**GOOD}), "bytes": 70_000}, None, {}) == CHANGED
    assert grind.request.within(request({**GOOD, "extra": 1}), None, {}) == SHAPES
    assert grind.request.within({}, None, {}) == SHAPES


def test_check_brings_values_to_their_one_form_and_fills_in_defaults(grind: CompiledBoundary) -> None:
    facts = request({"w": 2.0, "h": 3, "list": [1.0], "box": {"x": 1.0, "y": 2}, "deep": {}}, size=3)

    assert grind.request.check(facts, None, {}) == CHANGED

    assert json.dumps(facts["body"], sort_keys=True) == json.dumps(
        {
            "w": 2,
            "h": 3,
            "list": [1],
            "box": {"x": 1, "y": 2.0},
            "deep": {"n": 3},
            "ratio": 1.0,
            "kind": 'it\'s {0} "x"',
        },
        sort_keys=True,
    )
    assert json.dumps(facts["query"]) == '{"size": 3.0, "page": 1}'


def test_response_is_checked_with_its_request(grind: CompiledBoundary) -> None:
    phase = grind.response(200)
    assert phase is not None
    given = request({**GOOD})

    def answer(**facts: Any) -> dict[str, Any]:
        return {"status": 200, "headers": {}, "media": "application/json", "bytes": 9, "body": {"n": 2}, **facts}

    assert phase.check(given, answer(), {}) == ALLOWED
    assert phase.check(given, answer(body={"n": 2.0}), {}) == CHANGED
    assert phase.check(given, answer(body={"n": 3}), {}) == RULES
    assert phase.check(given, answer(body={"n": "3"}), {}) == SHAPES
    assert phase.check(given, answer(media="text/html"), {}) == SHAPES
    assert phase.check(given, answer(bytes=101), {}) == SHAPES
    assert phase.check(given, answer(bodiless=True), {}) == SHAPES


def test_default_that_is_no_value_of_its_schema_is_never_taken_on_trust(mill: CompiledPolicySet) -> None:
    look = mill.boundaries["mill.inbound.look"].request
    assert look.check({"params": {}, "query": {"a": 1}, "headers": {}}, None, {}) == SHAPES


def test_facts_that_no_shape_has_can_be_read(mill: CompiledPolicySet) -> None:
    phase = mill.boundaries["mill.inbound.look"].response(200)
    assert phase is not None
    answer = {"status": 200, "headers": {}, "media": "image/png", "bytes": 9, "image": {"width": 2}}
    assert phase.check({}, answer, {}) == ALLOWED
    assert phase.check({}, {**answer, "image": {"width": 1}}, {}) == RULES
    assert phase.check({}, {**answer, "image": {}}, {}) == RULES


def test_source_is_kept_and_tells_which_rules_are_in_it(grind: CompiledBoundary) -> None:
    generated = grind.request.generated()
    assert generated.translated == {"area", "half", "ratio", "page", "odd"}
    assert "area_" in generated.source
    assert "others_" in generated.source
    assert "matches" not in generated.source  # nothing of a policy but its names and constants


def test_shape_too_deep_for_python_is_checked_all_the_same() -> None:
    nested = "{type: integer}"
    for _ in range(30):
        nested = f"{{type: array, maxItems: 1, items: {nested}}}"
    text = GRIND.replace("{type: array, maxItems: 3, items: {type: integer}}", nested)
    mill = compile_texts([("mill.yaml", HEAD + text)])
    grind = mill.boundaries["mill.inbound.grind"]

    assert decide_request(mill, grind, request({**GOOD, "list": [[[]]]}), exact=True).allowed
    assert not decide_request(mill, grind, request({**GOOD, "list": [[[1]]]}), exact=True).allowed


def outcome(snapshot: CompiledPolicySet, boundary: CompiledBoundary, facts: dict[str, Any], *, exact: bool) -> Any:
    decision = decide_request(snapshot, boundary, facts, exact=exact)
    found = [(violation.assumption, violation.where, violation.message) for violation in decision.violations]
    return decision.allowed, found, json.dumps(facts, sort_keys=True)


@pytest.mark.parametrize(
    "body",
    [
        GOOD,
        {"w": 2.0, "h": 3, "list": [1.0], "deep": {}},
        {"w": 0, "x": 1},
        {"w": 90, "h": 90},
        {"w": 9, "h": 2**62},
        {},
    ],
)
def test_decision_with_the_check_is_the_decision_without(
    mill: CompiledPolicySet, grind: CompiledBoundary, body: Any
) -> None:
    with_check = outcome(mill, grind, request(copy.deepcopy(body)), exact=True)
    without = outcome(mill, grind, request(copy.deepcopy(body)), exact=False)
    assert with_check == without


def test_soft_violation_of_the_request_keeps_the_check_from_its_response() -> None:
    text = HEAD + GRIND.replace("        variables:", "        action: audit\n        variables:", 1)
    mill = compile_texts([("mill.yaml", text)])
    grind = mill.boundaries["mill.inbound.grind"]
    facts = request({"w": True, "h": 3})
    assert not decide_request(mill, grind, facts, exact=True).denied
    answer = {"status": 200, "headers": {}, "media": "application/json", "bytes": 9, "body": {"n": 1}}
    # To Python 1 is True; to CEL it is not.
    (violation,) = decide_response(mill, grind, facts, answer, exact=False).violations
    assert violation.assumption == "same"


@st.composite
def phases(draw: st.DrawFn, *, bodies: int) -> Case:
    """Draw a schema, four rules over it, and values that fit it; or what `layers` makes of a number."""
    if draw(st.booleans()):
        return layered(draw(st.integers(0, 2**64 - 1)), bodies=bodies)
    schema = draw(schemas())
    rules = [draw(expressions(schema, "bool")) for _ in range(4)]
    return schema, rules, draw(st.lists(values(schema), min_size=bodies, max_size=bodies))


@lru_cache(2)
def snapshot_of(schema_text: str, written: tuple[str, ...]) -> CompiledPolicySet | None:
    """Return the policies of a case without the rules that are refused; None where the schema is."""
    schema = json.loads(schema_text)
    checker = checker_of(schema, defaults_applied=True)
    variables: dict[str, str] = {}
    for name, expression in variables_of(written).items():
        kept = expression if checker.check(expression, rule=False)[0] else "5"
        checker.declare(name, checker.check(kept, rule=False)[0])
        variables[name] = kept
    right = [each for each in written if checker.check(each, rule=True)[0]]
    right = [each for each in right if variables or affordable(each, schema)]
    rules = {f"r-{number}": {"rule": expression, "why": "w"} for number, expression in enumerate(right)}
    boundary = {
        "http": "POST /grind",
        "from": "public",
        "variables": variables,
        "request": {"body": schema, "assume": rules},
        "response": {200: {"media": ["application/json"]}},
    }
    components = {"mill": {"owner": "mill", "about": "grinds", "inbound": {"grind": boundary}}}
    owners = {"mill": {"team": "Mill", "contact": "#mill"}}
    text = json.dumps({"catguard": 1, "system": "mill", "owners": owners, "components": components}, indent=1)
    try:
        return compile_texts([("mill.yaml", text)])
    except PolicyError:
        assert is_layered(schema)
        return None


def decides_alike(case: Case) -> None:
    """The check changes no decision; what was checked is what is read of what is delivered."""
    schema, written, bodies = case
    snapshot = snapshot_of(json.dumps(schema), tuple(written))
    if snapshot is None:
        return
    grind = snapshot.boundaries["mill.inbound.grind"]
    for body in bodies:
        delivered = loads(dumps(body))
        seen = request(copy.deepcopy(delivered))
        stage = grind.request.check(seen, None, {})
        if stage == ALLOWED:
            assert repr(seen["body"]) == repr(delivered), "it says so where it changes something"
        fast, slow = request(copy.deepcopy(delivered)), request(copy.deepcopy(delivered))
        told, official = (outcome(snapshot, grind, facts, exact=facts is fast) for facts in (fast, slow))
        assert told[:2] == official[:2]
        if told[0] and '"default"' not in json.dumps(schema):
            assert grind.request.parts["body"].is_valid(fast["body"]), "what is delivered fits as well"
        # Of what no shape lets in, the spelling of numbers may have changed.
        assert fast == slow if stage == SHAPES and not told[0] else told == official
        assert json.loads(dumps(fast["body"])) == fast["body"]
        assert repr(json.loads(dumps(fast["body"]))) == repr(fast["body"])


@seed(20261123)
@settings(QUIET, max_examples=100)
@given(phases(bodies=3))
def test_random_phases_decide_alike_with_and_without_the_check(case: Case) -> None:
    decides_alike(case)


def vary(case: Case, random: Random) -> Case:
    schema, written, bodies = case
    return schema, written, (vary_bodies if is_layered(schema) else partial(vary_values, schema))(bodies, random)


@pytest.mark.long
@pytest.mark.timeout(TIMEOUT)
def test_a_hundred_thousand_exchanges_are_decided_alike_with_and_without_the_check() -> None:
    inputs = Inputs(phases(bodies=10), vary, each=4)
    fuzz_long(decides_alike, inputs, name="phases, of ten exchanges each", share=0.1 / 10)


def test_check_is_made_once(grind: CompiledBoundary) -> None:
    phase: CompiledPhase = grind.request
    phase.check(request({**GOOD}), None, {})
    made = phase.check
    phase.check(request({**GOOD}), None, {})
    assert phase.check is made
