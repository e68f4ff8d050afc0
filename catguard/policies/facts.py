"""What rules can read: the facts of a boundary's phase, typed from the JSON Schemas of its parts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Any, Literal, TypeAlias

from catguard.policies.keywords import parts_of, types_of
from catguard.policies.model import CALLER_CLASSES, PARAMETER, Boundary, Phase
from catguard.policies.values import normalizer

ScalarKind = Literal["bool", "int", "double", "string"]


@dataclass(frozen=True, slots=True)
class Dynamic:
    """A value whose type the schema does not pin down: the checker lets everything pass."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """A plain value; `values` are all that it can be, where the schema lists them."""

    kind: ScalarKind
    values: tuple[Any, ...] | None = None
    nullable: bool = False


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list, or null where that is `nullable`."""

    element: FactType
    nullable: bool = False


@dataclass(frozen=True, slots=True)
class MapOf:
    """An object whose member names are not declared; `required` are those that are always there.

    It can be null where that is `nullable`, and anything else where the schema does not say `type: object`: `implied`.
    """

    value: FactType
    required: frozenset[str] = frozenset()
    nullable: bool = False
    implied: bool = False


@dataclass(frozen=True, slots=True)
class Field:
    """A member of a record; `present` where no exchange that reaches the rules lacks it.

    Its type is not `certain` where only a branch says it that need not hold: then it can be anything else.
    """

    type: FactType
    present: bool
    certain: bool = True


@dataclass(frozen=True, slots=True)
class Record:
    """An object whose members are declared; `absent` says of names that could be expected why they are no facts.

    It can be anything else where the schema does not say `type: object`: then it is `implied`.
    """

    fields: Mapping[str, Field]
    absent: Mapping[str, tuple[str, str | None]] = field(default_factory=dict)
    implied: bool = False


FactType: TypeAlias = Dynamic | Scalar | ListOf | MapOf | Record

DYNAMIC = Dynamic()
BOOL, INT, STRING = Scalar("bool"), Scalar("int"), Scalar("string")
_SCALARS: Mapping[str, ScalarKind] = {"boolean": "bool", "integer": "int", "number": "double", "string": "string"}


@dataclass(frozen=True, slots=True)
class MediaFacts:
    """What is read from a body of some media type."""

    media: str
    facts: Record


#: By the name of the facts under `response`.
MEDIA_FACTS: Mapping[str, MediaFacts] = {
    "image": MediaFacts(
        "image/",
        Record(
            {
                "width": Field(INT, True),
                "height": Field(INT, True),
                "format": Field(Scalar("string", ("webp", "png", "jpeg", "avif", "gif")), True),
                "frames": Field(INT, True),
            }
        ),
    )
}


def type_of(schema: Any, *, defaults_applied: bool) -> FactType:
    """Return the type of the values that fit a JSON Schema (2020-12, without $ref) after they were normalized.

    Args:
        schema: the schema.
        defaults_applied: members with a `default` were filled in.
    """
    return _type_of(schema, defaults_applied=defaults_applied, normalized=True)


def _type_of(schema: Any, *, defaults_applied: bool, normalized: bool) -> FactType:
    """Return the type of a schema's values.

    `normalized` is false below keywords that normalization does not enter, as it cannot know which branch holds: there
    5.0 may stand for an integer and 5 for a number, so that numbers have no one CEL type.
    """
    if not isinstance(schema, dict):
        return DYNAMIC
    declared = types_of(schema)
    types = declared or _implied(schema)
    options = {"defaults_applied": defaults_applied, "normalized": normalized}
    if not types:
        branches = [branch for keyword in ("anyOf", "oneOf") for branch in schema.get(keyword, ())]
        options["normalized"] = False
        return reduce(join, (_type_of(branch, **options) for branch in branches)) if branches else DYNAMIC
    if len(types - {"null"}) != 1:
        return DYNAMIC
    (name,) = types - {"null"}
    if name == "object":
        found = _object(schema, **options)
        if isinstance(found, MapOf):
            found = replace(found, nullable="null" in types)
        return found if declared else replace(found, implied=True)
    if name == "array":
        items = [part["items"] for part in parts_of(schema) if "items" in part]
        tuples = any("prefixItems" in part for part in parts_of(schema))
        return ListOf(_type_of(items[0], **options) if items and not tuples else DYNAMIC, "null" in types)
    if name in ("integer", "number") and not normalized:
        return DYNAMIC
    return Scalar(_SCALARS[name], _values(schema), "null" in types)


def _implied(schema: Mapping[str, Any]) -> frozenset[str]:
    return frozenset({"object"}) if any("properties" in part for part in parts_of(schema)) else frozenset()


def _branches(schema: Mapping[str, Any]) -> Iterator[Sequence[Any]]:
    """Yield the sets of branches of which at least one holds."""
    for keyword in ("anyOf", "oneOf"):
        if keyword in schema:
            yield schema[keyword]
    if "if" in schema:
        yield (schema.get("then", True), schema.get("else", True))
    for inner in schema.get("dependentSchemas", {}).values():
        yield (inner, True)


def _values(schema: Mapping[str, Any]) -> tuple[Any, ...] | None:
    """Return the values to which enum and const confine, in the order of the first that does."""
    lists = [part.get("enum", [part.get("const")]) for part in parts_of(schema) if {"enum", "const"} & part.keys()]
    if not lists:
        return None
    plain = (value for value in lists[0] if not isinstance(value, dict | list))
    return tuple(value for value in plain if all(value in other for other in lists[1:]))


def _required(schema: Any) -> frozenset[str]:
    """Return the members that every object which fits has."""
    if not isinstance(schema, dict):
        return frozenset()
    names: frozenset[str] = frozenset()
    for part in parts_of(schema):
        names |= frozenset(part.get("required", ()))
        for branches in _branches(part):
            names |= frozenset.intersection(*map(_required, branches)) if branches else frozenset()
    return names


#: Beside these unevaluatedProperties says nothing of the members that they evaluate.
_EVALUATING = ("allOf", "anyOf", "oneOf", "if", "dependentSchemas")


def _object(schema: Mapping[str, Any], *, defaults_applied: bool, normalized: bool) -> Record | MapOf:
    certain: dict[str, FactType] = {}
    possible: dict[str, FactType] = {}
    #: Members of no one type whose numbers have a form all the same, on which no later part has a say.
    open_ended: set[str] = set()
    #: Members that each branch speaks of, of which one holds.
    settled: set[str] = set()
    present = _required(schema)
    for part in parts_of(schema):
        for name, inner in part.get("properties", {}).items():
            found = _type_of(inner, defaults_applied=defaults_applied, normalized=normalized)
            if name not in open_ended:
                certain[name] = _meet(certain[name], found) if name in certain else found
                if isinstance(found, Dynamic) and normalizer(inner, fill_defaults=False):
                    open_ended.add(name)
            if defaults_applied and normalized and isinstance(inner, dict) and "default" in inner:
                present |= {name}
        for branches in _branches(part):
            records = [_type_of(branch, defaults_applied=False, normalized=False) for branch in branches]
            fields = [found.fields if isinstance(found, Record) else {} for found in records]
            for name, member in (item for members in fields for item in members.items()):
                possible[name] = join(possible[name], member.type) if name in possible else member.type
            named = [{name for name, member in members.items() if member.certain} for members in fields]
            settled |= set.intersection(*named) if named else set()
    if certain or possible:
        types = {**dict.fromkeys(present, DYNAMIC), **possible, **certain}
        unsettled = possible.keys() - certain.keys() - settled
        return Record({name: Field(types[name], name in present, name not in unsettled) for name in types})
    if any("patternProperties" in part for part in parts_of(schema)):
        return MapOf(DYNAMIC, present)
    for part in parts_of(schema):
        others = part.get("additionalProperties", part.get("unevaluatedProperties"))
        if others is False:
            return Record({name: Field(DYNAMIC, True) for name in present})
        if isinstance(others, dict):
            evaluated = normalized and "additionalProperties" in part
            if "additionalProperties" not in part and any(keyword in part for keyword in _EVALUATING):
                break
            return MapOf(_type_of(others, defaults_applied=defaults_applied, normalized=evaluated), present)
    return MapOf(DYNAMIC, present)


def join(one: FactType, other: FactType) -> FactType:
    """Return the type of a value that has one type or the other."""
    if one == other:
        return one
    if isinstance(one, Scalar) and isinstance(other, Scalar) and one.kind == other.kind:
        lists = one.values is not None and other.values is not None
        values = tuple(dict.fromkeys((*(one.values or ()), *(other.values or ())))) if lists else None
        return Scalar(one.kind, values, one.nullable or other.nullable)
    if isinstance(one, ListOf) and isinstance(other, ListOf):
        return ListOf(join(one.element, other.element), one.nullable or other.nullable)
    return DYNAMIC


def _meet(one: FactType, other: FactType) -> FactType:
    """Return the type of a value that has both types, as far as either pins it down."""
    if isinstance(one, Scalar) and isinstance(other, Scalar) and one.kind == other.kind:
        if one.values is None or other.values is None:
            values = one.values if other.values is None else other.values
        else:
            values = tuple(value for value in one.values if value in other.values)
        return Scalar(one.kind, values, one.nullable and other.nullable)
    return other if isinstance(one, Dynamic) else one


def facts_of(boundary: Boundary, phase: Phase, *, defaults_applied: bool) -> Record:
    """Return what the rules of a phase can read, as one record of `request`, `response` and `caller`.

    Args:
        boundary: the boundary; its variables are not looked at.
        phase: its request or one of its responses.
        defaults_applied: defaults in the request are filled in before its rules.
    """
    roots = {"request": _request(boundary, defaults_applied=defaults_applied)}
    absent: dict[str, tuple[str, str | None]] = {}
    if phase.phase == "response":
        roots["response"] = _response(boundary, phase)
    else:
        absent["response"] = ("a request is decided before there is a response", "move the rule under `response`")
    if boundary.side == "inbound" and boundary.kind == "http":
        caller = {"component": Field(STRING, True), "verified": Field(BOOL, True)}
        hint = "caller.component is the component's name, or one of " + ", ".join(CALLER_CLASSES)
        roots["caller"] = Record(caller, {"class": ("a caller has no class of its own", hint)})
    else:
        absent["caller"] = ("only inbound http boundaries know their caller", None)
    return Record({name: Field(record, True) for name, record in roots.items()}, absent)


def _shapes(phase: Phase, parts: Iterable[str], *, defaults_applied: bool) -> Record:
    """Return the declared parts of a phase as facts, and the others as absent."""
    fields: dict[str, Field] = {}
    absent: dict[str, tuple[str, str | None]] = {}
    for part in parts:
        shape = phase.shape(part)
        if shape is None:
            words = (
                f"no {part} {'is' if part in ('body', 'query', 'result') else 'are'} declared for this {phase.phase}"
            )
            absent[part] = (words, f"declare `{part}:` under `{phase.phase}`")
        elif phase.stream and part == "body":
            absent[part] = ("a streamed body is not held back to be read", "remove `stream: true` or the rule")
        else:
            fields[part] = Field(type_of(shape.schema, defaults_applied=defaults_applied), True)
    return Record(fields, absent)


def _request(boundary: Boundary, *, defaults_applied: bool) -> Record:
    phase = boundary.request
    match boundary.kind:
        case "http":
            shapes = _shapes(phase, ("params", "query", "headers", "body"), defaults_applied=defaults_applied)
            fields = dict(shapes.fields)
            if "params" in fields and isinstance(fields["params"].type, Record):
                fields["params"] = Field(_matched(fields["params"].type, boundary.path), True)
            plain = {"method": STRING, "path": STRING, "bytes": INT}
        case "call":
            shapes = _shapes(phase, ("args",), defaults_applied=defaults_applied)
            fields, plain = dict(shapes.fields), {}
        case "sql":
            shapes = _shapes(phase, ("parameters",), defaults_applied=defaults_applied)
            fields = {**shapes.fields, "limit": Field(INT, False)}
            plain = {"operation": STRING, "rows": INT}
            fields["tables"] = Field(ListOf(STRING), True)
    return Record({**fields, **{name: Field(found, True) for name, found in plain.items()}}, shapes.absent)


def _matched(params: Record, path: str | None) -> Record:
    """Return the record of path parameters with those present that the path template cannot match without.

    Without a template, which is that of a callee that there is not, nothing can be said against any of them.
    """
    names = params.fields.keys() if path is None else frozenset(PARAMETER.findall(path))
    return Record(
        {name: replace(found, present=found.present or name in names) for name, found in params.fields.items()}
    )


def _response(boundary: Boundary, phase: Phase) -> Record:
    if boundary.kind == "sql":
        return Record({"rows": Field(INT, True), "bytes": Field(INT, False)})
    if boundary.kind == "call":
        shapes = _shapes(phase, ("result",), defaults_applied=False)
        return Record({**shapes.fields, "bytes": Field(INT, "max_bytes" in phase.limits)}, shapes.absent)
    shapes = _shapes(phase, ("headers", "body"), defaults_applied=False)
    fields = {
        **shapes.fields,
        "status": Field(INT, True),
        "media": Field(Scalar("string", phase.media), bool(phase.media) or "body" in shapes.fields),
        "bytes": Field(INT, True),
    }
    absent = dict(shapes.absent)
    for name, known in MEDIA_FACTS.items():
        matching = [media for media in phase.media or () if media.startswith(known.media)]
        if not matching:
            hint = f"list the {known.media}* types that are allowed under `media:`"
            absent[name] = (f"`media` of this response lists no {known.media}* type", hint)
        elif phase.stream:
            absent[name] = ("a streamed body is not held back to be read", "remove `stream: true` or the rule")
        else:
            fields[name] = Field(known.facts, len(matching) == len(phase.media or ()))
    return Record(fields, absent)
