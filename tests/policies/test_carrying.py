from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catguard.engine.evaluator import decide_request
from catguard.policies.carrying import carried
from catguard.policies.expressions import Evaluator
from catguard.policies.loader import compile_texts

EVALUATOR = Evaluator(roots=("x",))
POLICY = """
catguard: 1
system: mill
owners: {mill: {team: Mill, contact: "#mill"}}
components:
  mill:
    owner: mill
    about: grinds
    inbound:
      grind:
        http: POST /grind
        from: public
        variables: {twice: request.body.k + request.body.k}
        request:
          body: {type: object, additionalProperties: true, required: [k], properties: {k: {type: string, maxLength: 9}}}
          assume:
            plain: {rule: "request.body.k.matches('^[a-z]+$')", why: w}
            doubled: {rule: "variables.twice.matches('^[a-z]+$')", why: w}
        response: {204: {}}
"""
texts = st.text(st.characters(codec="utf-8"), max_size=5) | st.sampled_from(["\0", "a\0b", "\0a", "a\0"])
values = st.recursive(
    texts | st.integers(-9, 9) | st.none() | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
)


@given(values)
def test_value_comes_back_from_cel_as_it_went_in(value: Any) -> None:
    assert EVALUATOR.program("x", checked=False).evaluate({"x": value}) == value


@given(values)
def test_value_without_nul_is_not_copied(value: Any) -> None:
    assert carried(value) is value or "\\x00" in repr(value)


def test_bytes_are_taken_whole() -> None:
    assert EVALUATOR.program("size(x)", checked=False).evaluate({"x": b"\0a"}) == 2


@pytest.mark.parametrize("exact", [True, False])
def test_rule_about_a_text_sees_what_stands_behind_a_nul(exact: bool) -> None:
    mill = compile_texts([("mill.yaml", POLICY)])
    facts = {"params": {}, "query": {}, "headers": {}, "body": {"k": "a\0!"}}
    decision = decide_request(mill, mill.boundaries["mill.inbound.grind"], facts, exact=exact)
    assert [(found.assumption, found.unevaluated) for found in decision.violations] == [
        ("plain", False),
        ("doubled", False),
    ]


def test_name_with_a_nul_is_an_evaluation_error_and_so_denied() -> None:
    mill = compile_texts([("mill.yaml", POLICY)])
    facts = {"params": {}, "query": {}, "headers": {}, "body": {"k": "a", "k\0": "!"}}
    decision = decide_request(mill, mill.boundaries["mill.inbound.grind"], facts, exact=True)
    assert [(found.assumption, found.unevaluated) for found in decision.violations] == [
        ("plain", True),
        ("doubled", True),
    ]
