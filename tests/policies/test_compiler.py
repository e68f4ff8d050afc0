from __future__ import annotations

from typing import Any

import pytest

from catguard.engine.evaluator import decide_response
from catguard.policies.compiler import compile_boundaries
from catguard.policies.loader import build, compile_texts
from catguard.policies.parts import MAX_ERRORS
from tests.policies.mistakes import PLACES, REQUEST, TEXT


def test_answer_to_head_is_not_asked_for_what_only_a_body_has() -> None:
    rules = "{size: {rule: response.image.width == 1, why: w}, tag: {rule: \"response.headers.etag == 'a'\", why: w}}"
    text = TEXT.replace("{VARIABLES}", "{}").replace("{IMAGE}", rules)
    for place in PLACES:
        text = text.replace(f"{{{place}}}", "{}")
    policies, _ = build([("try.yaml", text)])
    assert policies is not None
    compiled, _ = compile_boundaries(policies)
    boundary = compiled.boundaries["shop.inbound.order"]

    def broken(**answer: object) -> list[str]:
        response = {"status": 200, "media": "image/png", "headers": {"etag": "b"}, "bytes": 0, **answer}
        decision = decide_response(compiled, boundary, dict(REQUEST), response)
        return [violation.assumption for violation in decision.violations]

    assert broken(bodiless=True) == ["tag"]
    assert broken(image={"width": 2, "height": 1, "format": "png", "frames": 1}) == ["size", "tag"]


LISTS = """\
catguard: 1
system: toy
owners: {toys: {team: Toys, contact: "#toys"}}
components:
  toy:
    owner: toys
    about: Plays.
    inbound:
      play:
        call: play
        request: {args: {properties: {lists: {type: array, items: {type: array, maxItems: 3, items: {type: integer}}}}}}
"""


@pytest.mark.parametrize(
    ("lists", "count"),
    [([["a"] * 100], MAX_ERRORS), ([["a"] * 9_000], 1), ([["a"]] * 9_000, 1), ([["a"]] * 5, 5)],
    ids=["one list", "one long list", "many lists", "few lists"],
)
def test_errors_of_a_large_value_are_not_all_looked_for(lists: Any, count: int) -> None:
    part = compile_texts([("toy.yaml", LISTS)]).boundaries["toy.inbound.play"].request.parts["args"]
    errors = part.errors({"lists": lists})
    assert len(errors) == count
    assert {error.assumption.id for error in errors} <= {"args/lists/*/*/type", "args/lists/*/maxItems"}


@pytest.mark.parametrize(("items", "count"), [(30, MAX_ERRORS), (300, 1)])
def test_errors_of_fewer_values_are_looked_for_where_each_has_alternatives(items: int, count: int) -> None:
    alternatives = ", ".join(f"{{type: array, items: {{const: {number}}}}}" for number in range(20))
    text = LISTS.replace("{type: array, maxItems: 3, items: {type: integer}}", f"{{oneOf: [{alternatives}]}}")
    part = compile_texts([("toy.yaml", text)]).boundaries["toy.inbound.play"].request.parts["args"]
    assert len(part.errors({"lists": ["a"] * items})) == count
