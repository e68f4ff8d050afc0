"""The keywords of JSON Schema 2020-12 as catguard reads them: where subschemas stand, what a keyword says in words."""

from __future__ import annotations

import json
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
            return f"at most {value}"
        case "exclusiveMaximum":
            return f"less than {value}"
        case "minimum":
            return f"at least {value}"
        case "exclusiveMinimum":
            return f"more than {value}"
        case "multipleOf":
            return f"a multiple of {value}"
        case "maxLength":
            return f"at most {_count(value, 'character')}"
        case "minLength":
            return f"at least {_count(value, 'character')}"
        case "pattern":
            return f"text that matches {value}"
        case "maxItems":
            return f"at most {_count(value, 'item')}"
        case "minItems":
            return f"at least {_count(value, 'item')}"
        case "maxProperties":
            return f"at most {_count(value, 'member')}"
        case "minProperties":
            return f"at least {_count(value, 'member')}"
        case "uniqueItems":
            return "items that are all different"
        case "required":
            return "with " + ", ".join(value or ())
        case "additionalProperties" | "unevaluatedProperties":
            names = ", ".join(known_properties(schema))
            return f"nothing but {names}" if names else "empty"
        case "format":
            return f"of the format {value}"
        case "range":
            return "an integer of 64 bits"
        case "propertyNames":
            return f"with names that are {_inner('', value)}"
        case "contains":
            return f"with an item that is {_inner('', value)}"
        case "minContains" | "maxContains":
            return (
                f"at {'least' if keyword == 'minContains' else 'most'} {value} of {_inner('', schema.get('contains'))}"
            )
        case "dependentRequired":
            return "; ".join(f"with {', '.join(names)} where {name} is given" for name, names in (value or {}).items())
        case "unevaluatedItems":
            return "a list without further items"
        case "not":
            return _inner("not", value)
        case "anyOf":
            return " or ".join(_inner("", branch) for branch in value or ())
        case "oneOf":
            return "just one of: " + "; ".join(_inner("", branch) for branch in value or ())
        case _:
            return keyword


def _count(number: Any, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def known_properties(schema: Mapping[str, Any]) -> list[str]:
    """Return the names that a schema declares for the object that it describes."""
    names = list(schema.get("properties", {}))
    for keyword in ("allOf", "anyOf", "oneOf"):
        for branch in schema.get(keyword, ()):
            if isinstance(branch, dict):
                names += [name for name in known_properties(branch) if name not in names]
    return names


def _inner(prefix: str, schema: Any) -> str:
    if not isinstance(schema, dict):
        return f"{prefix} {'anything' if schema else 'nothing'}".strip()
    if "description" in schema:
        return f"{prefix} {schema['description']}".strip()
    texts = [limit_text(keyword, schema) for keyword in schema if keyword not in (*ANNOTATIONS, "properties")]
    # Of the members those are told that tell one branch from another.
    for name, inner in schema.get("properties", {}).items():
        telling = [keyword for keyword in ("const", "enum") if isinstance(inner, dict) and keyword in inner]
        texts += [f"{name} {limit_text(keyword, inner)}" for keyword in telling]
    return f"{prefix} {' and '.join(texts) or 'with ' + ', '.join(known_properties(schema))}".strip()


def _word(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
