from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from catguard.errors import EvaluationError
from catguard.policies.compiler import compile_boundaries
from catguard.policies.loader import build
from catguard.policies.syntax import Literal
from tests.policies.mistakes import compiled, request

#: rule, what in the body makes it hold, what makes it false
RIGHT: list[tuple[str, Mapping[str, Any], Mapping[str, Any]]] = [
    ("request.body.width * request.body.height <= 4000000", {}, {"width": 100000}),
    ("request.body.format == 'webp'", {}, {"format": "png"}),
    ("request.body.format in ['webp', 'png']", {}, {"format": "jpeg"}),
    ("request.body['format'] != 'jpeg'", {}, {"format": "jpeg"}),
    ("request.body.ratio < 1.0", {}, {"ratio": 1.0}),
    ("!has(request.body.breed) || request.body.breed == 'siamese'", {"breed": "siamese"}, {"breed": "tabby"}),
    ("has(request.body.breed) && request.body.breed.startsWith('s')", {"breed": "siamese"}, {}),
    ("request.body.breed == 'siamese' && has(request.body.breed)", {"breed": "siamese"}, {}),
    ("has(request.body.breed) ? request.body.breed == 'x' : true", {}, {"breed": "y"}),
    ("!(has(request.body.breed) && request.body.breed == 'x')", {}, {"breed": "x"}),
    ("'first-name' in request.body && request.body['first-name'] == 'Tom'", {"first-name": "Tom"}, {"first-name": "Kit"}),
    ("has(request.body.`first-name`)", {"first-name": "Tom"}, {}),
    ("request.body.parts.all(p, !has(p.layer) || p.layer < 9)", {}, {"parts": [{"kind": "paw", "layer": 9}]}),
    ("request.body.parts.exists(p, p.kind == 'nose')", {}, {"parts": []}),
    ("size(request.body.parts) == 2", {}, {"parts": []}),
    ("request.body.parts.filter(p, p.kind == 'paw').map(p, p.kind) == ['paw']", {}, {"parts": []}),
    ("request.body.parts.filter(p, p.kind == 'paw').all(p, has(p.layer) && p.layer == 1)", {}, {"parts": [{"kind": "paw"}]}),
    ("request.body.tags.exists_one(t, t == 'small')", {}, {"tags": ["small", "small"]}),
    ("'small' in request.body.tags", {}, {"tags": ["large"]}),
    ("request.body.anchors.nose[0] + request.body.anchors['nose'][1] < 1.0", {}, {"anchors": {"nose": [0.5, 0.5]}}),
    ("request.body.anchors.all(name, size(request.body.anchors[name]) == 2)", {}, {"anchors": {"nose": [0.5]}}),
    ("has(request.body.box.y) ? request.body.box.y > 1 : request.body.box.x > 0", {}, {"box": {"x": 1, "y": 1}}),
    ("has(request.body.lid) && request.body.lid.x == 1", {"lid": {"x": 1}}, {}),
    ("request.body.note == null", {}, {"note": "x"}),
    ("has(request.body.mixed) && request.body.mixed == 3", {"mixed": 3}, {"mixed": "3"}),
    ("!has(request.body.free) || !has(request.body.free.a) || request.body.free.a > 1", {}, {"free": {"a": 1}}),
    ("request.body.count + request.query.page == 4", {}, {"count": 2}),
    ("request.headers['x-kind'] == 'cat' && request.body.width > 1 // a comment", {}, {"width": 1}),
    ("request.body.format.matches('^(webp|png)$')", {}, {"format": "jpeg"}),
    ("'etag' in request.headers || request.body.width == 480", {}, {"width": 481}),
    ("caller.component == 'public' && !caller.verified && request.body.width == 480", {}, {"width": 481}),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "good", "bad"), RIGHT, ids=[right[0] for right in RIGHT])
def test_right_rule_is_accepted_and_decided(rule: str, good: Mapping[str, Any], bad: Mapping[str, Any]) -> None:
    rules, faults, _ = compiled("REQUEST", [rule])

    assert [str(fault) for fault in faults] == []
    assert list(rules.run(request(**good))) == []
    assert [outcome for _, outcome in rules.run(request(**bad))] == [False]


@pytest.mark.parametrize(
    ("place", "rule", "good", "bad"),
    [
        ("IMAGE", "response.image.width == request.body.width", {"image": {"width": 480}}, {"image": {"width": 1}}),
        ("IMAGE", "response.media == 'image/' + request.body.format", {"media": "image/webp"}, {"media": "image/png"}),
        ("IMAGE", "response.headers['etag'] != ''", {"headers": {"etag": "1"}}, {"headers": {"etag": ""}}),
        ("IMAGE", "response.status == 200 && response.bytes < 9", {"status": 200, "bytes": 1}, {"status": 200, "bytes": 9}),
        ("IMAGE", "!has(response.headers.etag) || request.query.page == 1", {"headers": {}}, None),
        ("BODY", "response.body.id == request.params.id", {"body": {"id": "7"}}, {"body": {"id": "8"}}),
        ("PAGE", "!has(response.image) || response.image.frames == 1", {}, {"image": {"frames": 2}}),
        ("ROWS", "response.rows <= 1", {"rows": 1}, {"rows": 2}),
        ("RESULT", "response.result.m == 1", {"result": {"m": 1}}, {"result": {"m": 2}}),
    ],
)  # fmt: skip
def test_rule_of_a_response_is_decided(place: str, rule: str, good: dict[str, Any], bad: dict[str, Any] | None) -> None:
    rules, faults, _ = compiled(place, [rule])

    assert [str(fault) for fault in faults] == []
    assert list(rules.run({**request(), "response": good})) == []
    if bad is not None:
        assert [outcome for _, outcome in rules.run({**request(), "response": bad})] == [False]


@pytest.mark.parametrize(
    ("place", "rule", "facts", "holds"),
    [
        ("SQL", "request.operation == 'SELECT' && 'cats' in request.tables", {"operation": "SELECT", "tables": ["cats"]}, True),
        ("SQL", "!has(request.limit) || request.limit < 10", {}, True),
        ("SQL", "!has(request.limit) || request.limit < 10", {"limit": 10}, False),
        ("SQL", "!has(request.parameters.kind) || request.parameters.kind == 'cat'", {"parameters": {"kind": "dog"}}, False),
        ("ARGS", "request.args.n > 0", {"args": {"n": 0}}, False),
    ],
)  # fmt: skip
def test_rule_of_a_call_or_statement_is_decided(place: str, rule: str, facts: dict[str, Any], holds: bool) -> None:
    rules, faults, _ = compiled(place, [rule])

    assert [str(fault) for fault in faults] == []
    assert (not rules.run({"request": facts})) is holds


def test_broken_rules_are_told_in_their_order_and_no_others() -> None:
    rules, _, _ = compiled(
        "REQUEST", ["request.body.width > 1", "request.body.height > 999", "1 / request.body.width > 1", "true"]
    )

    broken = rules.run(request(width=0))

    assert [rule.assumption.id for rule, _ in broken] == ["r0", "r1", "r2"]
    assert [outcome for _, outcome in broken[:2]] == [False, False]
    assert str(broken[2][1]) == "divide by zero"


def test_rules_are_decided_on_whole_numbers_and_truths_as_cel_tells_them_apart() -> None:
    rules, _, _ = compiled("REQUEST", ["request.body.count == 1"])

    assert not rules.run(request(count=1))
    assert rules.run(request(count=True))


@pytest.mark.parametrize("width", [2**63, 2**64, -(2**63) - 1])
def test_integer_beyond_64_bits_breaks_the_rule_that_computes_with_it(width: int) -> None:
    rules, _, _ = compiled("REQUEST", ["request.body.width * 2 > 0 || request.body.width * 2 <= 0"])

    ((_, outcome),) = rules.run(request(width=width))

    assert isinstance(outcome, EvaluationError)


def test_overflow_breaks_the_rule() -> None:
    rules, _, _ = compiled("REQUEST", ["request.body.width * request.body.height > 0"])

    ((_, outcome),) = rules.run(request(width=2**62, height=4))

    assert "overflow" in str(outcome)


def test_endless_evaluation_breaks_the_rule() -> None:
    tags = "request.body.tags"
    rules, _, _ = compiled("REQUEST", [f"{tags}.all(a, {tags}.all(b, {tags}.all(c, a == b && b == c)))", "true"])

    ((rule, outcome),) = rules.run(request(tags=["small"] * 200))

    assert rule.assumption.id == "r0"
    assert "budget" in str(outcome)


@pytest.mark.parametrize("tag", ["\ud800", object(), (1, 2)])
def test_value_that_cel_cannot_hold_breaks_the_rule(tag: object) -> None:
    rules, _, _ = compiled("REQUEST", ["request.body.tags[0] == 'small'"])

    ((_, outcome),) = rules.run(request(tags=[tag]))

    assert isinstance(outcome, EvaluationError)


def test_member_that_is_missing_after_all_breaks_only_the_rule_that_reads_it() -> None:
    rules, _, _ = compiled("REQUEST", ["request.body.height > 1", "request.body.width > 1"])
    facts = request()
    del facts["request"]["body"]["width"]

    ((rule, outcome),) = rules.run(facts)

    assert rule.assumption.id == "r1"
    assert str(outcome) == "there is no member 'width'"


def test_rules_too_deep_to_be_asked_together_are_asked_on_their_own() -> None:
    deep = "(" * 31 + "request.body.width > 1" + ")" * 31
    rules, faults, _ = compiled("REQUEST", [deep, "request.body.height > 1"])

    assert faults == []
    assert list(rules.run(request())) == []
    assert [rule.assumption.id for rule, _ in rules.run(request(width=0))] == ["r0"]


def test_compiled_rule_names_the_facts_that_it_reads() -> None:
    rules, _, _ = compiled(
        "IMAGE",
        ["response.image.width == variables.width", "response.status == 200", "'etag' in response.headers"],
        variables={"width": "request.body.width"},
    )

    assert [rule.facts for rule in rules.rules] == [
        {"response.image", "request.body"},
        {"response.status"},
        {"response.headers"},
    ]


def test_rules_without_a_part_leave_out_those_that_read_it() -> None:
    rules, _, _ = compiled("IMAGE", ["response.image.width == 1", "response.status == 304"])

    bodiless = rules.without("response.body", "response.image")

    assert [rule.assumption.id for rule, _ in bodiless.run({"response": {"status": 200}})] == ["r1"]


def test_checked_tree_has_types_and_the_names_and_places_of_the_text() -> None:
    rule = "'x-size' in request.headers && request.headers['x-size'] > 3"
    rules, _, _ = compiled("REQUEST", [rule])
    conjunction = rules.rules[0].tree
    test, comparison = conjunction.arguments  # type: ignore[union-attr] # a Call
    read = comparison.arguments[0]

    assert (test.test, test.field, test.type.kind) == (True, "x-size", "bool")
    assert (read.field, read.type.kind) == ("x-size", "int")
    assert comparison.position == rule.index("> 3")
    assert comparison.arguments[1] == Literal(3, "int")


def test_rules_of_the_shipped_policies_compile() -> None:
    text = Path(__file__).parents[2].joinpath("policies.yaml").read_text("utf-8")
    policies, faults = build([("policies.yaml", text)])
    assert policies is not None
    compiled_set, more = compile_boundaries(policies)

    assert [str(fault) for fault in (*faults, *more)] == []
    written = sum(len(phase.rules) for boundary in policies.boundaries() for phase in boundary.phases())
    built = [phase.rules.rules for boundary in compiled_set.boundaries.values() for phase in boundary.phases()]
    assert sum(map(len, built)) == written > 30
