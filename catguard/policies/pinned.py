"""What is known of a translated value: its Python, its type, the schemas that it fits, where it is read from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

from catguard.policies.facts import DYNAMIC, FactType, ListOf, MapOf, Record, Scalar
from catguard.policies.intervals import INTEGERS, MAX_SIZE, Interval, integers_of, sizes_of
from catguard.policies.keywords import parts_of

#: A bag is a list in no order that anybody may rely on: what CEL makes of a map's keys, in whichever order it has them.
Kind = Literal["bool", "int", "double", "string", "list", "bag", "map", "null", "dyn"]
Path: TypeAlias = tuple[str, ...]
Schemas: TypeAlias = tuple[Mapping[str, Any], ...]

#: The kinds of constants that are looked into, as `syntax.Literal` names them.
LITERALS: Mapping[str, Kind] = {"bool": "bool", "int": "int", "double": "double", "string": "string", "null": "null"}
#: Between which numbers the sizes of texts, lists and maps lie.
SIZES = Interval(0, MAX_SIZE)


@dataclass(frozen=True, slots=True)
class Value:
    """A value in generated Python.

    `text` needs no parentheses; `interval` holds an integer, or the size of a text, list or map; `fact` is the type as
    far as it is known, `schemas` are all that the value fits; so many `steps` of comprehensions are taken at most to
    compute it; `path` says where a fact is read from that is always there.
    """

    text: str
    kind: Kind
    nullable: bool = False
    interval: Interval = INTEGERS
    fact: FactType = DYNAMIC
    schemas: Schemas = ()
    steps: int = 0
    path: Path = ()


def pinned(text: str, fact: FactType, schemas: Schemas = (), path: Path = ()) -> Value:
    """Return the value of a fact: what its type and its schemas say of it."""
    match fact:
        case Scalar("int", _, nullable):
            return Value(text, "int", nullable, integers_of(schemas), fact, schemas, path=path)
        case Scalar("string", _, nullable):
            return Value(text, "string", nullable, sizes_of(schemas, "string"), fact, schemas, path=path)
        case Scalar(kind, _, nullable):
            return Value(text, kind, nullable, fact=fact, schemas=schemas, path=path)
        case ListOf():
            return Value(text, "list", interval=sizes_of(schemas, "list"), fact=fact, schemas=schemas, path=path)
        case Record(implied=True) | MapOf(implied=True):
            return Value(text, "dyn", fact=fact, schemas=schemas, path=path)  # a text or a list has members to Python
        case Record() | MapOf():
            # Not by maxProperties: defaults are filled in after it was checked.
            return Value(text, "map", interval=SIZES, fact=fact, schemas=schemas, path=path)
        case _:
            return Value(text, "dyn", schemas=schemas, path=path)


def member_schemas(schemas: Schemas, name: str) -> Schemas:
    """Return what the member `name` of an object fits that fits some schemas."""
    found: list[Mapping[str, Any]] = []
    for schema in schemas:
        named = schema.get("properties", {})
        if name in named:
            found += parts_of(named[name])
        elif "patternProperties" not in schema:
            found += parts_of(schema.get("additionalProperties"))
    return tuple(found)


def item_schemas(schemas: Schemas) -> Schemas:
    """Return what each item of an array fits that fits some schemas."""
    return tuple(part for schema in schemas if "prefixItems" not in schema for part in parts_of(schema.get("items")))


@dataclass(slots=True)
class Reads:
    """The facts that are always there, each read once into a local variable; `lines` are the statements that read."""

    names: dict[Path, str] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)

    def local(self, path: Path, text: str) -> str:
        """Return the local variable for the fact at a path; `text` is how it is read."""
        if path not in self.names:
            # For people who read the source: whatever the policy calls it, what stands here is a name of Python.
            readable = re.sub(r"[^a-z0-9]+", "_", path[-1].lower()).strip("_")[:32]
            self.names[path] = f"{readable if readable[:1].isalpha() else 'fact'}_{len(self.names)}"
            self.lines.append(f"{self.names[path]} = {text}")
        return self.names[path]

    def member(self, record: Value, name: str) -> Value | None:
        """Return the member `name` of a record or map; None where its type is not known."""
        text = f"{record.text}[{name!r}]"
        match record.fact:
            case Record(fields) if name in fields and fields[name].certain:
                fact, present = fields[name].type, fields[name].present
            case MapOf(fact, required):
                present = name in required
            case _:
                return None
        schemas = member_schemas(record.schemas, name)
        if not (present and record.path):
            return replace(pinned(text, fact, schemas), steps=record.steps)
        path = (*record.path, name)
        return pinned(self.local(path, text), fact, schemas, path)
