"""Shapes of the policy file as self-contained JSON Schemas, each keyword with its id, its why and its place."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from catguard.policies.diagnostics import did_you_mean, quote
from catguard.policies.document import Document, Path
from catguard.policies.includes import scoped
from catguard.policies.keywords import (
    ANNOTATIONS,
    MANY,
    NAMED,
    NOTHING,
    ONE,
    SAME,
    WHOLE,
    limit_text,
    types_of,
)
from catguard.policies.model import Assumption, Fault, JsonSchema, Location, SchemaPath, Shape

#: Keywords that hold schemas by name or number.
_HOLDERS = tuple((keyword,) for keyword in (*MANY, *NAMED))
#: Parts that are records: `type: object` is implied and, but for the open ones, nothing undeclared is allowed.
RECORDS = ("params", "query", "headers", "args", "parameters")
OPEN_RECORDS = ("headers", "parameters")
WITHOUT_REASON = "no reason is written"
#: Keywords of a shape with all that it refers to written out: two references a level make millions of twenty levels.
MAX_KEYWORDS = 20_000
#: Keywords that say by `false` that there is nothing else.
_NO_OTHERS = ("items", "additionalProperties", "unevaluatedProperties", "unevaluatedItems", "propertyNames", "contains")
#: Reasons of what the format implies.
WHY_UNDECLARED = "what is not declared is refused"
NAMED_PARAMETERS = "parameters have names"
BEYOND_RANGE = "numbers beyond 64 bits change on their way"
IMPLIED = (WHY_UNDECLARED, NAMED_PARAMETERS, BEYOND_RANGE)

MakeAssumption = Callable[[str, str, str, Location], Assumption]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a keyword is written, and the reason given nearest to it."""

    location: Location
    why: str


class ShapeReader:
    """Reads shapes out of one document; faults are collected.

    Args:
        document: What was written.
        faults: Gets what is wrong.
        broken: The shapes whose form is wrong, which is told already.
    """

    def __init__(self, document: Document, faults: list[Fault], *, broken: Collection[str] = ()) -> None:
        self.document = document
        self.faults = faults
        self._broken = set(broken)
        self._lacking = 0
        #: Where shapes stand that lack what a broken one would have said.
        self.incomplete: set[Path] = set()
        self._inlined: dict[str, tuple[Any, dict[SchemaPath, Place]]] = {}

    def is_used(self, name: str) -> bool:
        """Whether a shape was read so far, directly or through another."""
        return name in self._inlined

    def read(self, part: str, path: Path, make: MakeAssumption) -> Shape:
        """Return the shape at a path of the document.

        Args:
            part: what it describes, e.g. "query" or "body".
            path: where it stands in the document.
            make: builds an assumption from (id, why, limit text, location).
        """
        location = self.document.key(path)
        lacking = self._lacking
        schema, places = self._inline(self.document.under(path), path, ())
        if self._lacking > lacking:
            self.incomplete.add(path)
        if isinstance(schema, bool):
            schema, places = ({}, places) if schema else _nothing(location)
        if part in RECORDS:
            schema = {"type": "object", **schema}
            places.setdefault(("type",), Place(location, NAMED_PARAMETERS))
            if part not in OPEN_RECORDS and not {"unevaluatedProperties", "additionalProperties"} & schema.keys():
                schema["unevaluatedProperties"] = False
                places[("unevaluatedProperties",)] = Place(location, WHY_UNDECLARED)
        shape = _shape(part, schema, places.__getitem__, make, location)
        silent = {
            at: place.location for at, place in places.items() if at not in shape.assumptions and at[-2:-1] in _HOLDERS
        }
        return replace(shape, silent=silent) if silent else shape

    def _inline(self, node: Any, path: Path, stack: tuple[str, ...]) -> tuple[Any, dict[SchemaPath, Place]]:
        """Return a schema without $ref, and the place of each of its keywords."""
        if not isinstance(node, dict):
            return node, {}
        if "$ref" in node:
            return self._inline_reference(node, path, stack)
        why = str(node.get("description", "")).strip()
        schema: dict[str, Any] = {}
        places: dict[SchemaPath, Place] = {}

        def descend(inner: Any, inner_path: Path, at: SchemaPath) -> Any:
            resolved, inner_places = self._inline(inner, inner_path, stack)
            if not inner_places:
                places[at] = Place(self.document.key(inner_path), why)
            if resolved is False and at[0] not in _NO_OTHERS:
                resolved, inner_places = _nothing(self.document.value(inner_path))
                if at[0] == "dependentSchemas":
                    resolved = {"not": {"required": [at[1]]}}
            for where, place in inner_places.items():
                places[(*at, *where)] = Place(place.location, place.why or why)
            return resolved

        for keyword, value in node.items():
            here = (*path, keyword)
            places[(keyword,)] = Place(self.document.key(here), why)
            if keyword in ONE:
                schema[keyword] = descend(value, here, (keyword,))
            elif keyword in MANY and isinstance(value, list):
                schema[keyword] = [
                    descend(inner, (*here, index), (keyword, index)) for index, inner in enumerate(value)
                ]
            elif keyword in NAMED and isinstance(value, dict):
                schema[keyword] = {
                    name: descend(inner, (*here, name), (keyword, name)) for name, inner in value.items()
                }
            else:
                schema[keyword] = value
        self._check_required(schema, path)
        return schema, places

    def _check_required(self, schema: Mapping[str, Any], path: Path) -> None:
        """Find members that a closed object requires and cannot have."""
        required, declared = schema.get("required", ()), schema.get("properties", {})
        if schema.get("additionalProperties") is not False or "patternProperties" in schema:
            return
        for index, name in enumerate(required):
            if name not in declared:
                place = self.document.value((*path, "required", index))
                message = f"the object requires {quote(name)}, which it does not declare"
                self.faults.append(Fault(place, message, did_you_mean(name, declared)))

    def _named(self, reference: str, place: Location, shapes: Mapping[str, Any]) -> str | None:
        """Return the shape that a reference names, looked for in its own file unless it names another."""
        other, _, name = reference.partition("#/shapes/")
        scope = self.document.scope(place)
        file = posixpath.normpath(posixpath.join(posixpath.dirname(scope), other)) if other else scope
        if file == posixpath.basename(self.document.files[0]):
            file = ""
        known = {"", *self.document.scopes.values()}
        if file not in known:
            near = did_you_mean(file, known - {""}) or "name it under `include`"
            self.faults.append(Fault(place, f"the policy does not include {quote(other)}", near))
            return None
        found = scoped(file, name)
        if found in shapes:
            return found
        prefix = scoped(file, "") if file else ""
        own = [key.removeprefix(prefix) for key in shapes if key.startswith(prefix) and ("#" in key) == bool(file)]
        where = f" in {file}" if other and file else ""
        elsewhere = [key for key in shapes if key.rpartition("/")[2] == name]
        hint = did_you_mean(name, own) or (f"there is {elsewhere[0]}" if elsewhere else None)
        self.faults.append(Fault(place, f"there is no shape {quote(name)}{where}", hint))
        return None

    def _inline_reference(
        self, node: Mapping[str, Any], path: Path, stack: tuple[str, ...]
    ) -> tuple[Any, dict[SchemaPath, Place]]:
        place = self.document.value((*path, "$ref"))
        shapes = self.document.data.get("shapes") or {}
        named = self._named(str(node["$ref"]), place, shapes)
        if named is None:
            self._lacking += 1
            return {}, {}
        name = named
        if name in stack:
            chain = " -> ".join((*stack[stack.index(name) :], name))
            hint = "write out as many levels as are allowed: what has no depth has no cost"
            self.faults.append(Fault(place, f"the shape contains itself: {chain}", hint))
            self._lacking += 1
            return {}, {}
        if name not in self._inlined:
            lacking = self._lacking
            found = self._inline(shapes[name], ("shapes", name), (*stack, name))
            if len(found[1]) > MAX_KEYWORDS:
                key = self.document.key(("shapes", name))
                message = f"the shape has more than {MAX_KEYWORDS} keywords once its references are written out"
                self.faults.append(Fault(key, message, "refer to fewer shapes, or to smaller ones"))
                found = ({}, {})
                self._lacking += 1
            self._inlined[name] = found
            if self._lacking > lacking:
                self._broken.add(name)
        self._lacking += name in self._broken
        target, target_places = self._inlined[name]
        siblings = {keyword: value for keyword, value in node.items() if keyword != "$ref"}
        if not siblings:
            return target, dict(target_places)
        own, own_places = self._inline(siblings, path, stack)
        if isinstance(target, dict) and not (set(own) & set(target)) - set(ANNOTATIONS):
            why = str(own.get("description", ""))
            places = {at: Place(found.location, found.why or why) for at, found in target_places.items()}
            return {**target, **own}, {**places, **own_places}
        places = {("allOf", 0, *at): found for at, found in target_places.items()}
        places[("allOf",)] = Place(place, "")
        return {"allOf": [target], **own}, {**places, **own_places}


def _nothing(location: Location) -> tuple[Any, dict[SchemaPath, Place]]:
    """Return what no value fits as a keyword, which can have an id: `false` has none."""
    return dict(NOTHING), {("not",): Place(location, "")}


def built_in_shape(part: str, schema: JsonSchema, why: str, make: MakeAssumption, location: Location) -> Shape:
    """Return a shape that the format implies; every keyword of it has the same place and reason."""
    return _shape(part, schema, lambda _: Place(location, why), make, location)


def _shape(
    part: str,
    schema: JsonSchema,
    place_of: Callable[[SchemaPath], Place],
    make: MakeAssumption,
    location: Location,
) -> Shape:
    assumptions: dict[SchemaPath, Assumption] = {}
    _enumerate(schema, (), (part,), place_of, make, assumptions)
    whole = make(f"{part}/range", BEYOND_RANGE, "integers of 64 bits", location)
    assumptions.setdefault(("range",), whole)
    return Shape(part, schema, assumptions, location)


def _enumerate(
    schema: Any,
    path: SchemaPath,
    pointer: tuple[str, ...],
    place_of: Callable[[SchemaPath], Place],
    make: MakeAssumption,
    found: dict[SchemaPath, Assumption],
) -> None:
    """Collect the assumption of each keyword of a schema that judges a value."""
    if not isinstance(schema, dict):
        return

    def add(keyword: str, at: SchemaPath) -> None:
        place = place_of(at)
        identity = "/".join((*pointer, keyword))
        found[(*path, keyword)] = make(
            identity, place.why or WITHOUT_REASON, limit_text(keyword, schema), place.location
        )

    for keyword, value in schema.items():
        here = (*path, keyword)
        if keyword in ANNOTATIONS or keyword.startswith("x-") or keyword == "if":
            continue
        if keyword in ("properties", "patternProperties"):
            for name, inner in value.items():
                step = name if keyword == "properties" else "*"
                _enumerate(inner, (*here, name), (*pointer, step), place_of, make, found)
        elif keyword == "dependentSchemas":
            for name, inner in value.items():
                _enumerate(inner, (*here, name), pointer, place_of, make, found)
        elif keyword == "prefixItems":
            for index, inner in enumerate(value):
                _enumerate(inner, (*here, index), (*pointer, "*"), place_of, make, found)
        elif keyword == "allOf":
            for index, inner in enumerate(value):
                _enumerate(inner, (*here, index), pointer, place_of, make, found)
        elif keyword in SAME:
            _enumerate(value, here, pointer, place_of, make, found)
        elif keyword in ONE and keyword not in WHOLE and isinstance(value, dict):
            _enumerate(value, here, (*pointer, "*"), place_of, make, found)
        else:
            add(keyword, here)
    if "integer" in types_of(schema):
        add("range", (*path, "type" if "type" in schema else next(iter(schema))))


def undeclared_openness(schema: Any, path: SchemaPath = ()) -> list[SchemaPath]:
    """Return where an object schema does not say whether it is open."""
    missing: list[SchemaPath] = []
    if not isinstance(schema, dict):
        return missing
    says = {"additionalProperties", "unevaluatedProperties"} & schema.keys()
    if "object" in types_of(schema) and not says:
        missing.append(path)
    for keyword, value in schema.items():
        if keyword == "properties":
            for name, inner in value.items():
                missing += undeclared_openness(inner, (*path, keyword, name))
        elif keyword in ("items", "additionalProperties", "unevaluatedProperties"):
            missing += undeclared_openness(value, (*path, keyword))
        elif keyword == "prefixItems":
            for index, inner in enumerate(value):
                missing += undeclared_openness(inner, (*path, keyword, index))
    return missing


def defaults_of(schema: Any, pointer: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
    """Return the defaults of an object schema by the pointer of their property."""
    found: dict[tuple[str, ...], Any] = {}
    if not isinstance(schema, dict):
        return found
    for name, inner in schema.get("properties", {}).items():
        if isinstance(inner, dict):
            if "default" in inner:
                found[(*pointer, name)] = inner["default"]
            found |= defaults_of(inner, (*pointer, name))
    for inner in schema.get("allOf", ()):
        found |= defaults_of(inner, pointer)
    if isinstance(schema.get("items"), dict):
        found |= defaults_of(schema["items"], (*pointer, "*"))
    return found
