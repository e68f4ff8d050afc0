from __future__ import annotations

import json

import pytest

from catguard.engine.evaluator import rehearse
from catguard.policies.loader import compile_texts
from tests.policies.rulebook import rulebook

CANARY = "CANARY7f3a"
MEMBERS = {
    "text": {"type": "string", "maxLength": 40},
    "place": {"type": "integer"},
    "map": {"type": "object", "additionalProperties": {"type": "integer"}},
    "list": {"type": "array", "items": {"type": "integer"}},
}


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("request.body.map[request.body.text] > 0", "a member is absent"),
        ("request.body.list[request.body.place] > 0", "an index lies outside of its list"),
        ("request.body.text.matches(request.body.text)", "a pattern is no regular expression"),
        ("int(request.body.text) > 0", "cannot convert string to int"),
        ("timestamp(request.body.text) > timestamp('2026-01-31T00:00:00Z')", "String to Timestamp conversion failed"),
        ("1 / (request.body.place - request.body.place) > 0", "divide by zero"),
        ("{'a': 1}['b'] > 0", "there is no member 'b'"),
    ],
)
def test_a_rule_that_cannot_be_evaluated_says_why_and_shows_no_value(rule: str, words: str) -> None:
    compiled = compile_texts([("p.yaml", rulebook(rule, MEMBERS))])
    body = {"text": f"({CANARY}", "place": 424242, "map": {}, "list": []}
    (violation,) = rehearse(compiled, "shelf.inbound.put", {"body": body}).violations
    assert violation.unevaluated
    assert violation.message == f"so; it could not be evaluated: {words}"
    told = json.dumps(violation.wire()) + str(violation)
    assert CANARY not in told
    assert "424242" not in told
