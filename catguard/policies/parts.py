"""The shape of one part, ready to judge values: its validator, the words of what a value breaks, its one form."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

import jsonschema_rs

from catguard.policies.branches import BranchForm
from catguard.policies.keywords import MEMBERS, SAME, known_properties, limit_text, parts_of, subschemas, type_name
from catguard.policies.model import Assumption, JsonSchema, SchemaPath, Shape
from catguard.policies.normalform import defaults_in
from catguard.policies.values import Normalize, OutOfRange, RecordReader, has_inexact, in_turn, normalizer

#: More errors of one value than these are no help to its reader (DESIGN.md section 5).
MAX_ERRORS = 20
#: Of a value with more members and items than these only the first error is looked for: jsonschema-rs makes all of
#: them before it gives any, 1 MiB of wrong items costs 4 s and 300 MB. Where each is held against several alternatives
#: so much fewer.
MAX_EXPLAINED = 2_000
#: However many there are, so many members and items are cheap to explain.
MIN_EXPLAINED = 50


@dataclass(frozen=True, slots=True)
class ShapeError:
    """One keyword that a value breaks: its assumption, the pointer to the value, and what the message may say more.

    `path` is the keyword's in the schema, `around` the schema that it stands in, `limit` what it allows, `title` what
    the schema calls it. `names` are those of members: what is lacking, with what makes that necessary; what is not
    declared, where only `declared` are; the name that is none. Of anyOf and oneOf `alternatives` are the branches, and
    `branches` the errors of each, none of one that fits; `kind` is the type of the value.
    """

    assumption: Assumption
    pointer: tuple[str | int, ...]
    keyword: str
    path: SchemaPath
    limit: str
    title: str | None = None
    names: tuple[str, ...] = ()
    declared: tuple[str, ...] = ()
    branches: tuple[tuple[ShapeError, ...], ...] = ()
    alternatives: tuple[Any, ...] = ()
    kind: str = ""
    around: Mapping[str, Any] = field(default_factory=dict)


class Validators:
    """The validators of one policy set, and what else is made of a schema alone: equal schemas share them."""

    def __init__(self) -> None:
        self._made: dict[bytes, jsonschema_rs.Draft202012Validator] = {}
        self._readers: dict[bytes, RecordReader] = {}
        self._normalizers: dict[tuple[bytes, bool], Normalize | None] = {}

    def of(self, schema: JsonSchema) -> jsonschema_rs.Draft202012Validator:
        """Return the validator of a schema; raises ValueError with what is wrong with it."""
        key = _key(schema)
        if key not in self._made:
            try:
                self._made[key] = jsonschema_rs.Draft202012Validator(
                    dict(schema), pattern_options=jsonschema_rs.RegexOptions(), validate_formats=True
                )
            except jsonschema_rs.ValidationError as error:
                raise ValueError(str(error)) from None
        return self._made[key]

    def reading(self, schema: JsonSchema, *, fill_defaults: bool) -> tuple[RecordReader, Normalize | None]:
        """Return what reads a record of a schema from the wire, and what brings a value to its one form."""
        key = _key(schema)
        if key not in self._readers:
            self._readers[key] = RecordReader(schema)
        if (key, fill_defaults) not in self._normalizers:
            plain = normalizer(schema, fill_defaults=fill_defaults)
            self._normalizers[key, fill_defaults] = in_turn([BranchForm(self._fitting).of(schema), plain])
        return self._readers[key], self._normalizers[key, fill_defaults]

    def _fitting(self, schema: JsonSchema) -> Callable[[Any], bool]:
        return self.of(schema).is_valid


def _key(schema: JsonSchema) -> bytes:
    return hashlib.sha256(repr(schema).encode("utf-8", "surrogatepass")).digest()


class CompiledPart:
    """The shape of one part, ready to judge values, to read them from the wire and to bring them to their one form."""

    __slots__ = (
        "_explained",
        "_form",
        "_reader",
        "_validator",
        "_words",
        "fills_defaults",
        "is_valid",
        "normalize",
        "shape",
    )

    def __init__(self, shape: Shape, *, fill_defaults: bool, validators: Validators | None = None) -> None:
        """Build the validator of a shape, or take one of `validators`.

        Raises:
            ValueError: With what is wrong with the schema.
        """
        self.shape = shape
        self._words: frozenset[str] | None = None
        self._explained: int | None = None
        validators = validators or Validators()
        self._validator = validators.of(shape.schema)
        #: Whether a value fits.
        self.is_valid: Callable[[Any], bool] = self._validator.is_valid
        self.fills_defaults = fill_defaults and any(True for _ in defaults_in(shape.schema))
        self.normalize: Normalize | None
        self._form: Normalize | None = None
        self._reader, self.normalize = validators.reading(shape.schema, fill_defaults=fill_defaults)

    @property
    def names(self) -> frozenset[str]:
        """The names that a record declares."""
        return self._reader.names

    @property
    def words(self) -> frozenset[str]:
        """All names that the schema has for members; looked for when something is refused, and kept."""
        if self._words is None:
            self._words = frozenset(_words(self.shape.schema)) | self.names
        return self._words

    def from_wire(self, pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
        """Return the typed record of name-value pairs; what does not convert stays a string for the shape check."""
        return self._reader.read(pairs)

    def defaults_fit(self) -> bool:
        """Whether each default is a value that its own schema lets pass; filled in, it is not judged again."""
        return all(_fits(schema, value) for schema, value in defaults_in(self.shape.schema) if self.fills_defaults)

    def errors(self, value: Any) -> list[ShapeError]:
        """Return what a value breaks: at most MAX_ERRORS, of a value larger than MAX_EXPLAINED the first."""
        found = [self._shape_error(error) for error in islice(self._broken(value), MAX_ERRORS)]
        told: list[ShapeError] = []
        for error in found:
            left = _by_itself(error, found)
            if left is not None and left not in told:
                told.append(left)
        return told

    def rounded(self, value: Any) -> Any:
        """Return a value as it is delivered but for defaults, if its numbers are not just spelt differently then.

        Beyond 53 bits a double stands for several integers: rounded, a number may break what it did not break before.
        Raises OutOfRange.
        """
        if self.normalize is None or not has_inexact(value):
            return value
        if self._form is None:
            _, self._form = Validators().reading(self.shape.schema, fill_defaults=False)
        return self._form(deepcopy(value)) if self._form else value

    def looks(self) -> Normalize | None:
        """Return what raises where a number of a branch is not in its one form; None where there is nothing to see."""
        validators = Validators()
        return BranchForm(lambda schema: validators.of(schema).is_valid, looking=True).of(self.shape.schema)

    def refuses(self, value: Any, where: tuple[str | int, ...]) -> bool:
        """Whether a value is broken in one place, or in what stands there."""
        return any(tuple(error.instance_path)[: len(where)] == where for error in self._broken(value))

    def _shape_error(self, error: jsonschema_rs.ValidationError) -> ShapeError:
        path: SchemaPath = tuple(error.evaluation_path)
        at = tuple(error.instance_path)
        around = self._around(path)
        keyword = str(path[-1]) if path else ""
        if keyword == "maxContains" and not _contains(around["contains"], error.instance):
            keyword = "contains"  # so jsonschema-rs calls that there is none, too
            path = (*path[:-1], keyword)
        elif keyword == "items" and error.kind.name == "falseSchema":
            at = at[:-1]  # it is the list that is too long
        branches = getattr(error.kind, "context", ()) if keyword in ("anyOf", "oneOf") else ()
        told = tuple(tuple(map(self._shape_error, branch[:MAX_ERRORS])) for branch in branches)
        assumption = self.assumption(path)
        return ShapeError(
            assumption,
            at,
            keyword,
            path,
            limit=assumption.limit if path in self.shape.assumptions else limit_text(keyword, around),
            title=around.get("title"),
            names=_names(error, path, around),
            declared=tuple(known_properties(around)) if keyword in MEMBERS else (),
            branches=told,
            alternatives=tuple(around[keyword]) if told else (),
            kind=type_name(error.instance) if told else "",
            around=around,
        )

    def _around(self, path: SchemaPath) -> Mapping[str, Any]:
        """Return the schema that a keyword stands in."""
        schema: Any = self.shape.schema
        for step in path[:-1]:
            schema = schema[step]
        return schema if isinstance(schema, Mapping) else {}

    def _broken(self, value: Any) -> Iterable[jsonschema_rs.ValidationError]:
        if self._explained is None:
            self._explained = max(MIN_EXPLAINED, MAX_EXPLAINED // _alternatives(self.shape.schema))
        if _size(value, self._explained) <= self._explained:
            return self._validator.iter_errors(value)
        try:
            self._validator.validate(value)
        except jsonschema_rs.ValidationError as error:
            return (error,)
        return ()

    def assumption(self, path: SchemaPath) -> Assumption:
        """Return the assumption at a schema path, or the nearest one that encloses it."""
        assumptions = self.shape.assumptions
        while path:
            if path in assumptions:
                return assumptions[path]
            path = path[:-1]
        return next(iter(assumptions.values()))

    def range_assumption(self, pointer: tuple[str | int, ...]) -> Assumption:
        """Return the assumption that an integer at a pointer has 64 bits."""
        wanted = "/".join((self.shape.part, *("*" if isinstance(step, int) else step for step in pointer), "range"))
        assumptions = self.shape.assumptions
        return next((found for found in assumptions.values() if found.id == wanted), assumptions[("range",)])


def _alternatives(schema: Any) -> int:
    """Return how often one value is judged at most: by a schema, and by each alternative in it."""
    if not isinstance(schema, Mapping):
        return 1
    branches = [found for keyword in ("anyOf", "oneOf") for found in schema.get(keyword, ())]
    inner = (_alternatives(found) for path, found in subschemas(schema) if path[0] not in ("anyOf", "oneOf"))
    return max(1 + sum(map(_alternatives, branches)), *inner, 1)


def _fits(schema: JsonSchema, default: Any) -> bool:
    forms = [form for part in parts_of(schema) if (form := normalizer(part, fill_defaults=True))]
    value = deepcopy(default)
    try:
        for form in forms * 2:  # twice: so that of two each comes before the other
            value = form(value)
    except OutOfRange:
        return False
    return jsonschema_rs.is_valid(dict(schema), default)


def _words(schema: Any) -> Iterator[str]:
    if isinstance(schema, Mapping):
        for keyword, inner in schema.items():
            if keyword in ("properties", "dependentRequired", "dependentSchemas") and isinstance(inner, Mapping):
                yield from inner
            elif keyword == "required" and isinstance(inner, list | tuple):
                yield from (name for name in inner if isinstance(name, str))
            yield from _words(inner)
    elif isinstance(schema, list | tuple):
        for inner in schema:
            yield from _words(inner)


def _names(error: jsonschema_rs.ValidationError, path: SchemaPath, around: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of members that a broken keyword is about."""
    keyword = path[-1] if path else ""
    if "propertyNames" in path[-2:]:
        inner = getattr(error.kind, "error", None)
        return (str(inner.instance),) if inner is not None else ()
    if keyword == "required":
        return (str(getattr(error.kind, "property", "")),)
    if keyword == "dependentRequired":
        lacking = str(getattr(error.kind, "property", ""))
        instance: Any = error.instance
        given = (name for name, needed in around[keyword].items() if name in instance and lacking in needed)
        return (lacking, *given)
    if keyword in MEMBERS:
        return tuple(str(name) for name in getattr(error.kind, "unexpected", ()))
    return ()


def _contains(wanted: Any, items: Any) -> bool:
    """Whether a list has an item that fits what `contains` asks for."""
    if isinstance(wanted, bool):
        return wanted and bool(items)
    fits = jsonschema_rs.Draft202012Validator(wanted, pattern_options=jsonschema_rs.RegexOptions()).is_valid
    return any(map(fits, items))


def _by_itself(error: ShapeError, found: Sequence[ShapeError]) -> ShapeError | None:
    """Return an error without what follows from others, which are told; None where nothing is left.

    Members count as undeclared also where the part of the schema that declares them does not fit.
    """
    if error.keyword != "unevaluatedProperties":
        return error
    excused: set[str] = set()
    for other in found:
        if other.assumption.action != "deny":
            continue
        if other.branches and other.pointer == error.pointer:
            excused.update(known_properties({other.keyword: other.alternatives}))
        excused.update(_declared_beside(error, other))
    names = tuple(name for name in error.names if name not in excused)
    return replace(error, names=names) if names or not error.names else None


def _declared_beside(error: ShapeError, other: ShapeError) -> Sequence[str]:
    """Return the names that a part of the same schema declares which another error is in."""
    beside, depth = error.path[:-1], len(error.path) - 1
    at = other.path[:depth]
    if at != beside or len(other.path) <= depth or other.path[depth] not in SAME:
        return ()
    keyword, step = other.path[depth : depth + 2]
    schema: Any = error.around[str(keyword)]
    return known_properties(schema[step] if keyword in ("allOf", "dependentSchemas") else schema)


def _size(value: Any, most: int) -> int:
    """Count the members and items in a JSON value, hardly further than to `most`."""
    if not isinstance(value, dict | list):
        return 0
    count = len(value)
    for inner in value.values() if isinstance(value, dict) else value:
        if count > most:
            break
        count += _size(inner, most - count)
    return count
