"""A candidate decides beside the live policies, on what came in, and touches nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catguard.engine import candidate as module
from catguard.engine.candidate import Candidate, Comparison, Difference, masked
from catguard.engine.decision import Decision
from catguard.engine.evaluator import decide_request, decide_response, limit_violation, rehearse
from catguard.engine.snapshots import Engine
from catguard.policies.compiler import CompiledPolicySet
from catguard.policies.loader import compile_texts

POLICIES = """
catguard: 1
system: shelf
owners: {shelf: {team: Shelf, contact: "#shelf"}}
components:
  other: {owner: shelf, about: calls, outbound: {put: {to: shelf.put, request: {params: {properties: {id: {type: integer}}}, query: {properties: {page: {type: integer}}}, body: {type: object}}, response: {200: {media: [application/json]}}}}}
  shelf:
    owner: shelf
    about: keeps
    inbound:
      put:
        http: PUT /put/{id}
        from: FROM
        request:
          params: {properties: {id: {type: IDTYPE}}}
          query: {properties: {page: {type: integer, DEFAULT}}}
          body:
            type: object
            additionalProperties: false
            properties: {count: {type: integer, maximum: MAXIMUM, description: few}, name: {type: string}}
          assume:
            even: {rule: "!has(request.body.count) || request.body.count % 2 == 0", why: pairs, action: ACTION}
        response: {200: {media: [application/json], max_bytes: BYTES}}
"""
WRITTEN = {
    "FROM": "[other]",
    "IDTYPE": "integer",
    "DEFAULT": "default: 1",
    "MAXIMUM": "9",
    "ACTION": "deny",
    "BYTES": "100",
}
OTHER = {"component": "other", "verified": False}


def policies(**changes: str) -> CompiledPolicySet:
    text = POLICIES
    for name, value in {**WRITTEN, **changes}.items():
        text = text.replace(name, value)
    return compile_texts([("shelf.yaml", text)])


class Beside:
    """An engine with a candidate, and what was told of it."""

    def __init__(self, candidate: CompiledPolicySet, live: CompiledPolicySet | None = None) -> None:
        self.told: list[Difference] = []
        self.engine = Engine(live or policies())
        self.engine.propose(lambda live: live.beside(Candidate(candidate, live, self.told.append)))

    @property
    def comparison(self) -> Comparison:
        found: Comparison = self.engine.snapshot.candidate.comparison
        return found

    def request(self, body: Any, *, caller: Any = OTHER, **facts: Any) -> tuple[Decision, dict[str, Any]]:
        request = {
            "method": "PUT",
            "params": {"id": 7},
            "query": {},
            "media": "application/json",
            "body": body,
            **facts,
        }
        boundary = self.engine.snapshot.boundaries["shelf.inbound.put"]
        return decide_request(self.engine.snapshot, boundary, request, caller=caller, exact=True), request

    def found(self) -> list[tuple[str, str, str, int]]:
        return [
            (each.phase, each.assumption, each.outcome, each.count) for each in self.comparison.differences.values()
        ]


def test_only_the_live_policies_act_and_differences_are_counted() -> None:
    beside = Beside(policies(MAXIMUM="3"))
    assert [beside.request({"count": count})[0].allowed for count in (2, 4, 6, 3)] == [True, True, True, False]
    assert beside.found() == [("request", "body/count/maximum", "refuses", 2)]
    assert beside.comparison.decided == {"shelf.inbound.put": 4}
    assert len(beside.told) == 2


def test_candidate_that_is_looser_passes_what_is_refused() -> None:
    beside = Beside(policies(MAXIMUM="20"))
    assert not beside.request({"count": 12})[0].allowed
    assert beside.found() == [("request", "body/count/maximum", "passes", 1)]


def test_candidate_with_another_action_tells_otherwise() -> None:
    beside = Beside(policies(ACTION="audit"), policies(ACTION="warn"))
    assert beside.request({"count": 3})[0].allowed
    assert beside.found() == [("request", "even", "differs", 1)]


def test_same_policy_differs_in_nothing() -> None:
    beside = Beside(policies())
    for body in ({"count": 2}, {"count": 3}, {"count": 2.0}, {}, {"x": 1}, []):
        beside.request(body)
    assert beside.found() == []


def test_facts_are_checked_by_the_live_policies_alone() -> None:
    beside = Beside(policies(DEFAULT="default: 5"))
    _, request = beside.request({"count": 2.0})
    assert request["query"] == {"page": 1}
    assert type(request["body"]["count"]) is int


def test_candidate_reads_the_wire_by_its_own_types() -> None:
    beside = Beside(policies(IDTYPE="string"))
    beside.request({"count": 2})
    assert beside.found() == []


def test_caller_that_the_candidate_does_not_know_is_refused_by_it() -> None:
    beside = Beside(policies(FROM="public"), policies())
    beside.request({"count": 2}, caller={"component": "stranger", "verified": False})
    assert beside.found() == []
    narrower = Beside(policies(), policies(FROM="public"))
    narrower.request({"count": 2}, caller={"component": "stranger", "verified": False})
    assert narrower.found() == [("request", "from", "refuses", 1)]


def test_responses_are_compared_too() -> None:
    beside = Beside(policies(BYTES="10"))
    snapshot = beside.engine.snapshot
    response = {"status": 200, "media": "application/json", "headers": {}, "bytes": 50}
    decision = decide_response(snapshot, snapshot.boundaries["shelf.inbound.put"], {}, response, caller=OTHER)
    assert decision.allowed
    assert beside.found() == [("response", "max_bytes", "refuses", 1)]


def test_boundary_that_the_candidate_lacks_is_refused_by_it() -> None:
    head = POLICIES.partition("components:")[0]
    lacking = compile_texts([("x.yaml", head + "components: {shelf: {owner: shelf, about: keeps}}")])
    beside = Beside(lacking)
    beside.request({"count": 2})
    assert beside.found() == [("request", "undeclared", "refuses", 1)]


def test_request_that_was_not_read_is_not_judged() -> None:
    beside = Beside(policies())
    snapshot = beside.engine.snapshot
    boundary = snapshot.boundaries["shelf.inbound.put"]
    noted = [limit_violation(boundary, boundary.request, "max_bytes", "too long", "/body")]
    assert not decide_request(snapshot, boundary, {}, caller=OTHER, noted=noted).allowed
    assert (beside.comparison.unjudged, beside.found()) == (1, [])


def test_candidate_that_breaks_touches_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    beside = Beside(policies())

    def broken(*_: Any) -> Any:
        raise RecursionError("deep")

    monkeypatch.setattr(module, "masked", broken)
    assert [beside.request({"count": count})[0].allowed for count in (2, 3)] == [True, False]
    assert beside.comparison.failed == 2
    assert len([record for record in caplog.records if "candidate broke" in record.message]) == 1


def test_swap_keeps_the_candidate_and_begins_to_count_anew() -> None:
    beside = Beside(policies(MAXIMUM="3"))
    beside.request({"count": 4})
    beside.engine.swap(policies(MAXIMUM="8"))
    assert beside.found() == []
    beside.request({"count": 4})
    assert beside.found() == [("request", "body/count/maximum", "refuses", 1)]
    beside.engine.propose(None)
    assert beside.engine.snapshot.candidate is None
    assert beside.request({"count": 9})[0].allowed is False


def test_what_is_written_down_is_not_counted() -> None:
    beside = Beside(policies(MAXIMUM="3"))
    rehearse(beside.engine.snapshot, "shelf.inbound.put", {"params": {"id": 1}, "body": {"count": 4}})
    assert beside.comparison.decided == {}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
    max_leaves=20,
)


@given(secret=st.text(alphabet="säé€#@ 0189", min_size=5), body=JSON)
def test_no_value_is_in_an_example(secret: str, body: Any) -> None:
    shown = json.dumps(masked({"body": {"name": secret, secret: body, "list": [secret, body]}, "path": secret}))
    assert json.dumps(secret)[1:-1] not in shown
