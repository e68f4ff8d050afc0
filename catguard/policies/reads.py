"""What an expression reads of the facts, and whether it may: names, presence, values that can never be equal.

The checker of CEL knows types. It does not know which members an exchange can lack, nor what an enum allows, and its
words for an unknown name are few. So this walk over the parsed tree resolves every read against the fact types itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from catguard.policies.complaints import EXPANDED, MACROS, NAMESPACES, USAGES, Complaint, suggest
from catguard.policies.descriptors import field_name
from catguard.policies.diagnostics import did_you_mean, quote
from catguard.policies.facts import BOOL, DYNAMIC, INT, STRING, Dynamic, FactType, ListOf, MapOf, Record, Scalar, join
from catguard.policies.presence import Known, Path, guards, path_of, together
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

#: The variables of the macros around a node: their types, and what stands for their values in paths.
Scope: TypeAlias = Mapping[str, tuple[FactType, Path]]

#: Names that CEL itself gives to types.
TYPE_NAMES = ("bool", "bytes", "double", "int", "list", "map", "null_type", "string", "type", "uint")
_FUNCTIONS = frozenset((*USAGES, *EXPANDED))
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


def read_facts(expression: str, tree: Node, facts: Record) -> Reading:
    """Resolve everything that a parsed expression reads.

    Args:
        expression: the author's text.
        tree: the parsed tree, with positions in that text.
        facts: the roots that can be read, e.g. request and response.
    """
    walker = _Walker(expression, facts)
    found = walker.read(tree, {}, frozenset())
    return Reading(found, frozenset(walker.parts), tuple(walker.complaints), tuple(walker.edits))


class _Walker:
    def __init__(self, expression: str, facts: Record) -> None:
        self.expression = expression
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

    def place(self, node: Node) -> int:
        start = self.spelling.start(node)
        return node.position if start is None else start

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
                self.read(left, scope, together(known, guards(right, _paths(scope))[side]))
                self.read(right, scope, together(known, guards(left, _paths(scope))[side]))
                return BOOL
            case Call("_?_:_", _, (condition, yes, no)):
                self.read(condition, scope, known)
                when = guards(condition, _paths(scope))
                return join(*(self.read(part, scope, together(known, when[i])) for i, part in enumerate((yes, no))))
            case Call(function, target, _) if function[:1].isalpha() and (
                function in MACROS or function not in _FUNCTIONS
            ):
                return self.unknown(node, function, target, scope, known)
            case Call(function, _, _):
                parts = node.arguments if _is_namespace(node.target) else children(node)
                found = [self.read(part, scope, known) for part in parts]
                if function in ("_==_", "_!=_", "@in"):
                    self.compare(children(node), found)
                    if function != "@in":
                        self.loosen(children(node), found)
                    return BOOL
                if function[:1] in "_-" and isinstance(found[0], Scalar):
                    return Scalar(found[0].kind) if function not in _RESULTS else BOOL
                return _RESULTS.get(function, DYNAMIC)
            case ListNode(elements):
                inner = [self.read(element, scope, known) for element in elements]
                return ListOf(inner[0] if inner and all(found == inner[0] for found in inner) else DYNAMIC)
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
            self.complain(node.position, f"there is no fact {node.name!r}", suggest(node.name, names))
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
        path = path_of(node, _paths(scope))
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
                    words = (
                        f"there is no variable {field!r}" if owner == "variables" else f"{owner} has no field {field!r}"
                    )
                    self.complain(place, words, suggest(field, fields) or (None if fields else "none is declared"))
                return True, DYNAMIC
            case MapOf(value, required):
                return field in required, value
            case _:
                return True, DYNAMIC

    def unknown(self, node: Call, function: str, target: Node | None, scope: Scope, known: Known) -> FactType:
        """Complain of a function that does not exist, or of a macro in the wrong form."""
        if target is not None and not _is_namespace(target):
            self.read(target, scope, known)
        position = max(self.expression.rfind(function, 0, node.position + 1), 0)
        if function in MACROS:
            hint = f"it is called like this: {USAGES[function]}"
            self.complain(position, f"{function}() is not called like this", hint)
        else:
            self.complain(position, f"there is no function {function!r}", suggest(function, _FUNCTIONS))
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
                owner = self.spelling.chain(operand) or "a record"
                self.complain(self.place(index), f"the fields of {owner} are read by a name that is written out")
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
                self.complain(self.place(fact), f"{owner} is never {self.spelling.chain(other) or 'this'}", hint)

    def loosen(self, nodes: tuple[Node, ...], found: list[FactType]) -> None:
        """Let a list or map that can be null be held against null, which the checker knows of records only."""
        for node, kind, other in zip(nodes, found, reversed(nodes), strict=True):
            if (
                isinstance(other, Literal)
                and other.kind == "null"
                and isinstance(kind, ListOf | MapOf)
                and kind.nullable
            ):
                start, end = self.spelling.start(node), self.spelling.end(node)
                if start is not None and end is not None:
                    self.edits += (Edit(start, start, "dyn("), Edit(end, end, ")"))

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


def _is_namespace(target: Node | None) -> bool:
    return isinstance(target, Ident) and target.name in NAMESPACES


def _paths(scope: Scope) -> dict[str, Path]:
    return {name: path for name, (_, path) in scope.items()}


def _list(values: tuple[object, ...]) -> str:
    return ", ".join(map(str, values))
