"""Parts of a shape that let no value in for a reason that can be decided: members, counts, whole numbers, branches."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from catguard.policies.keywords import NOTHING, types_of
from catguard.policies.model import JsonSchema, SchemaPath
from catguard.policies.parts import Validators

#: A schema and all that its allOf adds, each with its path.
Parts: TypeAlias = Sequence[tuple[SchemaPath, JsonSchema]]
Told: TypeAlias = Iterator[tuple[SchemaPath, str]]

#: Keywords that let members in without naming them beside `properties`.
_ELSEWHERE = ("anyOf", "oneOf", "if", "dependentSchemas")


def fits_nothing_listed(parts: Parts) -> Told:
    """Yield the list of values of which none fits what stands beside it, if there is one."""
    for at, part in parts:
        for keyword in ("enum", "const"):
            if keyword in part:
                values = part[keyword] if keyword == "enum" else [part[keyword]]
                if not any(_fits(value, parts) for value in values):
                    yield (*at, keyword), "none of the values that are listed fits the keywords beside them"
                return


def _fits(value: Any, parts: Parts) -> bool:
    """Whether a value fits all parts; one that no engine can judge counts as fitting."""
    try:
        return Validators().of({"allOf": [part for _, part in parts]}).is_valid(value)
    except ValueError:
        return True


def members_that_cannot_be(parts: Parts) -> Told:
    """Yield the required members that are not let in, and counts of members that cannot be reached."""
    named = {name for _, part in parts for name in part.get("properties", {})}
    required = {name: (*at, "required") for at, part in parts for name in part.get("required", ())}
    for name, at in required.items():
        if any(_is_kept_out(name, part, named) for _, part in parts):
            yield at, f"{name} is required, and no member of this name is let in"
    for at, part in parts:
        most = part.get("maxProperties")
        if most is not None and len(required) > most:
            yield (*at, "maxProperties"), f"{len(required)} members are required, and at most {most} are let in"
        least = part.get("minProperties", 0)
        if least > len(named) and any(_is_closed(each) for _, each in parts):
            yield (*at, "minProperties"), f"at least {least} members are wanted, and only {len(named)} are let in"


def _is_closed(part: JsonSchema) -> bool:
    """Whether nothing but what `properties` names is let in."""
    closed = part.get("additionalProperties") is False or part.get("unevaluatedProperties") is False
    return closed and "patternProperties" not in part and not any(keyword in part for keyword in _ELSEWHERE)


def _is_kept_out(name: str, part: JsonSchema, named: set[str]) -> bool:
    own = part.get("properties", {})
    if own.get(name) in (False, NOTHING):
        return True
    if any(Validators().of({"pattern": pattern}).is_valid(name) for pattern in part.get("patternProperties", {})):
        return False
    if part.get("additionalProperties") is False and name not in own:
        return True
    elsewhere = any(keyword in part for keyword in _ELSEWHERE)
    return part.get("unevaluatedProperties") is False and name not in named and not elsewhere


def numbers_between(parts: Parts) -> Told:
    """Yield the bound that leaves no whole number, or no multiple, where there is some room."""
    if not any(types_of(part) == {"integer"} for _, part in parts):
        return
    step = math.lcm(*(part["multipleOf"] for _, part in parts if _is_whole(part.get("multipleOf"))))
    low, high = -math.inf, math.inf
    place: SchemaPath = ()
    for at, part in parts:
        low = max(low, part.get("minimum", low), _after(part.get("exclusiveMinimum"), low))
        for keyword, bound in (("maximum", part.get("maximum")), ("exclusiveMaximum", part.get("exclusiveMaximum"))):
            if bound is not None:
                highest = bound if keyword == "maximum" else math.ceil(bound) - 1
                if highest < high:
                    high, place = highest, (*at, keyword)
    if math.isinf(low) or math.isinf(high) or low > high:
        return  # without bounds, or told by their own words
    if math.ceil(low / step) * step > high:
        what = "whole number" if step == 1 else f"multiple of {step}"
        yield place, f"no {what} lies between {low} and {high}"


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and value > 0


def _after(bound: float | None, otherwise: float) -> float:
    return otherwise if bound is None else math.floor(bound) + 1


def items_that_cannot_be(parts: Parts) -> Told:
    """Yield the count of items that cannot be reached."""
    for at, part in parts:
        least, items = part.get("minItems", 0), part.get("items")
        if items is False and least > len(part.get("prefixItems", ())):
            most = len(part.get("prefixItems", ()))
            yield (*at, "minItems"), f"at least {least} items are wanted, and only {most} are let in"
        values = items.get("enum") if isinstance(items, Mapping) else None
        if part.get("uniqueItems") and values is not None and least > len(values):
            yield (
                (*at, "minItems"),
                f"at least {least} items are wanted, and only {len(values)} differ from each other",
            )
