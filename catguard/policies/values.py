"""Values as their schema says: wire strings to typed values and back, whole floats to integers, defaults filled in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import deepcopy
from functools import partial
from typing import Any

from catguard.policies.keywords import parts_of, types_of

Convert = Callable[[str], Any]
Normalize = Callable[[Any], Any]

#: CEL and SQL integers have 64 bits (cel-spec, langdef.md, "Values").
MIN_INTEGER, MAX_INTEGER = -(2**63), 2**63 - 1
#: RFC 8259, section 6: no plus sign, no leading zero, no full-width digits.
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?\Z", re.ASCII)
#: Longer digit strings are no numbers that anybody means; int() of them takes quadratic time.
MAX_DIGITS = 64


class OutOfRange(ValueError):
    """An integer lies outside 64 bits."""


class NotInForm(ValueError):
    """A number is not spelt as its schema says."""


def converter(schema: Any) -> Convert:
    """Return how one wire string becomes a value of a schema; what does not convert stays a string."""
    types = types_of(schema)
    if not types or ("string" in types and not types - {"string", "null"}):
        return str
    numeric = bool(types & {"integer", "number"})

    def convert(text: str) -> Any:
        if numeric and len(text) <= MAX_DIGITS and (match := _NUMBER.match(text)):
            value = int(text) if match[2] is None and match[3] is None else float(text)
            return text if isinstance(value, float) and value in (float("inf"), float("-inf")) else value
        if "boolean" in types and text in ("true", "false"):
            return text == "true"
        return text

    return convert


class RecordReader:
    """Turns the name-value pairs of a query, of headers or of a path into the typed record of a schema.

    An empty query value counts as absent; a name that comes more than once becomes an array, so that the shape check
    refuses it unless its schema is an array; undeclared names stay as they are.
    """

    def __init__(self, schema: Mapping[str, Any]) -> None:
        properties = _properties(schema)
        self._converters = {name: converter(_items(inner)) for name, inner in properties.items()}
        self._arrays = frozenset(name for name, inner in properties.items() if "array" in types_of(inner))
        self.names = frozenset(properties)

    def read(self, pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
        """Return the record of the pairs."""
        record: dict[str, Any] = {}
        for name, text in pairs:
            if text == "":
                continue
            convert = self._converters.get(name)
            value = convert(text) if convert else text
            if name in self._arrays:
                record.setdefault(name, []).append(value)
            elif name in record:
                if not isinstance(record[name], list):
                    record[name] = [record[name]]
                record[name].append(value)
            else:
                record[name] = value
        return record


def to_wire(record: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the name-value pairs of a typed record, as `RecordReader.read` reads them back."""
    pairs: list[tuple[str, str]] = []
    for name, value in record.items():
        items = value if isinstance(value, list) else [value]
        pairs.extend((name, item if isinstance(item, str) else _text(item)) for item in items)
    return pairs


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else repr(value)


def _properties(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the properties that a record schema declares, those of its branches too."""
    properties: dict[str, Any] = {}
    for keyword in ("allOf", "anyOf", "oneOf"):
        for branch in schema.get(keyword, ()):
            if isinstance(branch, dict):
                properties |= _properties(branch)
    return properties | dict(schema.get("properties", {}))


def _items(schema: Any) -> Any:
    return schema.get("items", {}) if "array" in types_of(schema) and isinstance(schema, dict) else schema


def normalizer(schema: Any, *, fill_defaults: bool, looking: bool = False) -> Normalize | None:
    """Return what brings a value that fits a schema to its one form, or None when nothing is to be done.

    `integer` becomes int (5.0 is 5) within 64 bits, `number` becomes float, absent members with a `default` get it
    where `fill_defaults` says so. Where a schema and its allOf say different things of one value the first has the
    last word, as it has on the types of facts, and a member's name has it before additionalProperties. Arrays and
    objects are changed in place. The function raises OutOfRange; where `looking` says so it changes no number, and
    raises NotInForm instead. What only the value itself can tell is not entered: `branches` does that.
    """
    return in_turn([_filler(schema) if fill_defaults else None, _former(schema, looking=looking)])


def in_turn(steps: Sequence[Normalize | None]) -> Normalize | None:
    """Return one step after the other."""
    given = tuple(step for step in steps if step)
    if len(given) < 2:
        return given[0] if given else None

    def normalize(value: Any) -> Any:
        for step in given:
            value = step(value)
        return value

    return normalize


def _filler(schema: Any) -> Normalize | None:
    """Return what fills in defaults."""
    return in_turn([step for part in parts_of(schema) for step in (_defaults(part), *_inner(part, _filler))])


def _former(schema: Any, *, looking: bool) -> Normalize | None:
    """Return what brings numbers to their one form."""
    types = types_of(schema)
    steps: list[Normalize | None] = []
    if "integer" in types or "number" in types:
        step = _integer if "integer" in types else _number
        steps.append(_looked(step) if looking else step)
    last_first = list(parts_of(schema))[::-1]
    inner = [_inner(part, partial(_former, looking=looking)) for part in last_first]
    return in_turn([*steps, *(others for others, _ in inner), *(named for _, named in inner)])


def _inner(part: Mapping[str, Any], step_of: Callable[[Any], Normalize | None]) -> tuple[Normalize | None, ...]:
    """Return what is done with items and with members that are not named, and with those that are."""
    properties: Mapping[str, Any] = part.get("properties", {})
    items = None if "prefixItems" in part else step_of(part.get("items"))
    others = None if "patternProperties" in part else step_of(part.get("additionalProperties"))
    named = tuple((name, step) for name, inner in properties.items() if (step := step_of(inner)) is not None)
    around = in_turn([_each(items) if items else None, _others(others, frozenset(properties)) if others else None])
    return around, _members(named) if named else None


def _integer(value: Any) -> Any:
    kind = type(value)
    if kind is float and value.is_integer():
        value = int(value)
        kind = int
    if kind is int and not MIN_INTEGER <= value <= MAX_INTEGER:
        raise OutOfRange
    return value


def _number(value: Any) -> Any:
    if type(value) is not int:
        return value
    if not MIN_INTEGER <= value <= MAX_INTEGER:
        raise OutOfRange
    return float(value)


def _looked(step: Normalize) -> Normalize:
    def look(value: Any) -> Any:
        if type(step(value)) is not type(value):
            raise NotInForm
        return value

    return look


def _defaults(part: Mapping[str, Any]) -> Normalize | None:
    defaults = tuple(
        (name, inner["default"], isinstance(inner["default"], dict | list))
        for name, inner in part.get("properties", {}).items()
        if isinstance(inner, dict) and "default" in inner
    )
    if not defaults:
        return None

    def fill(value: Any) -> Any:
        if type(value) is dict:
            for name, default, mutable in defaults:
                if name not in value:
                    value[name] = deepcopy(default) if mutable else default
        return value

    return fill


def _members(named: tuple[tuple[str, Normalize], ...]) -> Normalize:
    def normalize(value: Any) -> Any:
        if type(value) is dict:
            for name, step in named:
                if name in value:
                    value[name] = step(value[name])
        return value

    return normalize


def _others(step: Normalize, known: frozenset[str]) -> Normalize:
    def normalize(value: Any) -> Any:
        if type(value) is dict:
            for name in value:
                if name not in known:
                    value[name] = step(value[name])
        return value

    return normalize


def _each(step: Normalize) -> Normalize:
    def normalize(value: Any) -> Any:
        if type(value) is list:
            for index, item in enumerate(value):
                value[index] = step(item)
        return value

    return normalize


def has_inexact(value: Any) -> bool:
    """Whether a JSON value has numbers of which doubles do not tell one from the next (IEEE 754, binary64)."""
    if type(value) is int or type(value) is float:
        return not -(2**53) <= value <= 2**53
    if type(value) is list:
        return any(map(has_inexact, value))
    return type(value) is dict and any(map(has_inexact, value.values()))


def out_of_range(value: Any, pointer: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Return where in a JSON value integers outside 64 bits stand."""
    if type(value) is int and not MIN_INTEGER <= value <= MAX_INTEGER:
        return [pointer]
    if type(value) is float and value.is_integer() and not MIN_INTEGER <= value <= MAX_INTEGER:
        return [pointer]
    if type(value) is list:
        return [found for index, item in enumerate(value) for found in out_of_range(item, (*pointer, index))]
    if type(value) is dict:
        return [found for name, item in value.items() for found in out_of_range(item, (*pointer, name))]
    return []
