"""Keywords of a shape that leave no value, or that another keyword beside them makes idle."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from catguard.analysis.emptiness import (
    Parts,
    fits_nothing_listed,
    items_that_cannot_be,
    members_that_cannot_be,
    numbers_between,
)
from catguard.policies.diagnostics import quote
from catguard.policies.keywords import limit_text, subschemas, types_of
from catguard.policies.model import JsonSchema, SchemaPath
from catguard.policies.parts import Validators

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
    yield from fits_nothing_listed(parts)
    yield from members_that_cannot_be(parts)
    yield from numbers_between(parts)
    yield from items_that_cannot_be(parts)
    for at, part in parts:
        for keyword in ("anyOf", "oneOf"):
            branches = part.get(keyword, ())
            if branches and all(_is_empty(branch, parts, keyword) for branch in branches):
                yield (*at, keyword), "none of the branches lets a value in"


def _is_empty(branch: Any, parts: Parts, keyword: str) -> bool:
    """Whether nothing fits a branch and what stands around it."""
    if isinstance(branch, bool):
        return not branch
    around = [(at, {name: value for name, value in part.items() if name != keyword}) for at, part in parts]
    return any(True for _ in _empty([*around, *parts_with_paths(branch)]))


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


def unfit_defaults(schema: Any, path: SchemaPath = (), name: str = "") -> Iterator[tuple[SchemaPath, str]]:
    """Yield the members whose default is a value that they do not let in: filled in, it is not judged again."""
    for at, part in parts_with_paths(schema, path):
        for member, inner in part.get("properties", {}).items():
            here, pointer = (*at, "properties", member), f"{name}/{member}"
            if (
                isinstance(inner, Mapping)
                and "default" in inner
                and not Validators().of(inner).is_valid(inner["default"])
            ):
                yield here, f"{pointer}: the default {quote(inner['default'])} is none of the values that it lets in"
            yield from unfit_defaults(inner, here, pointer)


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


#: What each type is called, and the keywords that are about it alone.
_ABOUT: Mapping[str, frozenset[str]] = {
    "number": frozenset(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")),
    "string": frozenset(("minLength", "maxLength", "pattern", "format")),
    "array": frozenset(("items", "prefixItems", "contains", "minItems", "maxItems", "uniqueItems")),
    "object": frozenset(
        ("required", "properties", "patternProperties", "propertyNames", "minProperties", "maxProperties")
    ),
}


def powerless(schema: Any, path: SchemaPath = ()) -> Iterator[tuple[SchemaPath, str]]:
    """Yield keywords that can never refuse: about values of another type, or least counts of nothing."""
    parts = list(parts_with_paths(schema, path))
    types = [_types(part) for _, part in parts if "type" in part]
    let_in = frozenset.intersection(*types) if types else None
    for at, part in parts:
        for keyword, value in part.items():
            if keyword in ("minLength", "minItems", "minProperties") and value == 0:
                yield (*at, keyword), "nothing has less than none"
            for about, keywords in _ABOUT.items():
                if keyword in keywords and let_in and not let_in & {about, "integer" if about == "number" else about}:
                    yield (*at, keyword), f"it is about each {about}, and only {' or '.join(sorted(let_in))} is let in"
        for step, inner in subschemas(part):
            if step[0] != "allOf":
                yield from powerless(inner, (*at, *step))
