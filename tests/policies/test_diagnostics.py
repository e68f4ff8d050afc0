"""Faults of form: in words instead of regular expressions, and beside those that other stages find."""

from __future__ import annotations

from pathlib import Path

import pytest

from catguard.errors import PolicyError
from catguard.policies import diagnostics
from catguard.policies.document import read
from catguard.policies.loader import compile_texts
from tests.fuzzing import fuzz
from tests.policies.test_fuzz import TEXTS

TOY = (Path(__file__).parent.parent / "toy.yaml").read_text()


def faults(*changes: tuple[str, str]) -> list[str]:
    text = TOY
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    with pytest.raises(PolicyError) as caught:
        compile_texts([("toy.yaml", text)])
    return [str(fault) for fault in caught.value.faults]


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (
            "max_bytes: 10",
            "max_bytes: 10KB",
            '`max_bytes` is "10KB", which is not how it is written (A whole number, or',
        ),
        ("http: POST /orders/{id}", "http: /orders/{id}", 'an HTTP operation: "GET /v1/pictures/{id}"'),
        (
            "          422: {}",
            "          42: {}",
            'unknown key "42" (What is assumed of the answer. For HTTP by status',
        ),
        ("catguard: 1\n", "", "toy.yaml:1:1: the file lacks `catguard`"),
        (
            "default: hi,",
            'pattern: "(\\\\p{L}{1,1000}){1,1000}",',
            "is too large for its engine once its repetitions are written out (repeat less",
        ),
        (
            "default: hi,",
            'pattern: "[[:alpha:]]{2,1}",',
            "is no regular expression: min repeat greater than max repeat",
        ),
        (
            "even: {rule: request.body.count % 2 == 0, why: pairs}",
            "even: request.body.count > 2",
            "but must be a mapping (write {rule: ..., why: ...})",
        ),
        (
            "count % 2 == 0,",
            "count > 2 ? true : false,",
            "(a text that holds a colon and a space, a comma, a bracket or a quote wants quotes)",
        ),
        (
            "rule: request.body.count % 2 == 0,",
            "rule: request.body.count in [2],",
            "(a text that holds a colon and a space, a comma, a bracket",
        ),
        (
            "rule: request.body.count % 2 == 0,",
            "rule: !(request.body.count % 2 == 1),",
            "(a text that begins with ! wants quotes)",
        ),
        ("why: pairs}", "why: *pairs*}", "(a text that begins with * wants quotes)"),
        ("why: pairs}", "why: @home}", "(a text that begins with @ wants quotes)"),
        (
            "http: POST /orders/{id}",
            "http: POST /orders/{id}\n        actions: {query/max_bytes: warn}",
            "query/max_bytes cannot be softened (remove the action",
        ),
        (
            "            even: {",
            "            Even: {",
            'toy.yaml:20:13: the name "Even" is not how it is written (A name',
        ),
        ("why: pairs}", 'why: " "}', "`why` is blank"),
        ("max_bytes: 10", "max_bytes: !!int 10", "!!int is a tag of YAML, and tags are not read (leave it out"),
        ("maximum: 100", "maximum: 1_000", '`maximum` is "1_000", but must be a number (write 1000)'),
        ("maximum: 100", "maximum: 0b11", '`maximum` is "0b11", but must be a number (write 3)'),
        ("maximum: 100", "maximum: 1e400", '`maximum` is "1e400", but must be a number'),
        ("maximum: 100", "format: int32", 'unknown key "format" (no format is checked: write a `pattern`'),
    ],
)
def test_a_wrong_form_is_told_in_words(old: str, new: str, fault: str) -> None:
    (found,) = faults((old, new))
    assert fault in found
    assert "^" not in found


def test_two_actions_of_one_assumption_are_a_fault() -> None:
    twice = "http: POST /orders/{id}\n        actions: {even: warn}"
    (found,) = faults(("http: POST /orders/{id}", twice), ("why: pairs}", "why: pairs, action: audit}"))
    assert "toy.yaml:21:13: even has the action audit here and warn under `actions` (write one)" in found


def test_a_wrong_detail_does_not_hide_other_faults_of_its_boundary() -> None:
    found = faults(("max_bytes: 10", "max_bytes: 10KB"), ("request.body.count % 2", "request.body.cuont % 2"))
    assert len(found) == 2
    assert "did you mean 'count'" in "".join(found)


@pytest.mark.parametrize(
    ("old", "new"), [("maximum: 12,", "maximum: twelve,"), ('"#/shapes/Order"', '"#/shapes/Ordre"')]
)
def test_of_a_broken_shape_nothing_else_is_told(old: str, new: str) -> None:
    named = "http: POST /orders/{id}\n        actions: {body/count/minimum: audit}"
    waiver = "waivers: [{boundary: shop.inbound.order, assumption: body/count/maximum, owner: me, why: w, expires: 2099-01-01}]"
    changes = ("http: POST /orders/{id}", named), ("system: toy", f"{waiver}\nsystem: toy")
    assert len(faults((old, new), *changes)) == 1
    assert (
        len(
            faults(
                *((before, after.replace("m: a", "s: a").replace("maximum, o", "most, o")) for before, after in changes)
            )
        )
        == 2
    )


def test_an_assumption_without_why_does_not_hide_other_faults_of_its_boundary() -> None:
    found = faults(("% 2 == 0, why: pairs}", "% 2 == 0}"), ("rule: response.body.ok,", "rule: response.body.okay,"))
    assert len(found) == 2
    assert "`even` lacks `why`" in found[0]
    assert "has no field 'okay'" in found[1]


def test_a_word_outside_a_list_names_the_list_once() -> None:
    (found,) = faults(("max_bytes: 10", "max_bytes: {limit: 10, action: block}"))
    assert found.endswith('`action` is "block", but must be one of: deny, warn, audit')


@pytest.mark.parametrize(
    ("written", "misspelt"),
    [
        ("additionalProperties: false, required: [count]", "additionalPropertis: false, required: [count]"),
        ("properties: {count", "propertis: {count"),
        ("required: [count]", "requred: [count]"),
        ("rule: request.body.count % 2 == 0", "rul: request.body.count % 2 == 0"),
        ("http: GET", "htp: GET"),
        ("response: {200: {media: [text", "respone: {200: {media: [text"),
        ("components:", "component:"),
    ],
)
def test_a_misspelt_key_is_told_and_nothing_that_only_follows_from_it(written: str, misspelt: str) -> None:
    (fault,) = faults((written, misspelt))
    assert "unknown key" in fault
    assert "did you mean" in fault


@pytest.mark.parametrize(
    ("owners", "hint"),
    [
        ("owners: {me: {team: Me, contact: #me}}", 'line 3: a # after a space begins a comment; write "#me"'),
        (
            "owners:\n  me:\n    team: Me\n    contact: #me",
            '`contact` has no value (a # after a space begins a comment; write contact: "#me")',
        ),
    ],
)
def test_a_value_that_is_read_as_a_comment_is_told_as_that(owners: str, hint: str) -> None:
    (fault,) = faults(('owners: {me: {team: Me, contact: "#me"}}', owners))
    assert hint in fault


@pytest.mark.parametrize("kind", TEXTS)
@pytest.mark.parametrize("part", ["whole", "included", "combined"])
def test_a_form_that_is_found_good_is_good_to_the_reference(kind: str, part: diagnostics.Part) -> None:
    def law(text: str) -> None:
        document, _ = read(text, "a.yaml")
        if document is not None and diagnostics._has_form(part)(document.data):
            assert diagnostics._validator(part).is_valid(document.data)

    fuzz(law, TEXTS[kind], examples=60)


def test_the_form_of_a_good_policy_is_not_asked_of_the_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    document, _ = read(TOY, "toy.yaml")
    assert document is not None
    monkeypatch.delattr(diagnostics, "_validator")
    assert diagnostics.check_form(document) == []


@pytest.mark.parametrize("character", ["\\x1c", "\\x1f", "\\x85", "\\x7f", "\\u2028"])
def test_a_path_with_a_control_character_is_told(character: str) -> None:
    (found,) = faults(("http: POST /orders/{id}", f'http: "POST /orders/{{id}}{character}"'))
    assert "which is not how it is written" in found


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("undeclared: audit", "write inbound: {undeclared: audit} or outbound: {undeclared: audit}"),
        ("failure_policy: ignore", "write inbound: {failure_policy: ignore} or outbound: {failure_policy: ignore}"),
        ("from: [a]", "write inbound: {from: ...}"),
        ("whatever: 1", "known: inbound, outbound"),
    ],
)
def test_a_default_of_no_side_is_told_with_the_side(written: str, hint: str) -> None:
    head = "catguard: 1\nsystem: s\nowners: {o: {team: T, contact: c}}\ncomponents: {a: {owner: o, about: x}}\n"
    with pytest.raises(PolicyError) as raised:
        compile_texts([("p.yaml", f"{head}defaults: {{{written}}}")])
    assert [fault.hint for fault in raised.value.faults] == [hint]
    side = "inbound: {from: [a]}" if "from" in written else hint.removeprefix("write ").partition(" or ")[0]
    if "write" in hint:
        compile_texts([("p.yaml", f"{head}defaults: {{{side}}}")])
