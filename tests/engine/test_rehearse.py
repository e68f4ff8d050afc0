"""An exchange that is written down is decided alike on copies of its own and on exact ones; what was given stays."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from catguard.engine.evaluator import rehearse
from catguard.engine.plain import plain
from catguard.engine.snapshots import Engine
from catguard.guard import Guard
from catguard.policies.loader import compile_texts
from tests.policies.rulebook import rulebook

MEMBERS = {
    "text": {"type": "string", "maxLength": 4, "default": "none"},
    "place": {"type": "integer", "maximum": 9},
    "list": {"type": "array", "items": {"type": "number"}, "default": [1]},
}
RULE = "size(request.body.list) < 3 && request.body.place != 4"
COMPILED = compile_texts([("p.yaml", rulebook(RULE, MEMBERS, required=["place"]))])
BODIES: list[dict[str, Any]] = [
    {"place": 5.0, "list": [1, 2.5]},
    {"place": 4},
    {"place": 3, "list": [1, 2, 3]},
    {"place": 12, "text": "longer"},
    {"text": 1, "place": "x", "other": None},
    {},
]


@pytest.mark.parametrize("body", BODIES, ids=str)
def test_exact_copies_are_decided_as_others_are(body: dict[str, Any]) -> None:
    ways = [
        rehearse(COMPILED, "shelf.inbound.put", {"body": body}),
        rehearse(COMPILED, "shelf.inbound.put", plain({"body": body}), exact=True),
        Guard(Engine(COMPILED), "shelf").decide("inbound.put", request={"body": body}),
    ]
    told = [(way.allowed, {(found.assumption, found.where) for found in way.violations}) for way in ways]
    assert told[0] == told[1] == told[2]


@pytest.mark.parametrize("body", BODIES, ids=str)
def test_what_is_given_to_decide_stays_as_it_is(body: dict[str, Any]) -> None:
    given = {"body": body}
    before = deepcopy(given)
    Guard(Engine(COMPILED), "shelf").decide("inbound.put", request=given)
    assert repr(given) == repr(before)
