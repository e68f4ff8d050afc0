"""Random schemas whose parts speak of the same values, with rules over them and bodies, for tests of two evaluations.

What `cases` draws is plain, so that each value fits and each expression has a type. Here allOf, branches and
additionalProperties say of one member other types, bounds and defaults, at any depth, and a body need not be an object.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import Any

import jsonschema_rs

from catguard.policies.facts import FactType, ListOf, MapOf, Record, Scalar, type_of

Case = tuple[Any, list[str], list[Any]]

NAMES = ("i", "n", "l", "v", "x")
#: What the members of a name mostly are: were it left to chance, hardly a value would fit all parts of a schema.
KINDS = {"i": "number", "n": "number", "l": "list", "v": "object", "x": "plain"}
#: Where doubles stand for integers, are rounded, or leave 64 bits.
NUMBERS = (0, 1, 5, 5.0, 2.5, -3, -7, -0.0, 7.0, 2**53, 2**53 + 1, 2.0**62, 2**62, 2**63 - 1, -(2**63), 2.0**63, 1e300)
PLAIN = (*NUMBERS, "", "a", "é", True, False, None)
ASSERTED: Mapping[str, Sequence[Mapping[str, Any]]] = {
    "number": [
        {"type": "integer"},
        {"type": "integer"},
        {"type": "integer", "minimum": -9, "maximum": 9},
        {"type": "integer", "maximum": 2**53 + 1},
        {"type": "integer", "multipleOf": 5},
        {"type": "number"},
        {"type": "number"},
        {"type": "number", "exclusiveMinimum": 2**53},
        {"type": ["integer", "null"]},
        {"type": ["integer", "number"]},
        {"minimum": 0},
        {"maximum": 5},
        {},
        {"const": 5.0},
        {"const": 2**53 + 1},
        {"enum": [1, 5.0, 7]},
    ],
    "plain": [
        {"type": "integer"},
        {"type": "string"},
        {"type": "boolean"},
        {"type": ["string", "number"]},
        {"type": ["boolean", "null"]},
        {"enum": [5.0, "a", None]},
        {"enum": [True, 0]},
        {"not": {"type": "string"}},
        {},
    ],
}
#: Most hold of values that are not of the type, or beyond the bounds, that Python's arithmetic is right for.
RULES: Mapping[str, Sequence[str]] = {
    "int": [
        "P / 2 < -1",
        "P / 2 == -4",
        "P % 3 > 0",
        "P * 4 > 0",
        "P + 1 > 6",
        "-P > 9",
        "P - 1 < 9",
        "P in [5, 7, 1]",
    ],
    "double": ["P / 2.0 > 1.0", "int(P) == 5", "P * 2.0 < 9.0", "string(P) != '5'", "P == 5.0", "P + 1.0 > 3.0"],
    "string": ["size(P) >= 0", "P + 'x' != 'ax'", "P in ['a', 'é']", "P < 'b'"],
    "bool": ["P", "!P", "P == true"],
    "list": [
        "size(P) < 3",
        "P.all(E, E == 5)",
        "P.exists(E, E != 1)",
        "P.map(E, E) == P",
        "P.all(E, E.x == 5)",
        "P == P",
    ],
    "map": ["size(P) < 3", "P.all(E, P[E] == 5)", "P.map(E, P[E]) != [5]", "has(P.x)", "'x' in P", "P == P"],
    "record": ["has(P.x)", "'i' in P", "P == {'i': 5}", "P == P"],
    "any": ["dyn(P) == 5", "dyn(P) == true", "dyn(P) != null", "string(P) != '5'", "P + 1 > 6", "[P] != [5]", "P == Q"],
}
#: Of objects: what fits need not be one.
TYPES: Sequence[str | list[str]] = (*["object"] * 6, ["object", "null"], ["object", "array"])
#: What an item is called, the roots of facts among it.
ITEMS = ("e", "variables", "variables", "request", "x")


def layered(number: int, *, bodies: int) -> Case:
    """Return what a number stands for: a schema, rules over it, and values that mostly fit it."""
    layers = Layers(Random(number))
    schema = layers.body()
    return schema, layers.rules(schema), [layers.fitting(schema) for _ in range(bodies)]


class Layers:
    """Draws schemas, values and rules."""

    def __init__(self, random: Random) -> None:
        self.random = random

    def often(self, share: float) -> bool:
        return self.random.random() < share

    def body(self) -> Any:
        if self.often(0.75):
            return self.object(self.random.randint(1, 3))
        return self.schema(self.random.choice(["list", "object", "plain"]), 3)

    def schema(self, kind: str, depth: int) -> Any:
        """Return a schema of a kind of values: number, plain, list, object."""
        if self.often(0.1):
            kind = self.random.choice([*KINDS.values()])
        if depth > 0 and kind == "object":
            return self.object(depth)
        if depth > 0 and kind == "list":
            found = {
                "type": "array",
                "maxItems": 3,
                "items": self.schema("object" if self.often(0.3) else self.kind(), depth - 1),
            }
            return found | ({"uniqueItems": True} if self.often(0.1) else {})
        return {**self.random.choice(ASSERTED.get(kind, ASSERTED["plain"]))}

    def kind(self) -> str:
        return KINDS[self.random.choice(NAMES)]

    def object(self, depth: int, *, partial: bool = False) -> dict[str, Any]:
        """Return the schema of an object, or what more is said of one."""
        schema: dict[str, Any] = {}
        if not self.often(0.5 if partial else 0.1):
            schema["type"] = self.random.choice(TYPES)
        names = self.random.sample(NAMES, self.random.randint(0 if partial else 1, 3))
        schema["properties"] = {name: self.member(name, depth - 1) for name in names}
        if self.often(0.6):
            schema["required"] = [name for name in names if self.often(0.6)]
        if not partial or self.often(
            0.3
        ):  # each object says whether it is open, and a branch that is closed lets little in
            closed = [False] * (0 if partial else 2)
            schema["additionalProperties"] = self.random.choice([*closed, True, self.schema(self.kind(), depth - 1)])
        if self.often(0.05):
            schema["patternProperties"] = {"^[a-m]": self.schema("number", 0)}
        if not partial or (depth > 1 and self.often(0.2)):
            self.more(schema, depth)
        return schema

    def more(self, schema: dict[str, Any], depth: int) -> None:
        """Let other keywords speak of the same members."""

        def part() -> dict[str, Any]:
            return self.object(max(1, depth - 1), partial=True)

        if self.often(0.6):
            schema["allOf"] = [part() for _ in range(self.random.randint(1, 2))]
        if self.often(0.12):
            schema[self.random.choice(["anyOf", "oneOf"])] = [part(), part()]
        if self.often(0.1):
            schema |= {"if": part(), "then": part(), "else": part()}
        if self.often(0.08):
            schema["dependentSchemas"] = {self.random.choice(NAMES): part()}

    def member(self, name: str, depth: int) -> Any:
        schema = self.schema(KINDS[name], depth)
        if self.often(0.35):
            default = self.fitting(schema)
            # A default that breaks its own schema is refused at load, and all that is drawn with it.
            if jsonschema_rs.is_valid(schema, default):
                schema["default"] = default
        return schema

    def fitting(self, schema: Any) -> Any:
        """Return a value that fits, where one is found soon."""
        valid = jsonschema_rs.validator_for(schema).is_valid
        tries = [self.fit(schema) for _ in range(3)]
        return next((value for value in tries if valid(value)), tries[0])

    def fit(self, *schemas: Any) -> Any:
        parts = [part for schema in schemas for part in self.spread(schema)]
        for part in parts:
            if ("enum" in part or "const" in part) and self.often(0.9):
                return self.random.choice(part.get("enum", [part.get("const")]))
        match self.kind_of(parts):
            case "object":
                return self.members(parts)
            case "array":
                items = [part["items"] for part in parts if "items" in part]
                return [self.fit(*items) for _ in range(self.random.randrange(3))]
            case "string":
                return self.random.choice(["", "a", "é"])
            case "boolean":
                return self.often(0.5)
            case "null":
                return None
            case "integer" | "number" as kind:
                numbers = [number for number in NUMBERS if kind == "number" or number == int(number)]
                low = max([part.get("minimum", part.get("exclusiveMinimum", -(2**64))) for part in parts])
                high = min([part.get("maximum", 2**64) for part in parts])
                return self.random.choice([number for number in numbers if low <= number <= high] or numbers)
        return self.random.choice(PLAIN)

    def kind_of(self, parts: Sequence[Mapping[str, Any]]) -> str | None:
        """Return a type that all parts allow, if they say one."""
        said = [part["type"] for part in parts if "type" in part]
        if not said:
            return "object" if any("properties" in part for part in parts) and self.often(0.9) else None
        kinds = [{each} if isinstance(each, str) else set(each) for each in said]
        kinds = [each | ({"integer"} if "number" in each else set()) for each in kinds]
        return self.random.choice(sorted(set.intersection(*kinds) or kinds[0]))

    def members(self, parts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        known = sorted({name for part in parts for name in part.get("properties", {})})
        needed = {name for part in parts for name in part.get("required", ())}
        open_ = all(part.get("additionalProperties") is not False for part in parts)
        names = [name for name in known if name in needed or self.often(0.5)]
        if open_ and self.often(0.4):
            names += [name for name in ("x", "other") if name not in names]
        found = {}
        for name in names:
            said = [part.get("properties", {}).get(name, part.get("additionalProperties")) for part in parts]
            found[name] = self.fit(*(each for each in said if each is not None))
        self.random.shuffle(names)  # the order of a map's names is the sender's
        return {name: found[name] for name in names}

    def spread(self, schema: Any) -> Iterator[dict[str, Any]]:
        """Yield all that is said of one value, of branches what one says."""
        if not isinstance(schema, dict):
            return
        yield schema
        for keyword in ("anyOf", "oneOf"):
            if keyword in schema:
                yield from self.spread(self.random.choice(schema[keyword]))
        for part in (*schema.get("allOf", ()), schema.get(self.random.choice(["then", "else"]))):
            yield from self.spread(part)
        for part in schema.get("dependentSchemas", {}).values():
            yield from self.spread(part)

    def rules(self, schema: Any) -> list[str]:
        """Return rules of which a good part is refused: what the facts are is for the checker to say."""
        paths = list(reads(type_of(schema, defaults_applied=True), "request.body", 3))
        typed = [path for path in paths if kind_of_fact(path[2]) != "any"] or paths
        records = [path for path in typed if isinstance(path[2], ListOf) and isinstance(path[2].element, Record)]
        return [
            self.rule([*typed, *records, *records] if self.often(0.8) else paths)
            for _ in range(self.random.randint(0, 2))
        ]

    def rule(self, paths: Sequence[tuple[str, str, FactType]]) -> str:
        guard, path, fact = self.random.choice(paths)
        template = self.random.choice(RULES["any" if self.often(0.1) else kind_of_fact(fact)])
        item = "e" if "P[E]" in template else self.random.choice(ITEMS)
        if isinstance(fact, ListOf) and isinstance(fact.element, Record) and fact.element.fields:
            name = self.random.choice([*fact.element.fields])
            template = f"P.all(E, E.{name} {self.random.choice(['== 5', '!= 5', '< 3', '> 0'])})"
            if item == "variables":  # an item of the name of all variables, beside one that is read
                template = f"variables.{name} == variables.{name} && {template}"
        if re.fullmatch(r"request\.body\.[a-z]", path) and self.often(0.3):
            path = f"variables.{path[-1]}"
        words = {"P": path, "Q": self.random.choice(paths)[1], "E": item}
        return guard + re.sub(r"\b[PQE]\b", lambda found: words[found[0]], template)


def kind_of_fact(fact: FactType) -> str:
    match fact:
        case Scalar():
            return fact.kind
        case ListOf():
            return "list"
        case MapOf():
            return "map"
        case Record():
            return "record"
    return "any"


def reads(fact: FactType, path: str, depth: int) -> Iterator[tuple[str, str, FactType]]:
    """Yield what rules can read, each with what is to be asked before it."""
    yield "", path, fact
    if depth == 0:
        return
    if isinstance(fact, ListOf):
        found = [(f"size({path}) == 0 || ", f"{path}[0]", fact.element, True)]
    elif isinstance(fact, MapOf):
        found = [(f"!has({path}.{name}) || ", f"{path}.{name}", fact.value, True) for name in ("x", "i")]
    elif isinstance(fact, Record):
        found = [
            (f"!has({path}.{name}) || ", f"{path}.{name}", each.type, not each.present)
            for name, each in fact.fields.items()
        ]
    else:
        return
    for guard, inner_path, inner, needed in found:
        for before, deeper, kind in reads(inner, inner_path, depth - 1):
            yield (guard if needed else "") + before, deeper, kind


def variables_of(rules: Sequence[str]) -> dict[str, str]:
    """Return the variables that rules may read: each stands for the body's member of its name."""
    return {name: f"request.body.{name}" for rule in rules for name in re.findall(r"\bvariables\.([a-z])\b", rule)}


def vary_bodies(bodies: Sequence[Any], random: Random) -> list[Any]:
    """Return other bodies: members of the given ones put together anew, and numbers in other forms."""
    pool = [inner for body in bodies if isinstance(body, dict) for inner in body.items()]

    def other(value: Any) -> Any:
        if isinstance(value, dict):
            found = {name: other(inner) for name, inner in value.items() if random.random() > 0.05}
            return dict(random.sample(list(found.items()), len(found)))
        if isinstance(value, list):
            return [other(inner) for inner in value]
        if isinstance(value, bool) or not isinstance(value, int | float) or random.random() < 0.5:
            return value
        return random.choice([value, float(value), random.choice(NUMBERS)])

    def varied(body: Any) -> Any:
        more = [random.choice(pool)] if isinstance(body, dict) and pool and random.random() < 0.5 else []
        return other({**body, **dict(more)} if isinstance(body, dict) else body)

    return [varied(random.choice(bodies)) for _ in bodies]


def is_layered(schema: Any) -> bool:
    """Whether a schema is of this kind, and not of that of `cases`."""
    return "real" not in json.dumps(schema)
