from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catguard.errors import EvaluationError
from catguard.policies.compiler import compile_boundaries
from catguard.policies.expressions import Evaluator, Function
from catguard.policies.loader import build
from catguard.policies.model import Fault, Location, Variable
from catguard.policies.rules import compile_rules
from catguard.policies.syntax import Literal
from tests.policies.mistakes import CALLER, PLACES, REQUEST, TEXT, compiled, faults_of, policies

#: place, rule with the mark where the fault is expected, message, hint
MISTAKES = [
    # names
    ("REQUEST", "request.body.¦widht <= 4", "request.body has no field 'widht'", "did you mean 'width'?"),
    ("REQUEST", "request.body[¦'widht'] <= 4", "request.body has no field 'widht'", "did you mean 'width'?"),
    ("REQUEST", "request.¦boddy.width == 1", "request has no field 'boddy'", "did you mean 'body'?"),
    ("REQUEST", "¦requst.body.width == 1", "there is no fact 'requst'", "did you mean 'request'?"),
    ("REQUEST", "has(request.body.¦bread)", "request.body has no field 'bread'", "did you mean 'breed'?"),
    ("REQUEST", "request.headers[¦'x-knd'] == 'cat'", "request.headers has no field 'x-knd'", "did you mean 'x-kind'?"),
    ("REQUEST", "¦'x-sise' in request.headers", "request.headers has no field 'x-sise'", "did you mean 'x-size'?"),
    ("REQUEST", "request.params[¦'idd'] == ''", "request.params has no field 'idd'", "did you mean 'id'?"),
    ("REQUEST", "request.body.parts.all(p, p.¦kid == 'paw')", "p has no field 'kid'", "did you mean 'kind'?"),
    ("REQUEST", "caller.¦componet == 'x'", "caller has no field 'componet'", "did you mean 'component'?"),
    ("REQUEST", "caller.¦class == 'public'", "a caller has no class of its own", "caller.component is the component's"),
    ("REQUEST", "variables.¦area > 1", "there is no variable 'area'", "none is declared"),
    ("REQUEST", "request.body.format == ¦True", "there is no fact 'True'", "write true"),
    ("REQUEST", "request.body.format.¦contain('web')", "there is no function 'contain'", "did you mean 'contains'?"),
    ("REQUEST", "request.body.tags.¦al(t, t == 'small')", "there is no function 'al'", "did you mean 'all'?"),
    ("REQUEST", "¦len(request.body.tags) > 1", "there is no function 'len'", "write size"),
    ("REQUEST", "request.body.tags.¦all(t == 'small')", "all() is not called like this", "list.all(item, condition)"),
    (
        "REQUEST",
        "request.body.format.startsWith¦()",
        "startsWith() is not called like this",
        "text.startsWith('start')",
    ),
    # parts that are not there
    ("REQUEST", "¦response.status == 200", "a request is decided before there is a response", "move the rule"),
    ("BARE", "request.¦body.width == 1", "no body is declared for this request", "declare `body:` under `request`"),
    ("IMAGE", "response.¦body.x == 1", "no body is declared for this response", "declare `body:`"),
    ("BODY", "response.¦image.width == 1", "`media` of this response lists no image/* type", "under `media:`"),
    ("STREAM", "response.¦body.id == ''", "a streamed body is not held back to be read", "remove `stream: true`"),
    ("PAGE", "response.¦image.width == 1", "response.image can be absent", "has(response.image)"),
    ("ROWS", "¦caller.verified", "only inbound http boundaries know their caller", None),
    ("ARGS", "request.args.¦m == 1", "request.args has no field 'm'", "known: n"),
    ("RESULT", "response.result.¦n == 1", "response.result has no field 'n'", "known: m"),
    ("SQL", "request.parameters.¦other == 1", "request.parameters has no field 'other'", "known: kind"),
    ("ROWS", "response.¦row < 1", "response has no field 'row'", "did you mean 'rows'?"),
    # types
    (
        "REQUEST",
        "request.body.width ¦<= '4'",
        "`<=` does not go with request.body.width (int) and string",
        "write 4 without",
    ),
    (
        "REQUEST",
        "request.body.format ¦== 7",
        "`==` does not go with request.body.format (string) and int",
        "write '7' in",
    ),
    ("REQUEST", "request.body.ratio ¦< 1", "`<` does not go with request.body.ratio (double) and int", "write 1.0"),
    ("REQUEST", "request.body.width ¦== 3.0", "`==` does not go with request.body.width (int) and double", "write 3"),
    (
        "REQUEST",
        "request.body.width ¦* 1.5 > 2.0",
        "`*` does not go with",
        "convert the integer: double(request.body.width)",
    ),
    ("REQUEST", "request.body.width ¦&& true", "`&&` wants true or false, not request.body.width (int)", None),
    ("REQUEST", "¦!request.body.width", "`!` wants true or false, not request.body.width (int)", None),
    ("REQUEST", "request.body.format ¦== null", "request.body.format is never null", "has(request.body.format)"),
    ("REQUEST", "request.body.note ¦> 3", "`>` does not go with request.body.note (string or null) and int", None),
    ("REQUEST", "size¦(request.body.width) > 1", "size() does not take request.body.width (int)", "size(list)"),
    ("REQUEST", "request.body.tags.¦x == 1", "a list of string has no fields", "list.all(item, item.field == 1)"),
    ("REQUEST", "request.body.width.¦x == 1", "int has no fields", None),
    ("REQUEST", "request.body¦.box.all(b, true)", "this is a record", None),
    ("REQUEST", "request.body.width ¦in request.body.tags", "`in` cannot find request.body.width (int) in", "a list"),
    ("REQUEST", "request.body.tags¦['a'] == 'small'", "`[ ]` takes no string for request.body.tags", None),
    ("REQUEST", "(request.headers)¦['x-kind'] == 'cat'", "`[ ]` takes no string for", "without parentheses"),
    ("REQUEST", "request.body[¦request.body.format] == 1", "are read by a name that is written out", None),
    ("REQUEST", "true ¦? 'a' : 1", "both outcomes of `? :` have one type, not string and int", None),
    ("REQUEST", "¦request.body.width", "a rule is true or false, but this is an int", "compare it with something"),
    ("REQUEST", "¦has(request.body.mixed) ? request.body.mixed : 1", "no declared type", "== true"),
    # values
    ("REQUEST", "request.body.format == ¦'webb'", 'request.body.format is never "webb"', "did you mean 'webp'?"),
    ("REQUEST", "request.body.format != ¦'webb'", 'request.body.format is never "webb"', "did you mean 'webp'?"),
    ("REQUEST", "¦'webb' == request.body.format", 'request.body.format is never "webb"', "did you mean 'webp'?"),
    ("REQUEST", "request.body.format in ['png', ¦'jpg']", 'request.body.format is never "jpg"', "did you mean 'jpeg'?"),
    ("REQUEST", "request.headers['x-kind'] == ¦'cow'", 'is never "cow"', "known: cat, dog"),
    ("REQUEST", "¦'tiny' in request.body.tags", 'request.body.tags is never "tiny"', "known: large, small"),
    ("REQUEST", "request.body.parts.all(p, p.kind == ¦'leg')", 'p.kind is never "leg"', "known: nose, paw"),
    ("REQUEST", "request.body.count == ¦7", "request.body.count is never 7", "known: 1, 2, 3"),
    ("REQUEST", "¦request.body.format == request.headers['x-kind']", "is never request.headers['x-kind']", "webp, png"),
    ("IMAGE", "response.image.format == ¦'webb'", 'response.image.format is never "webb"', "did you mean 'webp'?"),
    ("IMAGE", "response.media == ¦'image/gif'", 'response.media is never "image/gif"', "image/png"),
    ("REQUEST", "request.body.format.matches(¦'[')", "matches(): invalid regular expression", None),
    ("REQUEST", "duration(¦'soon') > duration('1s')", "duration(): ", None),
    ("REQUEST", "request.body.width > ¦99999999999999999999", "an integer of CEL has 64 bits", None),
    # presence
    ("REQUEST", "request.body.¦breed == 'x'", "request.body.breed can be absent", "has(request.body.breed)"),
    (
        "REQUEST",
        "request.body[¦'first-name'] == ''",
        "request.body['first-name'] can be absent",
        "'first-name' in request.body",
    ),
    ("REQUEST", "!has(request.body.breed) && request.body.¦breed == 'x'", "request.body.breed can be absent", "has("),
    ("REQUEST", "has(request.body.breed) || request.body.¦breed == 'x'", "request.body.breed can be absent", "has("),
    ("REQUEST", "has(request.body.breed) ? true : request.body.¦breed == 'x'", "can be absent", "has("),
    ("REQUEST", "request.body.parts.all(p, p.¦layer > 1)", "p.layer can be absent", "has(p.layer)"),
    (
        "REQUEST",
        "request.body.parts.exists(q, has(q.layer) && request.body.parts.all(p, p.¦layer > 1))",
        "p.layer can",
        "has(",
    ),
    (
        "REQUEST",
        "request.body.parts[0].¦layer > 1 || has(request.body.parts[1].layer)",
        "parts[0].layer can be",
        "has(",
    ),
    ("REQUEST", "request.body.¦lid.x > 1", "request.body.lid can be absent", "has(request.body.lid)"),
    ("REQUEST", "has(request.body.¦lid.x)", "request.body.lid can be absent", "has(request.body.lid)"),
    ("REQUEST", "request.body.box.¦y > 1", "request.body.box.y can be absent", "has(request.body.box.y)"),
    ("REQUEST", "request.body.anchors.¦eyes[0] > 0.5", "request.body.anchors.eyes can be absent", "has("),
    ("REQUEST", "has(request.body.free) && request.body.free.¦a == 1", "request.body.free.a can be absent", "has("),
    (
        "REQUEST",
        "request.headers[¦'etag'] == 'x'",
        "request.headers['etag'] can be absent",
        "'etag' in request.headers",
    ),
    ("OUTBOUND", "request.query.¦page < 10", "request.query.page can be absent", "has(request.query.page)"),
    ("SQL", "request.¦limit < 10", "request.limit can be absent", "has(request.limit)"),
    # spelling
    ("REQUEST", "request.body.width ¦and true", "'and' is not expected here", "write &&"),
    ("REQUEST", "request.body.width ¦= 1", "'=' is no operator of CEL", "write =="),
    ("REQUEST", "true ¦& true", "'&' is no operator of CEL", "write &&"),
    ("REQUEST", "not ¦request.body.width", "'request' is not expected here", "write !"),
    ("REQUEST", "(request.body.width > 1¦", "a ')' is missing", None),
    ("REQUEST", "request.body.width >¦", "the expression ends too early", None),
    ("REQUEST", "true ? true¦", "the expression ends too early", "a ':' is missing"),
    ("REQUEST", "request.body.format == ¦'webp", "a string has no end", "close it"),
    ("REQUEST", "request.body.¦in == 1", "'in' is a reserved word", "write ['in']"),
    ("REQUEST", "¦if (true) false", "'if' is a reserved word", "condition ? value : other"),
    ("REQUEST", "has(request.headers¦['etag'])", "has() asks for a field, has(a.b)", "'name' in a"),
    ("REQUEST", "request.body.tags.all(¦1, true)", "the first argument of a macro names its variable", "list.all(item"),
    ("REQUEST", "¦" + "(" * 40 + "true" + ")" * 40, "nested more than 32 deep", "variables"),
]


@pytest.mark.parametrize(("place", "marked", "message", "hint"), MISTAKES, ids=[mistake[1] for mistake in MISTAKES])
def test_mistake_is_told_where_it_is_written(place: str, marked: str, message: str, hint: str | None) -> None:
    faults, expected = faults_of(place, marked)

    assert [fault.location for fault in faults] == [expected]
    assert message in faults[0].message
    assert (hint or "") in (faults[0].hint or "")


def test_every_mistake_of_an_expression_is_told() -> None:
    faults, _ = faults_of(
        "REQUEST",
        "request.body.widht == 1 && request.body.breed == 'x' && request.body.format == 'gif' && 1 + 'a' == 2",
    )

    assert [fault.message.split(" is ")[0].split(" can ")[0].split(" has ")[0] for fault in faults] == [
        "request.body",
        "request.body.breed",
        "request.body.format",
        "`+` does not go with int and string",
    ]


def test_mistake_on_a_later_line_of_a_block_is_told_on_that_line() -> None:
    _, faults, location = compiled("REQUEST", ["request.body.width > 1 &&\n    request.body.widht > 1"])

    assert [fault.location for fault in faults] == [
        replace(location, line=location.line + 1, column=location.column + 17)
    ]


def test_fault_has_its_place_in_the_file() -> None:
    text = TEXT.replace("{VARIABLES}", '{area: "request.body.widht"}')
    for place in PLACES:
        text = text.replace(f"{{{place}}}", "{}")
    found, _ = build([("try.yaml", text)])
    assert found is not None
    _, faults = compile_boundaries(found)

    line = next(number for number, row in enumerate(text.splitlines(), 1) if "widht" in row)
    column = text.splitlines()[line - 1].index("widht") + 1
    assert [str(fault) for fault in faults] == [
        f"try.yaml:{line}:{column}: request.body has no field 'widht' (did you mean 'width'?)"
    ]


def request(**body: Any) -> dict[str, Any]:
    """Return facts that fit, but for these members of the body."""
    facts = copy.deepcopy(dict(REQUEST))
    facts["body"].update(body)
    return {"request": facts, "caller": dict(CALLER)}


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


def test_variable_is_typed_by_its_result() -> None:
    area = {"area": "request.body.width * request.body.height", "kind": "request.headers['x-kind']"}
    faults, expected = faults_of("REQUEST", "variables.area ¦> 'a'", variables=area)
    assert [fault.location for fault in faults] == [expected]

    faults, expected = faults_of("REQUEST", "variables.kind == ¦'cow'", variables=area)
    assert [fault.location for fault in faults] == [expected]

    faults, expected = faults_of("REQUEST", "variables.¦aera > 1", variables=area)
    assert [fault.hint for fault in faults] == ["did you mean 'area'?"]


def test_variable_is_evaluated_before_the_rules_and_reads_earlier_ones() -> None:
    variables = {"area": "request.body.width * request.body.height", "all": "variables.area * request.body.count"}
    rules, faults, _ = compiled("REQUEST", ["variables.all == 892800", "variables.area > 1"], variables=variables)

    assert faults == []
    assert list(rules.run(request())) == []
    assert [rule.assumption.id for rule, _ in rules.run(request(count=1))] == ["r0"]


def test_variable_that_holds_a_record_keeps_its_fields() -> None:
    rules, faults, _ = compiled(
        "REQUEST", ["variables.box.x == 1 && size(variables.paws) == 1"],
        variables={"box": "request.body.box", "paws": "request.body.parts.filter(p, p.kind == 'paw')"},
    )  # fmt: skip
    assert faults == []
    assert list(rules.run(request())) == []

    faults, expected = faults_of("REQUEST", "variables.box.¦z == 1", variables={"box": "request.body.box"})
    assert [fault.location for fault in faults] == [expected]


def test_variable_is_evaluated_once_and_only_if_a_rule_reads_it() -> None:
    calls: list[int] = []

    def noted(value: int) -> int:
        calls.append(value)
        return value

    rules, faults, _ = compiled(
        "REQUEST",
        ["variables.w > 1", "variables.w < 2 || variables.w > 2"],
        variables={"w": "noted(request.body.width)", "unused": "noted(1)"},
        functions=[Function("noted", ("int",), "int", noted)],
    )

    assert faults == []
    assert list(rules.run(request())) == []
    assert calls == [480]


def test_variable_that_fails_breaks_only_what_needs_it() -> None:
    rules, _, _ = compiled(
        "REQUEST",
        ["request.body.width == 0 || variables.share > 1", "variables.share > 1", "variables.double > 1", "true"],
        variables={"share": "request.body.height / request.body.width", "double": "variables.share * 2"},
    )

    broken = rules.run(request(width=0))

    assert [rule.assumption.id for rule, _ in broken] == ["r1", "r2"]
    assert {str(outcome) for _, outcome in broken} == {"variables.share: divide by zero"}


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("response.status", "a variable reads only request and caller"),
        ("request.body.widht", "request.body has no field 'widht'"),
        ("request.body.breed", "request.body.breed can be absent"),
        ("variables.later", "there is no variable 'later'"),
        ("duration('1s')", "a variable cannot be a duration"),
    ],
)
def test_mistake_in_a_variable_is_told_once(expression: str, message: str) -> None:
    _, faults, _ = compiled("IMAGE", ["variables.it == variables.it"], variables={"it": expression, "later": "1"})

    assert [message in fault.message for fault in faults] == [True]


def test_mistake_in_a_variable_is_told_by_one_phase() -> None:
    faults: list[Fault] = []
    boundary = replace(
        policies().boundary("shop.inbound.order"), variables=(Variable("x", "request.z", Location("f", 1, 1)),)
    )
    for phase in boundary.phases():
        compile_rules(boundary, phase, defaults_applied=True, faults=faults)

    assert [fault.message for fault in faults] == ["request has no field 'z'"]


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


def test_function_of_a_plugin_is_checked_and_called() -> None:
    shout = Function("shout", ("string",), "string", str.upper, member=True)
    rules, faults, _ = compiled(
        "REQUEST",
        ["request.body.format.shout() == 'WEBP'", "request.body.width.shout() == ''"],
        functions=[shout],
    )

    assert [fault.message for fault in faults] == ["shout() does not take request.body.width (int)"]
    assert list(rules.run(request())) == []
    assert [outcome for _, outcome in rules.run(request(format="png"))] == [False]


def test_rules_of_the_shipped_policies_compile() -> None:
    text = Path(__file__).parents[2].joinpath("policies.yaml").read_text("utf-8")
    policies, faults = build([("policies.yaml", text)])
    assert policies is not None
    compiled_set, more = compile_boundaries(policies)

    assert [str(fault) for fault in (*faults, *more)] == []
    written = sum(len(phase.rules) for boundary in policies.boundaries() for phase in boundary.phases())
    built = [phase.rules.rules for boundary in compiled_set.boundaries.values() for phase in boundary.phases()]
    assert sum(map(len, built)) == written > 30


FIELDS = ("breed", "lid", "mixed")


def conditions() -> st.SearchStrategy[str]:
    """Return conditions over members that can be absent."""
    tests = st.sampled_from(FIELDS).map(lambda name: f"has(request.body.{name})")
    keys = st.sampled_from(FIELDS).map(lambda name: f"'{name}' in request.body")
    reads = st.sampled_from(
        ["request.body.breed == 'x'", "request.body.lid.x == 1", "request.body['mixed'] == 1", "true", "false"]
    )
    return st.recursive(
        tests | keys | reads,
        lambda inner: st.one_of(
            st.tuples(inner, st.sampled_from(["&&", "||"]), inner).map(lambda parts: f"({' '.join(parts)})"),
            inner.map(lambda part: f"!({part})"),
            st.tuples(inner, inner, inner).map(lambda parts: f"({parts[0]} ? {parts[1]} : {parts[2]})"),
        ),
        max_leaves=6,
    )


@settings(deadline=None)  # how long the first example takes says nothing
@given(condition=conditions(), present=st.sets(st.sampled_from(FIELDS)))
def test_accepted_rule_never_fails_for_an_absent_member(condition: str, present: set[str]) -> None:
    rules, faults, _ = compiled("REQUEST", [condition])
    values = {"breed": "x", "lid": {"x": 1}, "mixed": 1}

    outcomes = [outcome for _, outcome in rules.run(request(**{name: values[name] for name in present}))]

    assert faults or not any(isinstance(outcome, EvaluationError) for outcome in outcomes)


@settings(deadline=None)  # how long the first example takes says nothing
@given(
    expressions=st.lists(
        st.sampled_from(
            [
                "request.body.width > 1",
                "request.body.height / request.body.width > 1",
                "request.body.count == 1",
                "true",
            ]
        ),
        min_size=1,
        max_size=5,
    ),
    width=st.integers(-1, 3),
    count=st.integers(1, 2),
)
def test_asking_all_rules_together_answers_as_each_on_its_own(expressions: list[str], width: int, count: int) -> None:
    rules, _, _ = compiled("REQUEST", expressions)
    facts = request(width=width, count=count)
    evaluator = Evaluator()
    alone: dict[str, object] = {}
    for number, expression in enumerate(expressions):
        try:
            alone[f"r{number}"] = evaluator.program(expression).evaluate(facts)
        except EvaluationError as error:
            alone[f"r{number}"] = str(error)

    together = {rule.assumption.id: outcome for rule, outcome in rules.run(facts)}

    assert {name: str(outcome) for name, outcome in together.items()} == {
        name: str(outcome) for name, outcome in alone.items() if outcome is not True
    }
