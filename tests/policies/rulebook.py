"""Policies with one boundary and one rule, for tests of what is said of rules before any exchange."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from catguard.policies.costs import MAX_RULE, Cost
from catguard.policies.estimator import Estimator
from catguard.policies.expressions import Checker, shared_evaluator
from catguard.policies.facts import facts_of
from catguard.policies.model import Boundary
from catguard.policies.rules import CompiledRule
from catguard.policies.syntax import Node
from catguard.policies.translation import MAX_STEPS
from tests.loading import load_text

BODY = "        request: {{max_bytes: {{limit: 64Ki, why: a page}}, body: {body}, assume: {{it: {{rule: {rule}, why: so}}}}}}\n"


def rulebook(rule: str, members: Mapping[str, Any], **keywords: Any) -> str:
    """Return the text of a policy whose one rule reads `request.body`; a member without a note is required."""
    required = [name for name in members if name != "note"]
    body = {"type": "object", "additionalProperties": False, "required": required, "properties": members, **keywords}
    return (
        "catguard: 1\nsystem: shelf\n"
        'owners: {shelf: {team: Shelf, contact: "#shelf"}}\n'
        "components:\n  shelf:\n    owner: shelf\n    about: keeps\n    inbound:\n      put:\n"
        "        http: POST /put\n        from: public\n"
        + BODY.format(body=json.dumps(body), rule=json.dumps(rule))
        + "        response: {200: {media: [application/json]}}\n"
    )


@cache
def _boundary(text: str) -> Boundary:
    return load_text(text).boundary("shelf.inbound.put")


def estimated(
    rule: str, members: Mapping[str, Any], *, schema: Mapping[str, Any] | None = None, tree: Node | None = None
) -> Cost:
    """Return what is said of an expression over `request.body`, without a limit to its cost."""
    boundary = _boundary(rulebook("true", members if schema is None else {}))
    if schema is not None:
        shapes = tuple(replace(shape, schema=schema) for shape in boundary.request.shapes if shape.part == "body")
        boundary = replace(boundary, request=replace(boundary.request, shapes=shapes))
    facts = facts_of(boundary, boundary.request, defaults_applied=True)
    if tree is None:
        checked, complaints = Checker(facts, shared_evaluator()).check(rule, rule=True)
        assert checked is not None, complaints
        tree = checked.tree
    estimator = Estimator(boundary, boundary.request, facts)
    compiled = CompiledRule(boundary.request.rules[0], shared_evaluator().program(rule), tree, frozenset(), frozenset())
    return Cost(compiled, estimator.estimate(tree), tuple(estimator.sizes))


def affordable(rule: str, schema: Mapping[str, Any]) -> bool:
    """Whether a rule over a body of a schema is not refused for what it costs."""
    found = estimated(rule, {}, schema=schema).estimate
    return found.cost <= MAX_RULE and found.steps <= MAX_STEPS
