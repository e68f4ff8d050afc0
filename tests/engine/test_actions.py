"""What a violation does: by assumption, by side, by what is left of a rule that cannot be evaluated."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from catguard.engine.decision import Decision
from catguard.engine.evaluator import rehearse
from catguard.errors import PolicyError
from catguard.policies.loader import compile_texts

#: The note may be of any length where its shape only warns, and then the rule cannot be evaluated.
POLICIES = """
catguard: 1
system: shelf
owners: {shelf: {team: Shelf, contact: "#shelf"}}
defaults: {inbound: {DEFAULTS}}
components:
  shelf:
    owner: shelf
    about: keeps
    inbound:
      put:
        http: POST /put
        from: public
        BOUNDARY
        request:
          body:
            type: object
            additionalProperties: false
            required: [count]
            properties: {count: {type: integer, minimum: 0, maximum: 9, description: one digit}}
          assume:
            divides: {rule: 8 / request.body.count >= 2, why: a row is full, RULE}
        response: {200: {media: [application/json]}}
"""


def decide(count: Any, **written: str) -> Decision:
    text = POLICIES
    for place in ("DEFAULTS", "BOUNDARY", "RULE"):
        text = text.replace(place, written.get(place.lower(), ""))
    return rehearse(compile_texts([("shelf.yaml", text)]), "shelf.inbound.put", {"body": {"count": count}})


def test_rule_that_cannot_be_evaluated_is_broken() -> None:
    decision = decide(0)
    (found,) = decision.violations
    assert (decision.allowed, found.action, found.unevaluated) == (False, "deny", True)
    assert "could not be evaluated" in found.message
    assert not decide(8).violations[0].unevaluated


@pytest.mark.parametrize(
    "written",
    [
        {"defaults": "failure_policy: ignore"},
        {"boundary": "failure_policy: ignore"},
        {"rule": "failure_policy: ignore"},
        {"defaults": "failure_policy: fail", "boundary": "failure_policy: ignore"},
        {"boundary": "failure_policy: fail", "rule": "failure_policy: ignore"},
    ],
)
def test_ignored_failure_is_told_and_lets_through(written: dict[str, str]) -> None:
    decision = decide(0, **written)
    assert decision.allowed
    assert [(found.action, found.unevaluated) for found in decision.violations] == [("audit", True)]
    assert not decide(8, **written).allowed


@pytest.mark.parametrize(("failure", "action"), [*itertools.product(["fail", "ignore"], ["deny", "warn", "audit"])])
def test_failure_policy_never_denies_where_the_action_would_not(failure: str, action: str) -> None:
    unevaluated = decide(0, rule=f"action: {action}, failure_policy: {failure}")
    false = decide(8, rule=f"action: {action}")
    assert false.allowed == (action != "deny")
    assert unevaluated.allowed or not false.allowed


def test_action_of_a_side_is_that_of_all_its_boundaries() -> None:
    assert [found.action for found in decide(8, defaults="action: warn").violations] == ["warn"]
    assert not decide(8, defaults="action: warn", rule="action: deny").allowed


def test_failure_policy_that_is_no_word_is_a_fault() -> None:
    with pytest.raises(PolicyError, match=r"yaml:14:25: `failure_policy` is .ignor..*did you mean .ignore."):
        decide(0, boundary="failure_policy: ignor")
