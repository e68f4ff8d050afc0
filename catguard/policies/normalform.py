"""Values in their one form, in generated Python: integers are int and within 64 bits, numbers are float.

It does what `values.normalizer` does, after the functions of `branches` had nothing to do, statement by statement and
where there is something to do, and leaves to that whatever is rare: it raises, or returns SHAPES, and nothing but a
number's spelling has changed by then.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any

from catguard.policies.keywords import parts_of, types_of
from catguard.policies.pinned import Path, Reads
from catguard.policies.values import MAX_INTEGER, MIN_INTEGER, normalizer

_STEP = "    "
#: Beyond a bound of such a size an integer cannot be outside 64 bits unseen.
_BOUNDS = (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum"))


class NormalForm:
    """Writes the statements for the parts of one phase.

    Args:
        reads: Where the lines go, and the facts that are always there.
        outside: The statement for an integer outside 64 bits.
        changed: The statement that follows where a number's spelling was changed.
    """

    def __init__(self, reads: Reads, *, outside: str, changed: str) -> None:
        self._reads = reads
        self._changed = changed
        self._outside = outside
        self._numbers = count(1)

    def write(self, schema: Any, name: str, path: Path) -> None:
        """Write what brings a part, in the variable `name` and at the `path` of two steps, to its one form."""
        self._value(schema, name, f"{path[0]}[{path[1]!r}]", path, "")

    def _line(self, indent: str, text: str) -> None:
        self._reads.lines.append(indent + text)

    def _value(self, schema: Any, name: str, place: str, path: Path | None, indent: str) -> None:
        """Write the statements for one value: `place` is where it is kept, `path` is None where it can be absent."""
        types = types_of(schema)
        if "integer" in types:
            fraction = f" and {name}.is_integer()" if "number" in types else ""
            self._line(
                indent, f"if {name}.__class__ is float{fraction}: {place} = {name} = whole({name}); {self._changed}"
            )
            if not _is_bounded(schema):
                inside = f"{MIN_INTEGER} <= {name} <= {MAX_INTEGER}"
                self._line(indent, f"elif {name}.__class__ is int and not {inside}: {self._outside}")
        elif "number" in types:
            self._line(indent, f"if {name}.__class__ is int: {place} = {name} = real({name}); {self._changed}")
        last_first = list(parts_of(schema))[::-1]
        for part in last_first:
            self._others(part, name, indent)
        for part in last_first:
            self._members(part, types, name, path, indent)

    def _others(self, part: Mapping[str, Any], name: str, indent: str) -> None:
        """Write the statements for items, and for members that are not named."""
        if "prefixItems" not in part and _is_changed(part.get("items")):
            index, item = f"index_{next(self._numbers)}", f"item_{next(self._numbers)}"
            self._line(indent, f"if {name}.__class__ is list:")
            self._line(indent + _STEP, f"for {index}, {item} in enumerate({name}):")
            self._value(part["items"], item, f"{name}[{index}]", None, indent + 2 * _STEP)
        others = None if "patternProperties" in part else part.get("additionalProperties")
        if _is_changed(others):
            key, found = f"key_{next(self._numbers)}", f"member_{next(self._numbers)}"
            self._line(indent, f"if {name}.__class__ is dict:")
            self._line(indent + _STEP, f"for {key}, {found} in {name}.items():")
            known = ", ".join(map(repr, part.get("properties", ())))
            self._line(indent + 2 * _STEP, f"if {key} not in {{{known}}}:" if known else "if True:")
            self._value(others, found, f"{name}[{key}]", None, indent + 3 * _STEP)

    def _members(
        self, part: Mapping[str, Any], types: frozenset[str], name: str, path: Path | None, indent: str
    ) -> None:
        """Write the statements for members that are named."""
        named = {member: inner for member, inner in part.get("properties", {}).items() if _is_changed(inner)}
        if not named:
            return
        if path is None or types != {"object"}:
            self._line(indent, f"if {name}.__class__ is dict:")
            indent, path = indent + _STEP, None
        if path is not None:
            named = self._integers(part, named, name, path)
        for member, inner in named.items():
            place = f"{name}[{member!r}]"
            # What was read already is there, whichever part says so, and must be changed wherever it is kept.
            if path is not None and (member in part.get("required", ()) or (*path, member) in self._reads.names):
                here = (*path, member)
                self._value(inner, self._reads.local(here, place), place, here, indent)
            else:
                found = f"member_{next(self._numbers)}"
                self._line(indent, f"{found} = {name}.get({member!r})")
                self._value(inner, found, place, None, indent)

    def _integers(self, part: Mapping[str, Any], named: dict[str, Any], name: str, path: Path) -> dict[str, Any]:
        """Write one statement for all plain integers of an object; returns the members that are left.

        Their sum is a double if one of them is.
        """
        plain = {
            member: self._reads.local((*path, member), f"{name}[{member!r}]")
            for member, inner in named.items()
            if member in part.get("required", ()) and types_of(inner) == {"integer"} and _is_bounded(inner)
        }
        if len(plain) > 1:
            self._line("", f"if ({' + '.join(plain.values())}).__class__ is float:")
            for member, local in plain.items():
                place = f"{name}[{member!r}]"
                self._line(_STEP, f"if {local}.__class__ is float: {place} = {local} = whole({local}); {self._changed}")
            return {member: inner for member, inner in named.items() if member not in plain}
        return named


def _is_changed(schema: Any) -> bool:
    """Whether a value that fits may have to be changed, or looked at."""
    return normalizer(schema, fill_defaults=False) is not None


def _is_bounded(schema: Any) -> bool:
    """Whether the schema's own bounds keep an integer within 64 bits."""
    parts = list(parts_of(schema))
    if any("enum" in part or "const" in part for part in parts):
        return all(not isinstance(value, int) or MIN_INTEGER <= value <= MAX_INTEGER for value in _listed(parts))
    return all(
        any(keyword in part and MIN_INTEGER <= part[keyword] <= MAX_INTEGER for part in parts for keyword in keywords)
        for keywords in _BOUNDS
    )


def _listed(parts: list[Mapping[str, Any]]) -> Iterator[Any]:
    for part in parts:
        yield from part.get("enum", [part["const"]] if "const" in part else ())


def plain_defaults(schema: Any) -> dict[str, Any] | None:
    """Return the defaults of an object's members, in their one form.

    None where the value need not be an object, and where some are deeper, are no plain values, or stand where several
    parts of the schema speak of the member.
    """
    found: dict[str, Any] = {}
    parts = list(parts_of(schema))
    for name, inner in (item for part in parts for item in part.get("properties", {}).items()):
        if isinstance(inner, dict) and "default" in inner:
            several = sum(_said_of(name, part) is not None for part in parts) > 1
            if several or isinstance(inner["default"], dict | list):
                return None
            step = normalizer(inner, fill_defaults=True)
            found[name] = step(inner["default"]) if step else inner["default"]
    deeper = sum(1 for _ in defaults_in(schema)) > len(found)
    return None if deeper or types_of(schema) != {"object"} else found


def defaults_in(*schemas: Any) -> Iterator[tuple[Mapping[str, Any], Any]]:
    """Yield each default that is filled in where a value fits all of some schemas, with all that they say of it."""
    parts = [part for schema in schemas for part in parts_of(schema)]
    if not parts:
        return
    for name in dict.fromkeys(name for part in parts for name in part.get("properties", ())):
        said = [found for part in parts if (found := _said_of(name, part)) is not None]
        whole = said[0] if len(said) == 1 else {"allOf": said}
        yield from ((whole, inner["default"]) for inner in said if isinstance(inner, dict) and "default" in inner)
        yield from defaults_in(*said)
    for keyword in ("items", "additionalProperties"):
        yield from defaults_in(*(part[keyword] for part in parts if keyword in part))


def _said_of(name: str, part: Mapping[str, Any]) -> Any:
    """Return the schema that one part has for a member, None for none."""
    if name in part.get("properties", {}):
        return part["properties"][name]
    return None if "patternProperties" in part else part.get("additionalProperties")
