from __future__ import annotations

from dataclasses import replace

import pytest

from catguard.policies.compiler import compile_boundaries
from catguard.policies.loader import build
from tests.policies.mistakes import PLACES, TEXT, compiled, faults_of

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
    ("REQUEST", "¦" + "1 + " * 40 + "1 == 41", "nested more than 32 deep", "variables"),
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
