"""Random schemas, values that fit them, and expressions over them, for tests that hold two evaluations equal."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, TypeVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from catguard.policies.arithmetic import OPERATIONS
from catguard.policies.expressions import Checked, Checker, Program, shared_evaluator
from catguard.policies.facts import Field, Record, type_of
from catguard.policies.pinned import Reads, Value
from catguard.policies.translation import Translator, Untranslatable
from catguard.policies.values import normalizer

T = TypeVar("T")
#: Seeded, and told as it was found: making an expression smaller takes minutes.
QUIET = settings(
    deadline=None, database=None, suppress_health_check=list(HealthCheck), phases=[Phase.explicit, Phase.generate]
)
#: Where 64 bits, doubles and signs change what arithmetic means.
EDGES = (0, 1, -1, 2, 7, -7, 2**31, 2**53, 2**53 + 1, -(2**53) - 1, 2**62, -(2**62), 2**63 - 1, -(2**63), 3037000500)
TEXTS = ("", "a", "a\0b", "ab", "cat", "Cat", "é", "😺", "a\u0301", "'", '"', "\\", "{0}", "\n")
# Strategies are made once: hypothesis looks at each new one longer than it takes to draw from it.
DOUBLES = st.sampled_from([0, 3, -2.5, 0.1, 1e308, 5e-324, -0.0]) | st.floats(allow_nan=False, allow_infinity=False)
ANYTHING = st.sampled_from([0, 1, True, "a", None, 1.5, [1], {"a": 1}])
NAMES = ("i", "j", "n", "b", "s", "t", "li", "ls", "box", "note", "opt", "free", "map", "soft", "real")


@st.composite
def integers(draw: st.DrawFn) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "integer"}
    if draw(st.booleans()):
        low, high = sorted((draw(st.sampled_from(EDGES)), draw(st.sampled_from(EDGES))))
        schema |= draw(
            st.sampled_from([{"minimum": low, "maximum": high}, {"minimum": low}, {"exclusiveMaximum": high + 1}])
        )
    return schema


@st.composite
def schemas(draw: st.DrawFn) -> dict[str, Any]:
    """Draw the schema of an object with members of many types."""
    members = {
        "i": draw(integers()),
        "j": draw(integers()),
        "n": {"type": "number"},
        "b": {"type": "boolean"},
        "s": {"type": "string", "maxLength": draw(st.sampled_from([3, 1000]))},
        "t": {"enum": ["a", "cat", "é"]},
        "li": {"type": "array", "items": draw(integers()), "maxItems": draw(st.sampled_from([4, 9]))},
        "ls": {"type": "array", "items": {"type": "string"}},
        "box": {
            "type": "object",
            "properties": {"x": draw(integers()), "y y": {"type": "integer"}},
            "required": ["x"],
            "additionalProperties": False,
        },
        "note": {"type": ["string", "null"]},
        "opt": {"type": ["integer", "null"], "minimum": -5, "maximum": 5},
        "soft": {"type": ["boolean", "null"]},
        "real": {"type": ["number", "null"]},
        "free": {},
        "map": {"type": "object", "additionalProperties": draw(integers())},
    }
    required = draw(st.lists(st.sampled_from(NAMES), unique=True, min_size=8))
    return {"type": "object", "properties": members, "required": sorted(required), "additionalProperties": False}


@functools.cache
def _whole(low: int, high: int) -> st.SearchStrategy[Any]:
    edges = [edge for edge in (*EDGES, low, high) if low <= edge <= high]
    whole = st.sampled_from(edges) | st.integers(low, high)
    return whole | whole.filter(lambda number: abs(number) < 2**53).map(float)


@functools.cache
def _texts(longest: int) -> st.SearchStrategy[str]:
    return st.sampled_from([text for text in TEXTS if len(text) <= longest])


def bounds(schema: Mapping[str, Any]) -> tuple[int, int]:
    """Return the least and the greatest integer that fit the schema of one."""
    low = schema.get("minimum", -(2**63))
    return low, min(schema.get("maximum", 2**63 - 1), schema.get("exclusiveMaximum", 2**63) - 1)


def values(schema: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    """Return the values that fit a schema of the kind that `schemas` draws, whole doubles for integers among them."""
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    kinds = schema.get("type", [])
    if isinstance(kinds, list):
        if not kinds:
            return ANYTHING
        return st.one_of(*(values({**schema, "type": kind}) for kind in kinds))
    match kinds:
        case "null":
            return st.none()
        case "integer":
            low, high = bounds(schema)
            return _whole(low, high)
        case "number":
            return DOUBLES
        case "boolean":
            return st.booleans()
        case "string":
            return _texts(schema.get("maxLength", 9))
        case "array":
            return st.lists(values(schema["items"]), max_size=min(schema.get("maxItems", 4), 4))
    members = schema.get("properties", {})
    required = {name: values(members[name]) for name in schema.get("required", ())}
    optional = {name: values(inner) for name, inner in members.items() if name not in required}
    if schema.get("additionalProperties"):
        return st.dictionaries(st.sampled_from(["a", "cat", "k k"]), values(schema["additionalProperties"]), max_size=3)
    return st.fixed_dictionaries(required, optional=optional)


@st.composite
def expressions(draw: st.DrawFn, schema: Mapping[str, Any], kind: str) -> str:
    """Draw an expression of a type: int, bool, double, string, list (of int)."""
    return _expression(draw, schema, kind, 3, ())


@functools.cache
def _below(end: int) -> st.SearchStrategy[int]:
    return st.integers(0, end - 1)


def _expression(draw: st.DrawFn, schema: Mapping[str, Any], kind: str, depth: int, names: tuple[str, ...]) -> str:
    """`names` are integers around it."""

    def pick(options: Sequence[T]) -> T:
        return options[draw(_below(len(options)))]

    def part(wanted: str, *more: str) -> str:
        return _expression(draw, schema, wanted, depth - 1, (*names, *more))

    def number() -> str:
        return str(pick(EDGES))

    body = "request.body"
    simple: dict[str, list[Callable[[], str]]] = {
        "int": [number, lambda: f"{body}.i", lambda: f"{body}.j", lambda: f"{body}.box.x", lambda: f"{body}['box']['y y']", lambda: f"{body}.opt"],
        "bool": [lambda: pick(["true", "false"]), lambda: f"{body}.b", lambda: f"has({body}.{pick(NAMES)})"],
        "double": [lambda: pick(["0.0", "1.5", "-2.0", "1e308"]), lambda: f"{body}.n", lambda: f"{body}.real"],
        "string": [lambda: pick(["''", "'a'", "'é'", "r'\\'", "'{0}'", "\"'\""]), lambda: f"{body}.s", lambda: f"{body}.t", lambda: f"{body}.note"],
        "list": [lambda: f"{body}.li", lambda: f"[{number()}, {number()}]", lambda: "[1]"],
    }  # fmt: skip
    simple["int"] += [lambda name=name: name for name in names]  # type: ignore[misc]
    if depth <= 0:
        return pick(simple[kind])()
    item = f"e{len(names)}"
    sign = pick(["==", "!=", "<", "<=", ">", ">="])
    composed: dict[str, list[Callable[[], str]]] = {
        "int": [
            lambda: f"({part('int')} {pick('+-*/%')} {part('int')})",
            lambda: f"(-{part('int')})",
            lambda: f"size({part(pick(['string', 'list']))})",
            lambda: f"size({body}.ls)",
            lambda: f"{part('list')}[{part('int')}]",
            lambda: f"int({part(pick(['double', 'int']))})",
            lambda: f"({part('bool')} ? {part('int')} : {part('int')})",
            lambda: f"{body}.map['a']",
            lambda: f"size({body}.map.filter(k, k in {body}.ls))",
        ],
        "bool": [
            lambda: f"({part('int')} {sign} {part('int')})",
            lambda: f"({part('double')} {sign} {part('double')})",
            lambda: f"({part('string')} {sign} {part('string')})",
            lambda: f"({part('bool')} {pick(['&&', '||', '=='])} {part('bool')})",
            lambda: f"!{part('bool')}",
            lambda: f"bool({pick([part('bool'), f'{body}.soft'])})",
            lambda: f"({body}.soft {pick(['==', '!='])} {pick(['null', part('bool')])})",
            lambda: f"({part('int')} in {part('list')})",
            lambda: f"({part('list')} == {part('list')})",
            lambda: f"({part('string')} in [{part('string')}, 'a'])",
            lambda: f"({part('string')} in {body}.ls)",
            lambda: f"({part('string')} in {body}.map)",
            lambda: f"{part('string')}.{pick(['startsWith', 'endsWith', 'contains'])}({part('string')})",
            lambda: f"{part('list')}.{pick(['all', 'exists', 'exists_one'])}({item}, {part('bool', item)})",
            lambda: f"({body}.note {pick(['==', '!='])} {pick(['null', part('string')])})",
            lambda: f"({body}.opt {pick(['== null', '== 3', '< 2', '+ 1 > 2'])})",
            lambda: f"(dyn({body}.free) == {pick(['null', part('string'), '1', 'true'])})",
            lambda: f"{part('string')}.matches('^[a-c]+$')",
        ],
        "double": [
            lambda: f"({part('double')} {pick('+-*/')} {part('double')})",
            lambda: f"double({part(pick(['int', 'double']))})",
            lambda: f"(-{part('double')})",
        ],
        "string": [
            lambda: f"({part('string')} + {part('string')})",
            lambda: f"string({part(pick(['int', 'bool', 'string']))})",
            lambda: f"({part('bool')} ? {part('string')} : {part('string')})",
        ],
        "list": [
            lambda: f"({part('list')} + {part('list')})",
            lambda: f"{part('list')}.map({item}, {part('int', item)})",
            lambda: f"{part('list')}.filter({item}, {part('bool', item)})",
            lambda: f"{part('list')}.map({item}, {part('bool', item)}, {part('int', item)})",
        ],
    }  # fmt: skip
    return pick(simple[kind] + composed[kind])()


@dataclass(frozen=True)
class Pair:
    """An expression in both evaluations; `fast` is None where it has no Python."""

    checked: Checked
    official: Program
    fast: Callable[[Any], Any] | None
    source: str


def checker_of(schema: Mapping[str, Any], *, defaults_applied: bool = False) -> Checker:
    """Return what checks expressions over `request.body` of a schema."""
    return Checker(facts_of_body(schema, defaults_applied=defaults_applied), shared_evaluator())


def facts_of_body(schema: Mapping[str, Any], *, defaults_applied: bool = False) -> Record:
    """Return the facts of a request whose body has a schema."""
    body = Field(type_of(schema, defaults_applied=defaults_applied), True)
    return Record({"request": Field(Record({"body": body}), True)})


def pair(expression: str, schema: Mapping[str, Any], *, checker: Checker | None = None) -> Pair | None:
    """Return an expression over `request.body` in both evaluations; None where the check refuses it.

    `checker` is that of the schema, for those who ask more than once.
    """
    checker = checker or checker_of(schema)
    checked, _ = checker.check(expression, rule=False)
    if checked is None:
        return None
    reads = Reads()
    shapes = ({"properties": {"body": schema}},)
    root = Value("request", "map", fact=checker.facts.fields["request"].type, schemas=shapes, path=("request",))
    official = shared_evaluator().program(expression)
    try:
        found = Translator({"request": root}, reads, unbounded=99).expression(checked.tree)
    except Untranslatable:
        return Pair(checked, official, None, "")
    source = "\n    ".join(["def fast(request):", *reads.lines, f"return {found.text}"])
    names: dict[str, Any] = dict(OPERATIONS)
    exec(compile(source, "<fast>", "exec"), names)  # the source under test
    return Pair(checked, official, names["fast"], source)


def normal(schema: Mapping[str, Any], value: Any) -> Any:
    """Return a value that fits in its one form."""
    step = normalizer(schema, fill_defaults=False)
    return step(value) if step else value


def vary_values(schema: Mapping[str, Any], bodies: Sequence[Any], random: Random) -> list[Any]:
    """Return other values that fit a schema of the kind that `schemas` draws: members of the given ones, put together anew."""
    found = []
    for _ in bodies:
        body = {**random.choice(bodies)}
        for name, inner in schema["properties"].items():
            given = [other[name] for other in bodies if name in other]
            if inner.get("type") == "integer":
                low, high = bounds(inner)
                given += [edge for edge in (*EDGES, low, high) if low <= edge <= high]
            if name in schema["required"] or (given and random.random() < 0.5):
                body[name] = random.choice(given)
            else:
                body.pop(name, None)
        found.append(body)
    return found
