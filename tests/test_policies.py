from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from catguard.analysis.examples import run_examples
from catguard.analysis.lint import lint
from catguard.engine.evaluator import rehearse
from catguard.policies.compiler import CompiledPolicySet
from catguard.policies.diagnostics import policy_schema
from catguard.policies.document import read
from catguard.policies.loader import compile_texts
from catguard.policies.model import PolicySet

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "policies.yaml").read_text()


@pytest.fixture(scope="module")
def compiled() -> CompiledPolicySet:
    return compile_texts([("policies.yaml", TEXT)])


@pytest.fixture(scope="module")
def policies(compiled: CompiledPolicySet) -> PolicySet:
    return compiled.policies


def broken(compiled: CompiledPolicySet, boundary: str, request: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Id, place and limit of each violation of a request."""
    decision = rehearse(compiled, boundary, request)
    return [(found.assumption, found.where, found.limit) for found in decision.violations]


def test_policies_fit_the_published_schema() -> None:
    document, faults = read(TEXT, "policies.yaml")
    assert not faults
    assert document is not None
    assert list(Draft202012Validator(policy_schema()).iter_errors(document.data)) == []


def test_policies_name_the_schema_for_editors() -> None:
    named = TEXT.splitlines()[0].partition("$schema=")[2]
    assert json.loads((ROOT / named).read_text()) == policy_schema()


def test_every_example_breaks_just_what_it_says(compiled: CompiledPolicySet) -> None:
    results = list(run_examples(compiled))
    assert len(results) > 150
    assert [str(result) for result in results if not result.passed] == []


def test_lint_finds_nothing(compiled: CompiledPolicySet) -> None:
    assert [str(finding) for finding in lint(compiled)] == []


def test_every_rule_is_the_only_one_that_refuses_an_example(compiled: CompiledPolicySet) -> None:
    alone = {(result.boundary, *result.found) for result in run_examples(compiled) if len(result.found) == 1}
    rules = {
        (boundary.name, rule.assumption.id)
        for boundary in compiled.policies.boundaries()
        for phase in boundary.phases()
        for rule in phase.rules
    }
    assert rules - alone == set()


def test_every_rule_has_an_example_that_it_accepts(compiled: CompiledPolicySet) -> None:
    for boundary in compiled.policies.boundaries():
        answered = {
            str(example.response.get("status", "*")) for example in boundary.examples if example.response is not None
        }
        for phase in boundary.phases():
            if phase.rules:
                assert boundary.examples, boundary.name
            if phase.rules and phase.phase == "response":
                assert phase.status in answered, (boundary.name, phase.status)


def written_limits(policies: PolicySet) -> Iterator[tuple[str, str]]:
    for boundary in policies.boundaries():
        for phase in boundary.phases():
            for key in ("max_bytes", "max_rows", "media"):
                if key in phase.limits:
                    yield f"{boundary.name} {phase.status} {key}", phase.limits[key].why


def test_every_assumption_says_why(policies: PolicySet) -> None:
    reasons = dict(written_limits(policies))
    reasons |= {
        f"{found.boundary} {found.id}": found.why
        for boundary in policies.boundaries()
        for found in boundary.assumptions()
    }
    assert len(reasons) > 500
    assert [name for name, why in reasons.items() if not why.strip() or why == "no reason is written"] == []


def test_a_width_that_nobody_needs_is_refused_at_the_front_door(compiled: CompiledPolicySet) -> None:
    request = {"query": {"breed": "siamese", "count": 3, "scene": "rose-garden", "width": 1_000_000_000, "height": 620}}
    assert broken(compiled, "frontend.inbound.cats", request) == [
        ("query/width/maximum", "/query/width", "at most 4096")
    ]


@pytest.mark.parametrize("scale", [0.0, 0.5, 0.999, 0.9999999])
def test_a_zoom_is_a_fair_request_at_the_front_door(compiled: CompiledPolicySet, scale: float) -> None:
    request = {"query": {"picture": "0123456789abcdef", "part": "nose", "scale": scale}}
    assert broken(compiled, "frontend.inbound.zoom", request) == []


@pytest.mark.parametrize("boundary", ["frontend.outbound.render", "catomatic.inbound.render"])
def test_what_a_zoom_of_almost_one_is_turned_into_is_refused_at_both_ends(
    compiled: CompiledPolicySet, boundary: str
) -> None:
    order = {
        "picture": "0123456789abcdef",
        "part": "nose",
        "count": 1,
        "width": 480_000,
        "height": 4096,
        "format": "webp",
    }
    assert broken(compiled, boundary, {"body": order}) == [("body/width/maximum", "/body/width", "at most 4096")]


@pytest.mark.parametrize("boundary", ["frontend.outbound.render", "catomatic.inbound.render"])
def test_a_picture_of_the_largest_sides_is_refused_by_its_area(compiled: CompiledPolicySet, boundary: str) -> None:
    order = {"picture": "0123456789abcdef", "part": "nose", "count": 1, "width": 4096, "height": 4096, "format": "webp"}
    assert [found[0] for found in broken(compiled, boundary, {"body": order})] == ["picture-area"]


@pytest.mark.parametrize("boundary", ["frontend.outbound.render", "catomatic.inbound.render"])
def test_the_header_of_cats_is_bounded_at_both_ends(policies: PolicySet, boundary: str) -> None:
    headers = policies.boundary(boundary).responses["200"].shape("headers")
    assert headers is not None
    assert headers.schema["properties"]["catomatic-cats"]["maxLength"] == 49152


def test_an_unknown_query_parameter_is_refused(compiled: CompiledPolicySet) -> None:
    found = broken(compiled, "frontend.inbound.cats", {"query": {"with": "480"}})
    assert [(identity, where) for identity, where, _ in found] == [("query/unevaluatedProperties", "/query/with")]


def test_anybody_may_call_the_frontend_and_nobody_else_the_tiers_behind_it(policies: PolicySet) -> None:
    callers = {
        boundary.name: boundary.callers
        for component in policies.components.values()
        for boundary in component.inbound.values()
        if boundary.kind == "http" and not boundary.health
    }
    for name, allowed in callers.items():
        expected = {"frontend": ("public",), "catomatic": ("frontend",), "store": ("catomatic",)}[
            name.partition(".")[0]
        ]
        assert allowed == expected, name


def test_every_select_has_a_row_limit(policies: PolicySet) -> None:
    for boundary in policies.boundaries():
        if boundary.sql is not None and boundary.sql.operation == "SELECT":
            assert boundary.responses["*"].max_rows is not None, boundary.name
