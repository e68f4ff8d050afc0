from __future__ import annotations

import json
from typing import Any

import pytest

from catguard.errors import PolicyError
from catguard.policies.costs import MAX_RULE
from catguard.policies.loader import compile_texts
from tests.policies.rulebook import estimated, rulebook

TAG = {"type": "string", "maxLength": 20}


def faults(rule: str, **members: Any) -> list[str]:
    """The faults of a policy with one rule, each with its hint."""
    try:
        compile_texts([("p.yaml", rulebook(rule, members))])
    except PolicyError as error:
        return [str(fault) for fault in error.faults]
    return []


def array(most: int | None = None, items: Any = TAG) -> dict[str, Any]:
    return {"type": "array", "items": items} | ({} if most is None else {"maxItems": most})


def test_a_bound_that_is_missing_is_asked_for_where_the_list_is_declared() -> None:
    (fault,) = faults("request.body.tags.all(tag, size(tag) < 9)", tags=array())
    assert "it goes through up to 65,536 items; CEL gives up after 9,999" in fault
    assert "add maxItems to request.body.tags, declared at p.yaml:12:" in fault
    assert "without it there can be 65,536" in fault


def test_the_bound_that_nobody_wrote_is_named_before_a_larger_one() -> None:
    rule = "request.body.a.all(x, request.body.b.all(y, x != y))"
    (fault,) = faults(rule, a=array(9000, {"type": "integer"}), b=array(None, {"type": "integer"}))
    assert "add maxItems to request.body.b" in fault


def test_a_bound_that_is_too_high_is_asked_to_be_lowered() -> None:
    (fault,) = faults("request.body.a.all(x, request.body.a.all(y, x == y || size(x) > 3))", a=array(200))
    assert "goes through up to 40,200 items" in fault
    assert "lower maxItems of request.body.a" in fault
    assert "it is 200" in fault


def test_map_and_filter_cost_the_square() -> None:
    (fault,) = faults("size(request.body.a.filter(x, x > 0)) > 1", a=array(1000, {"type": "integer"}))
    assert f"of which {MAX_RULE:,} are allowed" in fault
    assert "lower maxItems of request.body.a" in fault
    assert faults("size(request.body.a.filter(x, x > 0)) > 1", a=array(100, {"type": "integer"})) == []
    assert faults("request.body.a.exists(x, x > 0)", a=array(1000, {"type": "integer"})) == []


def test_a_pattern_over_a_long_text_costs_its_length_times_the_pattern() -> None:
    pattern = "^(" + "|".join(f"word{number}" for number in range(40)) + ")+$"
    rule = f"request.body.text.matches('{pattern}')"
    (fault,) = faults(rule, text={"type": "string"})
    assert "add maxLength to request.body.text" in fault
    assert faults(rule, text={"type": "string", "maxLength": 500}) == []


def test_a_loop_over_what_is_written_in_the_rule_needs_no_bound() -> None:
    assert faults("[1, 2, 3].all(x, x > request.body.n)", n={"type": "integer"}) == []


@pytest.mark.parametrize(
    "rule",
    [
        "request.body.a.all(x, request.body.b == request.body.c)",
        "request.body.a.all(x, dyn(request.body.b) != dyn(request.body.c))",
        "request.body.a.all(x, request.body.b in [request.body.c])",
        "request.body.a.all(x, request.body.m == request.body.m)",
        "request.body.a.all(x, request.body == request.body)",
        "request.body.a.all(x, size(request.body.b + request.body.c) > x)",
        "request.body.a.all(x, math.greatest(request.body.b) > x)",
        " && ".join(["request.body == request.body"] * 40),
    ],
)
def test_what_lists_and_objects_hold_is_paid_for_where_all_of_it_is_looked_at(rule: str) -> None:
    whole = {"type": "integer"}
    counts = {"type": "object", "maxProperties": 5000, "additionalProperties": whole}
    (fault,) = faults(rule, a=array(900, whole), b=array(5000, whole), c=array(5000, whole), m=counts)
    assert "costs up to" in fault


def test_small_lists_and_objects_may_be_compared() -> None:
    rule = "request.body.a == request.body.b && request.body.a.all(x, x != [] && x == request.body.a[0])"
    inner = array(4)
    assert faults(rule, a=array(20, inner), b=array(20, inner)) == []


def test_members_of_an_object_may_be_gone_through_by_name() -> None:
    counts = {"type": "object", "maxProperties": 2000, "additionalProperties": {"type": "integer"}}
    assert faults("request.body.m.all(name, request.body.m[name] > 0)", m=counts) == []
    rule = "request.body.m.all(name, name.startsWith('x-'))"
    (fault,) = faults(rule, m=counts)
    assert "add propertyNames.maxLength to request.body.m, declared at p.yaml:12:" in fault
    assert faults(rule, m={**counts, "propertyNames": {"maxLength": 30}}) == []


@pytest.mark.parametrize("rule", ["type(request.body.a) == list", "type(request.body.a) != type(request.body.n)"])
def test_types_are_compared_for_nothing(rule: str) -> None:
    assert estimated(rule, {"a": array(), "n": {}}).estimate.cost < 10


LONG = {"type": "string", "maxLength": 60_000}


@pytest.mark.parametrize(
    "rule",
    [
        "request.body.x.replace('a', request.body.x).size() < 5",
        "request.body.x.replace('', request.body.x).size() < 5",
        "request.body.x.split('').join(request.body.x) != ''",
        "[request.body.x, 'a'].map(x, x + x).filter(x, x != '').join(request.body.x.replace('a', 'bbbbbbbbbb')) != ''",
        "request.body.a.all(a, request.body.a.join(a).size() < 10000000)",
        "'%s'.format([request.body.x.replace('a', 'bbbbbbbbbbbbbbbbbbbb')]) != ''",
        "request.body.x.contains(request.body.x + 'a') || request.body.x.indexOf(request.body.x) > 0",
    ],
)
def test_what_functions_make_of_texts_costs_its_length(rule: str) -> None:
    (fault,) = faults(rule, x=LONG, a=array(200, {"type": "string", "maxLength": 1000}))
    assert "costs up to" in fault
    assert "lower max" in fault


@pytest.mark.parametrize(
    "rule",
    [
        "request.body.x.lowerAscii() != 'a' && request.body.x.trim().reverse().substring(1) != ''",
        "request.body.x.replace(' ', '-').size() > 5",
        "request.body.x.contains('a needle') && request.body.x.indexOf('another') > 0",
        "request.body.x.split(',').size() < 9 && '%d of %s'.format([3, request.body.x]) != ''",
        "request.body.tags.map(tag, tag.lowerAscii() + 'a').join(', ').size() < 100",
        "strings.quote(request.body.tags.join(request.body.tags[0])) != ''",
    ],
)
def test_functions_of_texts_may_be_used(rule: str) -> None:
    assert faults(rule, x=LONG, tags=array(50)) == []


def with_variables(rule: str, variables: dict[str, str], **members: Any) -> list[str]:
    text = rulebook(rule, members)
    line = f"        variables: {json.dumps(variables)}\n        request:"
    try:
        compile_texts([("p.yaml", text.replace("        request:", line, 1))])
    except PolicyError as error:
        return [str(fault) for fault in error.faults]
    return []


def test_texts_that_variables_make_longer_are_seen() -> None:
    variables = {"v0": "request.body.x + request.body.x"}
    variables |= {f"v{number}": f"variables.v{number - 1} + variables.v{number - 1}" for number in range(1, 14)}
    (fault,) = with_variables("size(variables.v13) > 0", variables, x=LONG)
    assert "costs up to" in fault
    assert "lower maxLength of request.body.x" in fault
    assert with_variables("size(variables.v0) > 0", {"v0": variables["v0"]}, x=LONG) == []


def test_a_variable_of_a_variable_is_paid_for() -> None:
    variables = {"dear": "request.body.a.filter(x, x > 0)", "many": "size(variables.dear)"}
    (fault,) = with_variables("variables.many > 1", variables, a=array(1000, {"type": "integer"}))
    assert "lower maxItems of request.body.a" in fault


def test_a_boundary_has_a_limit_of_its_own() -> None:
    text = rulebook("request.body.a.all(x, size(x) < 9)", {"a": array(4000)})
    start = text.index("it: {")
    rule = text[start : text.index("}", start) + 1]
    many = ", ".join(rule.replace("it:", f"it-{number}:") for number in range(40))
    with pytest.raises(PolicyError) as caught:
        compile_texts([("p.yaml", text.replace(rule, many))])
    (fault,) = [str(fault) for fault in caught.value.faults]
    assert "the rules of shelf.inbound.put cost up to" in fault
    assert "it-0 alone 20,002" in fault
    assert "lower maxItems of request.body.a" in fault


@pytest.mark.parametrize(
    ("rule", "cost"),
    [
        ("request.body.n > 0", 3),
        ("request.body.n > 0 && request.body.n < 9", 7),
        ("request.body.a.all(x, x > 0)", 2 + 50 * 4),
        ("request.body.s == 'twenty characters...'", 3 + 2),
    ],
)
def test_costs_are_counted_as_documented(rule: str, cost: int) -> None:
    members = {"n": {"type": "integer"}, "a": array(50, {"type": "integer"}), "s": TAG}
    assert estimated(rule, members).estimate.cost == cost
