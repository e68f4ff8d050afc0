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
SCALAR = {"anyOf": [{"type": "string", "maxLength": 3}, {"type": "integer", "maximum": 5}]}


@pytest.mark.parametrize(
    ("schema", "value", "expected"),
    [
        (PET, {"kind": "cat", "lives": 10}, [("/body/lives", "lives must be at most 9")]),
        (PET, {"kind": "dog"}, [("/body/bark", "bark must be given")]),
        (PET, {"kind": "dog", "bark": "woof", "lives": 3}, [("/body", "bark must have at most 3 characters and 'lives' is not declared; there is nothing but kind, bark")]),
        (PET, {"kind": "cow", "bark": "muh"}, [("/body/kind", "kind must be one of cat, dog, puppy")]),
        (PET, {"lives": 3}, [("/body/kind", "kind must be given")]),
        (PLACE, {"breed": "siamese"}, [("/body/scene", "scene must be given")]),
        (PLACE, {}, [("/body", "breed must be given and scene must be given, or picture must be given and part must be given")]),
        (PLACE, {"breed": 1, "scene": 1, "picture": 1, "part": 1}, [("/body", "the body must be just one of: with breed, scene; with picture, part; 2 of them fit")]),
        (SCALAR, "long", [("/body", "the body must have at most 3 characters")]),
        (SCALAR, 6, [("/body", "the body must be at most 5")]),
        (SCALAR, None, [("/body", "the body must be a text or a whole number")]),
        ({"type": "array", "items": PET}, [{"kind": "cat", "lives": 9}, {"kind": "cat", "lives": 12}], [("/body/1/lives", "lives must be at most 9")]),
        ({"anyOf": [{"oneOf": [CAT, DOG]}, {"type": "null"}]}, {"kind": "cat", "lives": 12}, [("/body/lives", "lives must be at most 9")]),
        ({"type": "object", "additionalProperties": True, "propertyNames": {"maxLength": 3}}, {"long": 1}, [("/body", "each name in the body must have at most 3 characters")]),
        (LINK, {}, [("/body", "url must be given, or file must be given and name must be given")]),
        (LINK, {"file": "a"}, [("/body", "url must be given, or name must be given")]),
        ({"type": "array", "uniqueItems": True}, [1, 1], [("/body", "the body must have items that are all different")]),
        ({"type": "array", "items": {"maximum": 3}}, [1, 4], [("/body/1", "body[1] must be at most 3")]),
        ({"type": "object", "additionalProperties": {"items": {"maxLength": 1}}}, {"tags": ["aa"]}, [("/body/tags/0", "tags[0] must have at most 1 character")]),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, {"n": 2**63}, [("/body/n", "n must be an integer of 64 bits")]),
        ({"type": "integer"}, 3.5, [("/body", "the body must be a whole number")]),
        ({"title": "a name of small letters", "pattern": "^[a-z]+$"}, "X", [("/body", "the body must be a name of small letters")]),
        ({"type": "array", "contains": {"const": 1}, "minContains": 1}, [2], [("/body", "the body must have at least 1 of 1")]),
    ],
)  # fmt: skip
def test_the_innermost_error_that_helps_is_told(schema: dict[str, Any], value: Any, expected: list[Any]) -> None:
    assert told(schema, value) == expected


def test_the_assumption_stays_the_one_that_is_written() -> None:
    (violation,) = refused(PET, {"kind": "cat", "lives": 10})
    assert violation.assumption == "body/oneOf"
    assert violation.limit.startswith("just one of: ")


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
