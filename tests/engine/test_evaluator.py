from __future__ import annotations

from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catguard.engine.decision import CallRefused, Violation
from catguard.engine.evaluator import rehearse
from catguard.policies.compiler import CompiledPolicySet
from catguard.policies.loader import compile_texts

POLICIES = """
catguard: 1
system: shelf
owners: {shelf: {team: Shelf, contact: "#shelf"}, rules: {team: Rules, contact: "#rules"}}
components:
  shelf:
    owner: shelf
    about: keeps
    inbound:
      put:
        http: POST /put
        from: public
        variables: {area: request.body.width * request.body.height}
        request:
          max_bytes: 100
          body:
            type: object
            additionalProperties: false
            required: [width, height]
            properties:
              width: {type: integer, minimum: 1, description: nothing has no width}
              height: {type: integer, minimum: 1, description: nothing has no height}
              name: {type: string, maxLength: 5, description: labels are short}
              list: {type: array, maxItems: 3, description: few, items: {type: integer, maximum: 9, description: one digit}}
          assume:
            fits: {rule: variables.area <= 100, why: shelves are small, owner: rules}
            not-thin: {rule: request.body.width >= 2, why: it falls over, action: warn}
            named: {rule: "!has(request.body.name) || request.body.name != 'x'", why: x is nobody, action: audit}
        response:
          200: {media: [application/json], body: {type: object, properties: {place: {type: integer, maximum: 9}}, additionalProperties: false}}
          2XX: {}
          404: {}
      resize:
        call: resize
        request: {args: {required: [to], properties: {to: {type: integer, maximum: 50}}}}
        response: {max_bytes: 10, result: {type: object, properties: {width: {type: integer}}, required: [width]}, assume: {as-asked: {rule: response.result.width == request.args.to, why: it is pasted}}}
    outbound:
      read:
        sql: SELECT things
        to: external
        request: {parameters: {properties: {id: {type: integer, minimum: 1}}}}
        response: {max_rows: {limit: 5, why: a page has five}}
      write: {sql: INSERT things, to: external, request: {parameters: {required: [id], properties: {id: {type: integer}}}}}
"""


@pytest.fixture(scope="module")
def snapshot() -> CompiledPolicySet:
    return compile_texts([("shelf.yaml", POLICIES)])


def put(snapshot: CompiledPolicySet, body: Any, response: Any = None) -> list[tuple[str, str, str]]:
    found = rehearse(snapshot, "shelf.inbound.put", {"body": body, "bytes": 1}, response).violations
    return [(violation.assumption, violation.where, violation.action) for violation in found]


def test_every_violation_of_a_stage_is_told(snapshot: CompiledPolicySet) -> None:
    assert sorted(put(snapshot, {"width": 0, "name": "too long", "list": [1, 10], "z": 1})) == [
        ("body/additionalProperties", "/body/z", "deny"),
        ("body/list/*/maximum", "/body/list/1", "deny"),
        ("body/name/maxLength", "/body/name", "deny"),
        ("body/required", "/body/height", "deny"),
        ("body/width/minimum", "/body/width", "deny"),
    ]


def test_an_undeclared_name_is_repeated_only_in_part(snapshot: CompiledPolicySet) -> None:
    request = {"body": {"width": 2, "height": 2, "z" * 10_000: 1}, "bytes": 1}
    (violation,) = rehearse(snapshot, "shelf.inbound.put", request).violations
    assert violation.where == "/body/" + "z" * 40
    assert len(violation.message) < 200


def test_an_undeclared_name_where_nothing_is_declared_is_told_that(snapshot: CompiledPolicySet) -> None:
    request = {"query": {"z": "1"}, "body": {"width": 2, "height": 2}}
    (violation,) = rehearse(snapshot, "shelf.inbound.put", request).violations
    assert violation.message == "'z' is not declared; nothing is"


def test_a_stage_that_denies_ends_the_phase(snapshot: CompiledPolicySet) -> None:
    assert put(snapshot, {"width": 0, "height": 1000}) == [("body/width/minimum", "/body/width", "deny")]


def test_rules_of_all_actions_are_told_and_only_deny_denies(snapshot: CompiledPolicySet) -> None:
    soft = {"width": 1, "height": 1, "name": "x"}
    assert [(found, action) for found, _, action in put(snapshot, soft)] == [("not-thin", "warn"), ("named", "audit")]
    assert rehearse(snapshot, "shelf.inbound.put", {"body": soft}).allowed
    hard = rehearse(snapshot, "shelf.inbound.put", {"body": {"width": 1, "height": 1000}})
    assert not hard.allowed
    assert [violation.assumption for violation in hard.denied] == ["fits"]
    assert [(found.assumption, found.action) for found in hard.violations] == [("fits", "deny"), ("not-thin", "warn")]


def test_a_violation_names_the_owner_of_its_assumption(snapshot: CompiledPolicySet) -> None:
    (violation,) = rehearse(snapshot, "shelf.inbound.put", {"body": {"width": 50, "height": 50}}).violations
    assert violation.owner == "Rules (#rules)"
    assert violation.why == "shelves are small"
    assert violation.policy.startswith("shelf.yaml:26:")
    assert violation.limit == "variables.area <= 100"


def test_a_rule_that_overflows_counts_as_broken_and_says_so(snapshot: CompiledPolicySet) -> None:
    body = {"width": 2**62, "height": 2**62}
    (violation,) = rehearse(snapshot, "shelf.inbound.put", {"body": body}).violations
    assert violation.assumption == "fits"
    assert "could not be evaluated" in violation.message
    assert "overflow" in violation.message


def test_after_soft_shape_violations_rules_that_cannot_be_evaluated_have_their_own_action() -> None:
    soft = compile_texts([("shelf.yaml", POLICIES)], actions=[("shelf.inbound.put/body/width/minimum", "audit")])
    assert put(soft, {"width": 0, "height": 1}) == [
        ("body/width/minimum", "/body/width", "audit"),
        ("not-thin", "/body/width", "warn"),
    ]
    softer = compile_texts([("shelf.yaml", POLICIES)], actions=[("shelf.*", "audit")])
    found = rehearse(softer, "shelf.inbound.put", {"body": {"width": "wide", "height": 1}})
    assert found.allowed
    assert {violation.assumption for violation in found.violations} == {"body/width/type", "fits", "not-thin"}


def test_responses_are_decided_by_status_exact_before_class(snapshot: CompiledPolicySet) -> None:
    good = {"width": 2, "height": 2}
    assert put(snapshot, good, {"status": 200, "body": {"place": 3}}) == []
    assert put(snapshot, good, {"status": 200, "body": {"place": 10}}) == [
        ("body/place/maximum", "/body/place", "deny")
    ]
    assert put(snapshot, good, {"status": 201}) == []
    assert put(snapshot, good, {"status": 404, "body": {"title": "no"}}) == []
    assert put(snapshot, good, {"status": 500}) == [("status", "/status", "deny")]
    assert put(snapshot, good, {"status": 404, "media": "text/html"}) == [("media", "/media", "deny")]


def test_size_and_media_of_a_request_are_limits(snapshot: CompiledPolicySet) -> None:
    facts = {"body": {"width": 2, "height": 2}, "bytes": 101, "media": "text/plain"}
    found = rehearse(snapshot, "shelf.inbound.put", facts).violations
    assert [(violation.assumption, violation.status) for violation in found] == [("max_bytes", 413), ("media", 415)]


def test_calls_are_decided_on_args_and_result(snapshot: CompiledPolicySet) -> None:
    name = "shelf.inbound.resize"
    assert rehearse(snapshot, name, {"args": {"to": 5}}, {"result": {"width": 5}}).allowed
    assert [v.assumption for v in rehearse(snapshot, name, {"args": {"to": 51}}).violations] == ["args/to/maximum"]
    assert [v.assumption for v in rehearse(snapshot, name, {"args": {}}).violations] == ["args/required"]
    wrong = rehearse(snapshot, name, {"args": {"to": 5}}, {"result": {"width": 6}})
    assert [(v.assumption, v.phase) for v in wrong.violations] == [("as-asked", "response")]
    big = rehearse(snapshot, name, {"args": {"to": 5}}, {"result": {"width": 5}, "bytes": 11})
    assert [v.assumption for v in big.violations] == ["max_bytes"]


@pytest.mark.parametrize(
    ("facts", "rows", "ids"),
    [
        ({"parameters": {"id": 1}, "limit": 5}, 5, []),
        ({"parameters": {"id": 1}, "limit": 6}, None, ["max_rows"]),
        ({"parameters": {"id": 1}, "limit": -1}, None, ["max_rows"]),
        ({"parameters": {"id": 1}}, None, ["max_rows"]),
        ({"parameters": {"id": 1}, "limit": 5}, 6, ["max_rows"]),
        ({"parameters": {"id": 0}, "limit": 5}, None, ["parameters/id/minimum"]),
    ],
)
def test_statements_are_decided_on_limit_rows_and_parameters(
    snapshot: CompiledPolicySet, facts: Any, rows: int | None, ids: list[str]
) -> None:
    response = None if rows is None else {"rows": rows}
    found = rehearse(snapshot, "shelf.outbound.read", facts, response).violations
    assert [violation.assumption for violation in found] == ids


def test_an_insert_needs_no_limit(snapshot: CompiledPolicySet) -> None:
    assert rehearse(snapshot, "shelf.outbound.write", {"parameters": {"id": 1, "more": "x"}}).allowed
    assert not rehearse(snapshot, "shelf.outbound.write", {"parameters": {}}).allowed


def test_rehearsal_changes_nothing(snapshot: CompiledPolicySet) -> None:
    request = {"body": {"width": 2.0, "height": 2}}
    rehearse(snapshot, "shelf.inbound.put", request, {"status": 200, "body": {"place": 1.0}})
    assert repr(request) == "{'body': {'width': 2.0, 'height': 2}}"


documents = st.fixed_dictionaries(
    {},
    optional={
        "width": st.integers(-2, 20) | st.floats(-1, 20) | st.booleans() | st.text(max_size=2),
        "height": st.integers(-2, 20) | st.none(),
        "name": st.text(max_size=7) | st.integers(),
        "list": st.lists(st.integers(0, 12) | st.text(max_size=1), max_size=5),
        "other": st.none(),
    },
)


@given(documents)
def test_shapes_say_what_the_reference_implementation_says(snapshot: CompiledPolicySet, body: Any) -> None:
    shape = snapshot.policies.boundary("shelf.inbound.put").request.shape("body")
    assert shape is not None
    expected = jsonschema.Draft202012Validator(shape.schema).is_valid(body)
    denied = [found for found in put(snapshot, body) if found[0].startswith("body/")]
    assert (not denied) == expected


@given(documents)
def test_a_denial_always_tells_a_violation(snapshot: CompiledPolicySet, body: Any) -> None:
    decision = rehearse(snapshot, "shelf.inbound.put", {"body": body})
    assert decision.allowed == (not decision.denied)
    for violation in decision.violations:
        assert violation.message
        assert violation.policy.startswith("shelf.yaml:")
        assert violation.owner


def test_violations_survive_the_wire(snapshot: CompiledPolicySet) -> None:
    (violation,) = rehearse(snapshot, "shelf.inbound.put", {"body": {"width": 50, "height": 50}}).violations
    read = Violation.from_wire(violation.wire(trace_id="0" * 32))
    assert read.wire() == violation.wire()


@pytest.mark.parametrize("members", [{}, {"assumption": 3, "side": "up", "where": None}, {"message": "a" * 10_000}])
def test_violations_from_elsewhere_are_read_with_care(members: dict[str, Any]) -> None:
    violation = Violation.from_wire(members)
    assert violation.side in ("inbound", "outbound")
    assert len(violation.message) <= 2000


def test_a_refused_call_says_what_where_and_whose(snapshot: CompiledPolicySet) -> None:
    violations = rehearse(snapshot, "shelf.inbound.put", {"body": {"width": 50, "height": 50}}).violations
    text = str(CallRefused("a.outbound.put", "inbound", violations))
    for piece in ("a.outbound.put", "inbound", "shelves are small", "Rules (#rules)", "shelf.yaml:26:", "fits"):
        assert piece in text
