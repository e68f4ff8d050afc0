"""CEL as Python: the nodes of a rule whose types the schemas pin down, as the source of one Python expression.

The source is right or raises. A node that would not give CEL's value in Python is not translated; an operation that has
an error to tell raises an exception. CEL lets one side of && and || decide though the other fails, so after any
exception the official evaluator is to be asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TypeAlias

from catguard.policies.facts import DYNAMIC, STRING, FactType, ListOf, MapOf, Scalar
from catguard.policies.intervals import Interval
from catguard.policies.pinned import LITERALS, SIZES, Kind, Reads, Value, item_schemas, pinned
from catguard.policies.syntax import Call, Comprehension, Ident, ListNode, Literal, Node, Select, children

Scope: TypeAlias = Mapping[str, Value]

#: Steps of comprehensions after which cel-cpp gives up: its default, `comprehension_max_iterations`, is 10,000.
MAX_STEPS = 9_999
#: Kinds whose values are equal in Python where they are in CEL, inside lists too: NaN is not, and True is 1.
_PLAIN = ("bool", "int", "string")
_ORDERED = (*_PLAIN, "double")
_COMPARISONS = {"_<_": "<", "_<=_": "<=", "_>_": ">", "_>=_": ">="}


class Untranslatable(Exception):
    """A node has no Python of the same meaning."""


class Translator:
    """Translates the expressions of one phase.

    Args:
        roots: What can be named: `request`, and each variable as `variables.area`.
        reads: Gets the facts that are read.
        unbounded: How long a list may be whose schema has no maxItems; of a longer one the source raises.
    """

    def __init__(self, roots: Mapping[str, Value], reads: Reads, *, unbounded: int = MAX_STEPS) -> None:
        self.roots = roots
        self.reads = reads
        self.unbounded = unbounded
        self._names = 0

    def rule(self, node: Node) -> Value:
        """Translate an expression that is true or false; raises Untranslatable."""
        return self._affordable(self.truth(node, {}))

    def expression(self, node: Node) -> Value:
        """Translate an expression of any type; raises Untranslatable."""
        return self._affordable(self.value(node, {}))

    def _affordable(self, found: Value) -> Value:
        if found.steps > MAX_STEPS:
            raise Untranslatable
        return found

    def truth(self, node: Node, scope: Scope) -> Value:
        found = self.value(node, scope)
        if found.kind != "bool" or found.nullable:
            raise Untranslatable  # null is false to Python, and an error to CEL
        return found

    def value(self, node: Node, scope: Scope) -> Value:
        match node:
            case Literal(value, kind) if kind in LITERALS:
                size = len(value) if isinstance(value, str) else value if type(value) is int else 0
                text = f"({value!r})" if isinstance(value, int | float) and value < 0 else repr(value)
                return Value(text, LITERALS[kind], interval=Interval(size, size))
            case Ident(name) if name in scope or name in self.roots:
                return scope[name] if name in scope else self.roots[name]
            case Select(Ident("variables"), name, False) if f"variables.{name}" in self.roots:
                return self.roots[f"variables.{name}"]
            case Select(operand, name, test):
                record = self.value(operand, scope)
                return self.has(record, name) if test else self.member(record, name)
            case Call("_[_]", _, (operand, Literal(str(name), _))):
                return self.member(self.value(operand, scope), name)
            case Call("_&&_" | "_||_" as function, _, _):
                operands = [self.truth(part, scope) for part in _chain(node, function)]
                word = " and " if function == "_&&_" else " or "
                return _of("bool", f"({word.join(operand.text for operand in operands)})", *operands)
            case Call("!_", _, (operand,)):
                inner = self.truth(operand, scope)
                return _of("bool", f"(not {inner.text})", inner)
            case Call("_?_:_", _, (condition, yes, no)):
                return self.choice(self.truth(condition, scope), self.value(yes, scope), self.value(no, scope))
            case Call("@in", _, (element, ListNode(elements))) if elements:
                return self.among(self.value(element, scope), [self.value(part, scope) for part in elements])
            case Call(function, _, _):
                return self.call(function, [self.value(part, scope) for part in children(node)])
            case ListNode(elements):
                return self.listed([self.value(part, scope) for part in elements])
            case Comprehension():
                return self.fold(node, scope)
            case _:
                raise Untranslatable

    def has(self, record: Value, name: str) -> Value:
        if record.kind != "map":
            raise Untranslatable
        return _of("bool", f"({name!r} in {record.text})", record)

    def member(self, record: Value, name: str) -> Value:
        found = self.reads.member(record, name)
        if found is None:
            raise Untranslatable
        return found

    def choice(self, condition: Value, yes: Value, no: Value) -> Value:
        if yes.kind != no.kind or yes.kind == "dyn":
            raise Untranslatable
        fact = yes.fact if yes.fact == no.fact else DYNAMIC
        text = f"({yes.text} if {condition.text} else {no.text})"
        found = _of(yes.kind, text, condition, yes, no, interval=yes.interval.join(no.interval), fact=fact)
        return replace(found, nullable=yes.nullable or no.nullable)

    def listed(self, elements: list[Value]) -> Value:
        facts = [_fact(element) for element in elements]
        text = f"[{', '.join(element.text for element in elements)}]"
        fact = ListOf(facts[0] if facts and all(other == facts[0] for other in facts) else DYNAMIC)
        return _of("list", text, *elements, interval=Interval(len(elements), len(elements)), fact=fact)

    def among(self, element: Value, elements: list[Value]) -> Value:
        if element.kind not in _PLAIN or any(other.kind != element.kind for other in elements):
            raise Untranslatable
        texts = "".join(f"{other.text}, " for other in elements)
        return _of("bool", f"({element.text} in ({texts}))", element, *elements)

    def call(self, function: str, operands: list[Value]) -> Value:
        """Translate a function or operator whose operands are all evaluated."""
        match function, operands:
            case (("_==_" | "_!=_"), [one, other]):
                return self.equality(one, other, "==" if function == "_==_" else "!=")
            case (("_<_" | "_<=_" | "_>_" | "_>=_"), [one, other]) if one.kind == other.kind and one.kind in _ORDERED:
                return _of("bool", f"({one.text} {_COMPARISONS[function]} {other.text})", one, other)
            case "@in", [Value(kind="string"), Value(kind="map")]:
                return _of("bool", f"({_given(operands[0]).text} in {operands[1].text})", *operands)
            case "@in", [Value(kind=kind), Value(fact=ListOf(Scalar(inner)))] if kind == inner and kind in _PLAIN:
                return _of("bool", f"({operands[0].text} in {operands[1].text})", *operands)
            case "_[_]", [Value(kind="list"), Value(kind="int")]:
                return self.item(*operands)
            case "_[_]", [Value(kind="map", fact=MapOf(fact)), Value(kind="string")]:
                return replace(pinned(f"{operands[0].text}[{operands[1].text}]", fact), steps=_steps(*operands))
            case "size", [Value(kind="string" | "list" | "bag" | "map")]:
                return _of("int", f"len({operands[0].text})", *operands, interval=operands[0].interval)
            case (("startsWith" | "endsWith"), [Value(kind="string"), Value(kind="string")]):
                return _of("bool", f"{operands[0].text}.{function.lower()}({operands[1].text})", *operands)
            case "contains", [Value(kind="string"), Value(kind="string")]:
                return _of("bool", f"({operands[1].text} in {operands[0].text})", *operands)
            case (("_+_" | "_-_" | "_*_" | "_/_" | "_%_"), [one, other]) if one.kind == other.kind:
                return self.arithmetic(function[1], one, other)
            case "-_", [Value(kind="int" | "double")]:
                found = _of(operands[0].kind, f"(-{operands[0].text})", *operands, interval=-operands[0].interval)
                return _in_range(found)
            case (("int" | "double" | "string" | "bool" | "dyn"), [operand]):
                return self.conversion(function, operand)
            case _:
                raise Untranslatable

    def equality(self, one: Value, other: Value, sign: str) -> Value:
        if "null" in (one.kind, other.kind):
            tested = other if one.kind == "null" else one
            # What is never null may be a constant, of which Python warns if it is asked who it is.
            same = ("is", "is not") if tested.nullable or tested.kind not in _ORDERED else ("==", "!=")
            return _of("bool", f"({tested.text} {same[sign == '!=']} None)", tested)
        kinds = {one.kind, other.kind}
        alike = len(kinds) == 1 and one.kind in _ORDERED
        # A text is equal to no value of another kind, in both languages.
        text_or_other = kinds == {"string", "dyn"}
        lists = kinds == {"list"} and one.fact == other.fact and _element_kind(one) in _PLAIN
        if not (alike or text_or_other or lists):
            raise Untranslatable
        return _of("bool", f"({one.text} {sign} {other.text})", one, other)

    def item(self, items: Value, index: Value) -> Value:
        if not isinstance(items.fact, ListOf) or index.nullable:
            raise Untranslatable
        text = f"{items.text}[{index.text}]" if index.interval.low >= 0 else f"item({items.text}, {index.text})"
        return replace(pinned(text, items.fact.element, item_schemas(items.schemas)), steps=_steps(items, index))

    def arithmetic(self, sign: str, one: Value, other: Value) -> Value:
        plain = f"({one.text} {sign} {other.text})"
        if one.kind == "double" and sign != "%":
            return _of("double", plain, one, other)
        if one.kind in ("string", "list") and sign == "+":
            fact = one.fact if one.fact == other.fact else ListOf(DYNAMIC)
            return _of(one.kind, plain, one, other, interval=one.interval + other.interval, fact=fact)
        if one.kind != "int":
            raise Untranslatable
        a, b = one.interval, other.interval
        if sign in "+-*":
            interval = a + b if sign == "+" else a - b if sign == "-" else a * b
            return _in_range(_of("int", plain, one, other, interval=interval))
        simple = a.low >= 0 and b.low >= 1
        if sign == "/":
            text = f"({one.text} // {other.text})" if simple else f"quotient({one.text}, {other.text})"
            most = max(abs(a.low), abs(a.high))
        else:
            text = plain if simple else f"remainder({one.text}, {other.text})"
            most = max(abs(b.low), abs(b.high))
        return _of("int", text, one, other, interval=Interval(0 if simple else -most, most))

    def conversion(self, function: str, operand: Value) -> Value:
        if function == "dyn":
            return operand
        if function == operand.kind:
            return _given(operand)
        match function, operand.kind:
            case "int", "double":
                return _of("int", f"truncated({operand.text})", operand)
            case "double", "int":
                return _of("double", f"float({operand.text})", operand)
            case "string", "int":
                return _of("string", f"str({_given(operand).text})", operand, interval=SIZES)
            case "string", "bool":
                text = f"('true' if {_given(operand).text} else 'false')"
                return _of("string", text, operand, interval=Interval(4, 5))
            case _:
                raise Untranslatable

    def fold(self, node: Comprehension, scope: Scope) -> Value:
        """Translate what all(), exists(), exists_one(), map() and filter() become."""
        if node.variable == "variables":
            raise Untranslatable  # inside it `variables.x` is a member of an item, and stands for the variable x
        items = self.value(node.range, scope)
        if items.kind in ("list", "bag") and isinstance(items.fact, ListOf):
            element, schemas = items.fact.element, item_schemas(items.schemas)
        elif items.kind == "map":
            element, schemas = STRING, ()
        else:
            raise Untranslatable
        self._names += 1
        name = f"each_{self._names}"
        inner = {**scope, node.variable: pinned(name, element, schemas)}
        source, most = items.text, items.interval.high
        if most > self.unbounded:
            source, most = f"at_most({source}, {self.unbounded})", self.unbounded
        loop = f"for {name} in {source}"
        accumulator = node.accumulator
        listed: Kind = "list" if items.kind == "list" else "bag"

        def made(kind: Kind, text: str, *parts: Value, fact: FactType = DYNAMIC, exact: bool = False) -> Value:
            steps = items.steps + most * (1 + _steps(*parts))
            size = Interval(items.interval.low if exact else 0, most)
            return Value(text, kind, interval=size, fact=fact, steps=steps)

        match node.initial, node.step:
            case Literal(True), Call("_&&_", _, (Ident(name_), test)) if name_ == accumulator:
                truth = self.truth(test, inner)
                return made("bool", f"all({truth.text} {loop})", truth)
            case Literal(False), Call("_||_", _, (Ident(name_), test)) if name_ == accumulator:
                truth = self.truth(test, inner)
                return made("bool", f"any({truth.text} {loop})", truth)
            case Literal(0), Call("_?_:_", _, (test, _, Ident(name_))) if name_ == accumulator:
                truth = self.truth(test, inner)
                return made("bool", f"(sum(1 {loop} if {truth.text}) == 1)", truth)
            case ListNode(()), Call("_+_", _, (Ident(name_), ListNode((term,)))) if name_ == accumulator:
                found = self.value(term, inner)
                return made(listed, f"[{found.text} {loop}]", found, fact=ListOf(_fact(found)), exact=True)
            case ListNode(()), Call("_?_:_", _, (test, Call("_+_", _, (_, ListNode((term,)))), Ident(name_))) if (
                name_ == accumulator
            ):
                truth, found = self.truth(test, inner), self.value(term, inner)
                return made(listed, f"[{found.text} {loop} if {truth.text}]", truth, found, fact=ListOf(_fact(found)))
            case _:
                raise Untranslatable


def _chain(node: Node, function: str) -> Iterator[Node]:
    """Yield the operands of nested && or ||."""
    match node:
        case Call(name, _, (left, right)) if name == function:
            yield from _chain(left, function)
            yield from _chain(right, function)
        case _:
            yield node


def _steps(*parts: Value) -> int:
    return sum(part.steps for part in parts)


def _of(kind: Kind, text: str, *parts: Value, interval: Interval | None = None, fact: FactType = DYNAMIC) -> Value:
    value = Value(text, kind, fact=fact, steps=_steps(*parts))
    return replace(value, interval=interval) if interval else value


def _in_range(found: Value) -> Value:
    """Return the result of integer arithmetic, held against 64 bits where it may leave them."""
    if found.kind != "int" or found.interval.fits:
        return found
    whole = Value("", "int").interval
    return replace(found, text=f"checked({found.text})", interval=found.interval.within(whole))


def _given(found: Value) -> Value:
    """Return a value for an operation that null does not go with in CEL, though it does in Python."""
    return replace(found, text=f"given({found.text})", nullable=False) if found.nullable else found


def _fact(value: Value) -> FactType:
    """Return the type of a value as an element of a list."""
    if value.kind == "bag":
        raise Untranslatable  # taken out again it would be any list
    if value.kind in _ORDERED:
        return Scalar(value.kind, nullable=value.nullable)  # type: ignore[arg-type] # the four kinds are those of Scalar
    return value.fact


def _element_kind(items: Value) -> str | None:
    element = items.fact.element if isinstance(items.fact, ListOf) else None
    return element.kind if isinstance(element, Scalar) else None
