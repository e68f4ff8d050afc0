"""Keywords of a shape that leave no value, or that another keyword beside them makes idle."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from catguard.policies.keywords import limit_text, subschemas, type_name, types_of
from catguard.policies.model import JsonSchema, SchemaPath

Parts: TypeAlias = list[tuple[SchemaPath, JsonSchema]]

#: Keywords that bound from below and from above, by what they bound.
_BOUNDS = (
    (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")),
    (("minLength",), ("maxLength",)),
    (("minItems",), ("maxItems",)),
    (("minProperties",), ("maxProperties",)),
)


def parts_with_paths(schema: Any, path: SchemaPath = ()) -> Iterator[tuple[SchemaPath, JsonSchema]]:
    """Yield a schema and all that its allOf adds, each with its path."""
    if isinstance(schema, Mapping):
        yield path, schema
        for index, inner in enumerate(schema.get("allOf", ())):
            yield from parts_with_paths(inner, (*path, "allOf", index))


def contradictions(schema: Any, path: SchemaPath = ()) -> Iterator[tuple[SchemaPath, str]]:
    """Yield where a schema lets no value in, with the words for it; what is only one branch of several is left out."""
    parts = list(parts_with_paths(schema, path))
    if not parts:
        return
    yield from _empty(parts)
    for at, part in parts:
        for step, inner in subschemas(part):
            if step[0] in ("properties", "items", "additionalProperties", "prefixItems", "patternProperties"):
                yield from contradictions(inner, (*at, *step))


def _empty(parts: Parts) -> Iterator[tuple[SchemaPath, str]]:
    types = [_types(part) for _, part in parts if "type" in part]
    if types and not frozenset.intersection(*types):
        yield (*parts[0][0], "type"), "no value has both types"
    for lower, upper in _BOUNDS:
        lows = list(_keywords(parts, lower))
        highs = list(_keywords(parts, upper))
        for low_at, low in lows:
            for high_at, high in highs:
                strict = "exclusive" in f"{low_at[-1]}{high_at[-1]}"
                if low > high or (strict and low == high):
                    one, other = _said(parts, low_at), _said(parts, high_at)
                    yield high_at, f"nothing is {one} and {other}"
    listed = list(_keywords(parts, ("enum", "const")))
    if listed:
        at, first = listed[0]
        values = first if at[-1] == "enum" else [first]
        if not any(all(_fits(value, part) for _, part in parts) for value in values):
            yield at, "none of the values that are listed fits the keywords beside them"


def _types(part: JsonSchema) -> frozenset[str]:
    types = types_of(part)
    return types | {"integer"} if "number" in types else types


def _keywords(parts: Parts, keywords: tuple[str, ...]) -> Iterator[tuple[SchemaPath, Any]]:
    for at, part in parts:
        for keyword in keywords:
            if keyword in part:
                yield (*at, keyword), part[keyword]


def _said(parts: Parts, at: SchemaPath) -> str:
    return limit_text(str(at[-1]), dict(parts)[at[:-1]])


_TESTS: Mapping[str, Callable[[Any, Any], bool]] = {
    "minimum": lambda value, bound: not _is_number(value) or value >= bound,
    "maximum": lambda value, bound: not _is_number(value) or value <= bound,
    "exclusiveMinimum": lambda value, bound: not _is_number(value) or value > bound,
    "exclusiveMaximum": lambda value, bound: not _is_number(value) or value < bound,
    "minLength": lambda value, bound: not isinstance(value, str) or len(value) >= bound,
    "maxLength": lambda value, bound: not isinstance(value, str) or len(value) <= bound,
    "enum": lambda value, bound: any(_same(value, other) for other in bound),
    "const": lambda value, bound: _same(value, bound),
}


def _fits(value: Any, part: JsonSchema) -> bool:
    """Whether a value fits the plain keywords of a schema; of the others nothing is said."""
    name = type_name(value)
    whole = isinstance(value, float) and math.isfinite(value) and value.is_integer()
    names = {name, "number"} if name == "integer" else {name, "integer"} if whole else {name}
    if "type" in part and not names & _types(part):
        return False
    return all(test(value, part[keyword]) for keyword, test in _TESTS.items() if keyword in part)


def _same(one: Any, other: Any) -> bool:
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def idle(schema: Any, path: SchemaPath = ()) -> Iterator[tuple[SchemaPath, str]]:
    """Yield keywords that refuse nothing beside a stronger one: written with it, or in the shape that they refer to.

    What a shape that is referred to says more weakly is not idle: others refer to it too.
    """
    parts = list(parts_with_paths(schema, path))
    if not parts:
        return
    own_at, own = parts[0]
    for sides, stronger in ((0, max), (1, min)):
        for bounds in _BOUNDS:
            keywords = bounds[sides]
            for keyword in keywords:
                others = [found for found in _keywords(parts, keywords) if found[0] != (*own_at, keyword)]
                for at, bound in others:
                    if keyword in own and _is_idle(own[keyword], bound, keyword, str(at[-1]), stronger):
                        said = _said(parts, at)
                        yield (*own_at, keyword), f"{limit_text(keyword, own)}, where it must be {said} anyway"
                        break
    for at, part in parts:
        for step, inner in subschemas(part):
            if step[0] != "allOf":
                yield from idle(inner, (*at, *step))


def _is_idle(weak: Any, strong: Any, keyword: str, other: str, stronger: Callable[[Any, Any], Any]) -> bool:
    """Whether a bound refuses nothing that another lets through."""
    if weak == strong:
        return keyword == other or not keyword.startswith("exclusive")
    return bool(stronger(weak, strong) == strong)
