"""What `audit` and `warn` may change: a softened assumption denies nothing, and nothing is denied that was not before."""

from __future__ import annotations

import copy
import json
from functools import cache
from typing import Any

from hypothesis import given, seed, settings
from hypothesis import strategies as st

from catguard.engine.decision import Decision
from catguard.engine.evaluator import decide_request
from catguard.policies.actions import of_whole_boundary
from catguard.policies.compiler import CompiledPolicySet
from catguard.policies.loader import compile_texts
from tests.policies.cases import QUIET

SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["n"],
    "properties": {
        "n": {"type": "integer", "minimum": 0, "maximum": 9, "multipleOf": 3},
        "s": {"type": "string", "maxLength": 2, "pattern": "^a"},
        "l": {"type": "array", "maxItems": 2, "items": {"enum": ["x", "y"]}},
    },
}
RULES = {
    "small": "request.body.n < 7",
    "short": "!has(request.body.s) || size(request.body.s) < 2",
    "apart": "10 / request.body.n > 1",
    "first": "!has(request.body.l) || request.body.l[0] == 'x'",
}


@cache
def compiled(soft: str = "", action: str = "deny") -> CompiledPolicySet:
    """Return a policy whose assumption `soft` has another action."""
    boundary = {
        "http": "POST /put",
        "from": "public",
        "actions": {soft: action} if "/" in soft else {},
        "request": {
            "body": SCHEMA,
            "assume": {
                name: {"rule": rule, "why": "so"} | ({"action": action} if name == soft else {})
                for name, rule in RULES.items()
            },
        },
        "response": {"204": {}},
    }
    owners = {"shelf": {"team": "Shelf", "contact": "#shelf"}}
    components = {"shelf": {"owner": "shelf", "about": "keeps", "inbound": {"put": boundary}}}
    text = json.dumps({"catguard": 1, "system": "shelf", "owners": owners, "components": components})
    return compile_texts([("p.yaml", text)])


BOUNDARY = "shelf.inbound.put"
IDS = [
    found.id
    for found in compiled().boundaries[BOUNDARY].policy.request.assumptions()
    if found.kind != "limit" and not of_whole_boundary(found.id)
]
MEMBERS = {
    "n": st.integers(-3, 12) | st.sampled_from(["1", 2.5, True, 2**70]),
    "s": st.sampled_from(["", "a", "ab", "abc", "b", 1]),
    "l": st.lists(st.sampled_from(["x", "y", "z"]), max_size=3),
    "o": st.just(1),
}


def decided(policies: CompiledPolicySet, body: Any, *, exact: bool) -> Decision:
    request = {"method": "POST", "path": "/put", "query": {}, "params": {}, "headers": {}, "media": "application/json",
               "bytes": 9, "body": copy.deepcopy(body)}  # fmt: skip
    return decide_request(policies, policies.boundaries[BOUNDARY], request, exact=exact)


@seed(20261123)
@settings(QUIET, max_examples=300)
@given(
    st.fixed_dictionaries({}, optional=MEMBERS),
    st.sampled_from([identity for identity in IDS if not identity.startswith("query")]),
    st.sampled_from(["warn", "audit"]),
    st.booleans(),
)
def test_a_softened_assumption_denies_nothing_and_lets_nothing_else_deny(
    body: dict[str, Any], soft: str, action: str, exact: bool
) -> None:
    hard, softened = decided(compiled(), body, exact=exact), decided(compiled(soft, action), body, exact=exact)
    assert all(found.action == action for found in softened.violations if found.assumption == soft)
    told = {found.assumption for found in hard.violations}
    if hard.allowed:
        assert softened.violations == ()
    elif soft not in told:
        assert {found.assumption for found in softened.violations} == told
    else:
        # Where it was the only one of its stage, the next stage is asked; what is told of this stage stays.
        assert told <= {found.assumption for found in softened.violations}
    assert softened.allowed == all(found.assumption == soft for found in softened.violations)
