from __future__ import annotations

from typing import Any

import pytest

from catguard.analysis.examples import ExampleResult, merge_patch, run_examples
from catguard.analysis.lint import lint
from catguard.policies.loader import compile_texts

POLICIES = """
catguard: 1
system: shelf
owners: {shelf: {team: Shelf, contact: "#shelf"}}
shapes:
  Unused: {type: string}
components:
  shelf:
    owner: shelf
    about: keeps
    inbound:
      put:
        http: POST /put
        from: public
        request:
          body: {type: object, additionalProperties: false, required: [n], properties: {n: {type: integer, maximum: 9, description: one digit}, s: {type: string}}}
          assume:
            even: {rule: request.body.n % 2 == 0, why: pairs}
            never: {rule: request.body.n != 5, why: nobody shows it}
        response: {200: {media: [application/json], body: {type: object, additionalProperties: false, properties: {ok: {type: boolean}}}}}
        examples:
          two:
            request: {body: {n: 2}}
            response: {status: 200, body: {ok: true}}
            refuse:
              - {by: even, request: {body: {n: 3}}}
              - {by: body/n/maximum, request: {body: {n: 10}}}
              - {by: body/ok/type, response: {body: {ok: 1}}}
              - {by: body/required, request: {body: {n: null}}}
"""


def results(text: str = POLICIES) -> list[ExampleResult]:
    return list(run_examples(compile_texts([("p.yaml", text)])))


@pytest.mark.parametrize(
    ("target", "patch", "result"),
    [  # RFC 7396, appendix A
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "b"}, ["c"], ["c"]),
        ({"a": "foo"}, None, None),
        ({"a": "foo"}, "bar", "bar"),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_merge_patch_is_that_of_the_rfc(target: Any, patch: Any, result: Any) -> None:
    assert merge_patch(target, patch) == result


def test_right_examples_pass() -> None:
    assert [(result.kind, result.passed) for result in results()] == [("accept", True)] + [("refuse", True)] * 4


def test_an_example_that_is_not_accepted_fails_and_says_why() -> None:
    failed = [
        result
        for result in results(POLICIES.replace("request: {body: {n: 2}}", "request: {body: {n: 4711}}"))
        if not result.passed
    ]
    assert any("must be accepted, but breaks body/n/maximum" in str(result) for result in failed)
    assert all(str(result).startswith("p.yaml:") for result in failed)


def test_a_refusal_that_breaks_something_else_fails() -> None:
    (failed,) = [
        r
        for r in results(POLICIES.replace("by: even, request: {body: {n: 3}}", "by: even, request: {body: {n: 11}}"))
        if not r.passed
    ]
    assert "must break just even, but breaks body/n/maximum" in str(failed)


def test_an_example_that_breaks_several_assumptions_says_of_each_why() -> None:
    broken = POLICIES.replace("by: even, request: {body: {n: 3}}", "by: even, request: {body: {n: x, s: 5}}")
    (failed,) = [result for result in results(broken) if not result.passed]
    assert "but breaks body/n/type: n must be a whole number; body/s/type: s must be a text" in str(failed)


def test_a_refusal_that_is_accepted_fails() -> None:
    (failed,) = [
        r
        for r in results(POLICIES.replace("by: even, request: {body: {n: 3}}", "by: even, request: {body: {n: 4}}"))
        if not r.passed
    ]
    assert "must break just even, but breaks nothing" in str(failed)


def test_lint_finds_what_is_unbounded_unreasoned_or_never_shown_to_refuse() -> None:
    found = {(finding.rule, finding.level, finding.message) for finding in lint(compile_texts([("p.yaml", POLICIES)]))}
    assert ("unbounded", "error", "shelf.inbound.put: body/s has no maxLength") in found
    assert ("never-refuses", "warning", "shelf.inbound.put: never") in found
    assert any(rule == "without-reason" and "body/s/type" in message for rule, _, message in found)
    assert not any(rule == "without-reason" and "body/n/maximum" in message for rule, _, message in found)
    assert not any("even" in message for _, _, message in found)


def test_lint_finds_boundaries_without_examples() -> None:
    bare = POLICIES[: POLICIES.index("        examples:")]
    assert any(finding.rule == "without-example" for finding in lint(compile_texts([("p.yaml", bare)])))


def test_lint_finds_unused_shapes() -> None:
    findings = lint(compile_texts([("p.yaml", POLICIES)]))
    assert [finding.message for finding in findings if finding.rule == "unused-shape"] == ["Unused"]
