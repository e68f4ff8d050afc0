from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catguard.engine.decision import Violation
from catguard.engine.evaluator import rehearse
from catguard.engine.masking import without_names
from catguard.policies.compiler import CompiledPolicySet
from catguard.policies.loader import compile_texts
from tests.engine.refusing import POLICY
from tests.engine.test_explanation import CARD, FLAGS, PARTS, PET
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


@pytest.mark.parametrize(
    ("where", "kept"),
    [
        ("/body", "/body"),
        ("/body/notes/secret", "/body/notes/*"),
        ("/body/secret/notes", "/body/*/notes"),
        ("/body/notes/12/secret", "/body/notes/12/*"),
        ("/body/4111111111111111", "/body/*"),
        ("/body/a~1b/c~1d", "/body/a~1b/*"),
    ],
)
def test_names_that_no_policy_knows_are_not_kept(where: str, kept: str) -> None:
    assert without_names(where, {"notes", "a/b"}) == kept


@pytest.mark.parametrize(
    ("assumption", "where", "kept"),
    [
        ("query/unevaluatedProperties", "/query/secret", "/query/*"),
        ("body/notes/*/maxLength", "/body/notes/secret", "/body/notes/*"),
        ("body/lines/*/count/maximum", "/body/lines/3/count", "/body/lines/3/count"),
        ("body/count/maximum", "/body/count", "/body/count"),
        ("even", "/body/count", "/body/count"),
        ("body/required", "/body/few", "/body/few"),
        ("body/*/oneOf", "/body/secret/few", "/body/*/few"),
        ("body/oneOf", "/body/notes/secret", "/body/*/*"),
        ("body/readable", "/body/secret/3", "/body/*/3"),
        ("", "", ""),
    ],
)
def test_names_in_the_refusal_of_another_tier_are_not_kept(assumption: str, where: str, kept: str) -> None:
    found = Violation.from_wire({"assumption": assumption, "where": where, "message": where, "limit": "few"})
    assert (found.where, found.kept[0]) == (where, kept)
    assert ("secret" in f"{found}") is False


NAMES = st.sampled_from((CANARY, "kind", "lives", "bark", "a", "b", "card", "x-flag"))
VALUES = st.sampled_from((CANARY, "cat", "dog", 1, 10**30, None))
BODIES = st.recursive(
    VALUES, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=6
)
SHAPES = [CARD, FLAGS, PARTS, PET, {"type": "object", "additionalProperties": PET}, {"type": "array", "items": FLAGS}]
BY_SHAPE = [
    compile_texts([("p.yaml", POLICY.replace("QUERY", "{}").replace("BODY", json.dumps(shape)))]) for shape in SHAPES
]


@given(compiled=st.sampled_from(BY_SHAPE), body=BODIES)
def test_what_others_and_logs_are_told_has_no_word_of_the_sender(compiled: CompiledPolicySet, body: Any) -> None:
    for violation in rehearse(compiled, "shop.inbound.order", {"body": body}).violations:
        received = Violation.from_wire(json.loads(json.dumps(violation.wire())))
        for told in (violation, received):
            assert CANARY not in f"{told} {json.dumps(told.for_others().wire())}"
