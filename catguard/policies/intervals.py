"""Between which numbers an integer lies: what a JSON Schema says, and what arithmetic makes of it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

from catguard.policies.values import MAX_INTEGER, MIN_INTEGER

#: No text, list or object has more members than a process can address bytes (47 bits of user space on 64-bit machines).
MAX_SIZE = 2**47


@dataclass(frozen=True, slots=True)
class Interval:
    """All integers from `low` to `high`, both included; results of arithmetic may reach beyond 64 bits."""

    low: int
    high: int

    @property
    def fits(self) -> bool:
        """Whether no integer of it overflows 64 bits."""
        return self.low >= MIN_INTEGER and self.high <= MAX_INTEGER

    def __add__(self, other: Interval) -> Interval:
        return Interval(self.low + other.low, self.high + other.high)

    def __sub__(self, other: Interval) -> Interval:
        return Interval(self.low - other.high, self.high - other.low)

    def __mul__(self, other: Interval) -> Interval:
        corners = [one * two for one, two in product((self.low, self.high), (other.low, other.high))]
        return Interval(min(corners), max(corners))

    def __neg__(self) -> Interval:
        return Interval(-self.high, -self.low)

    def within(self, other: Interval) -> Interval:
        """Return what both have in common; where that is nothing, no value ever gets there."""
        low, high = max(self.low, other.low), min(self.high, other.high)
        return Interval(low, high) if low <= high else Interval(low, low)

    def join(self, other: Interval) -> Interval:
        """Return the smallest interval that holds both."""
        return Interval(min(self.low, other.low), max(self.high, other.high))


#: What an integer of CEL can be.
INTEGERS = Interval(MIN_INTEGER, MAX_INTEGER)


def integers_of(schemas: Iterable[Mapping[str, Any]]) -> Interval:
    """Return between which bounds the integers lie that fit all of some schemas, after they were normalized."""
    found = INTEGERS
    for schema in schemas:
        found = found.within(_bounds(schema))
    return found


def _bounds(schema: Mapping[str, Any]) -> Interval:
    lows = [math.ceil(schema["minimum"])] if "minimum" in schema else []
    highs = [math.floor(schema["maximum"])] if "maximum" in schema else []
    if "exclusiveMinimum" in schema:
        lows.append(math.floor(schema["exclusiveMinimum"]) + 1)
    if "exclusiveMaximum" in schema:
        highs.append(math.ceil(schema["exclusiveMaximum"]) - 1)
    listed = schema["enum"] if "enum" in schema else [schema["const"]] if "const" in schema else []
    numbers = [value for value in listed if isinstance(value, int | float) and not isinstance(value, bool)]
    if numbers:
        lows.append(math.floor(min(numbers)))
        highs.append(math.ceil(max(numbers)))
    low, high = max([MIN_INTEGER, *lows]), min([MAX_INTEGER, *highs])
    return Interval(low, high) if low <= high else Interval(low, low)


def sizes_of(schemas: Iterable[Mapping[str, Any]], kind: str) -> Interval:
    """Return between which bounds size() of a text, list or map lies that fits all of some schemas."""
    least, most = {"string": ("minLength", "maxLength"), "list": ("minItems", "maxItems")}.get(
        kind, ("minProperties", "maxProperties")
    )
    found = Interval(0, MAX_SIZE)
    for schema in schemas:
        low, high = schema.get(least, 0), schema.get(most, MAX_SIZE)
        found = found.within(Interval(int(low), max(int(low), int(high))))
    return found
