from __future__ import annotations

import json
from typing import Any

import pytest

from catguard.analysis.catalogue import CATALOGUE
from catguard.analysis.findings import Finding
from catguard.analysis.lint import lint
from catguard.errors import PolicyError
from catguard.policies.diagnostics import policy_schema
from catguard.policies.loader import compile_texts

TEXT = {"type": "string", "maxLength": 9, "description": "short"}
NUMBER = {"type": "integer", "minimum": 1, "maximum": 9, "description": "a digit"}


def policy(**changes: Any) -> str:
    """Return a policy that the linter has nothing to say of, changed: keys of its one boundary, or of the file."""
    body = {
        "type": "object",
        "additionalProperties": False,
        "required": ["n"],
        "properties": {"n": NUMBER, **changes.pop("members", {})},
        "description": "so",
        **changes.pop("body", {}),
    }
    rules = changes.pop("assume", {"even": {"rule": "request.body.n % 2 == 0", "why": "pairs"}})
    refuse = [{"by": "even", "request": {"body": {"n": 3}}}]
    file = {key: changes.pop(key) for key in list(changes) if key in ("shapes", "lint", "defaults")}
    boundary = {
        "http": "POST /put",
        "from": "public",
        "request": {"body": body, "assume": rules},
        "response": {"200": {"media": {"limit": ["application/json"], "why": "so"}}},
        "examples": {"two": {"request": {"body": {"n": 2}}, "refuse": refuse if "even" in rules else []}},
        **changes,
    }
    if not boundary["examples"].get("two", {}).get("refuse", True):
        del boundary["examples"]["two"]["refuse"]
    return json.dumps(
        {
            "catguard": 1,
            "system": "shelf",
            **file,
            "owners": {"shelf": {"team": "Shelf", "contact": "#shelf"}},
            "components": {"shelf": {"owner": "shelf", "about": "keeps", "inbound": {"put": boundary}}},
        },
        ensure_ascii=False,
    )


def found(text: str) -> list[Finding]:
    return lint(compile_texts([("p.yaml", text)]))


def rules(**rules: str) -> dict[str, Any]:
    return {"assume": {name.replace("_", "-"): {"rule": rule, "why": "so"} for name, rule in rules.items()}}


OBJECT = {"type": "object", "description": "so"}
CLOSED = {**OBJECT, "additionalProperties": False}
LIST = {"type": "array", "maxItems": 4, "description": "so"}
EVEN = "request.body.n % 2 == 0"
#: By rule, policies that break it, and beside each what it is told with.
BROKEN: list[tuple[str, dict[str, Any], str]] = [
    ("unbounded", {"members": {"s": {"type": "string", "description": "so"}}}, "body/s has no maxLength"),
    ("unbounded", {"members": {"s": {"type": "array", "items": NUMBER, "description": "so"}}}, "body/s has no maxItems"),
    ("unbounded", {"members": {"s": {**OBJECT, "additionalProperties": NUMBER}}}, "body/s has no maxProperties"),
    ("unbounded", {"members": {"s": {"description": "so"}}}, "body/s can be anything"),
    ("unbounded", {"members": {"s": {"anyOf": [{"type": "null"}, {"type": "string"}], "description": "so"}}}, "body/s has"),
    ("unbounded", {"members": {"s": {"type": "array", "maxItems": 2, "items": {"type": "string"}, "description": "so"}}}, "body/s/* has no maxLength"),
    ("unbounded", {"members": {"s": LIST}}, "body/s/* can be anything"),
    ("unbounded", {"members": {"s": {**LIST, "prefixItems": [NUMBER]}}}, "body/s/* can be anything"),
    ("unbounded", {"members": {"s": {"not": {"type": "integer"}, "description": "so"}}}, "body/s can be anything: it has no type"),
    ("unbounded", {"members": {"s": {"maxLength": 5, "description": "so"}}}, "body/s can be anything: it has no type"),
    ("without-reason", {"body": {"description": ""}}, "body/required (with n)"),
    ("without-reason", {"request": {"max_bytes": 5}, "examples": {"none": {"request": {}}}}, "max_bytes (at most 5 bytes)"),
    ("rule-always-true", rules(even=EVEN, small="request.body.n < 10"), "small can never fail"),
    ("rule-always-true", rules(even=EVEN, sum="1 + 1 == 2"), "sum can never fail: it reads nothing"),
    ("rule-always-false", rules(even=EVEN, large="request.body.n > 9"), "large can never pass"),
    ("rule-always-false", rules(even=EVEN, none="request.body.n > 5 && request.body.n < 3"), "none can never pass"),
    ("contradiction", rules(even=EVEN, a="request.body.n > 5", b="request.body.n < 3"), "nothing fits both b and a"),
    ("contradiction", rules(even=EVEN, odd="request.body.n % 2 != 0"), "nothing fits both odd and even"),
    ("contradiction", rules(even=EVEN, a="request.path.startsWith('/a')", b="request.body.n > 2 && !request.path.startsWith('/a')"), "both b and a"),
    ("contradiction", {"members": {"s": {**NUMBER, "minimum": 10}}}, "nothing is at least 10 and at most 9"),
    ("contradiction", {"members": {"s": {**TEXT, "minLength": 10}}}, "nothing is at least 10 characters"),
    ("contradiction", {"members": {"s": {"enum": [10, 11], "maximum": 9, "description": "so"}}}, "none of the values"),
    ("contradiction", {"members": {"s": {"allOf": [NUMBER, TEXT]}}}, "no value has both types"),
    ("contradiction", {"members": {"s": {"enum": ["A", "B"], "pattern": "^[a-z]$", "description": "so"}}}, "none of the values"),
    ("contradiction", {"members": {"s": {"type": "integer", "const": "a", "description": "so"}}}, "none of the values"),
    ("contradiction", {"body": {"required": ["n", "x"], "properties": {"n": NUMBER, "x": False}}}, "x is required"),
    ("contradiction", {"members": {"s": {**CLOSED, "allOf": [{"required": ["z"]}]}}}, "z is required"),
    ("contradiction", {"body": {"required": ["n", "s"], "maxProperties": 1}, "members": {"s": TEXT}}, "2 members are required"),
    ("contradiction", {"body": {"minProperties": 2}}, "at least 2 members are wanted, and only 1 are let in"),
    ("contradiction", {"members": {"s": {**NUMBER, "minimum": 1.2, "maximum": 1.8}}}, "no whole number lies between"),
    ("contradiction", {"members": {"s": {**NUMBER, "multipleOf": 10}}}, "no multiple of 10 lies between 1 and 9"),
    ("contradiction", {"members": {"s": {**LIST, "minItems": 3, "items": {"enum": ["a", "b"]}, "uniqueItems": True}}}, "only 2 differ"),
    ("contradiction", {"members": {"s": {**NUMBER, "anyOf": [{"minimum": 10}, {"type": "string"}]}}}, "none of the branches"),
    ("contradiction", {"members": {"s": {**TEXT, "default": "twelve words"}}}, 'body/s: the default "twelve words" is none of'),
    ("contradiction", {"members": {"o": {**CLOSED, "properties": {"s": {**NUMBER, "default": 10}}}}}, "body/o/s: the default 10 is none"),
    ("rule-always-true", {"members": {"s": {**TEXT, "maximum": 5}}}, "it is about each number, and only string is let in"),
    ("rule-always-true", {"members": {"s": {**NUMBER, "pattern": "^a$"}}}, "it is about each string"),
    ("rule-always-true", {"members": {"s": {**TEXT, "minLength": 0}}}, "nothing has less than none"),
    ("rule-always-true", rules(even=EVEN, a="request.body.n > 3 || request.body.n <= 3"), "its own parts leave nothing out"),
    ("rule-always-true", rules(even=EVEN, a="!(request.body.n > 3 && request.body.n < 3)"), "its own parts leave nothing"),
    ("rule-always-true", rules(even=EVEN, a="request.body.n < 5 || false || !(4 >= request.body.n && true)"), "nothing out"),
    ("duplicate", rules(even=EVEN, a="!(request.body.n < 5)", b="request.body.n >= 5"), "b refuses nothing that a"),
    ("duplicate", rules(even=EVEN, a="!(request.body.n < 3 || request.body.n > 5)", b="!!(request.body.n >= 3)"), "b refuses nothing"),
    ("duplicate", rules(even=EVEN, a="request.body.n < 5", b="request.body.n <= 6"), "b refuses nothing that a"),
    ("duplicate", rules(even=EVEN, a="size(request.path) < 5", b="size(request.path)  <  5"), "b refuses nothing"),
    ("duplicate", {"members": {"s": {**NUMBER, "exclusiveMaximum": 20}}}, "less than 20, where it must be at most 9"),
    ("backtracking-pattern", {"members": {"s": {**TEXT, "pattern": "^(a+)+$"}}}, "exponential time"),
    ("backtracking-pattern", {"members": {"s": {**TEXT, "pattern": "^a*a*$", "maxLength": 5000}}}, "polynomial time"),
    ("without-example", {"examples": {}}, "shelf.inbound.put"),
    ("never-accepts", {"response": {"200": {"media": {"limit": ["text/plain"], "why": "so"}, "assume": {"few": {"rule": "response.bytes % 2 == 0", "why": "so"}}}}}, "few"),
    ("never-refuses", rules(even=EVEN, odd="request.body.n != 7"), "odd"),
    ("unused-shape", {"shapes": {"Old": TEXT}}, "Old"),
    ("hidden-characters", {"about": "keeps\u202e things"}, "U+202E, right-to-left override"),
    ("confusable-characters", {"members": {"p\u0430th": TEXT}}, "cyrillic small letter a"),
    ("unused-switch", {"lint": {"unbounded": {"off": "old"}}}, "unbounded finds nothing in these files"),
]  # fmt: skip
#: By rule, policies that are near to breaking it and do not.
SOUND: list[tuple[str, dict[str, Any]]] = [
    ("unbounded", {"members": {"s": False, "o": {**CLOSED, "maxProperties": 3, "patternProperties": {"^a$": False}}}}),
    ("unbounded", {"members": {"s": TEXT, "e": {"enum": ["a"]}, "o": {**OBJECT, "additionalProperties": False}}}),
    ("unbounded", {"members": {"s": {"anyOf": [{"type": "null"}, {"type": "string"}], "maxLength": 3}}}),
    ("unbounded", {"members": {"s": {"allOf": [{"type": "string"}, {"maxLength": 3}]}}}),
    ("unbounded", {"members": {"s": {**LIST, "items": TEXT}, "p": {**LIST, "maxItems": 1, "prefixItems": [NUMBER]}}}),
    ("contradiction", {"members": {"s": {**NUMBER, "default": 9}, "t": {"enum": ["a"], "default": "a"}}}),
    ("rule-always-true", rules(even=EVEN, a="request.body.n * 9223372036854775807 > 0")),  # or it overflows
    ("without-reason", {}),
    ("rule-always-true", rules(even=EVEN, small="request.body.n < 9")),
    ("rule-always-true", {**rules(even=EVEN, small="request.body.n < 10"), "actions": {"body/n/maximum": "audit"}}),
    ("rule-always-false", rules(even=EVEN, large="request.body.n > 8")),
    ("contradiction", rules(even=EVEN, a="request.body.n > 2", b="request.body.n < 4")),
    ("contradiction", rules(even=EVEN, a="request.body.n % 3 != 0", b="!(request.body.n % 3 == 1)")),
    ("contradiction", {"assume": {"a": {"rule": "2 / request.body.n == 1", "why": "so", "failure_policy": "ignore"}, "b": {"rule": "2 / request.body.n != 1", "why": "so"}}}),
    ("contradiction", {"assume": {"a": {"rule": "request.body.n > 5", "why": "so", "action": "warn"}, "b": {"rule": "request.body.n < 3", "why": "so"}}}),
    ("contradiction", {"members": {"s": {**NUMBER, "minimum": 9}, "t": {"type": ["integer", "string"], "minimum": 4, "maxLength": 3}}}),
    ("contradiction", {"members": {"s": {"enum": ["A", "b"], "pattern": "^[a-z]$"}, "o": {**OBJECT, "additionalProperties": False}}}),
    ("contradiction", {"members": {"s": {**OBJECT, "required": ["ab"], "patternProperties": {"^a": TEXT}, "additionalProperties": False}}}),
    ("contradiction", {"members": {"s": {**OBJECT, "required": ["a"], "unevaluatedProperties": False, "anyOf": [{"properties": {"a": TEXT}}]}}}),
    ("contradiction", {"members": {"s": {**NUMBER, "multipleOf": 9}, "t": {**NUMBER, "exclusiveMinimum": 7, "exclusiveMaximum": 9}}}),
    ("contradiction", {"members": {"s": {**NUMBER, "anyOf": [{"minimum": 10}, {"minimum": 9}]}, "t": {"type": "number", "minimum": 1.2, "maximum": 1.8}}}),
    ("contradiction", {"members": {"s": {**LIST, "minItems": 2, "items": {"enum": ["a", "b"]}, "uniqueItems": True}}}),
    ("rule-always-true", {"members": {"s": {"type": ["integer", "string"], "maximum": 5, "maxLength": 3}, "t": {**TEXT, "minLength": 1}}}),
    ("duplicate", rules(even=EVEN, a="request.body.n < 5", b="request.body.n > 6")),
    ("duplicate", rules(even=EVEN, a="!(request.body.n < 5)", b="request.body.n < 8")),
    ("rule-always-true", rules(even=EVEN, a="request.body.n > 3 || request.body.n < 3")),
    ("rule-always-true", rules(even=EVEN, a="request.body.n > 3 || size(request.path) <= 3")),
    ("rule-always-true", rules(even=EVEN, a="!(request.body.n > 3 || request.body.n <= 2)")),
    ("duplicate", {"assume": {"a": {"rule": "request.body.n < 5", "why": "so", "action": "warn"}, "b": {"rule": "request.body.n < 8", "why": "so"}}}),
    ("duplicate", {"members": {"s": {"$ref": "#/shapes/Digit", "maximum": 5}}, "shapes": {"Digit": NUMBER}}),
    ("backtracking-pattern", {"members": {"s": {**TEXT, "pattern": "^a*a*$"}}}),
    ("backtracking-pattern", {"members": {"s": {**CLOSED, "patternProperties": {"^a$": TEXT}, "propertyNames": True}}}),
    ("without-example", {}),
    ("never-accepts", {}),
    ("never-refuses", {}),
    ("unused-shape", {"members": {"s": {"$ref": "#/shapes/Old"}}, "shapes": {"Old": TEXT}}),
    ("hidden-characters", {"about": "größer als ein Regal 😺"}),
    ("confusable-characters", {"about": "\u043a\u043e\u0442 \u0441\u043e\u0440, cat"}),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "changes", "words"), BROKEN)
def test_a_policy_that_breaks_a_rule_is_found(rule: str, changes: dict[str, Any], words: str) -> None:
    told = [finding for finding in found(policy(**changes)) if finding.rule == rule]
    assert any(words in finding.message for finding in told), found(policy(**changes))
    assert {finding.level for finding in told} == {CATALOGUE[rule].level}


@pytest.mark.parametrize(("rule", "changes"), SOUND)
def test_a_policy_that_is_near_to_it_is_not(rule: str, changes: dict[str, Any]) -> None:
    assert [str(finding) for finding in found(policy(**changes)) if finding.rule == rule] == []


def test_the_policy_behind_these_tests_is_free_of_findings() -> None:
    assert found(policy()) == []


@pytest.mark.parametrize("schema", [{}, True, {"anyOf": [{"type": "string"}, {"type": "null"}]}])
def test_what_is_unbounded_is_told_where_it_is_written(schema: Any) -> None:
    text = policy(members={"m": NUMBER, "thing": schema, "t": TEXT})
    (finding,) = [finding for finding in found(text) if finding.rule == "unbounded"]
    assert text.index('"thing"') < finding.location.column < text.index('"t"')


def test_values_that_other_readers_of_yaml_take_for_something_else_are_told_where_they_stand() -> None:
    text = policy(about="PLACE").replace('"PLACE"', "yes")
    (finding,) = found(text)
    assert (finding.rule, finding.location.column) == ("yaml-surprise", text.index("yes") + 1)


@pytest.mark.parametrize("where", ["file", "boundary"])
def test_a_rule_is_switched_off_with_a_reason(where: str) -> None:
    loose = {"members": {"s": {"type": "string", "description": "so"}}}
    assert [finding.rule for finding in found(policy(**loose))] == ["unbounded"]
    off = {"unbounded": {"off": "the old client sends whole books"}}
    text = policy(**loose, **({"lint": off} if where == "file" else {}))
    if where == "boundary":
        text = text.replace('"http"', f'"lint": {json.dumps(off)}, "http"')
    assert found(text) == []


@pytest.mark.parametrize(
    ("rule", "changes"), [(rule, changes) for rule, changes, _ in BROKEN if rule != "unused-switch"]
)
def test_every_rule_is_silent_where_it_is_switched_off(rule: str, changes: dict[str, Any]) -> None:
    off = {rule: {"off": "so"}, "unused-switch": {"off": "so"}}
    assert [str(finding) for finding in found(policy(**{**changes, "lint": off})) if finding.rule == rule] == []


def test_a_switch_without_a_reason_or_of_an_unknown_rule_does_not_load() -> None:
    with pytest.raises(PolicyError, match="lacks `off`"):
        found(policy(lint={"unbounded": {}}))
    with pytest.raises(PolicyError, match="did you mean 'unbounded'"):
        found(policy(lint={"unbounde": {"off": "so"}}))


def test_every_rule_is_tested_and_described_and_can_be_switched_off() -> None:
    elsewhere = {"yaml-surprise", "waiver-expired", "waiver-expires-soon", "waiver-unused"}
    switchable = {entry.id for entry in CATALOGUE.values() if entry.switchable}
    assert {rule for rule, _, _ in BROKEN} | elsewhere == switchable
    assert set(policy_schema()["$defs"]["lint"]["properties"]) == switchable
    for entry in CATALOGUE.values():
        assert all((entry.title, entry.why, entry.avoid, entry.prefer)), entry.id
        assert entry.avoid != entry.prefer
