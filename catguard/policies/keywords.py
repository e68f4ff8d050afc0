"""The keywords of JSON Schema 2020-12 as catguard reads them: where subschemas stand, what a keyword says in words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

#: Keywords whose value is one schema, a list of schemas, or schemas by name.
ONE = (
    "items",
    "additionalProperties",
    "unevaluatedProperties",
    "unevaluatedItems",
    "contains",
    "propertyNames",
    "not",
    "if",
    "then",
    "else",
)
MANY = ("allOf", "anyOf", "oneOf", "prefixItems")
NAMED = ("properties", "patternProperties", "dependentSchemas")
ANNOTATIONS = ("title", "description", "default", "examples")
#: A schema that no value fits, as a keyword can say it.
NOTHING: Mapping[str, Any] = {"not": {}}
#: Keywords that refuse members for their names.
MEMBERS = ("additionalProperties", "unevaluatedProperties")
#: Keywords that judge as a whole: what stands inside them is no assumption of its own.
WHOLE = ("anyOf", "oneOf", "not", "contains", "propertyNames")
#: The annotation of a field whose value may be shown to whoever sent it.
PUBLIC = "x-catguard-public"
#: The types of JSON as people call them.
TYPES: Mapping[str, str] = {
    "null": "null",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "string": "a text",
    "array": "a list",
    "object": "an object",
}
#: A text that reads like no text, or like several.
_MISTAKABLE = re.compile(r"^$|[,;]|^(true|false|null|-?[0-9][0-9.eE+-]*)$")
#: Below this a double holds every whole number.
_EXACT = 2.0**53
_MEMBERS = ("properties", "required", "additionalProperties", "unevaluatedProperties")
#: Keywords whose subschemas speak of the same value.
SAME = ("allOf", "then", "else", "dependentSchemas")


def subschemas(schema: Mapping[str, Any]) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Yield each direct subschema with its path."""
    for keyword, value in schema.items():
        if keyword in ONE and isinstance(value, dict | bool):
            yield (keyword,), value
        elif keyword in MANY and isinstance(value, list):
            for index, inner in enumerate(value):
                yield (keyword, index), inner
        elif keyword in NAMED and isinstance(value, dict):
            for name, inner in value.items():
                yield (keyword, name), inner


def parts_of(schema: Any) -> Iterator[Mapping[str, Any]]:
    """Yield a schema and all that its allOf adds: what fits the schema fits each of them."""
    if isinstance(schema, dict):
        yield schema
        for inner in schema.get("allOf", ()):
            yield from parts_of(inner)


def types_of(schema: Any) -> frozenset[str]:
    """Return the JSON types that a schema says outright; empty when it does not say."""
    if not isinstance(schema, dict):
        return frozenset()
    declared = schema.get("type")
    if isinstance(declared, str):
        return frozenset({declared})
    if isinstance(declared, list):
        return frozenset(declared)
    values = schema["enum"] if "enum" in schema else [schema["const"]] if "const" in schema else None
    if values is not None:
        return frozenset(type_name(value) for value in values)
    for inner in schema.get("allOf", ()):
        if found := types_of(inner):
            return found
    return frozenset()


def type_name(value: Any) -> str:
    """Return the JSON type of a value; a whole number is an integer."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"


def limit_text(keyword: str, schema: Mapping[str, Any]) -> str:
    """Say what a keyword allows, to follow "must be" or "must": "at most 4096", "one of webp, png"."""
    value = schema.get(keyword)
    match keyword:
        case "type":
            kinds = value if isinstance(value, list) else [value]
            return " or ".join(TYPES.get(str(name), str(name)) for name in kinds)
        case "enum":
            return "one of " + ", ".join(_word(item) for item in value or ())
        case "const":
            return _word(value)
        case "maximum":
            return f"at most {number(value)}"
        case "exclusiveMaximum":
            return f"less than {number(value)}"
        case "minimum":
            return f"at least {number(value)}"
        case "exclusiveMinimum":
            return f"more than {number(value)}"
        case "multipleOf":
            return f"a multiple of {number(value)}"
        case "maxLength":
            return f"at most {counted(value, 'character')}"
        case "minLength":
            return f"at least {counted(value, 'character')}"
        case "pattern":
            return f"text that matches {value}"
        case "maxItems":
            return f"at most {counted(value, 'item')}"
        case "minItems":
            return f"at least {counted(value, 'item')}"
        case "maxProperties":
            return f"at most {counted(value, 'member')}"
        case "minProperties":
            return f"at least {counted(value, 'member')}"
        case "uniqueItems":
            return "items that are all different"
        case "required":
            return "with " + ", ".join(value or ())
        case "additionalProperties" | "unevaluatedProperties":
            names = ", ".join(known_properties(schema))
            members = schema.get("patternProperties", {}).items()
            patterns = " or ".join(pattern for pattern, inner in members if inner != NOTHING)
            allowed = (names, f"names that match {patterns}" if patterns else "")
            return f"nothing but {', and '.join(filter(None, allowed))}" if names or patterns else "empty"
        case "format":
            return f"of the format {value}"
        case "range":
            return "an integer of 64 bits"
        case "propertyNames" if value is False:
            return "empty"
        case "propertyNames":
            return f"with names that are {_inner(value)}"
        case "contains":
            return _items("an", value)
        case "minContains" | "maxContains":
            return f"at {'least' if keyword == 'minContains' else 'most'} {_items(value, schema.get('contains'))}"
        case "items":
            return f"at most {counted(len(schema.get('prefixItems', ())), 'item')}"
        case "dependentRequired":
            return "; ".join(f"with {', '.join(names)} where {name} is given" for name, names in (value or {}).items())
        case "unevaluatedItems":
            return "a list without further items"
        case "not":
            said = _inner(value, joint=" and ")
            if said.startswith("with "):
                return f"without {said.removeprefix('with ')}{' together' if ', ' in said else ''}"
            return "absent" if schema == NOTHING else f"not {said}"
        case "anyOf":
            branches = [_inner(branch) for branch in value or () if branch != NOTHING]
            return (
                "; or " if any(", " in branch or branch.startswith("with ") for branch in branches) else " or "
            ).join(branches)
        case "oneOf":
            return "just one of: " + "; ".join(_inner(branch) for branch in value or () if branch != NOTHING)
        case _:
            return keyword


def counted(count: Any, noun: str) -> str:
    """Return how many things there are: "1 item", "2 items"."""
    return f"{number(count)} {noun}" if count == 1 else f"{number(count)} {noun}s"


def number(value: Any) -> str:
    """Return a number of a schema as people write it: 1e3 and 1000.0 are 1000."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT else str(value)


def known_properties(schema: Mapping[str, Any]) -> list[str]:
    """Return the names that a schema declares for the object that it describes."""
    names = [name for name, inner in schema.get("properties", {}).items() if inner != NOTHING]
    for keyword in ("allOf", "anyOf", "oneOf"):
        for branch in schema.get(keyword, ()):
            if isinstance(branch, dict):
                names += [name for name in known_properties(branch) if name not in names]
    return names


def _items(count: Any, schema: Any) -> str:
    said = _inner(schema)
    noun = "item" if count in (1, "an") else "items"
    that = "" if said.startswith("with ") else "that is " if noun == "item" else "that are "
    return f"{number(count)} {noun} {that}{said}"


def _inner(schema: Any, *, joint: str = ", ") -> str:
    """Say what a schema inside another allows, in a few words with `joint` between; members are told by name."""
    if not isinstance(schema, dict):
        return "anything" if schema else "nothing"
    if "description" in schema:
        return str(schema["description"])
    members = _members(schema)
    told = (*ANNOTATIONS, *_MEMBERS, *(("type",) if members and schema.get("type") == "object" else ()))
    texts = [limit_text(keyword, schema) for keyword in schema if keyword not in told and not keyword.startswith("x-")]
    return joint.join([*texts, members] if members else texts) or "anything"


def _members(schema: Mapping[str, Any]) -> str:
    """Say which members an object has: "with kind (circle), r and nothing else"."""
    properties = schema.get("properties", {})

    def called(name: str) -> str:
        inner = properties.get(name)
        if not isinstance(inner, dict) or not {"const", "enum"} & inner.keys():
            return name
        values = inner["enum"] if "enum" in inner else [inner["const"]]
        return f"{name} ({' or '.join(map(_word, values))})"

    required = [called(name) for name in schema.get("required", ())]
    others = [called(name) for name in known_properties(schema) if name not in schema.get("required", ())]
    closed = any(schema.get(keyword) is False for keyword in ("additionalProperties", "unevaluatedProperties"))
    if not closed:
        telling = [name for name in others if "(" in name]
        asked = [*required, *(f"{name} where it is given" for name in telling)] or others
        return f"with {', '.join(asked)}" if asked else ""
    if not required:
        return f"with nothing but {', '.join(others)}" if others else "empty"
    rest = f"at most also {', '.join(others)}" if others else "nothing else"
    return f"with {', '.join(required)} and {rest}"


def _word(value: Any) -> str:
    """Return a value as it stands in a sentence; a text in quotes where it would be taken for something else."""
    if isinstance(value, float):
        return number(value)
    if isinstance(value, str) and value == value.strip() and not _MISTAKABLE.search(value):
        return value
    return json.dumps(value, ensure_ascii=False)
