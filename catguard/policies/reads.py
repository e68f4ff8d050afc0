"""What an expression reads of the facts, and whether it may: names, presence, values that can never be equal.

The checker of CEL knows types. It does not know which members an exchange can lack, nor what an enum allows, and its
words for an unknown name are few. So this walk over the parsed tree resolves every read against the fact types itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from catguard.policies.complaints import USAGES, Complaint
from catguard.policies.descriptors import field_name
from catguard.policies.diagnostics import did_you_mean, quote
from catguard.policies.facts import BOOL, DYNAMIC, INT, STRING, Dynamic, FactType, ListOf, MapOf, Record, Scalar, join
from catguard.policies.spelling import Edit, Spelling
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

Path: TypeAlias = tuple[str | int, ...]
#: Paths known to be present; None where evaluation cannot come, so that everything may be taken for granted.
Known: TypeAlias = frozenset[Path] | None
Scope: TypeAlias = Mapping[str, tuple[FactType, Path]]

#: Names that CEL itself gives to types.
TYPE_NAMES = ("bool", "bytes", "double", "int", "list", "map", "null_type", "string", "type", "uint")
#: What the parser would have replaced, had it been called with the right number of arguments.
_MACROS = ("all", "exists", "exists_one", "filter", "has", "map")
_ELSEWHERE = {"True": "true", "False": "false", "None": "null", "nil": "null", "self": "request"}
_RESULTS: Mapping[str, FactType] = {
    **dict.fromkeys(("_<_", "_<=_", "_>_", "_>=_", "!_"), BOOL),
    **dict.fromkeys(("contains", "startsWith", "endsWith", "matches", "bool"), BOOL),
    **dict.fromkeys(("size", "int"), INT),
    "double": Scalar("double"),
    "string": STRING,
}


@dataclass(frozen=True, slots=True)
class Reading:
    """What an expression reads.

    `facts` are the parts, as "request.body" or "response.image"; `edits` write `record['name']` as a field and
    `'name' in record` as has(), which is how the checker takes them for messages.
    """

    type: FactType
    facts: frozenset[str]
    complaints: tuple[Complaint, ...]
    edits: tuple[Edit, ...]


def read_facts(expression: str, tree: Node, facts: Record, *, functions: frozenset[str] = frozenset()) -> Reading:
    """Resolve everything that a parsed expression reads.

    Args:
        expression: the author's text.
        tree: the parsed tree, with positions in that text.
        facts: the roots that can be read, e.g. request and response.
        functions: names of functions beyond those of CEL.
    """
    walker = _Walker(expression, facts, functions)
    found = walker.read(tree, {}, frozenset())
    return Reading(found, frozenset(walker.parts), tuple(walker.complaints), tuple(walker.edits))


class _Walker:
    def __init__(self, expression: str, facts: Record, functions: frozenset[str]) -> None:
        self.expression = expression
        self.functions = frozenset(USAGES) | functions
        self.spelling = Spelling(expression)
        self.facts = facts
        self.parts: set[str] = set()
        self.complaints: list[Complaint] = []
        self.edits: list[Edit] = []
        self.types: dict[int, FactType] = {}

    def complain(self, position: int, message: str, hint: str | None = None) -> None:
        complaint = Complaint(position, message, hint)
        if complaint not in self.complaints:
            self.complaints.append(complaint)

    def read(self, node: Node, scope: Scope, known: Known) -> FactType:
        """Return the type of a node, and complain of what it must not read where just `known` is present."""
        found = self.types[node.id] = self._read(node, scope, known)
        return found

    def _read(self, node: Node, scope: Scope, known: Known) -> FactType:
        match node:
            case Literal(value, kind):
                return Scalar(kind, (value,)) if kind in ("bool", "int", "double", "string") else DYNAMIC  # type: ignore[arg-type] # the four kinds are those of Scalar
            case Ident(name):
                return self.root(node, scope) if name in scope else self.bare(node, scope)
            case Select(operand, field, test):
                return self.member(node, operand, field, scope, known, test=test)
            case Call("_[_]", _, (operand, Literal(str(field), _))):
                return self.member(node, operand, field, scope, known)
            case Call("_[_]", _, (operand, index)):
                return self.indexed(operand, index, scope, known)
            case Call("@in", _, (Literal(str(field), _) as key, operand)):
                return self.contained(key, field, operand, scope, known)
            case Call("_&&_" | "_||_" as function, _, (left, right)):
                side = 0 if function == "_&&_" else 1
                # CEL lets either side of && and || decide alone, so that a guard counts on both sides of it.
                self.read(left, scope, _union(known, self.guards(right, scope)[side]))
                self.read(right, scope, _union(known, self.guards(left, scope)[side]))
                return BOOL
            case Call("_?_:_", _, (condition, yes, no)):
                self.read(condition, scope, known)
                when = self.guards(condition, scope)
                return join(*(self.read(part, scope, _union(known, when[i])) for i, part in enumerate((yes, no))))
            case Call(function, target, _) if function[:1].isalpha() and (
                function in _MACROS or function not in self.functions
            ):
                return self.unknown(node, function, target, scope, known)
            case Call(function, _, _):
                found = [self.read(part, scope, known) for part in children(node)]
                if function in ("_==_", "_!=_", "@in"):
                    self.compare(children(node), found)
                    return BOOL
                if function[:1] in "_-" and isinstance(found[0], Scalar):
                    return Scalar(found[0].kind) if function not in _RESULTS else BOOL
                return _RESULTS.get(function, DYNAMIC)
            case ListNode(elements):
                inner = [self.read(element, scope, known) for element in elements]
                return ListOf(inner[0] if len(set(inner)) == 1 else DYNAMIC)
            case MapNode():
                for part in children(node):
                    self.read(part, scope, known)
                return DYNAMIC
            case Comprehension():
                return self.fold(node, scope, known)

    def root(self, node: Ident, scope: Scope) -> FactType:
        if node.name in scope:
            return scope[node.name][0]
        if node.name in self.facts.fields:
            return self.facts.fields[node.name].type
        if node.name in self.facts.absent:
            self.complain(node.position, self.facts.absent[node.name][0], self.facts.absent[node.name][1])
        elif node.name not in TYPE_NAMES:
            names = [*self.facts.fields, *(name for name in scope if not name.startswith("@"))]
            hint = f"write {_ELSEWHERE[node.name]}" if node.name in _ELSEWHERE else did_you_mean(node.name, names)
            self.complain(node.position, f"there is no fact {node.name!r}", hint)
        return DYNAMIC

    def bare(self, node: Ident, scope: Scope) -> FactType:
        if node.name in self.facts.fields:
            self.parts.add(node.name)
        return self.root(node, scope)

    def member(
        self, node: Select | Call, operand: Node, field: str, scope: Scope, known: Known, *, test: bool = False
    ) -> FactType:
        """Read `operand.field` or `operand['field']`; with `test`, only ask whether it is there."""
        if isinstance(operand, Ident) and operand.name not in scope:
            record = self.root(operand, scope)
            if operand.name in self.facts.fields:
                self.parts.add(f"{operand.name}.{field}")
        else:
            record = self.read(operand, scope, known)
        place = self.spelling.name(node)
        if isinstance(record, Record | MapOf | Dynamic) and (edit := self.spelling.as_field(node, field_name(field))):
            self.edits.append(edit)
        present, found = self.look_up(record, field, operand, place)
        if test:
            return BOOL
        path = self.path(node, scope)
        if not (present or known is None or (path and path in known)):
            whole = self.spelling.chain(node) or f"the member {field!r}"
            guard = f"'{field}' in {self.spelling.chain(operand)}" if isinstance(node, Call) else f"has({whole})"
            self.complain(place, f"{whole} can be absent", f"test it first: {guard}")
        return found

    def look_up(self, record: FactType, field: str, operand: Node, place: int) -> tuple[bool, FactType]:
        """Return whether a member is always there, and its type; complain where it is not declared."""
        match record:
            case Record(fields, absent):
                if field in fields:
                    return fields[field].present, fields[field].type
                if field in absent:
                    self.complain(place, absent[field][0], absent[field][1])
                else:
                    owner = self.spelling.chain(operand) or "this"
                    self.complain(place, f"{owner} has no field {field!r}", did_you_mean(field, fields))
                return True, DYNAMIC
            case MapOf(value, required):
                return field in required, value
            case _:
                return True, DYNAMIC

    def unknown(self, node: Call, function: str, target: Node | None, scope: Scope, known: Known) -> FactType:
        """Complain of a function that does not exist, or of a macro in the wrong form."""
        if target is not None:
            self.read(target, scope, known)
        position = max(self.expression.rfind(function, 0, node.position + 1), 0)
        if function in _MACROS:
            self.complain(
                position, f"{function}() is not called like this", f"it is called like this: {USAGES[function]}"
            )
        else:
            hint = did_you_mean(function, self.functions)
            self.complain(position, f"there is no function {function!r}", hint)
        if target is None or not (node.arguments and isinstance(node.arguments[0], Ident)):
            # With a target and a name first it may be a misspelt macro, whose variable is no fact.
            for argument in node.arguments:
                self.read(argument, scope, known)
        return DYNAMIC

    def indexed(self, operand: Node, index: Node, scope: Scope, known: Known) -> FactType:
        found = self.read(operand, scope, known)
        self.read(index, scope, known)
        match found:
            case ListOf(element):
                return element
            case MapOf(value):
                return value
            case Record():
                self.complain(
                    index.position, f"fields of {self.spelling.chain(operand) or 'a record'} are read by a plain name"
                )
        return DYNAMIC

    def contained(self, key: Literal, field: str, operand: Node, scope: Scope, known: Known) -> FactType:
        """Read `'field' in operand`, which for a record asks whether a member is there."""
        found = self.read(operand, scope, known)
        if not isinstance(found, Record):
            self.compare((key, operand), [Scalar("string", (field,)), found])
            return BOOL
        self.look_up(found, field, operand, key.position)
        edits = self.spelling.as_test(key.position, operand, field_name(field))
        if edits is None:
            whole = f"'{field}' in {self.spelling.chain(operand) or 'record'}"
            self.complain(key.position, "this test is spelled in a way that is not understood", f"write {whole}")
        self.edits += edits or ()
        return BOOL

    def compare(self, nodes: tuple[Node, ...], found: list[FactType]) -> None:
        """Complain of comparisons between values that can never be equal."""
        if isinstance(nodes[-1], ListNode) and isinstance(found[-1], ListOf):
            pairs = [(element, self.types[element.id]) for element in nodes[-1].elements]
        else:
            pairs = [(nodes[-1], found[-1].element if isinstance(found[-1], ListOf) else found[-1])]
        left, left_type = nodes[0], found[0]
        for right, right_type in pairs:
            if not (isinstance(left_type, Scalar) and isinstance(right_type, Scalar)):
                continue
            if left_type.values is None or right_type.values is None or left_type.kind != right_type.kind:
                continue
            if set(left_type.values) & set(right_type.values):
                continue
            (fact, values), (other, others) = (left, left_type.values), (right, right_type.values)
            if isinstance(fact, Literal):
                (fact, values), (other, others) = (other, others), (fact, values)
            owner = self.spelling.chain(fact) or "this"
            if isinstance(other, Literal):
                hint = did_you_mean(str(other.value), map(str, values))
                self.complain(other.position, f"{owner} is never {quote(other.value)}", hint)
            else:
                hint = f"one is of {_list(values)}; the other of {_list(others)}"
                self.complain(fact.position, f"{owner} is never {self.spelling.chain(other) or 'this'}", hint)

    def fold(self, node: Comprehension, scope: Scope, known: Known) -> FactType:
        found = self.read(node.range, scope, known)
        element: FactType = DYNAMIC
        if isinstance(found, ListOf | MapOf):
            element = found.element if isinstance(found, ListOf) else STRING
        initial = self.read(node.initial, scope, known)
        inner = dict(scope)
        inner[node.variable] = (element, (f"{node.variable}#{node.id}",))
        if node.second_variable:
            inner[node.second_variable] = (DYNAMIC, (f"{node.second_variable}#{node.id}",))
        inner[node.accumulator] = (initial, (f"@{node.id}",))
        for part in (node.condition, node.step):
            self.read(part, inner, known)
        if not isinstance(initial, ListOf):
            return BOOL
        # filter() and map(): elements are added one by one as `accumulator + [element]`.
        added = [part.elements[0] for part in walk(node.step) if isinstance(part, ListNode) and part.elements]
        return ListOf(self.types[added[-1].id] if added else DYNAMIC)

    def guards(self, node: Node, scope: Scope) -> tuple[Known, Known]:
        """Return what is present wherever a node is true, and wherever it is false."""
        nothing: Known = frozenset()
        match node:
            case Select(operand, field, True):
                path = self.path(operand, scope)
                return frozenset({(*path, field)}) if path else nothing, nothing
            case Call("@in", _, (Literal(str(field), _), operand)):
                path = self.path(operand, scope)
                return frozenset({(*path, field)}) if path else nothing, nothing
            case Literal(bool(value), _):
                return (nothing, None) if value else (None, nothing)
            case Call("!_", _, (operand,)):
                true, false = self.guards(operand, scope)
                return false, true
            case Call("_&&_", _, (left, right)):
                (a, not_a), (b, not_b) = self.guards(left, scope), self.guards(right, scope)
                return _union(a, b), _both(not_a, not_b)
            case Call("_||_", _, (left, right)):
                (a, not_a), (b, not_b) = self.guards(left, scope), self.guards(right, scope)
                return _both(a, b), _union(not_a, not_b)
            case Call("_?_:_", _, (condition, yes, no)):
                when, otherwise = self.guards(condition, scope)
                (a, not_a), (b, not_b) = self.guards(yes, scope), self.guards(no, scope)
                return (
                    _both(_union(when, a), _union(otherwise, b)),
                    _both(_union(when, not_a), _union(otherwise, not_b)),
                )
            case _:
                return nothing, nothing

    def path(self, node: Node, scope: Scope) -> Path | None:
        """Return what names the value of a node, the same for the same value; None where nothing does."""
        match node:
            case Ident(name):
                return scope[name][1] if name in scope else (name,)
            case Select(operand, field, False):
                path = self.path(operand, scope)
                return (*path, field) if path else None
            case Call("_[_]", _, (operand, Literal(str() | int() as index, _))):
                path = self.path(operand, scope)
                return (*path, index) if path else None
            case _:
                return None


def _union(one: Known, other: Known) -> Known:
    return None if one is None or other is None else one | other


def _both(one: Known, other: Known) -> Known:
    if one is None or other is None:
        return one if other is None else other
    return one & other


def _list(values: tuple[object, ...]) -> str:
    return ", ".join(map(str, values))
