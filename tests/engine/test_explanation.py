from __future__ import annotations

from typing import Any

import pytest

from tests.engine.refusing import refused, told

CAT = {"type": "object", "additionalProperties": False, "required": ["kind", "lives"],
       "properties": {"kind": {"const": "cat"}, "lives": {"type": "integer", "maximum": 9}}}  # fmt: skip
DOG = {"type": "object", "additionalProperties": False, "required": ["kind", "bark"],
       "properties": {"kind": {"enum": ["dog", "puppy"]}, "bark": {"type": "string", "maxLength": 3}}}  # fmt: skip
PET = {"oneOf": [CAT, DOG]}
PLACE = {"type": "object", "additionalProperties": True, "oneOf": [{"required": ["breed", "scene"]}, {"required": ["picture", "part"]}]}  # fmt: skip
LINK = {
    "type": "object",
    "additionalProperties": True,
    "oneOf": [{"required": ["url"]}, {"required": ["file", "name"]}],
}
SMALL = {"type": "object", "additionalProperties": False, "properties": {"count": {"type": "integer"}, "colour": {}}}
PAIRS = {"type": "array", "contains": {"const": "main"}, "maxContains": 1}
CARD = {"type": "object", "additionalProperties": True, "dependentRequired": {"card": ["code", "until"]}}
PARTS = {
    "type": "object",
    "unevaluatedProperties": False,
    "allOf": [{"properties": {"a": {"maximum": 3}}}, {"properties": {"b": {}}}],
}
FLAGS = {
    "type": "object",
    "additionalProperties": False,
    "properties": {"a": {}},
    "patternProperties": {"^x-": {}, "^y": False},
}
OPEN = {"type": "object", "additionalProperties": True}
DEEP = {
    "anyOf": [
        {"anyOf": [{"oneOf": [{"type": "integer", "maximum": 3}, {"type": "null"}]}, {"type": "boolean"}]},
        {"type": "string", "maxLength": 2},
    ]
}
SCALAR = {"anyOf": [{"type": "string", "maxLength": 3}, {"type": "integer", "maximum": 5}]}


@pytest.mark.parametrize(
    ("schema", "value", "expected"),
    [
        (PET, {"kind": "cat", "lives": 10}, [("/body/lives", "lives must be at most 9")]),
        (PET, {"kind": "dog"}, [("/body/bark", "bark must be given")]),
        (PET, {"kind": "dog", "bark": "woof", "lives": 3}, [("/body", "bark must have at most 3 characters and 'lives' is not declared (there is nothing but kind, bark)")]),
        (PET, {"kind": "cow", "bark": "muh"}, [("/body/kind", "kind must be one of cat, dog, puppy")]),
        (PET, {"lives": 3}, [("/body/kind", "kind must be given")]),
        (PLACE, {"breed": "siamese"}, [("/body/scene", "scene must be given")]),
        (PLACE, {}, [("/body", "breed must be given and scene must be given, or picture must be given and part must be given")]),
        (PLACE, {"breed": 1, "scene": 1, "picture": 1, "part": 1}, [("/body", "the body must be just one of: with breed, scene; with picture, part; 2 of them fit")]),
        (SCALAR, "long", [("/body", "the body must have at most 3 characters")]),
        (SCALAR, 6, [("/body", "the body must be at most 5")]),
        ({"anyOf": [{"type": "integer", "maximum": 5}, {"enum": ["auto", None]}]}, 6, [("/body", "the body must be at most 5")]),
        ({"anyOf": [{"type": "integer", "maximum": 5}, {"const": "auto"}]}, "aut", [("/body", "the body must be auto")]),
        (DEEP, "abc", [("/body", "the body must have at most 2 characters")]),
        (DEEP, [1], [("/body", "the body must be a whole number or null or true or false or a text")]),
        (DEEP, 5, [("/body", "the body must be at most 3")]),
        ({"anyOf": [False, {"type": "null"}]}, 1, [("/body", "the body must be null")]),
        ({**OPEN, "if": {"required": ["card"]}, "then": False}, {"card": 1}, [("/body", "the body is not allowed like this")]),
        ({**OPEN, "dependentSchemas": {"card": False}}, {"card": 1}, [("/body", "the body must be without card")]),
        ({**OPEN, "propertyNames": False}, {"card": 1}, [("/body", "the body must be empty")]),
        ({"not": {"minimum": 5, "maximum": 7}}, 6, [("/body", "the body must not be at least 5 and at most 7")]),
        ({"anyOf": [{"multipleOf": factor} for factor in (2, 3, 5, 7)]}, 1, [("/body", "the body must be a multiple of 2, or the body must be a multiple of 3, or the body must be a multiple of 5, or another branch must fit")]),
        (SCALAR, None, [("/body", "the body must be a text or a whole number")]),
        ({"type": "array", "items": PET}, [{"kind": "cat", "lives": 9}, {"kind": "cat", "lives": 12}], [("/body/1/lives", "lives must be at most 9")]),
        ({"anyOf": [{"oneOf": [CAT, DOG]}, {"type": "null"}]}, {"kind": "cat", "lives": 12}, [("/body/lives", "lives must be at most 9")]),
        ({"type": "object", "additionalProperties": True, "propertyNames": {"maxLength": 3}}, {"long": 1}, [("/body", "the name 'long' in the body must have at most 3 characters")]),
        (LINK, {}, [("/body", "url must be given, or file must be given and name must be given")]),
        (LINK, {"file": "a"}, [("/body", "url must be given, or name must be given")]),
        ({"type": "array", "uniqueItems": True}, [1, 1], [("/body", "the body must have items that are all different")]),
        ({"type": "array", "items": {"maximum": 3}}, [1, 4], [("/body/1", "body[1] must be at most 3")]),
        ({"type": "object", "additionalProperties": {"items": {"maxLength": 1}}}, {"tags": ["aa"]}, [("/body/tags/0", "tags[0] must have at most 1 character")]),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, {"n": 2**63}, [("/body/n", "n must be an integer of 64 bits")]),
        ({"type": "integer"}, 3.5, [("/body", "the body must be a whole number")]),
        ({"title": "a name of small letters", "pattern": "^[a-z]+$"}, "X", [("/body", "the body must be a name of small letters")]),
        ({"type": "array", "contains": {"const": 1}, "minContains": 1}, [2], [("/body", "the body must have at least 1 item that is 1")]),
        (PAIRS, ["side"], [("/body", "the body must have an item that is main")]),
        (PAIRS, ["side", "back"], [("/body", "the body must have an item that is main")]),
        (PAIRS, ["main", "main"], [("/body", "the body must have at most 1 item that is main")]),
        (CARD, {"card": 1, "code": 1}, [("/body/until", "until must be given where card is given")]),
        (CARD, {"card": 1}, [("/body/code", "code must be given where card is given"), ("/body/until", "until must be given where card is given")]),
        (SMALL, {"cuont": 1}, [("/body/cuont", "'cuont' (did you mean 'count'?) is not declared; there is nothing but count, colour")]),
        (SMALL, {"count": 1, "cuont": 1}, [("/body/cuont", "'cuont' is not declared; there is nothing but count, colour")]),
        (SMALL, {"x": 1, "y": 1}, [("/body/x", "'x', 'y' are not declared; there is nothing but count, colour")]),
        (SMALL, dict.fromkeys("abcdefg", 1), [("/body/a", "'a', 'b', 'c', 'd', 'e' and 2 more are not declared; there is nothing but count, colour")]),
        (FLAGS, {"z": 1}, [("/body/z", "'z' is not declared; there is nothing but a, and names that match ^x-")]),
        (FLAGS, {"yes": 1}, [("/body/yes", "yes must not be given")]),
        (PARTS, {"a": 4, "b": 1}, [("/body/a", "a must be at most 3")]),
        (PARTS, {"a": 4, "c": 1}, [("/body/a", "a must be at most 3"), ("/body/c", "'c' is not declared; there is nothing but a, b")]),
        ({"type": "object", "additionalProperties": True, "properties": {"old": False}}, {"old": 1}, [("/body/old", "old must not be given")]),
        ({"type": "array", "prefixItems": [{}], "items": False}, [1, 2, 3], [("/body", "the body must have at most 1 item")]),
        ({"not": {"enum": ["root", "admin"]}}, "root", [("/body", "the body must not be one of root, admin")]),
        ({"type": "object", "additionalProperties": True, "not": {"required": ["a", "b"]}}, {"a": 1, "b": 1}, [("/body", "the body must be without a, b together")]),
        ({"enum": ["", "1", 1, "a, b", "c"]}, 2, [("/body", 'the body must be one of "", "1", 1, "a, b", c')]),
        ({"enum": [f"word-{number}" for number in range(90)]}, "x", [("/body", f"the body must be one of {', '.join(f'word-{number}' for number in range(44))} and others")]),
    ],
)  # fmt: skip
def test_the_innermost_error_that_helps_is_told(schema: dict[str, Any], value: Any, expected: list[Any]) -> None:
    assert told(schema, value) == expected


def test_the_assumption_stays_the_one_that_is_written() -> None:
    (violation,) = refused(PET, {"kind": "cat", "lives": 10})
    assert violation.assumption == "body/oneOf"
    assert violation.limit.startswith("just one of: ")


def test_what_no_value_fits_has_an_id_of_its_own() -> None:
    schema = {"type": "object", "additionalProperties": True, "properties": {"old": False}}
    (violation,) = refused(schema, {"old": 1})
    assert (violation.assumption, violation.limit) == ("body/old/not", "absent")


@pytest.mark.parametrize(
    ("schema", "limit"),
    [
        (PET, "just one of: with kind (cat), lives and nothing else; with kind (dog or puppy), bark and nothing else"),
        ({"anyOf": [CAT, {"type": "null"}]}, "with kind (cat), lives and nothing else; or null"),
        (SCALAR, "a text, at most 3 characters; or a whole number, at most 5"),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "a text or null"),
        ({"anyOf": [SMALL, {"type": "null"}]}, "with nothing but count, colour; or null"),
        ({"anyOf": [{**SMALL, "required": ["count"]}]}, "with count and at most also colour"),
        (PAIRS, "an item that is main"),
        ({"type": "array", "contains": CAT}, "an item with kind (cat), lives and nothing else"),
        ({"type": "array", "contains": {"type": "integer", "minimum": 5}, "minContains": 2}, "at least 2 items that are a whole number, at least 5"),
    ],
)  # fmt: skip
def test_the_limit_says_what_is_allowed_in_words(schema: dict[str, Any], limit: str) -> None:
    value = [1] if schema.get("type") == "array" else True
    assert [violation.limit for violation in refused(schema, value)] == [limit]


def test_names_that_the_caller_made_up_are_told_to_nobody_else() -> None:
    schema = {**FLAGS, "patternProperties": {"^x-": {"maximum": 3}}, "propertyNames": {"maxLength": 8}}
    found = refused(schema, {"x-secret": 4, "secret": 1, "secret-too": 1})
    assert all("secret" in f"{violation.where} {violation.message}" for violation in found)
    assert [(violation.for_others().where, violation.for_others().message) for violation in found] == [
        ("/body/*", "a member of the body must be at most 3"),
        ("/body/*", "a member is not declared; there is nothing but a, and names that match ^x-"),
        ("/body", "a name in the body must have at most 8 characters"),
    ]


def test_members_of_the_branch_that_was_meant_are_not_told_as_undeclared() -> None:
    cat = {key: value for key, value in CAT.items() if key != "additionalProperties"}
    schema = {"type": "object", "unevaluatedProperties": False, "oneOf": [cat, {"required": ["none"]}]}
    assert told(schema, {"kind": "cat", "lives": 10}) == [("/body", "lives must be at most 9, or none must be given")]
    assert ("/body/x", "'x' is not declared; there is nothing but kind, lives") in told(
        schema, {"kind": "cat", "lives": 1, "x": 1}
    )


def test_a_name_that_the_caller_made_up_is_cut() -> None:
    schema = {"type": "object", "additionalProperties": {"anyOf": [{"type": "null"}, {"const": 1}]}}
    ((where, message),) = told(schema, {"n" * 900: 2})
    assert len(where) < 60
    assert len(message) < 100
