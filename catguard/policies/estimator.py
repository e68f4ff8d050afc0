"""Estimates the checked expressions of a phase: what each can give, and what it costs at most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from catguard.policies.estimates import (
    MAX_NUMBER,
    NAMES,
    UNLIMITED,
    Estimate,
    Size,
    arithmetic,
    choice,
    either,
    entry,
    equality,
    key_schemas,
    negated,
    of_fact,
    order,
    room_in,
    room_of_one,
    size_of,
    text_test,
    together,
)
from catguard.policies.facts import DYNAMIC, STRING, FactType, ListOf, MapOf, Record, Scalar
from catguard.policies.intervals import INTEGERS, Interval
from catguard.policies.keywords import parts_of
from catguard.policies.model import Boundary, Phase
from catguard.policies.phases import QUERY_BYTES
from catguard.policies.pinned import LITERALS, SIZES, Kind, item_schemas, member_schemas
from catguard.policies.syntax import (
    Call,
    Comprehension,
    Ident,
    ListNode,
    Literal,
    MapNode,
    Node,
    Select,
    children,
    walk,
)
from catguard.policies.texts import of_texts, search_cost

#: Bytes of a request's head, which supervisor/protocol.py bounds.
HEAD_BYTES: Final = 32 * 1024
#: Characters of a pattern that cost a character of text one unit more (Kubernetes: cel.RegexStringLengthCostFactor).
PATTERN_CHARACTERS: Final = 4
_TESTS = {"startsWith": str.startswith, "endsWith": str.endswith, "contains": str.__contains__}
_ORDERS = {"_<_": "<", "_<=_": "<=", "_>_": ">", "_>=_": ">="}
_ANYTHING = Estimate("dyn", fails=True, interval=Interval(0, UNLIMITED))

Scope = Mapping[str, Estimate]


class Estimator:
    """Estimates expressions over the facts of one phase; `sizes` are the texts and lists that they go through."""

    def __init__(self, boundary: Boundary, phase: Phase, facts: Record) -> None:
        self._phases = {"request": boundary.request, "response": phase}
        self._facts = facts
        self._variables: dict[str, Estimate] = {}
        self._read: dict[str, frozenset[str]] = {}
        self.sizes: list[Size] = []

    def declare(self, name: str, tree: Node) -> None:
        """Estimate a variable, for what is estimated from now on; it is evaluated once, by whoever asks first."""
        self._variables[name] = self._value(tree, {})
        self._read[name] = self._names(tree) | {name}

    def estimate(self, tree: Node) -> Estimate:
        """Return what an expression can give; the cost of the variables that it reads is part of its own."""
        found = self._value(tree, {})
        read = [self._variables[name] for name in sorted(self._names(tree))]
        cost, steps = sum(part.cost for part in read), sum(part.steps for part in read)
        return replace(found, cost=found.cost + cost, steps=max(found.steps, steps))

    def _names(self, tree: Node) -> frozenset[str]:
        """Return the variables that a tree reads, those that they read among them."""
        names = {node.name.removeprefix("variables.") for node in walk(tree) if isinstance(node, Ident)}
        names |= {node.field for node in walk(tree) if _is_variable(node) and isinstance(node, Select)}
        return frozenset().union(*(self._read.get(name, ()) for name in names))

    def _value(self, node: Node, scope: Scope) -> Estimate:
        match node:
            case Literal(value, kind) if kind in LITERALS:
                size = len(value) if isinstance(value, str) else value if type(value) is int else 0
                truths = frozenset((value,)) if isinstance(value, bool) else frozenset((True, False))
                values = (value,) if isinstance(value, str | int) else None
                return Estimate(LITERALS[kind], truths, interval=Interval(size, size), values=values, cost=0)
            case Ident(name) if name in scope:
                return scope[name]
            case Ident(name) if name.removeprefix("variables.") in self._variables and name.startswith("variables."):
                return replace(self._variables[name.removeprefix("variables.")], cost=1, steps=0)
            case Select(_, name, False) if _is_variable(node) and name in self._variables:
                return replace(self._variables[name], cost=1, steps=0)
            case Ident(name) if name in self._facts.fields:
                return self._root(name)
            case Select(operand, name, test):
                return self._member(operand, name, scope, test=test)
            case Call("_[_]", _, (operand, Literal(str(name), _))):
                return self._member(operand, name, scope, test=False)
            case Call("@in", _, (Literal(str(name), _), operand)) if self._value(operand, scope).kind == "map":
                return self._member(operand, name, scope, test=True)
            case Call("_[_]", _, (operand, key)) if (record := self._value(operand, scope)).kind == "map":
                return entry(record, self._value(key, scope))
            case Ident() | Call("type") if node.type.kind == "type":
                return together("dyn", [self._value(part, scope) for part in children(node)], interval=Interval(0, 0))
            case Call("_&&_" | "_||_" as function, _, (left, right)):
                return either(function, self._value(left, scope), self._value(right, scope))
            case Call("_?_:_", _, (condition, yes, no)):
                return choice(*(self._value(part, scope) for part in (condition, yes, no)))
            case Call(function, _, _):
                parts = children(node)
                same = len(parts) == 2 and parts[0] == parts[1]
                return self._call(function, [self._value(part, scope) for part in parts], same=same)
            case ListNode(elements):
                return _written([self._value(element, scope) for element in elements])
            case MapNode():
                return together("map", [self._value(part, scope) for part in children(node)], interval=SIZES)
            case Comprehension():
                return self._fold(node, scope)
            case _:
                return _ANYTHING

    def _root(self, name: str) -> Estimate:
        return Estimate("map", fact=self._facts.fields[name].type, path=(name,), interval=SIZES, cost=0)

    def _member(self, operand: Node, name: str, scope: Scope, *, test: bool) -> Estimate:
        """Estimate a member, or whether it is there: the check at load has seen that it is asked before it is read."""
        if isinstance(operand, Ident) and operand.name not in scope and operand.name in self._phases:
            return self._part(operand.name, name, test=test)
        record = self._value(operand, scope)
        schemas = member_schemas(record.schemas, name)
        match record.fact:
            case Record(fields) if name in fields:
                fact, present = fields[name].type, fields[name].present
            case MapOf(fact, required):
                present = name in required
            case _:
                return together("bool" if test else "dyn", (record,), fails=True, interval=SIZES)
        if test:
            return together("bool", (record,), truths=frozenset((True,) if present else (True, False)))
        found = of_fact(fact, schemas, (*record.path, name) if record.path else (), room=record.room)
        return replace(found, cost=record.cost + 1, steps=record.steps, fails=found.fails or record.fails)

    def _part(self, root: str, name: str, *, test: bool) -> Estimate:
        """Estimate a part of the request or response, whose limits stand beside its shape."""
        record, phase = self._facts.fields[root].type, self._phases[root]
        if not isinstance(record, Record) or name not in record.fields:
            return _ANYTHING
        found = record.fields[name]
        if test:
            return Estimate("bool", frozenset((True,) if found.present else (True, False)), cost=2)
        shape = phase.shape(name)
        schemas = tuple(parts_of(shape.schema)) if shape else ()
        estimate = of_fact(found.type, schemas, (root, name), room=_bytes_of(phase, name))
        if name == "bytes" and "max_bytes" in phase.limits:
            estimate = replace(estimate, interval=Interval(0, phase.max_bytes))
        if name == "status" and phase.status is not None:
            estimate = replace(estimate, interval=_statuses(phase.status))
        return estimate

    def _call(self, function: str, parts: list[Estimate], *, same: bool) -> Estimate:
        """Estimate a function or operator whose operands are all evaluated."""
        match function, parts:
            case "!_", [operand]:
                return negated(operand)
            case (("_==_" | "_!=_"), [one, other]):
                for part in parts if min(one.contents, other.contents) > max(one.units, other.units) else ():
                    self._note(part)
                return equality(one, other, alike=function == "_==_", same=same)
            case (("_<_" | "_<=_" | "_>_" | "_>=_"), [one, other]):
                return order(_ORDERS[function], one, other, same=same)
            case (("_+_" | "_-_" | "_*_" | "_/_" | "_%_"), [one, other]):
                self._note(one)
                self._note(other)
                return arithmetic(function[1], one, other)
            case "-_", [Estimate(kind="int", nullable=False)]:
                return arithmetic("-", Estimate("int", interval=Interval(0, 0), cost=0), parts[0])
            case "size", [Estimate(kind="string" | "list" | "map", nullable=False) as sized]:
                return together("int", parts, interval=sized.interval)
            case (("startsWith" | "endsWith" | "contains"), [one, other]):
                self._note(one)
                found = text_test(_TESTS[function], one, other)
                return replace(found, cost=found.cost + search_cost(one, other)) if function == "contains" else found
            case "matches", [text, Estimate(kind="string") as pattern]:
                self._note(text)
                cost = (1 + text.units) * (1 + pattern.interval.high // PATTERN_CHARACTERS)
                return together("bool", parts, fails=pattern.values is None or text.kind != "string", cost=cost)
            case "@in", [element, Estimate(kind="list") as items]:
                self._note(items)
                return self._among(element, items)
            case "_[_]", [Estimate(kind="list") as items, index]:
                return self._item(items, index)
            case "dyn", [operand]:
                return operand
            case _:
                for part in parts:
                    self._note(part)
                return of_texts(function, parts) or _converted(function, parts)

    def _among(self, element: Estimate, items: Estimate) -> Estimate:
        truths = frozenset((True, False))
        if items.interval.high == 0:
            truths = frozenset((False,))
        elif element.values and items.values and element.kind in ("int", "string") and not element.nullable:
            found = frozenset(value in items.values for value in element.values)
            # Which of the values of an enum are in a list that is written out is known, whichever comes.
            truths = found if len(items.values) == items.interval.low else truths
        return together("bool", (element, items), truths=truths, cost=items.interval.high * (1 + element.contents))

    def _item(self, items: Estimate, index: Estimate) -> Estimate:
        if not isinstance(items.fact, ListOf):
            return together("dyn", (items, index), fails=True, interval=SIZES)
        path = (*items.path, "*") if items.path else ()
        found = of_fact(items.fact.element, item_schemas(items.schemas), path, room=items.room)
        inside = index.kind == "int" and index.interval.low >= 0 and index.interval.high < items.interval.low
        fails = found.fails or items.fails or index.fails or index.nullable or not inside
        return replace(found, fails=fails, cost=1 + items.cost + index.cost, steps=items.steps + index.steps)

    def _fold(self, node: Comprehension, scope: Scope) -> Estimate:
        """Estimate what all(), exists(), exists_one(), map() and filter() become."""
        items = self._value(node.range, scope)
        self._note(items)
        element: FactType = items.fact.element if isinstance(items.fact, ListOf) else DYNAMIC
        element = STRING if items.kind == "map" else element
        schemas = item_schemas(items.schemas) if items.kind == "list" else key_schemas(items.schemas)
        path = (*items.path, "*") if items.path and items.kind == "list" else ()
        item = of_fact(element, schemas, path, room=items.room)
        inner = {**scope, node.variable: item}
        if node.second_variable:
            inner[node.second_variable] = _ANYTHING
        accumulator = node.accumulator
        most, least = items.interval.high, items.interval.low
        fails = items.fails or items.kind not in ("list", "map") or bool(node.second_variable)

        def made(kind: Kind, *parts: Estimate, truths: frozenset[bool], fact: FactType = DYNAMIC) -> Estimate:
            rounds = sum(1 + part.cost for part in parts) + 1
            named = any("maxLength" in schema for schema in schemas)
            if (
                items.kind == "map" and items.path and not named and rounds > item.units
            ):  # it goes through names as well
                self.sizes.append(Size(items.path, NAMES, item.interval.high, stated=False))
            # map() and filter() copy what they have so far for each item: 5,000 took 0.5 s (cel-expr-python 0.1.3).
            copies = most * most // 2 if kind == "list" else 0
            fact = fact if kind == "list" else DYNAMIC
            return Estimate(
                kind,
                truths,
                fails=fails or any(part.fails or part.nullable for part in parts),
                interval=Interval(0, most),
                fact=fact,
                cost=items.cost + most * rounds + copies,
                steps=items.steps + most * (1 + sum(part.steps for part in parts)),
            )

        both = frozenset((True, False))
        match node.initial, node.step:
            case Literal(bool(start)), Call("_&&_" | "_||_", _, (Ident(name_), test)) if name_ == accumulator:
                found = self._value(test, inner)
                truths = set() if least > 0 and start not in found.truths else {start}
                if (not start) in found.truths and most > 0:
                    truths.add(not start)
                return made("bool", found, truths=frozenset(truths))
            case Literal(0), Call("_?_:_", _, (test, _, Ident(name_))) if name_ == accumulator:
                return made("bool", self._value(test, inner), truths=both)
            case ListNode(()), Call("_+_", _, (Ident(name_), ListNode((term,)))) if name_ == accumulator:
                found = self._value(term, inner)
                mapped = made("list", found, truths=both, fact=ListOf(_fact_of([found])))
                return replace(mapped, interval=items.interval, room=room_of_one(found))
            case ListNode(()), Call("_?_:_", _, (test, Call("_+_", _, (_, ListNode((term,)))), Ident(name_))) if (
                name_ == accumulator
            ):
                found = self._value(term, inner)
                kept = made("list", self._value(test, inner), found, truths=both, fact=ListOf(_fact_of([found])))
                return replace(kept, room=room_of_one(found))
            case _:
                inner[accumulator] = _ANYTHING
                parts = [self._value(part, inner) for part in (node.condition, node.step)]
                return replace(made("list", *parts, truths=both), kind="dyn", fails=True)

    def _note(self, found: Estimate) -> None:
        size = size_of(found)
        if size is not None and size not in self.sizes:
            self.sizes.append(size)


def _is_variable(node: Node) -> bool:
    return isinstance(node, Select) and isinstance(node.operand, Ident) and node.operand.name == "variables"


def _bytes_of(phase: Phase, part: str) -> int:
    """Return how many characters or items a part can have that says nothing itself: a byte is one at least."""
    match part:
        case "query":
            return QUERY_BYTES
        case "headers" | "params" | "path" | "method":
            return HEAD_BYTES
        case _:
            return phase.max_bytes if "max_bytes" in phase.limits else UNLIMITED


def _statuses(status: str) -> Interval:
    if status.isdigit():
        return Interval(int(status), int(status))
    return Interval(int(status[0]) * 100, int(status[0]) * 100 + 99) if status[0].isdigit() else Interval(0, 999)


def _converted(function: str, parts: Sequence[Estimate]) -> Estimate:
    """Return what is known of the result of a conversion, or of a function that is not looked into."""
    kind = LITERALS.get(function, "dyn")
    interval = INTEGERS if kind == "int" else Interval(0, UNLIMITED)
    if function == "string" and parts[0].kind in ("int", "double", "bool", "string"):
        interval = parts[0].interval if parts[0].kind == "string" else Interval(1, MAX_NUMBER)
    cost = sum(part.contents if part.kind in ("list", "map") else part.units for part in parts)
    return together(kind, parts, fails=True, interval=interval, cost=cost)


def _written(elements: Sequence[Estimate]) -> Estimate:
    """Return what is known of a list that is written out."""
    size = Interval(len(elements), len(elements))
    found = together("list", elements, interval=size, values=_listed(elements), fact=ListOf(_fact_of(elements)))
    return replace(found, room=room_in(elements))


def _listed(found: Sequence[Estimate]) -> tuple[object, ...] | None:
    values = tuple(part.values[0] for part in found if part.values is not None and len(part.values) == 1)
    return values if len(values) == len(found) else None


def _fact_of(found: Sequence[Estimate]) -> FactType:
    """Return the type of the elements of a list that is computed."""
    facts: list[FactType] = [
        Scalar(part.kind, nullable=part.nullable) if part.kind in ("bool", "int", "double", "string") else part.fact
        for part in found
    ]
    return facts[0] if facts and all(fact == facts[0] for fact in facts) else DYNAMIC
